"""The account page's quirks, in the real browser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Dialog, Page
from playwright.async_api import TimeoutError as PlaywrightTimeoutError

from kiosk_agent.practice.portal import PracticePortal
from kiosk_agent.practice.profiles import practice_profile
from kiosk_agent.practice.switches import Quirk, Switches
from tests.support.by_profile import Described

# What an agent's warning is to the page: a node that it did not bring along, with a modal in the top layer.
WARN = """() => {
  const host = document.createElement('div');
  host.id = 'foreign';
  const dialog = document.createElement('dialog');
  dialog.id = 'foreign-dialog';
  host.append(dialog);
  document.documentElement.append(host);
  dialog.showModal();
}"""


@asynccontextmanager
async def account_page(
    browser: Browser, *quirks: Quirk, **numbers: float
) -> AsyncIterator[tuple[PracticePortal, Page]]:
    switches = Switches(quirks=frozenset(quirks), **numbers)  # type: ignore[arg-type]  # seconds, all of them
    async with PracticePortal(switches) as portal:
        described = Described(practice_profile(portal), "resident-a", "practice-a")
        context = await browser.new_context(accept_downloads=True)
        page = await described.sign_in(context)
        await page.wait_for_load_state()  # its scripts listen
        yield portal, page
        await context.close()


async def test_a_page_that_fights_removes_what_it_did_not_bring_along(browser: Browser) -> None:
    async with account_page(browser, Quirk.FIGHTS) as (_, page):
        for times in (1, 2, 3):
            await page.evaluate(WARN)
            await page.wait_for_function(f"document.documentElement.dataset.removed === '{times}'")
            assert await page.locator("#foreign").count() == 0
        await page.wait_for_function("document.getElementById('own-modal').open")
        await page.wait_for_function("document.activeElement.closest('#own-modal') !== null")


async def test_a_page_that_fights_goes_quiet_when_it_is_left_alone(browser: Browser) -> None:
    async with account_page(browser, Quirk.FIGHTS) as (portal, page):
        await page.evaluate(WARN)
        await page.wait_for_function("document.getElementById('own-modal').open")
        await page.wait_for_function("!document.getElementById('own-modal').open")
        await page.click("#menu-button")
        await page.click("#menu-log-out")
        await page.click("#confirm-log-out")
        await page.wait_for_selector("#signed-out")
        assert portal.sessions == {}


async def test_a_page_in_an_endless_loop_answers_nothing(browser: Browser) -> None:
    async with account_page(browser, Quirk.LOOPS) as (_, page):
        await page.evaluate("setTimeout(() => document.getElementById('loop').click(), 0)")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(page.evaluate("new Promise(done => setTimeout(done, 100))"), 3)


async def test_the_loop_begins_by_itself_where_a_time_is_set(browser: Browser) -> None:
    async with account_page(browser, Quirk.LOOPS, loop_after_s=0.2) as (_, page):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(page.evaluate("new Promise(done => setTimeout(done, 1000))"), 4)


async def test_native_dialogs_ask_and_get_their_answers(browser: Browser) -> None:
    async with account_page(browser, Quirk.DIALOGS) as (_, page):
        seen: list[str] = []

        async def accept(dialog: Dialog) -> None:
            seen.append(dialog.type)
            await dialog.accept("7" if dialog.type == "prompt" else "")

        page.on("dialog", accept)
        for name, answer in (("alert", "閉じました"), ("confirm", "true"), ("prompt", "7")):
            await page.click(f"#{name}")
            await page.wait_for_function(f"document.getElementById('dialog-answer').textContent === '{answer}'")
        await page.goto("about:blank")
        assert seen == ["alert", "confirm", "prompt", "beforeunload"]


async def test_an_alert_opens_by_itself_where_a_time_is_set(browser: Browser) -> None:
    async with account_page(browser, Quirk.DIALOGS, alert_after_s=0.2) as (_, page):
        kind: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        async def opens(opened: Dialog) -> None:
            await opened.dismiss()
            kind.set_result(opened.type)

        page.context.once("dialog", opens)
        # on a slow machine the first page's alert was over before anybody waited for it
        await (await page.context.new_page()).goto(page.url)
        assert await kind == "alert"


async def test_a_strict_policy_forbids_styles_and_markup_from_strings(browser: Browser) -> None:
    async with account_page(browser, Quirk.STRICT_CSP) as (_, page):
        with pytest.raises(Exception, match="TrustedHTML"):
            await page.evaluate("document.body.innerHTML = '<p>from outside</p>'")
        await page.evaluate("document.body.append(Object.assign(document.createElement('style'),{textContent:'*{}'}))")
        assert await page.evaluate("[...document.styleSheets].filter(sheet => !sheet.href).length") == 0
        await page.click("#menu-button")
        await page.click("#menu-log-out")
        await page.click("#confirm-log-out")
        await page.wait_for_selector("#signed-out")


@pytest.mark.parametrize("quirks", [(Quirk.FRAME,), (Quirk.FRAME, Quirk.STRICT_CSP)], ids=["alone", "strict"])
async def test_the_frame_is_of_another_origin_and_takes_keys(browser: Browser, quirks: tuple[Quirk, ...]) -> None:
    async with account_page(browser, *quirks) as (portal, page):
        framed = page.frame_locator("#frame").locator("#framed-input")
        await framed.wait_for()
        assert portal.idp_url in [frame.url.removesuffix("/frame") for frame in page.frames]
        async with asyncio.timeout(60):
            while "abc" not in await framed.input_value():  # a frame in another process gets the focus a little later
                await page.reload()  # and sometimes the driver's made-up focus never gets there at all
                await framed.click()
                await page.keyboard.type("abc")


async def test_windows_open_at_a_press_and_with_the_logout(browser: Browser) -> None:
    async with account_page(browser, Quirk.POPUPS) as (_, page):
        for selector in ("#open-popup", "#open-tab"):
            async with page.context.expect_page() as opened:
                await page.click(selector)
            await (await opened.value).wait_for_url("**/help")
            await (await opened.value).close()
        await page.click("#menu-button")
        await page.click("#menu-log-out")
        async with page.context.expect_page() as opened:
            await page.click("#confirm-log-out")
        await (await opened.value).wait_for_url("**/help")
        await page.wait_for_selector("#signed-out")


async def test_the_page_writes_itself_anew(browser: Browser) -> None:
    async with account_page(browser, Quirk.DOCUMENT_OPEN) as (_, page):
        await page.evaluate("document.body.dataset.before = 'yes'")
        await page.click("#rewrite")
        await page.wait_for_function("document.body !== null && document.body.dataset.before === undefined")
        assert await page.inner_text("#account-name") == "利用者A"


async def test_the_scripted_page_is_empty_before_its_time(browser: Browser) -> None:
    async with account_page(browser, Quirk.SCRIPTED, scripted_after_s=0.0) as (portal, page):
        portal.switches.scripted_after_s = 3600
        await page.reload()
        assert await page.inner_text("#loading")
        with pytest.raises(PlaywrightTimeoutError):
            await page.wait_for_selector("#account-name", timeout=500)
        portal.switches.scripted_after_s = 0
        await page.reload()
        await page.wait_for_selector("#account-name")


async def test_a_file_can_be_saved(browser: Browser, tmp_path: Path) -> None:
    async with account_page(browser) as (portal, page):
        async with page.expect_download() as started:
            await page.click("#download")
        saved = tmp_path / "statement.csv"
        await (await started.value).save_as(saved)
        assert "お知らせ番号 A-4821" in saved.read_text(encoding="utf-8")
        assert portal.seen_as("resident-a")[-1].path == "/account/statement"


async def test_the_print_button_prints(browser: Browser) -> None:
    async with account_page(browser) as (_, page):
        await page.evaluate("window.print = () => { document.body.dataset.printed = 'yes'; }")
        await page.click("#print")
        assert await page.get_attribute("body", "data-printed") == "yes"


@pytest.mark.parametrize("path", ["/", "/account", "/register/bank", "/register/holder", "/logout", "/signed-out"])
async def test_no_page_is_wider_than_a_small_or_zoomed_screen(browser: Browser, path: str) -> None:
    async with account_page(browser) as (portal, page):
        for width, height in ((1024, 768), (512, 384)):  # the second is the first at 200 %
            await page.set_viewport_size({"width": width, "height": height})
            await page.goto(f"{portal.url}{path}")
            assert await page.evaluate("document.documentElement.scrollWidth") <= width
