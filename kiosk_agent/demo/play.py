"""The demonstration's process: the real agent with the practice portal beside it, under the real supervisor."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from kiosk_agent.app import surroundings
from kiosk_agent.clock import SystemClock
from kiosk_agent.config import (
    Browser,
    BrowserAction,
    BrowsersSense,
    CardReader,
    Central,
    Config,
    InputSense,
    OsSessionSense,
    RemoteAction,
    Residue,
    Senses,
    Supervision,
    WindowMode,
)
from kiosk_agent.config import Desk as DeskConfig
from kiosk_agent.demo.central import DemoCentral, DemoCentralError, open_central, report_all
from kiosk_agent.demo.incident import Incident, Translate
from kiosk_agent.demo.people import Hall, PlayError
from kiosk_agent.demo.timeline import Timeline
from kiosk_agent.desk import Desk, open_desk
from kiosk_agent.hands.runner import Watchers
from kiosk_agent.ledger import LedgerReader
from kiosk_agent.ledger.store import FILE_NAME
from kiosk_agent.lifeline import Lifeline, beat_for
from kiosk_agent.locale import translator
from kiosk_agent.portal.load import load_profile
from kiosk_agent.practice.portal import PracticePortal
from kiosk_agent.practice.profiles import practice_profile
from kiosk_agent.session import events as ev
from kiosk_agent.session.policy import MIN_WARNING_S, Policy
from kiosk_agent.text import shown

NO_CARD = CardReader(enabled=False)
NO_BROWSERS = BrowsersSense(BrowserAction.IGNORE, remote_control=RemoteAction.IGNORE)  # it is no desk's PC
# whoever watches the demonstration uses mouse and keyboard too, and is nobody at its desk
NOBODY_LOOKS_ON = Senses(
    card=NO_CARD,
    os_session=OsSessionSense(enabled=False),
    input=InputSense(enabled=False),
    browsers=NO_BROWSERS,
)
# Short limits, so that the demonstration ends soon; the warning keeps the least that people need.
DEMO_POLICY = Policy(idle_limit_s=4.0, warning_s=MIN_WARNING_S, gap_s=30.0)
WATCH_PAUSE_S = 1.5


@dataclass(frozen=True)
class Wishes:
    """How the demonstration is to run."""

    headless: bool
    watch: bool
    interactive: bool
    language: str


def demo_config(folder: Path, wishes: Wishes) -> Config:
    """A desk of its own, in a folder of its own."""
    return Config(
        path=folder / "agent.toml",
        profile=folder / "practice.toml",
        desk=DeskConfig(name="デモ" if wishes.language == "ja" else "Demo", language=wishes.language, data_dir=folder),
        browser=Browser(window=WindowMode.MAXIMIZED, headless=wishes.headless),
        residue=Residue(print_jobs=False),  # whoever watches may be printing
        senses=Senses(card=NO_CARD, browsers=NO_BROWSERS) if wishes.interactive else NOBODY_LOOKS_ON,
        policy=Policy() if wishes.interactive else DEMO_POLICY,
    )


def play(wishes: Wishes) -> int:
    """Run in the agent's place under a supervisor; returns the exit status."""
    return asyncio.run(_play(wishes))


