"""The nudge is quiet: it takes nothing from the resident, stays where it was meant, and goes away when told."""

from __future__ import annotations

import pytest
from playwright.async_api import Page

from kiosk_agent.session import events as ev
from kiosk_agent.session.vocabulary import EndSource
from tests.overlay.conftest import Warned, until
from tests.support.closed_root import in_closed_root, text_of

pytestmark = pytest.mark.asyncio(loop_scope="module")  # one visit for all of them

DONE = "/register/done"
REDRAWN = {
    "takes it away": "document.documentElement.lastElementChild.remove()",
    "draws its body anew": "document.documentElement.replaceChildren(document.createElement('body'))",
    "draws everything anew": "document.documentElement.replaceWith(document.createElement('html'))",
    "writes a new document": "{ document.open(); document.write('<p>new'); document.close(); }",
}
MADE_UP = """() => {
  const host = document.documentElement.lastElementChild;
  host.click();
  for (let y = 0; y < innerHeight; y += 10) for (let x = 0; x < innerWidth; x += 20)
    for (const type of ['pointerdown', 'mousedown', 'mouseup', 'click'])
      for (const target of [host, document, window])
        target.dispatchEvent(new MouseEvent(type,
          { bubbles: true, composed: true, detail: 1, clientX: x, clientY: y }));
  host.focus();
  for (const key of [' ', 'Enter', 'Tab', 'Escape'])
    for (const type of ['keydown', 'keypress', 'keyup'])
      host.dispatchEvent(new KeyboardEvent(type, { bubbles: true, composed: true, key }));
}"""


async def nudged(warned: Warned) -> Page:
    """The page that shows the finished operation, with the nudge."""
    operation = warned.visit.profile.operations[0]
    await warned.page.goto(f"{warned.visit.portal.url}{DONE}")
    await warned.visit.browser.show_nudge(operation.name)
    await until(lambda: is_armed(warned), "the nudge is armed")
    return warned.page


async def is_armed(warned: Warned) -> bool:
    return bool((await warned.state())["armed"])


async def is_shown(warned: Warned) -> bool:
    return bool((await warned.state())["nudge"]) and "手続きが終わりました。" in await text_of(warned.page)


async def is_gone(warned: Warned) -> bool:
    return not (await warned.state())["nudge"] and await text_of(warned.page) == ""


async def settled(warned: Warned) -> None:
    """All that the page has said to the agent by now is heard, and what that led to is done."""
    heard = len(warned.visit.of(ev.PortalActivity))
    await warned.page.mouse.move(40, 40 + heard % 7)
    await warned.state()


async def test_it_takes_no_focus_and_no_keys(warned: Warned) -> None:
    page = warned.page
    await page.evaluate("document.body.prepend(Object.assign(document.createElement('input'), { id: 'own' }))")
    await page.focus("#own")
    await page.keyboard.type("before ")
    await warned.nudge()
    await page.keyboard.type("and after")
    assert await page.locator("#own").input_value() == "before and after"
    assert await page.evaluate("document.activeElement.id") == "own"
    await page.keyboard.press("Escape")
    assert await is_shown(warned), "a key in the page is the page's"


async def test_the_page_is_not_blocked(warned: Warned) -> None:
    page = await warned.nudge()
    assert await page.evaluate("document.querySelector('dialog[open], :modal') === null")
    await page.click("#menu-button")
    assert await page.locator("#menu-log-out").is_visible()
    assert await is_shown(warned)


async def test_the_warning_takes_its_place_and_none_comes_beneath_a_warning(warned: Warned) -> None:
    await warned.nudge()
    await warned.warn()
    assert not (await warned.state())["nudge"]
    await warned.visit.browser.show_nudge("an operation")
    assert not (await warned.state())["nudge"]
    assert await warned.holds()


@pytest.mark.parametrize("key", ["Space", "Enter"])
async def test_tab_reaches_the_button_and_a_key_presses_it(warned: Warned, key: str) -> None:
    page = await warned.nudge()
    await page.keyboard.press("Shift+Tab")  # it is the last of the page
    await page.keyboard.press("Shift+Tab")
    focused = "root => root.activeElement && root.activeElement.textContent"
    assert await in_closed_root(page, focused) == "ログアウトする"
    await page.keyboard.press(key)
    assert await warned.visit.until(ev.EndRequested) == ev.EndRequested(EndSource.NUDGE)
    assert len(warned.visit.of(ev.EndRequested)) == 1


async def test_escape_closes_it_for_whoever_has_gone_to_it(warned: Warned) -> None:
    page = await warned.nudge()
    await page.keyboard.press("Shift+Tab")
    await page.keyboard.press("Escape")
    await until(lambda: is_gone(warned), "it is closed")
    assert warned.visit.of(ev.EndRequested) == []


async def test_what_the_page_makes_up_presses_nothing(warned: Warned) -> None:
    page = await warned.nudge()
    await page.evaluate(MADE_UP)
    assert await is_shown(warned)
    await warned.click("button.primary")
    await warned.visit.until(ev.EndRequested)
    assert len(warned.visit.of(ev.EndRequested)) == 1


async def test_it_is_there_again_when_the_finished_page_is_loaded_again(warned: Warned) -> None:
    page = await nudged(warned)
    await page.reload()
    await until(lambda: is_shown(warned), "it is shown again")
    await page.evaluate("location.hash = 'further-down'")
    assert await is_shown(warned)
    await until(lambda: is_armed(warned), "what is pressed counts")
    await warned.click("button.primary")
    await warned.visit.until(ev.EndRequested)


async def test_whoever_goes_on_to_something_else_is_left_in_peace(warned: Warned) -> None:
    page = await nudged(warned)
    await page.goto(f"{warned.visit.portal.url}/account")
    await settled(warned)
    assert await is_gone(warned)


async def test_once_closed_it_stays_closed(warned: Warned) -> None:
    page = await nudged(warned)
    await warned.click("button", 2)  # after the one for the language and the one that logs out
    await until(lambda: is_gone(warned), "it is closed")
    await page.reload()
    await settled(warned)
    assert await is_gone(warned)


@pytest.mark.parametrize("how", REDRAWN)
async def test_a_page_that_draws_itself_anew_keeps_it(warned: Warned, how: str) -> None:
    page = await nudged(warned)
    await page.evaluate(f"() => {{ {REDRAWN[how]} }}")
    await until(lambda: is_shown(warned), "it is shown again")
    await warned.click("button.primary")
    await warned.visit.until(ev.EndRequested)


async def test_after_a_warning_it_does_not_come_back(warned: Warned) -> None:
    page = await nudged(warned)
    await warned.warn()
    await warned.visit.browser.hide_warning()
    await page.reload()
    await settled(warned)
    assert await is_gone(warned)
