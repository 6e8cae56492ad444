"""The one place that wires the parts of a guarded desk together."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from kiosk_agent.clock import Clock
from kiosk_agent.config import Config
from kiosk_agent.config_load import verify_release_code
from kiosk_agent.desk_records import also_recorded, also_reported, closed_by_central, end, tell_what_is_not_taken
from kiosk_agent.desk_senses import Around, card_check_of, make_senses, names_of_senses, watched_by
from kiosk_agent.errors import LedgerError
from kiosk_agent.folders import open_data_dir
from kiosk_agent.from_central import AtTheDesk, FromCentral, run_doctor
from kiosk_agent.hands.browser import BrowserSettings, ResidentBrowser
from kiosk_agent.hands.driver import driver
from kiosk_agent.hands.find_browser import find_browser
from kiosk_agent.hands.gate import DeskGate
from kiosk_agent.hands.launched import remove_abandoned
from kiosk_agent.hands.panels import hang_panel
from kiosk_agent.hands.ports import Cover, Panel, VisitBrowser
from kiosk_agent.hands.residue import sweep
from kiosk_agent.hands.runner import HOLD_BY_CAUSE, Hands, Runner, Watchers
from kiosk_agent.hands.same_card import CardCheck
from kiosk_agent.hands.sound import Sound
from kiosk_agent.hands.tray import NAME as TRAY
from kiosk_agent.hands.tray import DeskTray
from kiosk_agent.hands.visit_language import VisitLanguage, Voices, Words
from kiosk_agent.health import Health, Severity
from kiosk_agent.ledger import LedgerWriter
from kiosk_agent.locale import worker_language
from kiosk_agent.lock import DeskLock
from kiosk_agent.portal.profile import Expect, Profile
from kiosk_agent.sensors.clock_jumps import ClockWatch
from kiosk_agent.sensors.sense import Senses
from kiosk_agent.session import events as ev
from kiosk_agent.session.machine import Session
from kiosk_agent.session.residue import Residue
from kiosk_agent.session.vocabulary import Proof
from kiosk_agent.settings.resolve import Resolved
from kiosk_agent.status_file import shown_by, status_file

log = logging.getLogger(__name__)

# The cover's messages have threads of their own. Python lets a busy event loop keep them waiting for 5 ms at a time.
SWITCH_INTERVAL_S = 0.0005
LOCK_WAIT_S = 10.0  # an agent whose supervisor died may still be logging out
EXPECTED = {Expect.REVOKED: Proof.REVOKED, Expect.CLEARED: Proof.CLEARED}


@dataclass(frozen=True)
class Desk:
    """An agent at work: what a demonstration or a test may press and look at."""

    runner: Runner
    gate: DeskGate
    cover: Cover
    health: Health
    clock: Clock
    data_dir: Path

    @property
    def visit(self) -> ResidentBrowser | None:
        """The visit's browser, if there is one."""
        browser = self.runner.browser
        return browser if isinstance(browser, ResidentBrowser) else None


@dataclass(frozen=True)
class Surroundings:
    """What an agent is given by whoever starts it."""

    cover: Cover
    clock: Clock
    browser_runs: Callable[[int | None, str], None]  # the visit's browser: its process and visit; None: gone
    watchers: Watchers
    driver_lost: Callable[[], None] = lambda: None  # no browser can be asked anything any more
    if_lost: Callable[[Panel], None] = lambda _panel: None  # what to show then, in the visit's language
    card_check: CardCheck | None = None  # in place of the desk's own card sense
    resolved: Resolved | None = None  # where the configuration came from; None: it was made without a file


