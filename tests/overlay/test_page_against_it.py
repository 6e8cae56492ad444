"""What pages do to a warning: by design, by accident and on purpose."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import Page

from kiosk_agent.practice.switches import Quirk
from kiosk_agent.session import events as ev
from kiosk_agent.session.vocabulary import Answer
from tests.overlay.conftest import Warned, until
from tests.support.closed_root import in_closed_root, middle_of, text_of

pytestmark = pytest.mark.asyncio(loop_scope="module")  # one visit for all of them

OTHER = "button.danger"
AMBER = (0xFF, 0xF0, 0xB3)  # the warning's head
EVENTS = """['click', 'pointerdown', 'pointerup', 'mousedown', 'mouseup', 'touchstart', 'touchend', 'keydown',
  'keypress', 'keyup', 'beforeinput', 'input', 'focusin', 'focusout', 'wheel', 'contextmenu']"""


async def is_painted(page: Page) -> bool:
    """Whether the warning's head is really on the screen, by its colour."""
    found = await in_closed_root(
        page,
        """root => { const box = root.querySelector('.head')?.getBoundingClientRect();
          return box ? [box.left + box.width - 12, box.top + 24] : null; }""",
    )
    if found is None:
        return False
    picture = Image.open(io.BytesIO(await page.screenshot())).convert("RGB")
    x, y = (round(place) for place in found)
    if not (0 <= x < picture.width and 0 <= y < picture.height):
        return False
    seen: Any = picture.getpixel((x, y))
    return all(abs(channel - wanted) < 6 for channel, wanted in zip(seen, AMBER, strict=True))


async def test_the_pages_script_sees_an_empty_element_and_nothing_else(warned: Warned) -> None:
    page = await warned.warn(worker_only=True, needs_mark=True)
    seen = await page.evaluate(
        """() => { const host = document.documentElement.lastElementChild;
          return [host.shadowRoot, host.textContent, host.innerHTML, document.activeElement === host,
            typeof __kiosk_overlay, typeof __kiosk_post, document.body.innerText.includes('＊')]; }"""
    )
    assert seen == [None, "", "", True, "undefined", "undefined", False]


async def test_the_page_hears_nothing_of_what_is_typed_and_pressed_in_it(warned: Warned) -> None:
    page = await warned.warn(worker_only=True, needs_mark=True)
    await page.evaluate(
        f"""() => {{ globalThis.heard = [];
          for (const type of {EVENTS}) addEventListener(type, event => heard.push(type), true); }}"""
    )
    await warned.click("input")
    await page.keyboard.type("YT")
    await warned.click("button.primary")
    assert (await warned.answered()).mark == "YT"
    assert await page.evaluate("heard") == []


@pytest.mark.parametrize("by", ["mouse", "touch", "keys"])
async def test_a_page_that_swallows_every_click_and_key_outside_its_dialog_cannot_swallow_the_answer(
    warned: Warned, by: str
) -> None:
    await warned.page.evaluate(  # as libraries do that keep the focus inside a page's own dialog
        f"""() => {{ for (const type of {EVENTS})
          for (const target of [window, document])
            target.addEventListener(type, event => {{ event.preventDefault(); event.stopImmediatePropagation(); }},
              {{ capture: true, passive: false }}); }}"""
    )
    page = await warned.warn()
    if by == "mouse":
        await warned.click(OTHER)
    elif by == "touch":
        await warned.tap(OTHER)
    else:
        for key in ("Tab", "Tab", "Tab", "Space"):  # past the language button
            await page.keyboard.press(key)
    assert (await warned.answered()).answer is Answer.OTHER


TAMPERING = {
    "removed": "host.remove()",
    "not displayed": "host.style.cssText = 'display: none !important'",
    "hidden": "host.style.setProperty('visibility', 'hidden', 'important')",
    "transparent": "host.style.setProperty('opacity', '0', 'important')",
    "filtered": "host.style.setProperty('filter', 'opacity(0)', 'important')",
    "clipped": "host.style.setProperty('clip-path', 'inset(50%)', 'important')",
    "moved": "host.style.setProperty('transform', 'translateX(-9999px)', 'important')",
    "no pointer": "host.style.setProperty('pointer-events', 'none', 'important')",
    "inert": "host.inert = true",
    "moved elsewhere": "document.body.prepend(host)",
    "emptied page": "document.documentElement.replaceChildren()",
    "written anew": "document.open(); document.write('<p>written anew'); document.close()",
    "own dialog later": "{ const own = document.body.appendChild(document.createElement('dialog'));"
    " own.textContent = 'mine'; own.style.cssText = 'width: 100vw; height: 100vh'; own.showModal() }",
    "popover above it": "{ const own = document.body.appendChild(document.createElement('div'));"
    " own.popover = 'manual'; own.style.cssText = 'inset: 0; width: 100vw; height: 100vh; background: #fff';"
    " own.showPopover() }",
    "the whole page transparent": "document.documentElement.style.cssText = 'opacity: 0; visibility: hidden'",
    "the whole page small": "document.documentElement.style.cssText = 'transform: scale(.01); overflow: hidden'",
}


