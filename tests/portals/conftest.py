"""Two real third-party portals: each fixture starts one for the whole run, with two people who may sign in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser

from installer.thirdparty import installed_nodered, installed_wagtail
from tests.portals.servers import ROOT, Person, RealPortal, nodered_server, wagtail_server
from tests.support.by_profile import opened_browser

SET_UP = "is not installed; `python3 installer/bootstrap.py test` does it"


@pytest.fixture(scope="session")
def wagtail(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealPortal]:
    python = installed_wagtail(ROOT)
    if python is None:
        pytest.skip(f"Wagtail {SET_UP}")
    people = (Person("resident-a", "practice-a", "利用者A"), Person("resident-b", "practice-b", "利用者B"))
    server = wagtail_server(python, tmp_path_factory.mktemp("wagtail"), people)
    yield RealPortal("wagtail", server.url(), people)
    server.stop()


@pytest.fixture(scope="session")
def nodered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealPortal]:
    program = installed_nodered(ROOT)
    if program is None:
        pytest.skip(f"Node-RED {SET_UP}")
    # It shows the user's name, having no other.
    people = (Person("resident-a", "practice-a", "resident-a"), Person("resident-b", "practice-b", "resident-b"))
    server = nodered_server(program, tmp_path_factory.mktemp("nodered"), people)
    yield RealPortal("nodered", server.url(), people)
    server.stop()


@pytest.fixture(params=["wagtail", "nodered"])
def portal(request: pytest.FixtureRequest) -> RealPortal:
    """Each of them in turn."""
    found: RealPortal = request.getfixturevalue(request.param)
    return found


@pytest.fixture
async def browser(browser_path: str) -> AsyncIterator[Browser]:
    async with opened_browser(browser_path) as browser:
        yield browser
