"""The language button in warning and nudge: it changes the words, and nothing else."""

from __future__ import annotations

import pytest
from playwright.async_api import Page

from kiosk_agent.locale import SPOKEN, speaker
from kiosk_agent.session import events as ev
from kiosk_agent.session.vocabulary import Answer, Answerer, EndSource
from tests.overlay.conftest import Warned, until
from tests.support.closed_root import in_closed_root, middle_of, text_of

pytestmark = pytest.mark.asyncio(loop_scope="module")  # one visit for all of them

LANGUAGES, NAMES = "button.languages", ".names button"
CODES = list(SPOKEN)
QUESTION = "Are you still there?"


async def names_shown(page: Page) -> bool:
    return bool(await in_closed_root(page, "root => Boolean(root.querySelector('.names'))"))


async def said(page: Page, text: str, language: str) -> None:
    """Wait until this text is on the page in this language, and no list any more."""

    async def is_said() -> bool:
        return speaker(language)(text) in await text_of(page) and not await names_shown(page)

    await until(is_said, f"{text!r} is said in {language}")


async def armed(warned: Warned) -> None:
    async def is_armed() -> bool:
        return bool((await warned.state())["armed"])

    await until(is_armed, "what is pressed counts again")


async def open_list(warned: Warned) -> None:
    await warned.click(LANGUAGES)
    await until(lambda: names_shown(warned.page), "the list is there")
    await armed(warned)


async def choose(warned: Warned, language: str) -> None:
    """As a person does it with the mouse."""
    await open_list(warned)
    await warned.click(NAMES, CODES.index(language))


async def tag_of(page: Page, selector: str) -> str:
    return str(
        await in_closed_root(page, "(root, selector) => root.querySelector(selector).closest('[lang]').lang", selector)
    )


@pytest.mark.parametrize("language", CODES)
async def test_the_warning_speaks_every_language_and_says_which(warned: Warned, language: str) -> None:
    page = await warned.warn()
    await choose(warned, language)
    await said(page, QUESTION, language)
    assert await tag_of(page, "h1") == SPOKEN[language].tag
    assert warned.language.chosen == language
    text = await text_of(page)
    assert "{" not in text
    assert warned.visit.browser.hint in text
    assert warned.visit.of(ev.WarningAnswered) == []


@pytest.mark.parametrize("how", ["mouse", "touch", "keys"])
async def test_a_language_is_chosen_by_mouse_finger_and_keys_and_the_answers_stay_what_they_are(
    warned: Warned, how: str
) -> None:
    page = await warned.warn()
    if how == "keys":
        for key in ("Tab", "Space"):
            await page.keyboard.press(key)
        await until(lambda: names_shown(page), "the list is there")
        await armed(warned)
        for key in (*["Tab"] * (CODES.index("ko") + 1), "Space"):
            await page.keyboard.press(key)
    else:
        press = warned.click if how == "mouse" else warned.tap
        await press(LANGUAGES)
        await until(lambda: names_shown(page), "the list is there")
        await armed(warned)
        await press(NAMES, CODES.index("ko"))
    await said(page, QUESTION, "ko")
    assert await in_closed_root(page, "root => root.activeElement.tagName") == "H1", "no answer has the focus"
    await armed(warned)
    for key in ("Enter", "Space", "Escape"):
        await page.keyboard.press(key)
    assert warned.visit.of(ev.WarningAnswered) == []
    assert await warned.holds()
    await warned.click("button.danger")
    assert await warned.answered() == ev.WarningAnswered(Answer.OTHER, Answerer.RESIDENT, "")


async def test_the_count_goes_on_and_its_bar_does_not_begin_again(warned: Warned) -> None:
    page = await warned.warn(seconds=40.0)
    bar = "root => { const bar = root.querySelector('progress'); return [bar.value, bar.max]; }"

    async def has_begun() -> bool:
        value, _ = await in_closed_root(page, bar)
        return value < 39.0

    await until(has_begun, "a second has gone")
    before, whole = await in_closed_root(page, bar)
    await open_list(warned)
    assert "秒でログアウト" in await text_of(page), "also beside the list"
    in_list, most = await in_closed_root(page, bar)
    assert in_list <= before
    assert most == whole
    await warned.click(NAMES, CODES.index("pt"))
    await said(page, QUESTION, "pt")
    after, most = await in_closed_root(page, bar)
    assert after <= in_list
    assert most == whole


async def test_while_the_list_is_open_nothing_can_be_answered(warned: Warned) -> None:
    page = await warned.warn()
    place = await middle_of(page, "button.primary")
    await open_list(warned)
    assert await in_closed_root(page, "root => root.querySelectorAll('.buttons button').length") == 0
    await page.mouse.click(*place)
    assert await warned.holds()
    assert warned.visit.of(ev.WarningAnswered) == []


async def test_a_second_press_that_was_meant_for_the_list_answers_nothing(warned: Warned) -> None:
    page = await warned.warn()
    was_early = False
    while not was_early:  # on a busy machine it may have been there for a while
        await warned.warn()
        await choose(warned, "en")
        await said(page, QUESTION, "en")
        await warned.click("button.primary")
        was_early = not (await warned.state())["armed"]
        if not was_early:
            warned.visit.events.clear()
    assert warned.visit.of(ev.WarningAnswered) == []


