from __future__ import annotations

import msgspec
import pytest
from playwright.async_api import Locator, Page

from kiosk_agent.hands.gate import ADDRESS, DeskGate
from kiosk_agent.hands.ports import Bulletin, GateView
from kiosk_agent.locale import LANGUAGES, SPOKEN
from kiosk_agent.session import events as ev
from kiosk_agent.session.residue import Residue, ResidueKind
from kiosk_agent.session.vocabulary import EndSource, Signal
from tests.screens.conftest import RESIDENTS, Posted, speak
from tests.screens.layout import assert_readable
from tests.screens.pictures import keep

pytestmark = pytest.mark.asyncio(loop_scope="module")  # one gate for all of them

DESK = "市民課 3番窓口"
REMOVED = (Residue(ResidueKind.DOWNLOADS, 1), Residue(ResidueKind.CLIPBOARD, 1), Residue(ResidueKind.PRINT_JOBS, 1))
STAYING = tuple(Residue(kind, 1, 2) for kind in ResidueKind)
VIEWS = {
    "gate": GateView(screen="start", language="ja", desk=DESK, last_reason="idle", last_proof="revoked"),
    "gate-first": GateView(screen="start", language="ja", desk=DESK),
    "gate-amber": GateView(
        screen="start",
        language="ja",
        desk=DESK,
        severity="amber",
        checks=("tray", "clock_jump", "card"),
    ),
    "gate-red": GateView(
        screen="start",
        language="ja",
        desk=DESK,
        last_reason="idle",
        last_proof="half",
        severity="red",
        checks=("browser",),
    ),
    "gate-cleared": GateView(screen="start", language="ja", desk=DESK, last_reason="resident", last_proof="cleared"),
    "visit": GateView(screen="visit", language="ja", desk=DESK),
    "ending": GateView(screen="ending", language="ja", desk=DESK),
    "confirm": GateView(screen="confirm", language="ja", desk=DESK, reason="change_of_person", proof="revoked"),
    "confirm-mark": GateView(
        screen="confirm", language="ja", desk=DESK, reason="idle", proof="cleared", mark="staff_number", residue=REMOVED
    ),
    "confirm-half": GateView(
        screen="confirm",
        language="ja",
        desk=DESK,
        reason="idle",
        proof="half",
        mark="initials",
        residue_clean=False,
        residue=STAYING,
    ),
    "confirm-unknown": GateView(
        screen="confirm",
        language="ja",
        desk=DESK,
        reason="idle",
        proof="revoked",
        residue_clean=False,
        residue=(Residue(ResidueKind.DOWNLOADS, 1), Residue(ResidueKind.PRINT_JOBS, unknown=True)),
    ),
    "confirm-nothing-known": GateView(
        screen="confirm", language="ja", desk=DESK, reason="idle", proof="revoked", residue_clean=False
    ),
    "confirm-found": GateView(screen="confirm", language="ja", desk=DESK, reason="found_unfinished", proof="unproven"),
    "held": GateView(screen="held", language="ja", desk=DESK, hold_reason="ledger_full"),
    "held-by-central": GateView(
        screen="held",
        language="ja",
        desk=DESK,
        hold_reason="closed_by_central",
        hold_note="機器の点検のため、16時まで利用できません。",
    ),
    "gate-bulletins": GateView(
        screen="start",
        language="ja",
        desk=DESK,
        last_reason="idle",
        last_proof="revoked",
        bulletins=(
            Bulletin(
                7, "本日17時から停電します", "Power cut at 17:00 today", "早めに\n終えてください。", "End early.", True
            ),
            Bulletin(6, "新しい手順書", "New guide", "棚にあります。", "It is on the shelf.", False),
        ),
    ),
}


OF_RESIDENTS = ("start", "ending")  # the other screens are the support worker's
SHOWN = [
    (name, language)
    for name, view in VIEWS.items()
    for language in (SPOKEN if view.screen in OF_RESIDENTS else LANGUAGES)
]


