from __future__ import annotations

import pytest

from kiosk_agent.hands.gate import ADDRESS, DeskGate
from kiosk_agent.hands.ports import GateView
from kiosk_agent.session import events as ev
from kiosk_agent.session.vocabulary import EndSource, Signal
from tests.screens.conftest import Posted
from tests.screens.layout import assert_readable
from tests.screens.pictures import keep

pytestmark = pytest.mark.asyncio(loop_scope="module")  # one gate for all of them

DESK = "市民課 3番窓口"
VIEWS = {
    "gate": GateView(screen="start", language="ja", desk=DESK, last_reason="idle", last_proof="revoked"),
    "gate-first": GateView(screen="start", language="ja", desk=DESK),
    "gate-amber": GateView(
        screen="start",
        language="ja",
        desk=DESK,
        severity="amber",
        checks=(("tray", "amber", "no tray host answers"), ("clock_jump", "amber", "turned by +3600 s")),
    ),
    "gate-red": GateView(
        screen="start",
        language="ja",
        desk=DESK,
        last_reason="idle",
        last_proof="half",
        severity="red",
        checks=(("browser", "red", "it died"),),
    ),
    "gate-cleared": GateView(screen="start", language="ja", desk=DESK, last_reason="resident", last_proof="cleared"),
    "visit": GateView(screen="visit", language="ja", desk=DESK),
    "ending": GateView(screen="ending", language="ja", desk=DESK),
    "confirm": GateView(screen="confirm", language="ja", desk=DESK, reason="change_of_person", proof="revoked"),
    "confirm-mark": GateView(
        screen="confirm", language="ja", desk=DESK, reason="idle", proof="cleared", mark="staff_number"
    ),
    "confirm-half": GateView(
        screen="confirm", language="ja", desk=DESK, reason="idle", proof="half", mark="initials", residue_clean=False
    ),
    "confirm-found": GateView(screen="confirm", language="ja", desk=DESK, reason="found_unfinished", proof="unproven"),
    "held": GateView(screen="held", language="ja", desk=DESK, hold_reason="ledger_full"),
}


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["ja", "en"])
async def test_every_screen_can_be_read_at_1024_by_768_and_at_double_size(
    gate: DeskGate, name: str, scheme: str, language: str
) -> None:
    page = gate.page
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    await gate.show(VIEWS[name], front=False)
    if language == "en":
        await page.locator("[data-act=language]").click()
        await page.wait_for_function("document.documentElement.lang === 'en'")
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


async def test_what_was_checked_stays_checked_when_the_language_or_the_proof_changes(gate: DeskGate) -> None:
    await gate.show(VIEWS["confirm"], front=False)
    page = gate.page
    await page.locator("[data-check=card_returned]").check()
    await page.locator("[data-act=language]").click()
    await page.wait_for_function("document.documentElement.lang === 'en'")
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


async def test_what_does_not_work_is_told_in_the_language_of_the_screen(gate: DeskGate) -> None:
    await gate.show(VIEWS["gate-amber"], front=False)
    told = gate.page.locator("[data-tone=amber]")
    assert "時計の横のアイコンを表示できません。 (tray)" in await told.inner_text()
    await gate.page.locator("[data-act=language]").click()
    await gate.page.wait_for_function("document.documentElement.lang === 'en'")
    assert "The icon beside the clock is not shown. (tray)" in await told.inner_text()


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
