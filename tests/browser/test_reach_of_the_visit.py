"""Where a visit may go, what counts as activity, and what ends it."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import signal
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Literal

import psutil
import pytest
from playwright.async_api import Error

from kiosk_agent.locale import SPOKEN, speaker
from kiosk_agent.practice.portal import PracticePortal
from kiosk_agent.practice.switches import Quirk, Switches
from kiosk_agent.session import events as ev
from tests.browser.conftest import Visit, visiting
from tests.screens.conftest import SIZE
from tests.screens.layout import assert_readable
from tests.screens.pictures import keep
from tests.support.living import lives

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
IS_DARK = "Number(getComputedStyle(document.documentElement).backgroundColor.match(/\\d+/)[0]) < 64"


@contextlib.contextmanager
def serving(host: str, redirect_to: str = "") -> Iterator[tuple[str, list[str]]]:
    """A site that says "outside", or sends everybody elsewhere: its address, and what was asked of it."""
    asked: list[str] = []

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(302 if redirect_to else 200)
            if redirect_to:
                self.send_header("Location", redirect_to)
            self.end_headers()
            self.wfile.write(b"outside")

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer((host, 0), Site)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://{host}:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def outside() -> Iterator[tuple[str, list[str]]]:
    """A site that no profile names."""
    with serving("127.0.0.3") as site:
        yield site


async def test_an_address_outside_the_profile_is_refused_and_counted(
    visit: Visit, outside: tuple[str, list[str]]
) -> None:
    url, asked = outside
    await visit.page.goto(f"{url}/page")
    await visit.page.get_by_role("button", name="戻る").click()
    await visit.page.wait_for_url(f"{visit.portal.url}/")
    assert len(visit.of(ev.NavigationRefused)) == 1
    assert asked == []


@pytest.mark.parametrize("language", SPOKEN)
async def test_the_refusal_speaks_the_visits_language_and_every_other_at_the_press_of_a_button(
    visit: Visit, outside: tuple[str, list[str]], language: str
) -> None:
    visit.language.choose(language)
    page, text = visit.page, "This page cannot be opened at this desk."
    await page.set_viewport_size(SIZE)
    await page.goto(f"{outside[0]}/page")
    assert await page.inner_text("h1") == speaker(language)(text)
    names = page.locator("[data-language]")
    assert await names.all_inner_texts() == [one.name for one in SPOKEN.values()]
    for other in (*SPOKEN, language):
        await page.locator(f'[data-language="{other}"]').click()
        assert await page.inner_text("h1") == speaker(other)(text)
        assert await page.locator("html").get_attribute("lang") == SPOKEN[other].tag
        assert await page.locator("[aria-pressed=true]").inner_text() == SPOKEN[other].name
    for scheme, zoom in itertools.product(SCHEMES, (1, 2)):
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # no colour halfway to another one
        await page.set_viewport_size({key: pixels // zoom for key, pixels in SIZE.items()})
        await assert_readable(page)
        await page.evaluate("scrollTo(0, 0)")
        box = await page.locator("#back").bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= SIZE["height"] / zoom, "the way back is to be seen without scrolling"
        is_dark = await page.evaluate(IS_DARK)
        assert is_dark == (scheme == "dark")
        keep(f"refused@{zoom}00-{scheme}-{language}", await page.screenshot())
    await page.emulate_media(color_scheme=None, reduced_motion=None)
    assert visit.language.chosen == language, "a page of the portal's window chooses for itself alone"


async def test_where_a_server_redirects_to_is_refused_too(
    portal: PracticePortal, tmp_path: Path, outside: tuple[str, list[str]]
) -> None:
    url, asked = outside

    with serving("127.0.0.4", redirect_to=f"{url}/target?of=this#part") as (allowed, _):
        async with visiting(portal, tmp_path, allowed=f"{allowed}/**") as visit:
            await visit.page.goto(f"{allowed}/here")
            assert await visit.page.inner_text("h1") == "このページは、この窓口では開けません。"
            assert len(visit.of(ev.NavigationRefused)) == 1
            assert asked == []
            async with visit.page.expect_popup() as opening:
                await visit.page.evaluate("url => { open(url) }", f"{allowed}/popup")
            await visit.until(
                ev.NavigationRefused, times=2
            )  # a new page may be quicker than we are: then it is taken back
            popup = await opening.value
            await popup.wait_for_function("() => document.querySelector('h1')")


@pytest.mark.parametrize(
    "script",
    [
        "url => { location.href = url }",
        "url => { window.open(url) }",
        "url => { const f = document.createElement('iframe'); f.src = url; document.body.append(f) }",
        "url => { fetch(url, {mode: 'no-cors'}).catch(() => {}) }",
        "url => { new Image().src = url }",
        "url => { navigator.sendBeacon(url, 'x') }",
        "url => { const a = document.createElement('a'); Object.assign(a, {href: url, target: '_blank'}); a.click() }",
        "url => { const f = document.body.appendChild(document.createElement('form')); f.action = url; f.submit() }",
        "url => { const w = new Worker(URL.createObjectURL(new Blob([`fetch('${url}', {mode: 'no-cors'})`]))) }",
    ],
    ids=["navigation", "popup", "frame", "fetch", "image", "beacon", "link", "form", "worker"],
)
async def test_no_way_leads_outside(visit: Visit, outside: tuple[str, list[str]], script: str) -> None:
    url, asked = outside
    session = await visit.page.context.new_cdp_session(visit.page)
    await session.send("Page.enable")
    await session.send("Page.setBypassCSP", {"enabled": True})  # the portal's would refuse some of them first
    await visit.page.reload()
    await visit.page.evaluate(script, f"{url}/leak")
    await visit.until(ev.NavigationRefused)
    assert asked == []


@pytest.mark.parametrize("url", ["data:text/html,hello", "file:///etc/hostname"])
async def test_what_no_glob_can_name_is_not_shown(visit: Visit, url: str) -> None:
    with contextlib.suppress(Error):  # refused by the browser already, or taken back meanwhile
        await visit.page.goto(url)
    await visit.until(ev.NavigationRefused)
    await visit.page.wait_for_function("() => document.querySelector('h1')")  # the portal's, or that of the refusal


async def test_a_thousand_pictures_from_outside_count_once(visit: Visit, outside: tuple[str, list[str]]) -> None:
    url, asked = outside
    await visit.page.evaluate(
        "async url => { await Promise.all([...Array(50).keys()].map(n => fetch(`${url}/${n}`).catch(() => {}))) }", url
    )
    await visit.until(ev.NavigationRefused)
    assert len(visit.of(ev.NavigationRefused)) == 1
    assert asked == []


async def test_a_mouse_that_trembles_by_itself_is_no_input(visit: Visit) -> None:
    for step in range(100):
        await visit.page.mouse.move(300 + step % 5, 200 + step % 4)
    for step in range(60):
        await visit.page.mouse.move(300 + step // 10, 200)
    await visit.page.evaluate("() => new Promise(done => setTimeout(done, 1500))")  # longer than one a second
    await visit.page.mouse.move(302, 202)
    await visit.page.evaluate("() => 0")
    assert visit.of(ev.PortalActivity) == []
    await visit.page.mouse.move(330, 220)
    await visit.until(ev.PortalActivity)


async def test_real_input_in_a_page_counts_at_most_once_a_second(visit: Visit) -> None:
    for step in range(200):
        await visit.page.mouse.move(100 + step % 50, 100)
    await visit.until(ev.PortalActivity)
    assert len(visit.of(ev.PortalActivity)) < 20  # 200 moves take a moment, not twenty seconds


async def test_input_that_a_script_makes_up_does_not_count(visit: Visit) -> None:
    await visit.page.evaluate(
        "() => { for (const type of ['pointerdown', 'keydown', 'wheel', 'input', 'pointermove'])"
        " document.body.dispatchEvent(new Event(type, {bubbles: true})) }"
    )
    await visit.page.evaluate("() => new Promise(r => setTimeout(r, 300))")
    assert not visit.of(ev.PortalActivity)
    assert await visit.page.evaluate("typeof __kiosk_post") == "undefined"
    assert await visit.page.evaluate("typeof __kiosk_overlay") == "undefined"


@pytest.mark.parametrize("switches", [Switches(quirks=frozenset({Quirk.DOCUMENT_OPEN}))])
async def test_input_counts_after_a_page_wrote_itself_anew(visit: Visit) -> None:
    await visit.sign_in()
    await visit.page.click("#rewrite")
    before = len(visit.of(ev.PortalActivity))
    await visit.page.evaluate("() => new Promise(r => setTimeout(r, 1100))")  # the page's own limit is a second
    await visit.page.mouse.move(200, 200)
    await visit.page.mouse.move(220, 220)
    await visit.until(ev.PortalActivity, times=before + 1)


@pytest.mark.parametrize("switches", [Switches(quirks=frozenset({Quirk.FRAME}))])
async def test_input_in_a_frame_of_another_site_counts(visit: Visit) -> None:
    await visit.page.context.unroute_all()
    await visit.sign_in()
    frame = visit.page.frame_locator("iframe").first
    box = await frame.locator("body").bounding_box()
    assert box is not None
    before = len(visit.of(ev.PortalActivity))
    await visit.page.evaluate("() => new Promise(r => setTimeout(r, 1100))")  # the page's own limit is a second
    await visit.page.mouse.move(box["x"] + 5, box["y"] + 5)
    await visit.page.mouse.move(box["x"] + 25, box["y"] + 15)
    await visit.until(ev.PortalActivity, times=before + 1)


async def test_the_last_page_closed_is_the_end_of_the_visit(visit: Visit) -> None:
    first = visit.page
    second = await first.context.new_page()
    await first.close()
    assert not visit.of(ev.VisitBrowserLost)
    await second.close()
    assert not (await visit.until(ev.VisitBrowserLost)).crashed


async def test_a_killed_browser_is_noticed_at_once(visit: Visit) -> None:
    os.kill(visit.root_pid, signal.SIGKILL)
    assert (await visit.until(ev.VisitBrowserLost)).crashed
    assert await visit.browser.destroy()


async def test_a_killed_driver_takes_the_browser_with_it(visit: Visit) -> None:
    root = psutil.Process(visit.root_pid)
    helpers = root.children(recursive=True)
    root.suspend()  # mostly it ends by itself, but not always
    psutil.Process(root.ppid()).kill()
    assert (await visit.until(ev.VisitBrowserLost)).crashed
    await asyncio.to_thread(root.wait, 30)
    assert await visit.browser.destroy()
    assert not [one for one in (root, *helpers) if lives(one)]


async def test_a_page_that_crashed_does_not_stay(visit: Visit) -> None:
    first = visit.page
    other = await first.context.new_page()
    closed = asyncio.Event()
    other.once("close", lambda _page: closed.set())
    with pytest.raises(Error):
        await other.goto("chrome://crash")
    await closed.wait()
    assert visit.page is first
    assert await first.title() == "トップ | 練習用ポータル"


async def test_destroying_leaves_no_process_and_may_be_asked_again(visit: Visit) -> None:
    root = psutil.Process(visit.root_pid)
    helpers = root.children(recursive=True)
    assert len(helpers) > 2
    assert await visit.browser.destroy()
    assert not [one for one in (root, *helpers) if lives(one)]
    assert await visit.browser.destroy()
    assert visit.pids[-1] is None
    assert not visit.of(ev.VisitBrowserLost)
