"""Warning and nudge look and work the same in whatever page they appear, at any size."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import Page

from kiosk_agent.locale import SPOKEN
from kiosk_agent.session import events as ev
from kiosk_agent.session.vocabulary import Answer, EndSource
from tests.overlay.conftest import SIZE, Warned, until
from tests.screens.layout import MEASURE, TARGET_PX, TYPE_PX, assert_nothing_wrong
from tests.screens.pictures import keep
from tests.support.closed_root import in_closed_root, middle_of, text_of

pytestmark = pytest.mark.asyncio(loop_scope="module")  # one visit for all of them

STRANGE = {
    "plain": "",
    "small root font": "document.documentElement.style.fontSize = '62.5%'",
    "large root font": "document.documentElement.style.fontSize = '300%'",
    "right to left": "document.documentElement.dir = 'rtl'",
    "vertical": "document.documentElement.style.writingMode = 'vertical-rl'",
    "huge z-index": "{ const own = document.body.appendChild(document.createElement('div'));"
    " own.style.cssText = 'position: fixed; inset: 0; z-index: 2147483647; background: #f0f' }",
    "own dialog": "{ const own = document.body.appendChild(document.createElement('dialog'));"
    " own.textContent = 'mine'; own.style.cssText = 'width: 100vw; height: 100vh; background: #f0f';"
    " own.showModal() }",
    "everything styled": "{ const own = document.body.appendChild(document.createElement('style')); own.textContent ="
    " '* { color: #f0f !important; background: #f0f !important; font-size: 5px !important; display: inline !important;"
    " all: unset !important } ::backdrop { display: none !important }' }",
    "capitals": "document.documentElement.style.cssText = 'text-transform: uppercase; letter-spacing: 1em;"
    " word-spacing: 3em; line-height: .5; text-indent: 5em'",
}
SHAPE = """root => [...root.querySelectorAll('dialog, h1, p, button, aside')].map(e => {
  const box = e.getBoundingClientRect(); return [box.x, box.y, box.width, box.height].map(Math.round); })"""


async def measured(page: Page, *, type_px: int = TYPE_PX) -> None:
    found = await in_closed_root(page, MEASURE, type_px, TARGET_PX)
    found.pop("sideways")  # of the portal's own page
    assert_nothing_wrong({**found, "sideways": 0})


async def color_at(page: Page, x: float, y: float) -> Any:
    picture = Image.open(io.BytesIO(await page.screenshot())).convert("RGB")
    return picture.getpixel((round(x), round(y)))


@pytest.mark.parametrize("strange", STRANGE)
async def test_it_is_the_same_in_every_page(warned: Warned, strange: str) -> None:
    page = await warned.warn(worker_only=True)
    plain = await in_closed_root(page, SHAPE)
    await warned.visit.browser.hide_warning()
    await page.evaluate(f"() => {{ {STRANGE[strange]} }}")
    await warned.warn(worker_only=True)
    await measured(page)
    assert await in_closed_root(page, SHAPE) == plain
    await warned.click("button.danger")
    assert (await warned.answered()).answer is Answer.OTHER


async def test_nothing_of_the_page_beneath_can_be_read(warned: Warned) -> None:
    """Whoever sits there now may be somebody else, and the page shows a name."""
    page = await warned.warn()
    box = await in_closed_root(page, "root => root.querySelector('dialog').getBoundingClientRect().toJSON()")
    picture = Image.open(io.BytesIO(await page.screenshot())).convert("L")
    picture.paste(0, (int(box["left"]), int(box["top"]), int(box["right"]) + 1, int(box["bottom"]) + 1))
    assert picture.getextrema()[1] <= 20


async def test_it_lies_above_an_element_in_full_screen(warned: Warned) -> None:
    page = warned.page
    await page.evaluate("document.body.addEventListener('click', () => document.body.requestFullscreen())")
    await page.mouse.click(500, 600)
    await until(lambda: page.evaluate("document.fullscreenElement !== null"), "it is in full screen")
    await warned.warn()
    await measured(page)
    await warned.click("button.danger")
    assert (await warned.answered()).answer is Answer.OTHER


async def test_an_element_that_goes_into_full_screen_later_does_not_cover_it(warned: Warned) -> None:
    page = await warned.warn()
    session = await page.context.new_cdp_session(page)
    await session.send("Runtime.evaluate", {"expression": "document.body.requestFullscreen()", "userGesture": True})
    await session.detach()
    await until(lambda: page.evaluate("document.fullscreenElement !== null"), "it is in full screen")
    await until(warned.holds, "the warning is above it")
    await warned.click("button.danger")
    assert (await warned.answered()).answer is Answer.OTHER


async def test_a_browser_that_darkens_every_page_leaves_its_colours_as_they_are(warned: Warned) -> None:
    page = warned.page
    session = await page.context.new_cdp_session(page)
    await page.emulate_media(color_scheme="dark")
    await session.send("Emulation.setAutoDarkModeOverride", {"enabled": True})
    await until(lambda: darkened(page), "the page is dark")
    await warned.warn()
    _, y = await middle_of(page, "button.primary")
    left = await in_closed_root(page, "root => root.querySelector('button.primary').getBoundingClientRect().left")
    assert await color_at(page, left + 10, y) == (0x00, 0x17, 0xC1)
    assert await color_at(page, left - 10, y) == (0xFF, 0xFF, 0xFF)
    await measured(page)
    await session.detach()


async def darkened(page: Page) -> bool:
    return sum(await color_at(page, 5, SIZE["height"] - 5)) < 3 * 128


@pytest.mark.parametrize("language", SPOKEN)
@pytest.mark.parametrize("zoom", [1, 2, 4])
@pytest.mark.parametrize("kind", ["resident", "worker", "over"])
async def test_it_can_be_read_and_answered_at_every_size(warned: Warned, language: str, zoom: int, kind: str) -> None:
    changes: dict[str, Any] = {
        "resident": {},
        "worker": {"worker_only": True, "needs_mark": True},
        "over": {"can_extend": False},
    }[kind]
    page = warned.page
    warned.language.choose(language)
    try:
        await page.set_viewport_size({key: pixels // zoom for key, pixels in SIZE.items()})
        await warned.warn(**changes)
        await measured(page, type_px=TYPE_PX if zoom < 4 else 16)  # at 400 % it is large in any case
        name = "warning" if kind == "resident" else f"warning-{kind}"
        keep(name if (zoom, language) == (1, "ja") else f"{name}@{zoom}00-{language}", await page.screenshot())
        if zoom == 1 or (zoom == 2 and kind != "worker"):
            hidden = "root => { const d = root.querySelector('dialog'); return d.scrollHeight - d.clientHeight; }"
            assert await in_closed_root(page, hidden) <= 0, "everything is to be seen without scrolling"
        if zoom <= 2:
            seen = """root => [...root.querySelectorAll('button')].every(button => {
              const box = button.getBoundingClientRect(), all = button.closest('dialog').getBoundingClientRect();
              return box.top >= all.top && box.bottom <= all.bottom; })"""
            assert await in_closed_root(page, seen), "the answers are to be seen without scrolling"
        if zoom == 2:
            assert await shows_more(page) == (kind == "worker"), "an edge tells that there is more beneath the answers"
            await in_closed_root(page, "root => root.querySelector('dialog').scrollTo(0, 9999)")
            await until(lambda: shows_nothing_more(page), "the edge is gone at the end")
        await warned.click("button.danger" if "needs_mark" in changes else ".buttons button")
        answer = Answer.SAME if kind == "resident" else Answer.OTHER
        assert (await warned.answered()).answer is answer
    finally:
        await page.set_viewport_size(SIZE)


async def shows_more(page: Page) -> bool:
    shadow = "root => getComputedStyle(root.querySelector('.buttons')).boxShadow"
    found = await in_closed_root(page, shadow)
    return not (found == "none" or found.startswith("rgba(0, 0, 0, 0)"))


async def shows_nothing_more(page: Page) -> bool:
    return not await shows_more(page)


async def test_the_nudge_urges_to_log_out_and_the_page_stays_usable(warned: Warned) -> None:
    page = await warned.nudge()
    keep("nudge", await page.screenshot())
    assert "手続きが終わりました。" in await text_of(page)
    await measured(page)
    await page.click("#menu-button")
    assert await page.locator("#menu-log-out").is_visible()
    assert (await warned.state())["nudge"]
    await page.evaluate("document.documentElement.lastElementChild.click()")
    assert warned.visit.of(ev.EndRequested) == []
    await warned.click("button.primary")
    assert await warned.visit.until(ev.EndRequested) == ev.EndRequested(EndSource.NUDGE)


@pytest.mark.parametrize("how", ["mouse", "touch", "keys"])
async def test_the_nudge_can_be_closed(warned: Warned, how: str) -> None:
    page = await warned.nudge()
    if how == "mouse":
        await warned.click(".buttons button", 1)
    elif how == "touch":
        await warned.tap(".buttons button", 1)
    else:
        await page.keyboard.press("Shift+Tab")  # it is the last of the page
        await page.keyboard.press("Space")
    await until(lambda: text_is_gone(page), "the nudge is gone")
    assert warned.visit.of(ev.EndRequested) == []


async def text_is_gone(page: Page) -> bool:
    return await text_of(page) == ""


@pytest.mark.parametrize("strange", ["right to left", "huge z-index", "small root font", "everything styled"])
async def test_the_nudge_is_the_same_in_every_page(warned: Warned, strange: str) -> None:
    page = await warned.nudge()
    plain = await in_closed_root(page, SHAPE)
    await page.evaluate(f"() => {{ {STRANGE[strange]} }}")
    await warned.nudge()
    assert await in_closed_root(page, SHAPE) == plain
    await warned.click("button.primary")
    await warned.visit.until(ev.EndRequested)


@pytest.mark.parametrize("language", SPOKEN)
async def test_the_nudge_fits_also_at_double_size(warned: Warned, language: str) -> None:
    warned.language.choose(language)
    page = warned.page
    for zoom in (1, 2):
        await page.set_viewport_size({key: pixels // zoom for key, pixels in SIZE.items()})
        await warned.nudge()
        keep(f"nudge@{zoom}00-{language}", await page.screenshot())
        await measured(page)
        await is_inside(page, zoom)
        await warned.click("button.languages")
        await until(lambda: is_choosing(page), "the list is there")
        keep(f"nudge-languages@{zoom}00-{language}", await page.screenshot())
        await measured(page)
        await is_inside(page, zoom)


async def is_inside(page: Page, zoom: int) -> None:
    box = await in_closed_root(page, "root => root.querySelector('aside').getBoundingClientRect().toJSON()")
    assert box["top"] >= 0
    assert box["right"] <= SIZE["width"] // zoom
    hidden = "root => { const a = root.querySelector('aside'); return a.scrollHeight - a.clientHeight; }"
    assert await in_closed_root(page, hidden) <= 0


async def is_choosing(page: Page) -> bool:
    return bool(await in_closed_root(page, "root => Boolean(root.querySelector('.names'))"))


@pytest.mark.parametrize("language", SPOKEN)
@pytest.mark.parametrize("zoom", [1, 2, 4])
async def test_the_list_of_languages_fits_at_every_size(warned: Warned, language: str, zoom: int) -> None:
    warned.language.choose(language)
    page = warned.page
    await page.set_viewport_size({key: pixels // zoom for key, pixels in SIZE.items()})
    await warned.warn()
    await warned.click("button.languages")
    await until(lambda: is_choosing(page), "the list is there")
    keep("languages" if (zoom, language) == (1, "ja") else f"languages@{zoom}00-{language}", await page.screenshot())
    await measured(page, type_px=TYPE_PX if zoom < 4 else 16)
    assert await warned.holds()
    names = "root => [...root.querySelectorAll('.names button')].map(button => button.textContent)"
    assert (await in_closed_root(page, names))[:-1] == [one.name for one in SPOKEN.values()]


async def test_a_warning_takes_the_nudges_place(warned: Warned) -> None:
    await warned.nudge()
    page = await warned.warn()
    assert "まだご利用中ですか" in await text_of(page)
    await warned.visit.browser.show_nudge("an operation")
    assert "まだご利用中ですか" in await text_of(page)
