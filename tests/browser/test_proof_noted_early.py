"""What was once seen to open need not be seen again where the end comes while a page is still being drawn."""

from __future__ import annotations

from pathlib import Path

from kiosk_agent.config import WindowMode
from kiosk_agent.hands.browser import BrowserSettings, ResidentBrowser
from kiosk_agent.hands.driver import driver
from kiosk_agent.hands.steps import Front, run_steps
from kiosk_agent.session.vocabulary import Proof
from tests.browser.conftest import LIMIT_S
from tests.overlay.conftest import until
from tests.strange_portals.portal import PASSWORD, USER
from tests.strange_portals.strange import DrawsLate


async def test_a_page_that_showed_it_late_is_enough_where_the_next_one_does_not_yet(
    browser_path: str, tmp_path: Path
) -> None:
    async with DrawsLate() as portal, driver(tmp_path) as playwright:
        profile = portal.profile()
        settings = BrowserSettings(Path(browser_path), True, WindowMode.MAXIMIZED, tmp_path, "ja")
        browser = ResidentBrowser(playwright, profile, "0" * 32, lambda _event: None, settings, lambda _pid: None)
        try:
            await browser.open()
            front = Front(browser.page.context, browser.page)
            values = {"KIOSK_TEST_USER": USER, "KIOSK_TEST_PASSWORD": PASSWORD}
            assert await run_steps(front, profile.sign_in, limit_s=LIMIT_S, variables=values)
            front.release()

            async def is_noted() -> bool:
                return browser._sign_in is not None and browser._sign_in.noted.is_controlled

            await until(is_noted, "the late page was not waited for")
            await browser.page.goto(profile.proof.protected_url)  # this one shows it much later
            report = await browser.run_logout(steps=True)
            await browser.destroy()
            assert (report.steps_ok, report.signed_out_seen, await browser.prove()) == (True, True, Proof.REVOKED)
        finally:
            await browser.destroy()
            await browser.remove_residue()
            browser.forget()
