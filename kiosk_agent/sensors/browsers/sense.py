"""The sense ``browsers``: notices browsers that run beside the agent, and programs that drive this PC from outside."""

from __future__ import annotations

import asyncio
import enum
import logging
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

import psutil

from kiosk_agent.clock import Clock
from kiosk_agent.config import BrowserAction, BrowsersSense, RemoteAction
from kiosk_agent.health import Health, Report, Severity
from kiosk_agent.process_tree import ProcessMark, end_tree
from kiosk_agent.sensors.browsers.processes import ProcessTable, SystemTable
from kiosk_agent.sensors.browsers.programs import REMOTE_DESKTOP, Program
from kiosk_agent.sensors.browsers.scanner import Beside, NoListError, Remote, Scanner, Seen
from kiosk_agent.sensors.browsers.telling import Ours
from kiosk_agent.session.entries import Entry, ForeignProgram
from kiosk_agent.session.events import ChangeSignalled, Post
from kiosk_agent.session.vocabulary import ForeignFate, ForeignKind, Signal, StateName

log = logging.getLogger(__name__)

NAME = "browsers"
BROWSER_CODE = "foreign_browser"
REMOTE_CODE = "remote_control"
ASK_LIMIT_S = 3.0  # a browser that was asked to end saves its windows within a second
KILL_LIMIT_S = 5.0  # measured: all processes are gone 0.25 s after SIGKILL

End = Callable[[ProcessMark], bool]


class Notice(Protocol):
    """How people at the desk are told that a browser is about to be closed."""

    def show(self, programs: tuple[str, ...], seconds: float, now: Callable[[], None]) -> None:
        """Tell them; ``now`` is called where they want it done at once."""
        ...

    def hide(self) -> None:
        """It is done."""
        ...


class Fate(enum.Enum):
    """How far a browser beside the agent has come."""

    LEFT = "left"  # alone: it is only reported
    WARNED = "warned"
    CLOSING = "closing"
    STUCK = "stuck"


def end_browser(root: ProcessMark) -> bool:
    """End it and everything that it started; returns whether all is gone. Takes seconds: for a thread."""
    return not end_tree(root, ASK_LIMIT_S, KILL_LIMIT_S)


