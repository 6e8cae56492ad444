"""Through a real provider in a real Chromium: cookies, policies and pages as browsers take them."""

from __future__ import annotations

import asyncio
import threading
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, sync_playwright

from installer.thirdparty import installed_oidc
from kiosk_agent.central.app import create_app
from kiosk_agent.central.database.engine import Database, sqlite_url
from kiosk_agent.central.database.migrate import migrate
from kiosk_agent.central.oidc import service
from kiosk_agent.central.oidc.provider import Provider
from kiosk_agent.central.staff.schemas import Role
from kiosk_agent.clock import SystemClock
from kiosk_agent.hands.find_browser import sandbox_wanted
from tests.central.provider_of_tests import RealProvider

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def real(tmp_path: Path) -> Iterator[RealProvider]:
    """A provider, and a central beside it: localhost and 127.0.0.1 are two sites."""
    folder = installed_oidc(ROOT)
    if folder is None:
        pytest.skip("oidc-provider is not installed; `python3 installer/bootstrap.py test` does it")
    real = RealProvider(folder, tmp_path / "log")
    database = Database(sqlite_url(tmp_path))
    migrate(database)
    service.add(database, "one", Role.MANAGER, "nation", "one@office.example", SystemClock().wall(), "tests")
    app = create_app(database, SystemClock(), None, Provider(real.settings()))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="on"))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[real.central])))
    thread.start()
    yield real
    server.should_exit = True
    thread.join()
    real.stop()
    database.close()


def only_this_machine(route: Route) -> None:
    """The provider's own pages ask elsewhere for a font."""
    if urllib.parse.urlsplit(route.request.url).hostname in ("127.0.0.1", "localhost"):
        route.continue_()
    else:
        route.abort()


def at_provider(page: Page, real: RealProvider, login: str) -> None:
    page.wait_for_url(f"{real.issuer}/interaction/*")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", "any")
    page.click("button[type=submit]")


def test_a_person_signs_in_and_out_and_the_next_is_asked_again(real: RealProvider, browser_path: str) -> None:
    problems: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, chromium_sandbox=sandbox_wanted())
        page = browser.new_context(locale="ja-JP").new_page()
        page.route("**/*", only_this_machine)
        page.on(
            "console",
            lambda said: problems.append(said.text) if said.location["url"].startswith(real.public_url) else None,
        )
        page.goto(f"{real.public_url}/login")
        serious = [
            one["id"] for one in Axe().run(page).response["violations"] if one["impact"] in ("serious", "critical")
        ]
        assert serious == []
        page.get_by_role("button", name="職員認証でログイン").click()
        at_provider(page, real, "subject-one")
        page.wait_for_url(f"{real.public_url}/")
        assert page.locator("header .who a").inner_text() == "one"
        # logging out leads through the provider, and back
        page.locator(".logout button").click()
        page.wait_for_url(f"{real.issuer}/session/end?*")
        page.click("button[value=yes]")
        page.wait_for_url(f"{real.public_url}/login")
        # a page that logs out for idleness goes the same way
        page.get_by_role("button", name="職員認証でログイン").click()
        at_provider(page, real, "subject-one")
        page.wait_for_url(f"{real.public_url}/")
        page.clock.install()
        page.goto(f"{real.public_url}/alarms")
        page.clock.run_for(14 * 60_000 + 1000)
        page.wait_for_url(f"{real.issuer}/session/end?*")
        # the next person at this seat, where the one before has not finished that, is asked all the same
        page.goto(f"{real.public_url}/login")
        page.get_by_role("button", name="職員認証でログイン").click()
        page.wait_for_url(f"{real.issuer}/interaction/*")
        browser.close()
    assert problems == []
