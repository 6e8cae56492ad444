"""Every page in a real Chromium: accessible in light and dark, whole at small sizes, reachable by keyboard.

KIOSK_CENTRAL_PICTURES names a folder for a picture of each page.
"""

from __future__ import annotations

import asyncio
import io
import os
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdf
import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from litestar import Litestar
from playwright.sync_api import Browser, FloatRect, Page, sync_playwright

from kiosk_agent.central.app import create_app
from kiosk_agent.central.database.engine import Database, sqlite_url
from kiosk_agent.central.database.migrate import migrate
from kiosk_agent.clock import ManualClock
from kiosk_agent.hands.find_browser import sandbox_wanted
from tests.central.nation import NOW
from tests.central.page_addresses import addresses
from tests.central.people import PASSWORD
from tests.central.shown import add_people, fill
from tests.screens.pictures import keep

PICTURES = os.environ.get("KIOSK_CENTRAL_PICTURES")
ENDINGS = (".svg", ".pdf", ".css", ".js")
SHOWN = [("nation", "all"), ("office", "2"), ("desk", "2")]
DESKTOP, SMALL, ZOOMED = (1280, 900), (1024, 768), (512, 384)  # the last: 1024 × 768 at 200 %
MARGIN_PX = 24  # below what a picture for the guides ends with


class Central:
    """A running server, and a browser in which an administrator of the nation is signed in."""

    def __init__(self, app: Litestar, url: str, browser: Browser) -> None:
        self.app, self.url, self.browser = app, url, browser
        self.problems: list[str] = []
        self.page = self.open()

    def open(self, **options: Any) -> Page:
        """A page of a new context, signed in."""
        page = self.browser.new_context(locale="ja-JP", **options).new_page()
        page.on("console", lambda said: self.problems.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.goto(f"{self.url}/login")
        page.fill("#name", "nation-administrator")
        page.fill("#password", PASSWORD)
        page.click("main button")
        page.wait_for_url(f"{self.url}/")
        return page

    def addresses(self) -> list[str]:
        """Of every page, in order; each once."""
        found: dict[str, None] = {"/login": None, "/no-such-place": None, "/hours?office=2": None}
        for level, key in SHOWN:
            for method, address, _ in addresses(self.app, level, key):
                if method == "GET" and not address.endswith(ENDINGS) and not address.startswith("/language"):
                    found[address] = None
        return list(found)


@pytest.fixture(scope="module")
def central(browser_path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Central]:
    database = Database(sqlite_url(tmp_path_factory.mktemp("central")))
    migrate(database)
    fill(database)
    add_people(database)
    app = create_app(database, ManualClock(wall=NOW))
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="on"))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listening])))
    thread.start()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=browser_path, chromium_sandbox=sandbox_wanted())
            try:
                yield Central(app, f"http://127.0.0.1:{listening.getsockname()[1]}", browser)
            finally:
                browser.close()
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
        database.close()


def at_size(page: Page, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})


def keep_picture(page: Page, address: str, what: str) -> None:
    if PICTURES:
        name = re.sub(r"\W+", "-", address).strip("-") or "overview"
        page.screenshot(path=Path(PICTURES) / f"{name}.{what}.png", full_page=True)


def keep_for_guides(page: Page, address: str) -> None:
    """The parts of two pages that the guides show: the overview down to its numbers, and a ranking."""
    if address == "/":
        numbers = page.locator(".numbers").bounding_box()
        assert numbers is not None, "the overview has no numbers that the guides could show"
        height = numbers["y"] + numbers["height"] + MARGIN_PX
        clip: FloatRect = {"x": 0, "y": 0, "width": SMALL[0], "height": height}
        keep("central-overview", page.screenshot(full_page=True, clip=clip))
    elif address == "/places/nation/all":
        keep("central-ranking", page.locator("section[aria-labelledby=ranking]").screenshot())


BROKEN = """() => [...document.querySelectorAll('.mark, .whole, td.name > a')]
  .filter(one => one.checkVisibility() && (one.tagName !== 'A' || one.innerText.length < 9))
  .filter(one => { const text = document.createRange(); text.selectNodeContents(one);
    return text.getClientRects().length > 1; }).map(one => one.outerHTML)"""


