"""The people of the demonstration: they press what people press, in the real pages."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from kiosk_agent.desk import Desk
from kiosk_agent.session import events as ev
from kiosk_agent.session.vocabulary import StateName

if TYPE_CHECKING:
    from playwright.async_api import Page

STEP_LIMIT_S = 30.0  # nothing in the demonstration takes longer, except the warning that nobody answers

Pace = Callable[[], Awaitable[None]]  # awaited between two things that a person does


class PlayError(Exception):
    """Something that should have happened at the desk did not."""


class Hall:
    """Where everybody can see in which state the desk is."""

    def __init__(self) -> None:
        self._state = StateName.HELD
        self._browser_ready = False
        self._changed = asyncio.Event()

    def observe(self, what: object, _now: float) -> None:
        """What the runner observes: is the visit's browser usable?"""
        if isinstance(what, ev.VisitBrowserOpened):
            self._browser_ready = True
            self._changed.set()

    async def until_browser_ready(self) -> None:
        """Wait until the visit's first page is usable. Raises PlayError."""
        await self._wait(lambda: self._browser_ready, "the visit's browser", STEP_LIMIT_S)

    def state_changed(self, state: StateName) -> None:
        """The desk is in another state."""
        self._state = state
        if state is StateName.GATE:
            self._browser_ready = False
        self._changed.set()

    async def until(self, *states: StateName, limit_s: float = STEP_LIMIT_S) -> None:
        """Wait until the desk is in one of ``states``. Raises PlayError."""
        await self._wait(lambda: self._state in states, " or ".join(states), limit_s)

    async def _wait(self, holds: Callable[[], bool], wanted: str, limit_s: float) -> None:
        try:
            async with asyncio.timeout(limit_s):
                while not holds():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise PlayError(f"expected {wanted} within {limit_s:.0f} s; the desk is in {self._state}") from None


class SupportWorker:
    """Stands beside the desk and presses what the gate offers."""

    def __init__(self, desk: Desk, hall: Hall, pace: Pace) -> None:
        self._desk = desk
        self._hall = hall
        self._pace = pace

    async def start_visit(self) -> None:
        """Press "start", and wait for the visit's browser."""
        await self._hall.until(StateName.GATE)
        await self._press("start")
        await self._hall.until(StateName.OPEN, StateName.SIGNED_IN)
        await self._hall.until_browser_ready()

    async def next_person(self) -> None:
        """Press "next person"."""
        await self._press("next_person")

    async def end_visit(self) -> None:
        """Press "end the visit"."""
        await self._press("end")

    async def confirm(self) -> None:
        """Go through the checklist and confirm."""
        await self._hall.until(StateName.CONFIRMING)
        page = self._desk.gate.page
        for box in ("card_returned", "printouts_taken", "signed_out_seen"):
            await self._pace()
            await page.locator(f"[data-check={box}]").check(timeout=STEP_LIMIT_S * 1000)
        await self._press("confirm")
        await self._hall.until(StateName.GATE)

    async def _press(self, act: str) -> None:
        await self._pace()
        await self._desk.gate.page.locator(f"[data-act={act}]").click(timeout=STEP_LIMIT_S * 1000)


class Resident:
    """Uses the practice portal in the visit's own browser. ``user`` as in the practice portal's list."""

    def __init__(self, desk: Desk, hall: Hall, pace: Pace, user: str) -> None:
        self._desk = desk
        self._hall = hall
        self._pace = pace
        self.user = user
        self._password = user.replace("resident", "practice")

    @property
    def _page(self) -> Page:
        if self._desk.visit is None:
            raise PlayError("there is no visit")
        return self._desk.visit.page

    async def sign_in(self) -> None:
        """Sign in at the portal; the agent must notice."""
        page = self._page
        await page.locator("#to-sign-in").click(timeout=STEP_LIMIT_S * 1000)
        for field, text in (("#user", self.user), ("#password", self._password)):
            await self._pace()
            await page.locator(field).fill(text)
        await page.locator("#sign-in").click()
        await self._hall.until(StateName.SIGNED_IN)

    async def begin_registration(self) -> None:
        """Open the registration of a bank account, and answer its first page."""
        page = self._page
        await self._pace()
        await page.locator("#to-register").click(timeout=STEP_LIMIT_S * 1000)
        await self._pace()
        await page.locator("input[type=radio]").first.check()
        await page.locator("#next").click()
        await page.wait_for_load_state()

    async def look_at_account(self, portal_url: str) -> str:
        """Ask for the account page; returns everything that it shows."""
        page = self._page
        await self._pace()
        await page.goto(f"{portal_url}/account")
        return str(await page.locator("body").inner_text())