@pytest.mark.parametrize(("name", "language"), SHOWN)
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_screen_can_be_read_at_1024_by_768_and_at_double_size(
    gate: DeskGate, name: str, scheme: str, language: str
) -> None:
    page = gate.page
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    await gate.show(VIEWS[name], front=False)
    await speak(gate, language)
    found = await assert_readable(page)
    suffix = "" if (scheme, language) == ("light", "ja") else f"@{scheme}-{language}"
    keep(f"{name}{suffix}", await page.screenshot(full_page=True))
    if name.startswith(("gate", "visit", "ending", "held")):
        assert found["down"] <= 0, "everything is to be seen without scrolling"
    await page.set_viewport_size({"width": 512, "height": 384})  # the same screen at 200 %
    await assert_readable(page)
    keep(f"{name}@200-{scheme}-{language}", await page.screenshot(full_page=True))


async def test_start_begins_a_visit_with_a_fresh_number(gate: DeskGate, posted: Posted) -> None:
    await gate.show(VIEWS["gate"], front=False)
    await gate.page.locator("[data-act=start]").click()
    await gate.page.locator("[data-act=start]").click()
    first, second = posted
    assert isinstance(first, ev.StartRequested)
    assert isinstance(second, ev.StartRequested)
    assert len(first.visit_id) == 32
    assert first.visit_id != second.visit_id


async def test_a_running_visit_can_be_ended_for_the_next_person_or_for_good(gate: DeskGate, posted: Posted) -> None:
    await gate.show(VIEWS["visit"], front=False)
    await gate.page.locator("[data-act=next_person]").click()
    await gate.page.locator("[data-act=end]").click()
    assert posted == [ev.ChangeSignalled(Signal.NEXT_PERSON), ev.EndRequested(EndSource.GATE)]


async def test_nothing_is_confirmed_before_every_line_is_checked_and_signed(gate: DeskGate, posted: Posted) -> None:
    await gate.show(VIEWS["confirm-mark"], front=False)
    page = gate.page
    confirm = page.locator("[data-act=confirm]")
    await confirm.click()
    assert await page.locator(".missing").inner_text() == "すべての項目を確認してチェックしてください。"
    for box in await page.locator("[data-check]").all():
        await box.check()
    await confirm.click()
    assert await page.locator(".missing").inner_text() == "上の欄に入力してください。"
    assert posted == []
    await page.locator("[data-field=mark]").fill("1234")
    await confirm.click()
    assert posted == [ev.Confirmed(True, True, True, "1234")]


async def test_the_support_worker_is_told_what_was_removed_and_what_may_stay(gate: DeskGate) -> None:
    await gate.show(VIEWS["confirm-mark"], front=False)
    said = await gate.page.locator("[data-tone=green]").inner_text()
    assert "この PC に今回のデータは残っていません。" in said
    assert "保存したファイル 1 件、コピーした内容、印刷待ち 1 件" in said
    await gate.show(VIEWS["confirm-unknown"], front=False)
    said = await gate.page.locator("[data-tone=red]").inner_text()
    assert "印刷待ちを調べられませんでした。" in said
    assert "削除したもの：保存したファイル 1 件" in said
    await gate.show(VIEWS["confirm-nothing-known"], front=False)
    assert "残っているものを調べられませんでした。" in await gate.page.locator("[data-tone=red]").inner_text()


async def test_what_was_checked_stays_checked_when_the_language_or_the_proof_changes(gate: DeskGate) -> None:
    await gate.show(VIEWS["confirm"], front=False)
    page = gate.page
    await page.locator("[data-check=card_returned]").check()
    await page.locator("[data-act=worker_language]").click()
    await page.wait_for_function("() => document.documentElement.lang === 'en'")
    assert await page.locator("[data-check=card_returned]").is_checked()