class Walk:
    """What was found on all pages: each is loaded once, looked at in light and dark, and made smaller."""

    def __init__(self, central: Central) -> None:
        self.serious: list[str] = []
        self.wide: list[str] = []
        self.torn: list[str] = []
        axe, stranger = Axe(), central.browser.new_context(locale="ja-JP").new_page()
        for address in central.addresses():
            page = stranger if address == "/login" else central.page
            at_size(page, DESKTOP)
            page.emulate_media(color_scheme="light")
            page.goto(central.url + address)
            self._look(page, axe, f"light {address}", {"resultTypes": ["violations"]})
            keep_picture(page, address, "light")
            for size in (SMALL, ZOOMED):
                at_size(page, size)
                if (wide := page.evaluate("document.documentElement.scrollWidth")) > size[0]:
                    self.wide.append(f"{address}: {wide} of {size[0]}")
                self.torn += [f"{address} at {size[0]}: {what}" for what in page.evaluate(BROKEN)]
                keep_picture(page, address, str(size[0]))
                if size == SMALL:
                    keep_for_guides(page, address)
            at_size(page, DESKTOP)
            page.emulate_media(color_scheme="dark")
            self._look(page, axe, f"dark {address}", {"runOnly": ["color-contrast"], "resultTypes": ["violations"]})
            keep_picture(page, address, "dark")
        central.page.emulate_media(color_scheme="light")
        stranger.context.close()

    def _look(self, page: Page, axe: Axe, where: str, options: dict[str, Any]) -> None:
        for one in axe.run(page, options=options).response["violations"]:
            if one["impact"] in ("serious", "critical"):
                self.serious += [f"{where}: {one['id']}: {node['html'][:200]}" for node in one["nodes"]]


@pytest.fixture(scope="module")
def walk(central: Central) -> Walk:
    return Walk(central)


def test_nothing_serious_is_found_on_any_page_in_light_and_dark(walk: Walk) -> None:
    assert walk.serious == []


def test_no_page_is_wider_than_a_small_screen_nor_at_200_percent(walk: Walk) -> None:
    assert walk.wide == []


def test_no_day_or_mark_or_short_name_is_torn_on_a_small_screen_nor_at_200_percent(walk: Walk) -> None:
    assert walk.torn == []


def test_the_policy_of_the_pages_stops_nothing_of_ours(walk: Walk, central: Central) -> None:
    """What it stops, the browser says on its console."""
    on_purpose = re.compile(r"status of 40[04]")  # one page is not there, one form is refused
    assert [one for one in central.problems if not on_purpose.search(one)] == []


FOCUSED = """() => {
  const one = document.activeElement, box = one.getBoundingClientRect();
  return [one.outerHTML.slice(0, 200), box.width > 0 && getComputedStyle(one).outlineStyle !== 'none'];
}"""
REACHABLE = """() => [...document.querySelectorAll(
  'a[href], button, input:not([type=hidden]), select, summary, textarea')]
  .filter(one => one.type !== 'radio' || one === one.form.elements[one.name][0])  // the others by the arrow keys
  .filter(one => one.checkVisibility()).map(one => one.outerHTML.slice(0, 200))"""


@pytest.mark.parametrize("address", ["/", "/places/municipality/131016", "/places/desk/2"])
def test_everything_is_reached_by_keyboard_and_seen_to_be(central: Central, address: str) -> None:
    page = central.page
    at_size(page, DESKTOP)
    page.goto(central.url + address)
    wanted, reached, seen = page.evaluate(REACHABLE), list[str](), set[str]()
    for _ in range(3 * len(wanted)):  # the parts of a date are stops of their own
        page.keyboard.press("Tab")
        html, is_seen = page.evaluate(FOCUSED)
        if html.startswith("<body"):
            break
        reached.append(html)
        if is_seen:
            seen.add(html)
    assert reached[0].startswith('<a class="skip"')
    assert [html for html in wanted if html not in reached] == []
    assert [html for html in reached if html not in seen] == []


