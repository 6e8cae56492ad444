"""A desk at a real portal: the agent itself, in windows under a cover, and the people who use it."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import Page

from kiosk_agent.clock import SystemClock
from kiosk_agent.config import Browser, BrowserAction, BrowsersSense, CardReader, Config, Hotkey, RemoteAction, Senses
from kiosk_agent.config import Desk as DeskConfig
from kiosk_agent.demo.people import Hall, SupportWorker
from kiosk_agent.desk import Desk, Surroundings, open_desk
from kiosk_agent.hands.runner import Watchers
from kiosk_agent.hands.shield import StandaloneCover
from kiosk_agent.hands.stage import Moment
from kiosk_agent.hands.steps import Front, run_steps
from kiosk_agent.ledger import FILE_NAME, LedgerReader
from kiosk_agent.portal.load import load_profile
from kiosk_agent.portal.profile import Profile
from kiosk_agent.session import events as ev
from kiosk_agent.session.policy import Policy
from kiosk_agent.session.vocabulary import StateName
from tests.portals.servers import Person

LIMIT_S = 60.0  # two busy cores; what is not there by then fails the test
LIMIT_MS = LIMIT_S * 1000
# A busy machine must not turn a logout into one that ran out of time.
PATIENT = Policy(idle_limit_s=600.0, logout_limit_s=LIMIT_S, proof_limit_s=LIMIT_S, destroy_limit_s=LIMIT_S)
LOOK_PAUSE_S = 0.05
# other tests run browsers beside, which are none of this desk's business
UNWATCHED = Senses(
    card=CardReader(enabled=False),
    browsers=BrowsersSense(BrowserAction.IGNORE, remote_control=RemoteAction.IGNORE),
)
# Whatever a browser can keep for a page, as that page itself would find it.
KEPT = """async () => ({
  local: {...localStorage}, session: {...sessionStorage}, readable_cookies: document.cookie, history: history.length,
  databases: (await indexedDB.databases()).map(one => one.name), caches: await caches.keys(),
  workers: (await navigator.serviceWorker.getRegistrations()).length,
})"""


async def at_once() -> None:
    """People in tests do not dawdle."""


@dataclass
class GuardedDesk:
    """The desk, and all that was observed of it."""

    desk: Desk
    profile: Profile
    hall: Hall
    worker: SupportWorker
    observed: list[object] = field(default_factory=list)

    @property
    def page(self) -> Page:
        """What the person at the desk sees."""
        assert self.desk.visit is not None
        return self.desk.visit.page

    async def sign_in(self, person: Person) -> None:
        """Sign in as people do; the agent must notice, and bind the session to the account."""
        values = {"KIOSK_TEST_USER": person.user, "KIOSK_TEST_PASSWORD": person.password}
        front = Front(self.page.context, self.page)
        steps: list[Any] = []
        assert await run_steps(front, self.profile.sign_in, limit_s=LIMIT_S, variables=values, on_step=steps.append), (
            steps
        )
        front.release()
        await self.hall.until(StateName.SIGNED_IN, limit_s=LIMIT_S)
        await self.hall.until_observed(ev.AccountSeen)

    async def until_the_portal_accepted_it(self) -> None:
        """A resident stays for longer than it takes the agent to see that the protected page opens."""
        assert self.desk.visit is not None
        async with asyncio.timeout(LIMIT_S):
            while not self.desk.visit.can_be_proved:
                await asyncio.sleep(LOOK_PAUSE_S)

    async def asks_to_sign_in(self, url: str) -> bool:
        """Whether ``url`` leads to the portal's sign-in."""
        await self.page.goto(url)
        assert self.profile.signed_out.selector is not None
        await self.page.locator(self.profile.signed_out.selector).wait_for(timeout=LIMIT_MS)
        return True

    async def kept_by_the_browser(self) -> dict[str, Any]:
        """What the portal's pages would find in this browser."""
        kept: dict[str, Any] = await self.page.evaluate(KEPT)
        kept["cookies"] = sorted(str(cookie.get("name")) for cookie in await self.page.context.cookies())
        return kept

    def moments(self) -> list[str]:
        """In their order: cover shown, browser gone, outcome, confirmation."""
        return [one.what if isinstance(one, Moment) else type(one).__name__ for one in self.observed]

    def entries(self, kind: str) -> list[dict[str, Any]]:
        """The ledger's entries of one kind; the ledger must be sound."""
        reader = LedgerReader(self.desk.data_dir / FILE_NAME)
        try:
            bodies = [json.loads(one.body) for one in reader.entries()]
            assert reader.verify().sound
        finally:
            reader.close()
        return [body for body in bodies if body["type"] == kind]

    def counts(self) -> Counter[str]:
        """The ledger's counters; a test may run over midnight."""
        reader = LedgerReader(self.desk.data_dir / FILE_NAME)
        total: Counter[str] = Counter()
        for day in reader.counts().values():
            total.update(day)
        reader.close()
        return total


class WatchingHall(Hall):
    """A hall where one can also wait for what the agent observes in the visit that runs."""

    def __init__(self) -> None:
        super().__init__()
        self.observed: list[object] = []

    def observe(self, what: object, now: float) -> None:
        """See :class:`kiosk_agent.hands.runner.Watchers`."""
        self.observed.append(what)
        super().observe(what, now)
        self._changed.set()

    async def until_observed(self, kind: type[ev.Event]) -> None:
        """Wait for an event of this kind since the visit began."""
        await self._wait(lambda: any(isinstance(one, kind) for one in self._of_this_visit()), kind.__name__, LIMIT_S)

    def _of_this_visit(self) -> list[object]:
        starts = [number for number, one in enumerate(self.observed) if isinstance(one, ev.VisitBrowserOpened)]
        return self.observed[starts[-1] :] if starts else []


@asynccontextmanager
async def guarded_desk(profile_path: Path, folder: Path) -> AsyncIterator[GuardedDesk]:
    """An open desk, at its gate. Afterwards the agent is stopped in good order."""
    cover = StandaloneCover()
    await cover.start()
    hall = WatchingHall()
    profile = load_profile(profile_path)
    config = Config(
        path=folder / "agent.toml", profile=profile_path, desk=DeskConfig(data_dir=folder), browser=Browser(),
        hotkey=Hotkey(""), senses=UNWATCHED, policy=PATIENT,
    )  # fmt: skip
    given = Surroundings(
        cover,
        SystemClock(),
        lambda _pid, _visit: None,
        Watchers(observe=hall.observe, state_changed=hall.state_changed),
    )
    try:
        async with open_desk(config, profile, given) as (desk, work):
            yield GuardedDesk(desk, profile, hall, SupportWorker(desk, hall, at_once), hall.observed)
            desk.runner.post(ev.StopRequested())
            async with asyncio.timeout(LIMIT_S):
                await work
    finally:
        await cover.close()