async def test_the_next_confirmation_begins_with_nothing_checked(gate: DeskGate) -> None:
    await gate.show(VIEWS["confirm"], front=False)
    await gate.page.locator("[data-check=card_returned]").check()
    await gate.show(VIEWS["gate"], front=False)
    await gate.show(VIEWS["confirm"], front=False)
    assert not await gate.page.locator("[data-check=card_returned]").is_checked()


async def test_a_focused_heading_has_no_box_but_a_focused_button_has_one(gate: DeskGate) -> None:
    page = gate.page
    await gate.show(VIEWS["visit"], front=False)
    await page.keyboard.press("Tab")
    await page.locator("h1").focus()  # after a key, so that the browser would draw a ring
    drawn = "e => [getComputedStyle(e).outlineStyle, getComputedStyle(e).boxShadow]"
    assert await page.locator("h1").evaluate("e => e.matches(':focus-visible')")
    assert await page.locator("h1").evaluate(drawn) == ["none", "none"]
    await page.keyboard.press("Tab")
    assert await page.locator("[data-act=next_person]").evaluate(drawn) != ["none", "none"]


async def test_what_does_not_work_is_told_in_the_language_of_support_workers(gate: DeskGate) -> None:
    await gate.show(VIEWS["gate-amber"], front=False)
    await speak(gate, "vi")
    told = gate.page.locator(".notices")
    assert "時計の横のアイコンを表示できません。 (tray)" in await told.inner_text()
    assert "カードリーダーが使えません。 (card)" in await told.inner_text()
    assert await told.get_attribute("lang") == "ja"
    await gate.show(VIEWS["visit"], front=False)
    await speak(gate, "en")
    await gate.show(VIEWS["gate-amber"], front=False)
    assert "The icon beside the clock is not shown. (tray)" in await told.inner_text()
    assert await told.get_attribute("lang") == "en"


@pytest.mark.parametrize("how", ["mouse", "touch", "keys"])
async def test_a_language_is_chosen_at_the_start_page_by_its_own_name(gate: DeskGate, posted: Posted, how: str) -> None:
    await gate.show(VIEWS["gate"], front=False)
    page = gate.page
    names = page.locator("[data-act=language]")
    assert await names.all_inner_texts() == [one.name for one in SPOKEN.values()]
    assert [await one.get_attribute("lang") for one in await names.all()] == [one.tag for one in SPOKEN.values()]
    wanted = page.locator("[data-language=vi]")
    if how == "mouse":
        await wanted.click()
    elif how == "touch":
        await tap(page, wanted)
    else:
        await wanted.focus()
        await page.keyboard.press("Space")
    await page.wait_for_function("() => document.documentElement.lang === 'vi'")
    assert await page.locator("h1").inner_text() == "Xin chào"
    assert RESIDENTS.chosen == "vi"
    assert await page.locator("[aria-pressed=true]").all_inner_texts() == ["Tiếng Việt"]
    if how == "keys":
        await page.wait_for_function("() => document.activeElement.dataset.language === 'vi'")  # the focus stays there
    assert posted == [], "a language begins nothing"


async def tap(page: Page, where: Locator) -> None:
    """With a finger; the context itself says that it has no touch screen."""
    box = await where.bounding_box()
    assert box is not None
    point = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    session = await page.context.new_cdp_session(page)
    await session.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    await session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    await session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    await session.detach()


async def test_what_is_not_offered_cannot_be_chosen(gate: DeskGate) -> None:
    await gate.show(VIEWS["gate"], front=False)
    for language in ("fr", "", "../ja"):
        await gate._acted({"page": gate.page, "frame": gate.page.main_frame}, {"do": "language", "language": language})
    await gate._acted({"page": gate.page, "frame": gate.page.main_frame}, {"do": "language"})
    assert RESIDENTS.chosen == "ja"