def test_no_stray_click_gives_a_command_and_its_form_is_not_on_paper(central: Central) -> None:
    page = central.page
    at_size(page, DESKTOP)
    page.goto(central.url + "/places/desk/2")
    section = page.locator("section[aria-labelledby=commands]")
    rows = section.get_by_role("region", name="端末への指示").locator("tbody tr")
    before, button = rows.count(), section.locator("button")
    steps = (
        lambda: section.get_by_label("端末の利用を再開する").check(),
        lambda: section.get_by_label("理由").fill("停電が終わった"),
        lambda: section.get_by_label("この端末で間違いありません").check(),
    )
    for missing in steps:
        page.goto(central.url + "/places/desk/2")
        for step in steps:
            if step is not missing:
                step()
        button.click()
        assert page.url == f"{central.url}/places/desk/2"
    missing()
    button.click()
    page.wait_for_url("**/places/desk/2#commands")
    assert rows.count() == before + 1
    assert "停電が終わった" in rows.first.inner_text()
    page.emulate_media(media="print")
    try:
        assert (section.locator("form").is_visible(), rows.first.is_visible()) == (False, True)
    finally:
        page.emulate_media(media="screen")


def test_a_command_that_is_refused_is_said_on_a_page_as_sound_as_the_others(central: Central) -> None:
    page, axe = central.page, Axe()
    at_size(page, DESKTOP)
    page.goto(central.url + "/places/desk/2")
    page.eval_on_selector("section[aria-labelledby=commands] form", "form => { form.noValidate = true; }")
    page.check("#what-end_visit")
    page.click("section[aria-labelledby=commands] button")
    assert page.locator("[role=alert]").inner_text().startswith("指示を出していません。")
    page.wait_for_load_state()  # with its style sheet
    assert page.is_checked("#what-end_visit")
    serious = [one for one in axe.run(page).response["violations"] if one["impact"] in ("serious", "critical")]
    assert serious == []
    keep_picture(page, "/places/desk/2/commands", "light")
    for size in (SMALL, ZOOMED):
        at_size(page, size)
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


PAPER = (680, 962)  # A4 less its margins, in CSS pixels


WIDER = """() => [...document.querySelectorAll('main *')].filter(one => one.checkVisibility())
  .filter(one => one.getBoundingClientRect().right > innerWidth + 1).map(one => one.outerHTML.slice(0, 200))"""
PRESSED = """() => [...document.querySelectorAll('button, input, select, textarea, summary, nav.menu, .files')]
  .filter(one => one.checkVisibility()).map(one => one.outerHTML.slice(0, 200))"""


def test_on_paper_nothing_is_cut_off_or_torn_and_nothing_is_to_be_pressed(central: Central) -> None:
    """Japanese may be broken anywhere: a narrow column would set a place's name one character below the other."""
    page, found = central.page, list[str]()
    at_size(page, PAPER)
    page.emulate_media(media="print")
    try:
        for address in [one for one in central.addresses() if one != "/login"]:
            page.goto(central.url + address)
            found += [f"{address}: {what}" for look in (WIDER, PRESSED, BROKEN) for what in page.evaluate(look)]
    finally:
        page.emulate_media(media="screen")
    assert found == []


@pytest.mark.parametrize("address", ["/", "/places/nation/all", "/alerts", "/places/desk/2"])
def test_on_paper_there_is_a_table(central: Central, address: str) -> None:
    page = central.page
    page.emulate_media(media="print")
    try:
        page.goto(central.url + address)
        assert page.locator("main table").first.is_visible()
    finally:
        page.emulate_media(media="screen")


COLOURS = """() => ['ground', 'panel', 'text', 'quiet', 'edge', 'link', 'yes', 'no', 'good', 'good-ground', 'care',
  'care-ground', 'bad', 'bad-ground'].map(one => getComputedStyle(document.body).getPropertyValue(`--${one}`))"""


def test_paper_is_white_also_where_the_screen_is_dark(central: Central) -> None:
    page = central.page
    page.goto(central.url + "/")
    try:
        page.emulate_media(media="print", color_scheme="light")
        light = page.evaluate(COLOURS)
        page.emulate_media(media="print", color_scheme="dark")
        assert page.evaluate(COLOURS) == light
        assert light[0] == "#ffffff"
        page.emulate_media(media="screen")
        assert page.evaluate(COLOURS) != light
    finally:
        page.emulate_media(media="screen", color_scheme="light")


