"""A visit in a real browser at the practice portal, and everything that it posts."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
from playwright.async_api import Page

from kiosk_agent.config import WindowMode
from kiosk_agent.hands.browser import BrowserSettings, ResidentBrowser
from kiosk_agent.hands.driver import driver
from kiosk_agent.hands.steps import Front, run_steps
from kiosk_agent.hands.visit_language import VisitLanguage
from kiosk_agent.portal.load import load_profile
from kiosk_agent.portal.profile import Profile
from kiosk_agent.practice.portal import PracticePortal
from kiosk_agent.practice.profiles import Variant, practice_profile
from kiosk_agent.practice.records import PEOPLE
from kiosk_agent.practice.switches import Switches
from kiosk_agent.session import events as ev

LIMIT_S = 30.0  # for anything to happen: fails, never times
E = TypeVar("E", bound=ev.Event)


class Visit:
    """One visit and its events."""

    def __init__(self, portal: PracticePortal, profile: Profile) -> None:
        self.portal = portal
        self.profile = profile
        self.events: list[ev.Event] = []
        self.pids: list[int | None] = []
        self._news = asyncio.Condition()
        self._loop = asyncio.get_running_loop()
        self.browser: ResidentBrowser
        self.language: VisitLanguage

    def post(self, event: ev.Event) -> None:
        self.events.append(event)
        self._loop.create_task(self._tell())

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    def of(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    async def until(
        self, kind: type[E], where: Callable[[E], bool] = lambda _event: True, *, times: int = 1, what: str = ""
    ) -> E:
        """The event of this kind, the ``times``-th one. ``what``: was tried, for who reads that it did not come."""
        try:
            async with asyncio.timeout(LIMIT_S), self._news:
                await self._news.wait_for(lambda: len([e for e in self.of(kind) if where(e)]) >= times)
        except TimeoutError:
            pytest.fail(f"{what}: no {kind.__name__} came; these did: {self.events}")
        return [event for event in self.of(kind) if where(event)][times - 1]

    @property
    def page(self) -> Page:
        return self.browser.page

    async def sign_in(self, who: str = "a", *, seen: bool = True) -> None:
        person = PEOPLE[f"resident-{who}"]
        values = {"KIOSK_TEST_USER": person.user, "KIOSK_TEST_PASSWORD": person.password}
        front = Front(self.page.context, self.page)
        assert await run_steps(front, self.profile.sign_in, limit_s=LIMIT_S, variables=values)
        front.release()
        if seen:
            await self.until(ev.SignInSeen)

    @property
    def root_pid(self) -> int:
        pid = self.pids[0]
        assert pid is not None
        return pid


@pytest.fixture
def switches() -> Switches:
    return Switches()


@pytest.fixture
async def portal(switches: Switches) -> AsyncIterator[PracticePortal]:
    async with PracticePortal(switches) as portal:
        yield portal


def profile_of(
    portal: PracticePortal, folder: Path, variant: Variant = Variant.PLAIN, allowed: str = "", further: str = ""
) -> Profile:
    file = folder / f"{variant.value}.toml"
    text = practice_profile(portal, variant) + further
    more = f'allowed = ["{allowed}", ' if allowed else "allowed = ["
    file.write_text(text.replace("allowed = [", more), encoding="utf-8")
    return load_profile(file)


@asynccontextmanager
async def visiting(
    portal: PracticePortal,
    folder: Path,
    *,
    variant: Variant = Variant.PLAIN,
    headless: bool = True,
    allowed: str = "",
    further: str = "",
    **settings: Any,
) -> AsyncIterator[Visit]:
    """A visit whose first page is open; nothing of it is left afterwards."""
    visit = Visit(portal, profile_of(portal, folder, variant, allowed, further))
    data_dir = folder / "data"
    data_dir.mkdir(exist_ok=True)
    chosen: dict[str, Any] = {"headless": headless, "window": WindowMode.MAXIMIZED, "language": "ja", **settings}
    async with driver(data_dir) as playwright:
        given = BrowserSettings(executable=Path(os.environ["KIOSK_AGENT_BROWSER"]), data_dir=data_dir, **chosen)
        visit.language = VisitLanguage(given.language)
        visit.browser = ResidentBrowser(
            playwright, visit.profile, "0" * 32, visit.post, given, visit.pids.append, language=visit.language
        )
        try:
            await visit.browser.open()
            yield visit
        finally:
            await visit.browser.destroy()
            await visit.browser.remove_residue()
            visit.browser.forget()


@pytest.fixture(autouse=True)
def this_browser(browser_path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KIOSK_AGENT_BROWSER", browser_path)


@pytest.fixture
async def visit(portal: PracticePortal, tmp_path: Path) -> AsyncIterator[Visit]:
    """Without a window."""
    async with visiting(portal, tmp_path) as visit:
        yield visit


@pytest.fixture
async def seen_visit(portal: PracticePortal, tmp_path: Path, display: str) -> AsyncIterator[Visit]:
    """In a window on a screen of its own, for real keys."""
    async with visiting(portal, tmp_path, headless=False) as visit:
        yield visit