class BrowserSense:
    """Told to look once a second (:meth:`tick`); posts ChangeSignalled(FOREIGN_BROWSER) and (REMOTE_CONTROL).

    ``record`` takes entries for the ledger, also between visits. ``profiles``: the folders that the agent's own
    browsers have their profiles in. ``table`` and ``end`` are the PC's own unless a test brings others.
    """

    name = NAME

    def __init__(
        self,
        settings: BrowsersSense,
        post: Post,
        report: Report,
        *,
        health: Health,
        clock: Clock,
        notice: Notice,
        record: Callable[[Entry], None],
        profiles: Iterable[Path],
        table: ProcessTable | None = None,
        end: End = end_browser,
    ) -> None:
        self._settings = settings
        self._post = post
        self._report = report
        self._health = health
        self._clock = clock
        self._notice = notice
        self._record = record
        self._end = end
        self._scanner = Scanner(table or SystemTable(), Ours(profiles, os.getpid()), os.getpid())
        self._fates: dict[Beside, Fate] = {}
        self._remotes: frozenset[Remote] = frozenset()
        self._close_at: float | None = None
        self._state = StateName.HELD
        self._first: asyncio.Task[None] | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._begun = False
        self._opened = False  # before it is, there is no ledger to note anything in, and nobody to protect
        self._problem = ""

    def start(self) -> None:
        """Begin with a look at everything that runs already: that takes a while, so it is done in a thread."""
        self._first = asyncio.get_running_loop().create_task(self._look_first())

    async def stop(self) -> None:
        """Look no more. A browser that is being ended may take seconds: it is not waited for."""
        self._begun = False
        tasks = [task for task in (self._first, *self._closing) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def tick(self) -> None:
        """Look again; once a second, in the event loop. Never raises."""
        if not self._begun:
            return
        found = self._look()
        self._tell_how_it_went(found)
        if isinstance(found, Seen) and self._opened:
            self._take(found)
        if self._close_at is not None and self._clock.now() >= self._close_at:
            self._close_now()

    def state_changed(self, state: StateName) -> None:
        """The desk is in another state: a visit that begins hears of what runs already."""
        began = self._state is StateName.GATE and state is StateName.OPEN
        self._state = state
        self._opened = self._opened or state is not StateName.HELD
        if not began:
            return
        if self._fates:
            self._post(ChangeSignalled(Signal.FOREIGN_BROWSER))
        if any(remote.driven for remote in self._remotes):
            self._post(ChangeSignalled(Signal.REMOTE_CONTROL))

    # looking

    async def _look_first(self) -> None:
        found = await asyncio.to_thread(self._look)
        self._begun = True
        self._tell_how_it_went(found)

    def _look(self) -> Seen | Exception:
        """What runs now, or why that cannot be told."""
        try:
            return self._scanner.scan()
        except Exception as error:  # noqa: BLE001  # whatever it is, the desk must go on, and everybody must see it
            return error

    def _tell_how_it_went(self, found: Seen | Exception) -> None:
        if isinstance(found, Seen):
            self._problem = ""
            self._report.working()
            return
        problem = f"{type(found).__name__}: {found}"
        if problem != self._problem:
            is_defect = not isinstance(found, (NoListError, OSError, psutil.Error))
            log.error("the processes could not be looked through: %s", problem, exc_info=found if is_defect else None)
        self._problem = problem
        self._report.degraded(
            f"The list of processes cannot be read: {problem}",
            "Until it can, nobody notices a browser or a remote control beside the agent.",
        )

    def _take(self, seen: Seen) -> None:
        self._take_browsers(seen.browsers if self._settings.action is not BrowserAction.IGNORE else ())
        self._take_remotes(seen.remotes if self._settings.remote_control is not RemoteAction.IGNORE else ())

    # browsers

    def _take_browsers(self, found: tuple[Beside, ...]) -> None:
        gone = [beside for beside, fate in self._fates.items() if beside not in found and fate is not Fate.CLOSING]
        for beside in gone:
            del self._fates[beside]
        new = [beside for beside in found if beside not in self._fates]
        for beside in new:
            self._fates[beside] = Fate.WARNED if self._settings.action is BrowserAction.CLOSE else Fate.LEFT
            self._note(ForeignKind.BROWSER, ForeignFate.NOTICED, beside.program)
        if new:
            self._post(ChangeSignalled(Signal.FOREIGN_BROWSER))
        if new or gone:
            self._tell_browsers()
            self._tell_people()

    def _tell_browsers(self) -> None:
        stuck = _titles(beside for beside, fate in self._fates.items() if fate is Fate.STUCK)
        if stuck:
            self._health.fail(
                BROWSER_CODE,
                Severity.AMBER,
                f"A browser beside the agent could not be closed: {', '.join(stuck)}",
                "Close it by hand, or restart the PC.",
            )
        elif self._fates:
            self._health.fail(
                BROWSER_CODE,
                Severity.AMBER,
                f"A browser runs beside the agent: {', '.join(_titles(self._fates))}",
                "Close it. Who signs in there is not watched over.",
            )
        else:
            self._health.recover(BROWSER_CODE)

    def _tell_people(self) -> None:
        """Whoever is at the desk hears of it before a browser is closed."""
        warned = [beside for beside, fate in self._fates.items() if fate is Fate.WARNED]
        if warned:
            if self._close_at is None:
                self._close_at = self._clock.now() + self._settings.close_after_s
            seconds = max(0.0, self._close_at - self._clock.now())
            self._notice.show(_titles(warned), seconds, self._close_now)
        elif not any(fate is Fate.CLOSING for fate in self._fates.values()):
            self._close_at = None
            self._notice.hide()

    def _close_now(self) -> None:
        self._close_at = None
        for beside in [one for one, fate in self._fates.items() if fate is Fate.WARNED]:
            self._fates[beside] = Fate.CLOSING
            task = asyncio.get_running_loop().create_task(self._close(beside))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    async def _close(self, beside: Beside) -> None:
        try:
            gone = await asyncio.to_thread(self._end, beside.root)
        except (OSError, psutil.Error) as error:
            log.warning("%s could not be closed: %s", beside.program.title, type(error).__name__)
            gone = False
        if gone:
            del self._fates[beside]
        else:
            self._fates[beside] = Fate.STUCK
        self._note(ForeignKind.BROWSER, ForeignFate.CLOSED if gone else ForeignFate.STUCK, beside.program)
        self._tell_browsers()
        self._tell_people()

    # remote control

    def _take_remotes(self, found: tuple[Remote, ...]) -> None:
        now = frozenset(_strongest(found))
        if now == self._remotes:
            return
        new = now - self._remotes
        known = {remote.program for remote in self._remotes}
        self._remotes = now
        for remote in sorted(new, key=lambda one: one.program.title):
            if remote.driven or remote.program not in known:
                self._note(ForeignKind.REMOTE_CONTROL, ForeignFate.NOTICED, remote.program)
        if any(remote.driven for remote in new):
            self._post(ChangeSignalled(Signal.REMOTE_CONTROL))
        self._tell_remotes()

    def _tell_remotes(self) -> None:
        if not self._remotes:
            self._health.recover(REMOTE_CODE)
            return
        shown = {
            one.program.title: one.driven and (one.program.tells or one.program is REMOTE_DESKTOP)
            for one in self._remotes
        }
        driving = sorted(title for title, driven in shown.items() if driven)
        able = sorted(title for title, driven in shown.items() if not driven)
        parts = [f"This PC is driven from outside: {', '.join(driving)}."] if driving else []
        parts += [f"This PC can be driven from outside: {', '.join(able)}."] if able else []
        self._health.fail(
            REMOTE_CODE,
            Severity.AMBER,
            " ".join(parts),
            "Ask who is connected, and end it; take the program away where nobody needs it.",
        )

    def _note(self, kind: ForeignKind, what: ForeignFate, program: Program) -> None:
        log.info("%s %s: %s", kind, what, program.title)
        self._record(ForeignProgram(kind, what, program.title))


def _titles(found: Iterable[Beside]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(beside.program.title for beside in found))


def _strongest(found: Iterable[Remote]) -> list[Remote]:
    """Each program once, driven where one of its processes says so."""
    driven: dict[str, Remote] = {}
    for remote in found:
        if remote.program.title not in driven or remote.driven:
            driven[remote.program.title] = remote
    return list(driven.values())
