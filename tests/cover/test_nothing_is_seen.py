"""A person at the keyboard while the cover is up: nothing of the portal is seen, and nothing reaches it.

The portal is a real browser window in a loud colour, and the screen is grabbed again and again.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import psutil
import pytest
from playwright.async_api import Page, async_playwright

from kiosk_agent.hands.ports import Panel, PanelAnswer, PanelButton, PanelEntry
from kiosk_agent.hands.shield import StandaloneCover
from tests.cover.screen import LoudWindow, Screen, Watch, keys, loud_page

SHIELD = Panel(kind="shield", title="ログアウトしています", lines=("しばらくお待ちください。",))
CHALLENGE = Panel(
    kind="challenge",
    title="同じ方が続けていますか？",
    tone="warning",
    buttons=(PanelButton("same", "同じ方", "primary", needs_mark=True), PanelButton("other", "別の方", "danger")),
    entries=(PanelEntry("支援員のイニシャル"),),
)
HELD = Panel(
    kind="held",
    title="この端末は止めています",
    buttons=(PanelButton("release", "解除する", "primary"),),
    entries=(PanelEntry("解除コード", secret=True), PanelEntry("責任者のイニシャル")),
)
PATIENCE_S = 60.0


@pytest.fixture
async def portal(display: str, browser_path: str, tmp_path: Path) -> AsyncIterator[Page]:
    """A maximised browser window that is nothing but loud."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(
            executable_path=browser_path,
            headless=False,
            chromium_sandbox=not root,
            args=["--start-maximized"],
            ignore_default_args=["--enable-automation"],
        )
        page = await (await browser.new_context(no_viewport=True)).new_page()
        await page.goto(loud_page(tmp_path))
        screen = Screen(display)
        async with asyncio.timeout(PATIENCE_S):
            while screen.loud_pixels() < 500_000:
                await asyncio.sleep(0.05)
        screen.close()
        await type_into(page)
        yield page
        await browser.close()


async def type_into(page: Page) -> None:
    """Put the real keyboard focus into the page's field, and make sure that real keys arrive there."""
    x, y = await page.evaluate(
        """() => { const box = document.getElementById('field').getBoundingClientRect();
        return [screenX + (outerWidth - innerWidth) / 2 + box.x + 20,
                screenY + outerHeight - innerHeight + box.y + 20] }"""
    )
    await asyncio.to_thread(keys, "mousemove", str(round(x)), str(round(y)), "click", "1")
    async with asyncio.timeout(PATIENCE_S):
        while not await page.locator("#field").input_value():
            await asyncio.to_thread(keys, "key", "k")
            await asyncio.sleep(0.1)
    await asyncio.sleep(0.2)
    await page.locator("#field").fill("")


@pytest.fixture
async def cover(display: str) -> AsyncIterator[StandaloneCover]:
    cover = StandaloneCover(scale=1.0)
    await cover.start()
    yield cover
    await cover.close()


async def press(*combinations: str) -> None:
    for combination in combinations:
        await asyncio.to_thread(keys, "key", combination)


async def test_no_key_takes_the_cover_away_or_reaches_the_portal(
    portal: Page, cover: StandaloneCover, display: str
) -> None:
    await cover.shield(SHIELD)
    with Watch(display) as watch:
        await press("alt+Tab", "alt+shift+Tab", "alt+F4", "super+d", "F5", "F11", "Escape", "Return", "ctrl+w")
        await press("ctrl+t", "ctrl+n", "ctrl+shift+n", "F12", "alt+space", "ctrl+alt+Right", "super", "Menu")
        await asyncio.to_thread(keys, "type", "--delay", "5", "this must not reach the portal")
        await asyncio.to_thread(keys, "mousemove", "200", "20", "click", "1", "click", "3")
    assert watch.frames > 5
    assert watch.leaks == []
    assert await portal.locator("#field").input_value() == ""
    assert len(portal.context.pages) == 1


async def test_nothing_the_portal_does_brings_it_above_the_cover(
    portal: Page, cover: StandaloneCover, display: str
) -> None:
    await cover.shield(SHIELD)
    with Watch(display) as watch:
        await portal.evaluate("document.documentElement.requestFullscreen().catch(() => {})")
        for _ in range(3):
            await portal.evaluate("open(location.href, '_blank', 'width=600,height=400')")
            popup = await portal.context.new_page()
            await popup.goto(portal.url)
            await popup.bring_to_front()
        await portal.bring_to_front()
    assert watch.frames > 5
    assert watch.leaks == []


async def test_a_menu_that_opens_beneath_the_cover_is_not_seen(
    portal: Page, cover: StandaloneCover, display: str
) -> None:
    """A select's list is a window that no window manager is asked about: X11 would map it on top of any other."""
    await cover.shield(SHIELD)
    with Watch(display) as watch:
        for _ in range(20):
            await portal.locator("#menu").click()
            await portal.keyboard.press("ArrowDown")  # the list is there, and answers
            await portal.keyboard.press("Escape")
    assert watch.frames > 20
    assert watch.leaks == []


async def test_a_window_that_no_window_manager_is_asked_about_is_not_seen_for_a_moment(
    cover: StandaloneCover, display: str
) -> None:
    """Menus and tooltips are such windows. The X server is held meanwhile, so that the cover has no time to rise."""
    await cover.shield(SHIELD)
    with LoudWindow(display) as window:
        assert window.seen_at_once() == 0
        await cover.hide()
        assert window.seen_at_once() > 0, "uncovered it is seen"