FIRST_AND_LAST = """down => {
  document.querySelector('main').style.paddingTop = `${down}px`;
  const rows = [...document.querySelectorAll('section[aria-labelledby=numbers] tbody th')];
  rows.at(0).textContent = 'FIRST'; rows.at(-1).textContent = 'LAST';
}"""


@pytest.mark.parametrize("down", range(0, 1000, 125))
def test_a_small_table_stays_on_one_sheet_wherever_it_comes(central: Central, down: int) -> None:
    page = central.page
    page.goto(central.url + "/places/nation/all")
    page.evaluate(FIRST_AND_LAST, down)
    page.emulate_media(media="print")
    try:
        made = page.pdf(prefer_css_page_size=True)
    finally:
        page.emulate_media(media="screen")
    texts = [one.extract_text() for one in pypdf.PdfReader(io.BytesIO(made)).pages]
    assert [one for one in texts if ("FIRST" in one) != ("LAST" in one)] == []
    assert [one for one in texts if "FIRST" in one] != []


OUTSIDE = """() => [...document.querySelectorAll('.sheet svg')].filter(one => {
  const drawn = one.querySelector('path').getBoundingClientRect(), whole = one.getBoundingClientRect();
  const margin = whole.width / 20;  // a scanner needs white around it
  return drawn.left < whole.left + margin || drawn.right > whole.right - margin || drawn.width < 100
    || drawn.top < whole.top + margin || drawn.bottom > whole.bottom - margin;
}).length"""


@pytest.mark.parametrize("media", ["print", "screen"])
def test_the_picture_of_a_code_is_whole_on_paper_and_its_sheet_says_where(central: Central, media: str) -> None:
    page = central.page
    at_size(page, SMALL)
    page.goto(central.url + "/enrolment?municipality=131016")
    page.fill("#count", "3")
    page.click("section[aria-labelledby=make] button")
    page.locator(".sheet").nth(2).wait_for()
    page.wait_for_load_state()  # with its style sheet, which tells lines apart
    page.emulate_media(media="print" if media == "print" else "screen")
    try:
        assert page.evaluate(OUTSIDE) == 0
        assert page.locator(".sheet svg").count() == 3
        assert {one.split("\n")[0] for one in page.locator(".sheet h2").all_inner_texts()} == {"千代田区"}
    finally:
        page.emulate_media(media="screen")


def test_pages_work_without_scripts(central: Central) -> None:
    page = central.open(java_script_enabled=False)
    page.goto(central.url + "/places/nation/all")
    page.select_option("#figure", "proved")
    page.fill("#from", "2026-04-01")
    page.click(".range button")
    assert "figure=proved" in page.url
    assert page.locator("h2#ranking").inner_text() == "「ログアウトを確かめられた利用」の順位"
    page.click(".language a")
    assert page.locator("h2#ranking").inner_text() == "Ranking by “Logout proved”"
    page.click(".logout button")
    assert page.url == f"{central.url}/login"
    page.goto(central.url + "/")
    assert page.url == f"{central.url}/login"
    page.context.close()


def test_before_a_session_ends_one_button_keeps_it_and_otherwise_the_page_goes(central: Central) -> None:
    page = central.open()
    page.clock.install()
    page.goto(central.url + "/alarms")
    page.clock.run_for(11 * 60_000)
    assert not page.locator("#idle").is_visible()
    page.clock.run_for(61_000)
    assert page.locator("#idle-left").inner_text() == "あと119秒"
    page.keyboard.press("Escape")
    assert page.locator("#idle").is_visible()
    with page.expect_response("**/stay") as kept:
        page.keyboard.press("Enter")  # the button has the focus
    assert kept.value.status == 204
    page.locator("#idle").wait_for(state="hidden")
    page.clock.run_for(11 * 60_000)
    assert not page.locator("#idle").is_visible()
    page.clock.run_for(3 * 60_000)
    page.wait_for_url("**/login?idle=1")
    page.goto(central.url + "/alarms")
    assert page.url == f"{central.url}/login"
    page.context.close()