async def test_each_language_is_drawn_in_a_font_of_its_own(gate: DeskGate) -> None:
    """The same Chinese character looks different in Japan, and Japanese fonts lack letters of Vietnamese."""
    await gate.show(VIEWS["gate"], front=False)
    page = gate.page
    session = await page.context.new_cdp_session(page)
    await session.send("DOM.enable")
    await session.send("CSS.enable")
    wanted = {"ja": "JP", "ja-easy": "JP", "zh": "SC", "ko": "KR"}
    for language in SPOKEN:
        await speak(gate, language)
        root = await session.send("DOM.getDocument")
        node = await session.send("DOM.querySelector", {"nodeId": root["root"]["nodeId"], "selector": "main > p"})
        drawn = (await session.send("CSS.getPlatformFontsForNode", {"nodeId": node["nodeId"]}))["fonts"]
        assert len(drawn) == 1, f"one font for all of it: {drawn}"
        assert drawn[0]["familyName"].endswith(wanted.get(language, "")), language
    await session.detach()


async def test_a_screen_reader_hears_names_and_the_heading_has_the_focus(gate: DeskGate) -> None:
    await gate.show(VIEWS["confirm"], front=False)
    page = gate.page
    assert await page.evaluate("document.activeElement.tagName") == "H1"
    heard = await page.locator("main").aria_snapshot()
    assert 'heading "窓口に何も残っていませんか"' in heard
    assert 'checkbox "カードを返した"' in heard
    assert 'button "残っていません。確認しました"' in heard


async def test_the_gate_can_open_nothing_else(gate: DeskGate) -> None:
    page = gate.page
    assert page.url == ADDRESS
    outcome = await page.evaluate("fetch('https://desk.invalid/other').then(() => 'opened', () => 'refused')")
    assert outcome == "refused"
    await gate.page.locator("body").press("Control+t")
    assert [one.url for one in page.context.pages] == [ADDRESS]


async def test_a_closed_gate_opens_again_with_the_same_screen(gate: DeskGate) -> None:
    await gate.show(VIEWS["visit"], front=False)
    context = gate.page.context
    async with context.expect_page() as opened:
        await gate.page.close()
    page = await opened.value
    await page.wait_for_selector("body[data-screen=visit]")
    assert page is gate.page


async def test_a_bulletin_opens_when_it_is_pressed_stays_open_and_says_that_it_was_read(
    gate: DeskGate, read: list[int], posted: Posted
) -> None:
    await gate.show(VIEWS["gate-first"], front=False)
    view = VIEWS["gate-bulletins"]
    await gate.show(view, front=False)
    page = gate.page
    bulletins = page.locator(".bulletins")
    assert not await bulletins.locator("article").first.is_visible()
    await bulletins.locator("summary").click()
    assert "早めに" in await bulletins.inner_text()
    await gate.show(msgspec.structs.replace(view, severity="amber"), front=False)
    assert await bulletins.locator("article").first.is_visible(), "whoever reads is not interrupted"
    keep("gate-bulletins-open", await page.screenshot(full_page=True))
    buttons = bulletins.locator("[data-act=bulletin_read]")
    assert await buttons.count() == 1  # the other one does not ask
    await buttons.click()
    assert (read, posted) == ([7], [])
    await gate.show(msgspec.structs.replace(view, bulletins=()), front=False)
    assert await bulletins.count() == 0


@pytest.mark.parametrize("name", [name for name, view in VIEWS.items() if view.screen != "start"])
async def test_bulletins_are_shown_on_the_start_page_alone(gate: DeskGate, name: str) -> None:
    await gate.show(msgspec.structs.replace(VIEWS[name], bulletins=VIEWS["gate-bulletins"].bulletins), front=False)
    assert await gate.page.locator(".bulletins").count() == 0


async def test_a_desk_that_central_has_closed_says_so_and_why(gate: DeskGate) -> None:
    await gate.show(VIEWS["held-by-central"], front=False)
    text = await gate.page.locator("main").inner_text()
    assert "本部がこの窓口の利用を停止しています。" in text
    assert "16時まで" in text