@pytest.mark.parametrize("way", TAMPERING)
async def test_what_the_page_does_to_it_is_noticed_and_mended(warned: Warned, way: str) -> None:
    page = await warned.warn(worker_only=True, needs_mark=True)
    await warned.click("input")
    await page.keyboard.type("YT")
    await until(lambda: in_closed_root(page, "root => root.querySelector('input').value === 'YT'"), "it was typed")
    await page.evaluate(f"() => {{ const host = document.documentElement.lastElementChild; {TAMPERING[way]} }}")

    async def is_back() -> bool:
        return await warned.holds() and await is_painted(page)

    await until(is_back, "the warning is back")
    await warned.click(OTHER)
    assert (await warned.answered()).answer is Answer.OTHER
    assert warned.fights == 0


async def test_what_was_typed_is_kept_when_it_has_to_be_built_again(warned: Warned) -> None:
    page = await warned.warn(worker_only=True, needs_mark=True)
    await warned.click("input")
    await page.keyboard.type("YT")
    await page.evaluate("document.documentElement.lastElementChild.remove()")
    await until(warned.holds, "the warning is back")
    assert await in_closed_root(page, "root => root.querySelector('input').value") == "YT"


async def test_a_page_without_an_end_to_it_is_told_as_fighting(warned: Warned) -> None:
    page = await warned.open(Quirk.FIGHTS)
    assert await warned.visit.browser.show_warning(warned.view(), warned._fought)

    async def is_told() -> bool:
        return warned.fights > 0

    await until(is_told, "the fight is told")
    assert warned.fights == 1
    assert warned.visit.of(ev.WarningNotShown) == [], "the stage decides what comes instead"
    assert int(await page.evaluate("document.documentElement.dataset.removed")) >= 30


async def test_a_strict_security_policy_refuses_nothing_of_it(warned: Warned) -> None:
    page = await warned.open(Quirk.STRICT_CSP)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    await warned.warn(worker_only=True, needs_mark=True)
    assert await is_painted(page)
    await warned.click("input")
    await page.keyboard.type("YT")
    await warned.click("button.primary")
    assert (await warned.answered()).mark == "YT"
    assert complaints == []


async def test_a_native_dialog_that_is_open_is_answered_with_cancel(warned: Warned) -> None:
    page = await warned.open(Quirk.DIALOGS)
    async with page.expect_event("dialog"):
        await page.evaluate("setTimeout(() => document.getElementById('confirm').click())")
    await warned.warn()
    assert await is_painted(page)
    assert await page.locator("#dialog-answer").inner_text() == "false"


async def test_a_native_dialog_that_would_open_over_the_warning_is_refused(warned: Warned) -> None:
    page = await warned.open(Quirk.DIALOGS)
    await warned.warn()
    assert await page.evaluate("prompt('number?')") is None
    await warned.click(OTHER)
    assert (await warned.answered()).answer is Answer.OTHER


async def test_a_native_dialog_after_the_warning_is_the_residents_to_answer(warned: Warned) -> None:
    page = await warned.open(Quirk.DIALOGS)
    await warned.warn()
    await warned.visit.browser.hide_warning()
    async with page.expect_event("dialog") as opened:
        await page.evaluate("setTimeout(() => document.getElementById('confirm').click())")
    await (await opened.value).accept()
    await until(
        lambda: page.evaluate("document.getElementById('dialog-answer').textContent === 'true'"), "it was accepted"
    )


async def test_a_frame_of_another_site_that_takes_the_focus_does_not_keep_the_keys(warned: Warned) -> None:
    page = await warned.open(Quirk.FRAME)
    await page.frame_locator("#frame").locator("body").click(position={"x": 3, "y": 3})
    await warned.warn()
    frame = page.frames[1]
    await frame.evaluate("globalThis.keys = 0; addEventListener('keydown', () => { keys += 1; }); focus()")

    async def answers() -> bool:
        for key in ("Tab", "Tab", "Space"):
            await page.keyboard.press(key)
        return bool(warned.visit.of(ev.WarningAnswered))

    await until(answers, "the keys answer")


async def test_every_page_of_the_visit_shows_it_and_one_answer_is_enough(warned: Warned) -> None:
    first = warned.page
    async with first.context.expect_page() as opened:
        await first.evaluate("open('/help')")
    second = await opened.value
    await second.wait_for_load_state()
    await warned.warn()
    for page in (first, second):
        await until(lambda page=page: text_of(page), "this page shows it")  # type: ignore[misc]  # bound at once
    third_opens = first.context.expect_page()
    async with third_opens as opened:
        await second.evaluate("open('/help')")
    third = await opened.value
    await until(lambda: text_of(third), "a page opened meanwhile shows it")
    x, y = await middle_of(first, OTHER)
    await first.bring_to_front()
    await first.mouse.click(x, y)
    assert (await warned.answered()).answer is Answer.OTHER


async def test_a_page_that_goes_elsewhere_shows_what_is_left_of_it(warned: Warned) -> None:
    await warned.warn(seconds=30.0)
    for path in ("/help", "/account", "/help", "/account"):
        await warned.page.goto(f"{warned.visit.portal.url}{path}")
        await until(warned.holds, "the warning is there again")
    assert await is_painted(warned.page)


async def test_a_page_that_waits_for_the_warnings_words_does_not_get_them(warned: Warned) -> None:
    """Between two documents the agent's own world is not there; the page's must not be taken for it."""
    page = warned.page
    await page.evaluate(
        """() => { globalThis.__kiosk_overlay = { show: view => { document.title = view.hint; return true; } }; }"""
    )
    pages = warned.visit.browser._pages
    assert pages is not None
    watched = pages.watched[0]
    watched.worlds.clear()  # as in the moment before the next document
    assert not await warned.visit.browser.show_warning(warned.view(), warned._fought)
    assert "＊" not in await page.title()