async def _play(wishes: Wishes) -> int:
    stop = asyncio.Event()
    beat_s = beat_for(Supervision().hang_limit_s)
    lifeline = Lifeline(on_stop=stop.set, on_orphaned=stop.set, beat_s=beat_s)
    await lifeline.start()
    t = translator(wishes.language)
    hall = Hall()
    timeline = Timeline(t, lambda at, words: lifeline.say({"at": round(at, 1), "words": words}), SystemClock().now())

    def observe(what: object, now: float) -> None:
        timeline.observe(what, now)
        hall.observe(what, now)

    given = surroundings(lifeline, Watchers(observe=observe, state_changed=hall.state_changed))
    breaches: list[str] = []
    unfinished = ""
    with TemporaryDirectory(prefix="kiosk-demo-") as folder:
        async with PracticePortal() as portal, AsyncExitStack() as stack:
            config = demo_config(Path(folder), wishes)
            central = await _central(Path(folder), stack, timeline, t)
            if central is not None:
                config = msgspec.structs.replace(config, central=Central(url=central.url, proxy="direct"))
            config.profile.write_text(practice_profile(portal), encoding="utf-8")
            profile = load_profile(config.profile)
            async with open_desk(config, profile, given) as (desk, work):
                if wishes.interactive:
                    await asyncio.wait({work, asyncio.create_task(stop.wait())}, return_when=asyncio.FIRST_COMPLETED)
                else:
                    breaches, unfinished = await _replay(desk, portal, hall, timeline, wishes, stop, work)
                desk.runner.post(ev.StopRequested())
                await work
            not_reported = "" if central is None else await report_all(config, Path(folder), given.clock)
            if central is not None:
                acknowledged = t("Central has acknowledged all counts of this desk.")
                timeline.say(given.clock.now(), not_reported or acknowledged)
            reader = LedgerReader(Path(folder) / FILE_NAME)
            counts, verdict = reader.counts(), reader.verify()
            reader.close()
    if not verdict.sound:
        breaches.append(t("The ledger does not hold: {problem}", problem=shown(verdict.problem, t)))
    lifeline.say(
        {
            "result": {
                "promise_kept": _is_kept(breaches, unfinished, wishes),
                "breaches": breaches,
                "unfinished": unfinished,
                "headless": wishes.headless,
                "visits": [msgspec.to_builtins(visit) for visit in timeline.visits],
                "counts": _total(counts),
                "central": None
                if central is None
                else {"url": central.url, "page": central.page, "reported": not not_reported},
            }
        }
    )
    lifeline.stopping()
    lifeline.close()
    return 1 if breaches or unfinished else 0


async def _central(folder: Path, stack: AsyncExitStack, timeline: Timeline, t: Translate) -> DemoCentral | None:
    """A central that this desk reports to; None, and a sentence that says why, where there can be none."""
    now = SystemClock().now
    try:
        central = await stack.enter_async_context(open_central(folder))
    except DemoCentralError as error:
        told = t("No central is installed here: the desk reports to nobody.") if error.missing else str(error)
        timeline.say(now(), told)
        return None
    timeline.say(
        now(),
        t(
            "Central: {page}, as long as the demonstration runs. Account: {account}, password: {password}",
            page=central.page,
            account=central.account,
            password=central.password,
        ),
    )
    return central


async def _replay(
    desk: Desk,
    portal: PracticePortal,
    hall: Hall,
    timeline: Timeline,
    wishes: Wishes,
    stop: asyncio.Event,
    work: asyncio.Task[None],
) -> tuple[list[str], str]:
    """How the promise was broken, and why the demonstration did not come to its end; empty where neither is so."""

    async def pace() -> None:
        if wishes.watch:  # so that people can follow; nothing is waited for otherwise
            await asyncio.sleep(WATCH_PAUSE_S)

    t = translator(wishes.language)
    incident = Incident(desk, portal, hall, timeline, pace, t)
    playing = asyncio.create_task(incident.play())
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({playing, stopped, work}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if not playing.done():
        playing.cancel()
        return incident.breaches, t("it was stopped")
    error = playing.exception()
    if isinstance(error, PlayError):
        return incident.breaches, str(error)
    if error is not None:
        raise error
    return incident.breaches, ""


def _is_kept(breaches: list[str], unfinished: str, wishes: Wishes) -> bool | None:
    """None where nothing was shown either way: nobody looks on while people play at the desk themselves."""
    if wishes.interactive and not breaches:
        return None
    return not breaches and not unfinished


def _total(days: dict[str, dict[str, int]]) -> dict[str, int]:
    """The demonstration may run over midnight."""
    total: dict[str, Any] = {}
    for counts in days.values():
        for name, value in counts.items():
            total[name] = total.get(name, 0) + value
    return total