@asynccontextmanager
async def open_desk(
    config: Config, profile: Profile, given: Surroundings
) -> AsyncIterator[tuple[Desk, asyncio.Task[None]]]:
    """An agent that guards a desk, and the task that ends when it has stopped.

    Raises DeskBusyError, BrowserMissingError and SandboxError; a ledger that cannot be used holds the desk instead.
    """
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    clock = given.clock
    voices = voices_of(config, given)
    data_dir = open_data_dir(config.desk.data_dir)
    async with AsyncExitStack() as stack:
        stack.enter_context(DeskLock(data_dir, wait_s=LOCK_WAIT_S))
        health = Health(clock.wall)
        check_policy = tell_what_is_not_taken(given.resolved, config.policy, health)
        revision = given.resolved.revision if given.resolved is not None else 0
        executable = find_browser(config.browser.executable)
        settings = BrowserSettings(
            executable,
            config.browser.headless,
            config.browser.window,
            data_dir,
            config.desk.language,
            config.browser.proxy,
            config.policy.residue_limit_s,
            config.residue.print_jobs,
        )
        await remove_abandoned(data_dir)  # nobody else guards this desk: we have the lock
        playwright = await stack.enter_async_context(driver(data_dir, given.driver_lost))
        recorder = LedgerWriter(data_dir, clock)
        stack.push_async_callback(recorder.close)
        runner: Runner | None = None

        def post(event: ev.Event) -> None:
            if runner is not None:
                runner.post(event)

        senses = Senses(names_of_senses(config), health, post, clock.wall)
        status = stack.enter_context(status_file(data_dir, config, clock, health, senses))

        def open_browser(visit_id: str) -> VisitBrowser:
            return ResidentBrowser(
                playwright,
                profile,
                visit_id,
                post,
                settings,
                lambda pid: given.browser_runs(pid, visit_id),
                language=voices.residents,
            )

        gate = DeskGate(
            playwright,
            post,
            executable=executable,
            data_dir=data_dir,
            headless=config.browser.headless,
            window=config.browser.window,
            language=config.desk.language,
            residents=voices.residents,
            bulletin_read=lambda number: from_central.was_read(number),  # noqa: PLW0108 - made further down
        )
        tray = DeskTray(post, senses.report_of(TRAY), lambda: show_status(data_dir), voices.worker)
        clocks = ClockWatch(clock, post, lambda seconds: note_wall_jump(health, seconds))

        from_central = FromCentral(
            lambda: runner,
            AtTheDesk(health, senses, recorder, lambda: run_doctor(config.path)),
            config.policy,
            revision,
        )
        watchers, note = also_recorded(
            from_central.watched(shown_by(status, given.watchers)),
            config,
            data_dir,
            clock,
            health,
            stack,
            from_central.followers,
        )
        code_hash = config.supervision.release_code_hash

        made = make_senses(config, senses, Around(clock, clocks, post, health, data_dir, lambda: runner, note))
        runner = Runner(
            Session(config.policy, expect=EXPECTED[profile.proof.expect]),
            Hands(
                cover=given.cover,
                gate=gate,
                tray=tray,
                recorder=recorder,
                open_browser=open_browser,
                sweep=lambda visit_id: sweep_after(visit_id, config, data_dir, recorder),
                check_release=lambda code: code_hash is None or verify_release_code(code, code_hash),
                code_needed=code_hash is not None,
                chime=make_chime(config, data_dir, stack),
                card_check=given.card_check or card_check_of(made, senses),
            ),
            health,
            clock,
            Words(config.desk.name, voices, config.policy.mark),
            watched_by(made, clocks, lambda: runner.visit if runner is not None else None, watchers),
        )
        health.on_change(runner.health_changed)
        health.on_change(status.write)
        senses.on_change(status.write)
        desk = Desk(runner, gate, given.cover, health, clock, data_dir)
        work = asyncio.create_task(runner.run(), name="runner")
        stack.push_async_callback(end, work)
        if not config.browser.headless:
            tray.start()
            stack.callback(tray.stop)
        for sense in made:
            sense.start()
            stack.push_async_callback(sense.stop)
        stack.push_async_callback(gate.close)  # also a half opened one
        await gate.open()
        found = await read_ledger(recorder, health)
        senses.announce()  # before the desk can open, and once there is a ledger to record it in
        from_central.begin(made, closed_by_central(config, data_dir), status.write)
        post(found)
        await also_reported(config, data_dir, recorder, health, clock, status, stack, check_policy, from_central)
        yield desk, work


def make_chime(config: Config, data_dir: Path, stack: AsyncExitStack) -> Callable[[], None]:
    """What makes a warning heard: nothing at a desk that wants no sound, or has nobody to hear it."""
    if not config.desk.sound or config.browser.headless:
        return lambda: None
    sound = Sound(data_dir)
    stack.push_async_callback(sound.close)
    return sound.play


def voices_of(config: Config, given: Surroundings) -> Voices:
    """The desk's languages; whoever covers for a lost agent is told of each choice."""
    residents = VisitLanguage(config.desk.language, config.desk.languages)
    residents.on_change(lambda: given.if_lost(hang_panel(residents)))
    return Voices(worker_language(config.desk.language), residents)


async def sweep_after(visit_id: str, config: Config, data_dir: Path, recorder: LedgerWriter) -> tuple[Residue, ...]:
    """Remove what a visit left that this process never saw."""
    try:
        since = await recorder.started_at(visit_id)
    except LedgerError as error:  # it is held for that already
        log.warning("when the last visit began is not known: %s", error)
        since = None
    wanted = config.residue.print_jobs and not config.browser.headless
    return await sweep(data_dir, since, print_jobs=wanted, limit_s=config.policy.residue_limit_s)


async def read_ledger(recorder: LedgerWriter, health: Health) -> ev.Event:
    """What the ledger knows of the last visit: how the session begins."""
    try:
        await recorder.open()
        return await recorder.left_over()
    except LedgerError as error:
        health.fail("ledger", Severity.RED, f"{error.cause}: {error}")
        return ev.LedgerFailed(HOLD_BY_CAUSE[error.cause])


def note_wall_jump(health: Health, seconds: float) -> None:
    """Somebody turned the PC's clock: records made before and after carry times that do not fit together."""
    health.fail(
        "clock_jump",
        Severity.AMBER,
        f"The PC's clock was turned by {seconds:+.0f} s.",
        "Check the date and the time of this PC.",
    )


def show_status(data_dir: Path) -> None:
    """Open the status in whatever this desktop shows text files with."""
    import webbrowser  # half a megabyte that most desks never need

    webbrowser.open((data_dir / "status.json").as_uri())