@pytest.mark.parametrize("key", ["Escape", "button"])
async def test_the_list_can_be_left_without_a_choice(warned: Warned, key: str) -> None:
    page = await warned.warn()
    await open_list(warned)
    if key == "Escape":
        await page.keyboard.press("Escape")
    else:
        await warned.click(NAMES, len(CODES))
    await said(page, QUESTION, "ja")
    assert warned.language.chosen == "ja"
    assert await warned.holds()


async def test_the_choice_holds_for_the_next_warning_the_next_page_and_the_nudge(warned: Warned) -> None:
    page = await warned.warn()
    await choose(warned, "vi")
    await said(page, QUESTION, "vi")
    await page.reload()
    await said(page, QUESTION, "vi")
    await warned.visit.browser.hide_warning()
    await warned.nudge()
    await said(page, "You have finished.", "vi")


async def test_every_page_of_the_visit_changes_with_it(warned: Warned) -> None:
    first = warned.page
    async with first.context.expect_page() as opened:
        await first.evaluate("open('/help')")
    second = await opened.value
    await second.wait_for_load_state()
    await warned.warn()
    await said(first, QUESTION, "ja")
    await said(second, QUESTION, "ja")
    warned.language.choose("zh")
    await said(first, QUESTION, "zh")
    await said(second, QUESTION, "zh")
    await second.close()


async def test_what_was_typed_for_the_support_worker_stays(warned: Warned) -> None:
    page = await warned.warn(worker_only=True, needs_mark=True)
    await warned.click("input")
    await page.keyboard.type("YT")
    await choose(warned, "ko")
    await said(page, "Please wait. The support worker will ask you.", "ko")
    assert "支援員の方へ" in await text_of(page), "the question is still the support worker's"
    assert await tag_of(page, "h1") == "ja"
    assert await in_closed_root(page, "root => root.querySelector('p').lang") == "ko"
    await armed(warned)
    await warned.click("button.primary")
    assert await warned.answered() == ev.WarningAnswered(Answer.SAME, Answerer.WORKER, "YT")


async def test_the_nudge_changes_in_its_place_and_takes_no_keys_from_the_page(warned: Warned) -> None:
    page = await warned.nudge()
    await page.focus("#menu-button")
    warned.language.choose("en")
    await said(page, "You have finished.", "en")
    assert await page.evaluate("document.activeElement.id") == "menu-button"
    await armed(warned)
    await choose(warned, "pt")
    await said(page, "You have finished.", "pt")
    assert warned.language.chosen == "pt"
    assert warned.visit.of(ev.EndRequested) == []
    await armed(warned)
    await warned.click("button.primary")
    assert await warned.visit.until(ev.EndRequested) == ev.EndRequested(EndSource.NUDGE)


async def test_the_page_can_neither_choose_nor_tell_what_was_chosen(warned: Warned) -> None:
    page = await warned.warn()
    x, y = await middle_of(page, LANGUAGES)
    made_up = """([x, y]) => {
      const host = document.documentElement.lastElementChild;
      for (const type of ['pointerdown', 'mousedown', 'mouseup', 'click'])
        host.dispatchEvent(new MouseEvent(type, { bubbles: true, composed: true, detail: 1, clientX: x, clientY: y }));
      document.elementFromPoint(x, y).click();
    }"""
    await page.evaluate(made_up, [x, y])
    assert not await names_shown(page)
    await open_list(warned)
    x, y = await middle_of(page, NAMES, CODES.index("vi"))
    await page.evaluate(made_up, [x, y])
    assert await names_shown(page)
    assert warned.language.chosen == "ja"
    heard = "globalThis.heard = 0; for (const type of ['click', 'keydown', 'pointerdown', 'focusin'])"
    await page.evaluate(f"() => {{ {heard} addEventListener(type, () => {{ heard += 1; }}, true); }}")
    await warned.click(NAMES, CODES.index("vi"))
    await said(page, QUESTION, "vi")
    assert await page.evaluate("heard") == 0
    assert await page.evaluate("document.documentElement.lastElementChild.shadowRoot") is None
    assert await page.evaluate("typeof __kiosk_overlay") == "undefined"


async def test_a_desk_with_one_language_has_no_button(warned: Warned, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warned.language, "_offered", ("ja",))
    page = await warned.warn()
    assert await in_closed_root(page, "root => root.querySelector('.languages')") is None
    warned.language.choose("en")
    assert warned.language.chosen == "ja"


@pytest.mark.parametrize("language", CODES)
async def test_each_language_is_drawn_in_one_font_that_has_all_its_signs(warned: Warned, language: str) -> None:
    warned.language.choose(language)
    page = await warned.warn()
    session = await page.context.new_cdp_session(page)
    await session.send("DOM.enable")
    await session.send("CSS.enable")
    document = await session.send("DOM.getDocument", {"depth": -1, "pierce": True})
    found = await session.send("DOM.performSearch", {"query": "h1", "includeUserAgentShadowDOM": True})
    nodes = await session.send(
        "DOM.getSearchResults", {"searchId": found["searchId"], "fromIndex": 0, "toIndex": found["resultCount"]}
    )
    fonts = [
        (await session.send("CSS.getPlatformFontsForNode", {"nodeId": node}))["fonts"] for node in nodes["nodeIds"]
    ]
    await session.detach()
    assert document
    drawn = fonts[-1]  # the page's own heading comes first
    assert len(drawn) == 1, drawn
    assert drawn[0]["familyName"].endswith({"ja": "JP", "zh": "SC", "ko": "KR"}.get(language, "")), drawn