async def test_a_menu_that_was_open_when_the_cover_came_is_covered_and_its_grab_is_taken_over(
    portal: Page, cover: StandaloneCover, display: str
) -> None:
    await asyncio.to_thread(keys, "mousemove", "600", "600", "click", "3")
    await asyncio.sleep(0.5)
    await cover.shield(SHIELD)
    with Watch(display) as watch:
        await asyncio.sleep(1.0)
        await asyncio.to_thread(keys, "type", "--delay", "5", "abc")
        await press("alt+F4", "alt+Tab")
    assert watch.leaks == []
    assert await portal.locator("#field").input_value() == ""


async def test_a_hung_browser_that_holds_the_pointer_for_ever_gets_no_key(
    portal: Page, cover: StandaloneCover, display: str
) -> None:
    await asyncio.to_thread(keys, "mousemove", "600", "600", "click", "3")
    await asyncio.sleep(0.5)
    processes = psutil.Process().children(recursive=True)
    hung = [process for process in processes if "--user-data-dir" in " ".join(process.cmdline())]
    assert hung
    for process in hung:
        process.suspend()
    await cover.shield(SHIELD)
    with Watch(display) as watch:
        await asyncio.to_thread(keys, "type", "--delay", "5", "this must not reach the portal")
        await press("alt+F4", "alt+Tab", "super+d")
    for process in hung:
        process.resume()
    assert watch.leaks == []
    assert await portal.locator("#field").input_value() == ""


async def test_after_the_cover_the_resident_types_on_at_once(
    portal: Page, cover: StandaloneCover, display: str
) -> None:
    await asyncio.to_thread(keys, "type", "before ")
    await cover.shield(SHIELD)
    await asyncio.to_thread(keys, "type", "never ")
    await cover.hide()
    async with asyncio.timeout(PATIENCE_S):
        while not (await portal.locator("#field").input_value()).endswith("x"):
            await asyncio.to_thread(keys, "type", "x")
            await asyncio.sleep(0.1)
    typed = await portal.locator("#field").input_value()
    assert typed.startswith("before ")
    assert "never" not in typed


async def test_the_agents_own_clicks_beneath_the_cover_work(portal: Page, cover: StandaloneCover, display: str) -> None:
    await cover.shield(SHIELD)
    with Watch(display) as watch:
        await portal.locator("#button").click()
        await portal.locator("#field").fill("filled beneath")
        await portal.locator("#field").press("Tab")
    assert await portal.title() == "pressed"
    assert watch.leaks == []


async def test_enter_answers_nothing_and_an_answer_needs_the_mark(
    portal: Page, cover: StandaloneCover, display: str
) -> None:
    answers: asyncio.Queue[PanelAnswer] = asyncio.Queue()
    cover.on_answer(answers.put_nowait)
    await cover.show(CHALLENGE)
    await asyncio.sleep(0.8)  # buttons do not count before
    await press("Return", "space", "Tab", "Return", "Tab", "Return", "space")  # the last one: "same", without a mark
    await asyncio.to_thread(keys, "type", "--delay", "20", "YT")  # it led to the field
    await press("Tab", "space")
    async with asyncio.timeout(PATIENCE_S):
        assert await answers.get() == PanelAnswer("challenge", "same", ("YT",))
    assert answers.empty()
    assert await portal.locator("#field").input_value() == ""


async def test_of_a_panel_that_is_shown_once_more_the_mark_stays_and_the_code_does_not(
    cover: StandaloneCover, display: str
) -> None:
    answers: asyncio.Queue[PanelAnswer] = asyncio.Queue()
    cover.on_answer(answers.put_nowait)
    await cover.show(HELD)
    await asyncio.sleep(0.8)  # buttons do not count before
    await press("Tab")
    await asyncio.to_thread(keys, "type", "--delay", "20", "1234")
    await press("Tab")
    await asyncio.to_thread(keys, "type", "--delay", "20", "YT")
    await press("Tab", "space")
    async with asyncio.timeout(PATIENCE_S):
        assert await answers.get() == PanelAnswer("held", "release", ("1234", "YT"))
    await cover.show(msgspec.structs.replace(HELD, lines=("解除コードが違います。",)))
    await asyncio.sleep(0.8)
    await press("Tab", "Tab", "Tab", "space")
    async with asyncio.timeout(PATIENCE_S):
        assert await answers.get() == PanelAnswer("held", "release", ("", "YT"))


async def test_a_click_answers_after_the_panel_has_been_there_for_a_moment(
    portal: Page, cover: StandaloneCover, display: str
) -> None:
    answers: asyncio.Queue[PanelAnswer] = asyncio.Queue()
    cover.on_answer(answers.put_nowait)
    screen = Screen(display)
    place = screen.find((0xCE, 0x00, 0x00))
    assert place is None
    await cover.show(CHALLENGE)
    place = screen.find((0xCE, 0x00, 0x00))
    screen.close()
    assert place is not None
    x, y = str(place[0] + 40), str(place[1] + 20)
    await asyncio.to_thread(keys, "mousemove", x, y, "click", "1")
    await asyncio.sleep(0.8)
    assert answers.empty(), "a click that was on its way when the panel appeared does not count"
    await asyncio.to_thread(keys, "mousemove", x, y, "click", "1")
    async with asyncio.timeout(PATIENCE_S):
        assert await answers.get() == PanelAnswer("challenge", "other", ("",))
