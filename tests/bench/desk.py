"""A desk for measuring: the agent in this process, with a cover of its own and the practice portal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from kiosk_agent.clock import SystemClock
from kiosk_agent.config import (
    Browser,
    BrowserAction,
    BrowsersSense,
    CardReader,
    Config,
    Hotkey,
    InputSense,
    OsSessionSense,
    RemoteAction,
    Residue,
    Senses,
    WindowMode,
)
from kiosk_agent.config import Desk as DeskConfig
from kiosk_agent.demo.people import Hall, Resident, SupportWorker
from kiosk_agent.desk import Desk, Surroundings, open_desk
from kiosk_agent.hands.runner import Watchers
from kiosk_agent.hands.shield import StandaloneCover
from kiosk_agent.portal.load import load_profile
from kiosk_agent.practice.portal import PracticePortal
from kiosk_agent.practice.profiles import practice_profile
from kiosk_agent.session import events as ev
from kiosk_agent.session.policy import Policy

NO_BROWSERS = BrowsersSense(BrowserAction.IGNORE, remote_control=RemoteAction.IGNORE)
NONE = Senses(CardReader(enabled=False), OsSessionSense(enabled=False), InputSense(enabled=False), NO_BROWSERS)


async def at_once() -> None:
    """Nobody dawdles in a benchmark."""


@dataclass
class Bench:
    """The desk, its people, and everything that was observed."""

    desk: Desk
    portal: PracticePortal
    hall: Hall
    observed: list[tuple[object, float]] = field(default_factory=list)

    @property
    def worker(self) -> SupportWorker:
        """The support worker."""
        return SupportWorker(self.desk, self.hall, at_once)

    @property
    def resident(self) -> Resident:
        """Resident A."""
        return Resident(self.desk, self.hall, at_once, "resident-a")

    def since(self, start: int) -> list[tuple[object, float]]:
        """What was observed after the first ``start`` things."""
        return self.observed[start:]


@asynccontextmanager
async def open_bench(policy: Policy, senses: Senses = NONE) -> AsyncIterator[Bench]:
    """A desk with real windows."""
    cover = StandaloneCover()
    await cover.start()
    hall = Hall()
    observed: list[tuple[object, float]] = []

    def observe(what: object, now: float) -> None:
        observed.append((what, now))
        hall.observe(what, now)

    with TemporaryDirectory(prefix="kiosk-bench-") as folder:
        async with PracticePortal() as portal:
            path = Path(folder)
            (path / "portal.toml").write_text(practice_profile(portal), encoding="utf-8")
            config = Config(
                path=path / "agent.toml",
                profile=path / "portal.toml",
                desk=DeskConfig(data_dir=path),
                browser=Browser(window=WindowMode.MAXIMIZED),
                residue=Residue(print_jobs=False),
                hotkey=Hotkey(""),
                senses=senses,
                policy=policy,
            )
            given = Surroundings(
                cover,
                SystemClock(),
                lambda _pid, _visit: None,
                Watchers(observe=observe, state_changed=hall.state_changed),
            )
            async with open_desk(config, load_profile(config.profile), given) as (desk, work):
                yield Bench(desk, portal, hall, observed)
                desk.runner.post(ev.StopRequested())
                async with asyncio.timeout(60):
                    await work
    await cover.close()
