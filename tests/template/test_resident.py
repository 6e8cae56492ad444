"""The visit's browser at a portal that needs an extension: sign-in with the card, change of person, proof."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest
from playwright.async_api import async_playwright

from kiosk_agent.config import WindowMode
from kiosk_agent.hands.browser import BrowserSettings, ResidentBrowser
from kiosk_agent.hands.residue import sweep
from kiosk_agent.hands.template import TemplateError
from kiosk_agent.hands.template_build import build_template
from kiosk_agent.hands.wiping import LOCK_SOCKET, USER_DATA_OPTION
from kiosk_agent.session import events as ev
from kiosk_agent.session.vocabulary import Proof
from tests.support.writing_on import writing_on
from tests.template.card_portal import CardPortal
from tests.template.conftest import Desk, files_with
from tests.template.one_visit import sign_in

NOTHING = '["",null,null]'  # document.cookie, localStorage, sessionStorage


class Heard:
    """Everything that the browser posted."""

    def __init__(self) -> None:
        self.events: list[ev.Event] = []
        self._news = asyncio.Event()

    def post(self, event: ev.Event) -> None:
        self.events.append(event)
        self._news.set()

    async def until(self, kind: type[ev.Event]) -> ev.Event:
        async with asyncio.timeout(60):
            while True:
                for event in self.events:
                    if isinstance(event, kind):
                        return event
                self._news.clear()
                await self._news.wait()


@asynccontextmanager
async def resident(desk: Desk, visit_id: str) -> AsyncIterator[tuple[ResidentBrowser, Heard]]:
    """The browser of one visit as the agent makes it, at the portal's first page."""
    heard = Heard()
    settings = BrowserSettings(desk.executable, True, WindowMode.NORMAL, desk.data_dir, "en")
    async with async_playwright() as playwright:
        browser = ResidentBrowser(playwright, desk.profile, visit_id, heard.post, settings)
        try:
            await browser.open()
            yield browser, heard
        finally:
            await browser.destroy()
            await browser.remove_residue()
            browser.forget()


ASK = """url => new Promise(done => {
    addEventListener('message', ({data}) => { if (data.asked) done(data.asked); });
    postMessage({ask: url}, location.origin);
})"""


async def test_what_the_extension_asks_for_itself_is_its_own_affair_and_what_the_page_asks_for_is_not(
    desk: Desk,
) -> None:
    outside = CardPortal()  # the extension's own server, which the portal's profile does not name
    outside.start()
    try:
        await build_template(desk.order())
        async with resident(desk, "visit-1") as (browser, heard):
            await browser.page.wait_for_selector("#card")
            assert await browser.page.evaluate(ASK, outside.url) == "answered"
            assert not any(isinstance(event, ev.NavigationRefused) for event in heard.events)
            page_asks = "url => fetch(url, {mode: 'no-cors'}).then(() => 'answered', () => 'refused')"
            assert await browser.page.evaluate(page_asks, outside.url) == "refused"
            await heard.until(ev.NavigationRefused)
    finally:
        outside.stop()


async def test_a_change_of_person_ends_in_a_revoked_session_and_the_next_finds_nothing(desk: Desk) -> None:
    await build_template(desk.order())
    planted = desk.portal.data["resident A"]
    async with resident(desk, "visit-1") as (browser, heard):
        await sign_in(browser.page)
        await heard.until(ev.SignInSeen)
        await heard.until(ev.AccountSeen)
        desk.take_card()  # resident A leaves with it, and somebody else sits down
        report = await browser.run_logout(steps=True)
        assert report.steps_ok
        assert report.half is False
        assert await browser.destroy()
        assert await browser.remove_residue() == ()
        assert await browser.prove() is Proof.REVOKED
        assert not any(isinstance(event, ev.ChangeSignalled) for event in heard.events)
    assert desk.portal.sessions == {}
    assert files_with(planted, *desk.places) == []
    assert files_with("resident A", *desk.places) == []
    assert desk.copies == []

    desk.put_card("resident B")
    async with resident(desk, "visit-2") as (browser, heard):
        assert await sign_in(browser.page) == (NOTHING, "resident B", "")
        await heard.until(ev.SignInSeen)


async def test_a_card_that_still_lies_on_the_reader_is_not_used_to_see_whether_the_logout_was_whole(desk: Desk) -> None:
    await build_template(desk.order())
    async with resident(desk, "visit-1") as (browser, heard):
        await sign_in(browser.page)
        await heard.until(ev.SignInSeen)
        report = await browser.run_logout(steps=True)
        assert report.half is False
        assert desk.portal.sessions == {}  # nobody was signed in anew
        assert await browser.destroy()
        assert await browser.prove() is Proof.REVOKED


async def test_a_logout_that_leaves_its_steps_out_is_half(desk: Desk) -> None:
    await build_template(desk.order())
    async with resident(desk, "visit-1") as (browser, heard):
        await sign_in(browser.page)
        await heard.until(ev.SignInSeen)
        assert (await browser.run_logout(steps=False)).half is True
        assert await browser.destroy()
        assert await browser.prove() is not Proof.REVOKED
    assert desk.copies == []


async def test_a_killed_browser_is_told_and_nothing_of_its_visit_is_left(desk: Desk) -> None:
    await build_template(desk.order())
    async with resident(desk, "visit-1") as (browser, heard):
        await sign_in(browser.page)
        [root] = [process for process in psutil.Process().children(recursive=True) if runs_a_copy(process, desk)]
        [profile] = [part for part in root.cmdline() if part.startswith(USER_DATA_OPTION)]
        lock = (Path(profile.removeprefix(USER_DATA_OPTION)) / LOCK_SOCKET).readlink().parent
        assert lock.is_dir()
        with writing_on(Path(profile.removeprefix(USER_DATA_OPTION))):
            root.kill()
            await heard.until(ev.VisitBrowserLost)
            assert await browser.destroy()
            assert await browser.remove_residue() == ()
            assert desk.copies == []
            assert not lock.exists()
    assert await sweep(desk.data_dir) == ()


def runs_a_copy(process: psutil.Process, desk: Desk) -> bool:
    try:
        line = process.cmdline()
    except psutil.Error:
        return False
    copies = tuple(f"--user-data-dir={copy}" for copy in desk.copies)
    return any(part.startswith(copies) for part in line) and not any(part.startswith("--type=") for part in line)


async def test_a_visit_without_a_template_does_not_begin_and_says_why(desk: Desk) -> None:
    with pytest.raises(TemplateError, match="kiosk-agent template build"):
        async with resident(desk, "visit-1"):
            pass
