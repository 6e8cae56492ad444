"""What central says, as the running desk keeps to it: another policy, the end of a visit, a desk that is closed.

The session machine decides; this waits for the moment in which it may be told. A policy is handed in at the gate, and
again at every gate until it is taken. A desk that is to be closed while a visit runs is closed once that visit has
been ended and confirmed, as any other one.
"""

from __future__ import annotations

import asyncio
import json
import logging
import platform
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from kiosk_agent import __version__
from kiosk_agent.errors import LedgerError
from kiosk_agent.hands.ports import Bulletin
from kiosk_agent.hands.runner import Runner, Watchers
from kiosk_agent.health import Health
from kiosk_agent.ledger import LedgerWriter
from kiosk_agent.report.commands import Closed
from kiosk_agent.report.state import CentralState
from kiosk_agent.sensors.sense import KeepsToPolicy, Senses
from kiosk_agent.session import commands as do
from kiosk_agent.session import events as ev
from kiosk_agent.session.entries import CentralCommand
from kiosk_agent.session.policy import Policy
from kiosk_agent.session.transitions import VISIT
from kiosk_agent.session.vocabulary import EndSource, StateName
from kiosk_agent.wire import v1
from kiosk_agent.wire.commands import MOST_LINES, Diagnostics, DoctorLine, SenseLine
from kiosk_agent.wire.notices import Notice

log = logging.getLogger(__name__)

WITH_A_VISIT = (*VISIT, StateName.ENDING, StateName.CONFIRMING)
DOCTOR_LIMIT_S = 120.0  # measured: about 10 s; a slow disk after switching on takes several times that


@dataclass(frozen=True)
class AtTheDesk:
    """What the desk's diagnostics are made of."""

    health: Health
    senses: Senses
    recorder: LedgerWriter
    doctor: Callable[[], Awaitable[Sequence[DoctorLine]]]


class FromCentral:
    """Implements :class:`kiosk_agent.report.commands.DeskInHand`; and hands policies in. In the event loop only."""

    def __init__(self, runner: Callable[[], Runner | None], desk: AtTheDesk, policy: Policy, revision: int) -> None:
        """``policy`` and ``revision``: with which the agent has started."""
        self._runner = runner
        self._desk = desk
        self._policy, self._revision = policy, revision
        self._waiting: tuple[Policy, int] | None = None
        self._closed: str | None = None  # the note that is shown, once the machine may be told
        self._told_closed = False
        self.followers: list[KeepsToPolicy] = []
        self._changed: Callable[[], None] = lambda: None
        self._read: Callable[[int], None] = lambda _number: None

    # policies

    def told_in(self, state: CentralState) -> CentralState:
        """``state``, with what the desk keeps to."""
        return msgspec.structs.replace(
            state,
            policy_revision=self._revision,
            policy_waiting=None if self._waiting is None else self._waiting[1],
            closed=self._closed is not None,
        )

    def offer(self, policy: Policy, revision: int) -> None:
        """Keep to this policy from the next moment on in which no visit is judged by the one before."""
        if policy == self._policy:  # another number for the same: nothing changes at the desk
            self._waiting, self._revision = None, revision
        else:
            self._waiting = (policy, revision)
        self._changed()
        self._hand_in()

    def _hand_in(self) -> None:
        runner = self._runner()
        if self._waiting is not None and runner is not None and runner.state is StateName.GATE:
            runner.post(ev.PolicyChanged(*self._waiting))

    def _taken(self, policy: Policy) -> None:
        if self._waiting is not None and self._waiting[0] == policy:
            self._revision, self._waiting = self._waiting[1], None
        self._policy = policy
        for follower in self.followers:
            follower.keep_to(policy)
        self._desk.senses.announce()  # a sense that is mandatory now may be one that does not work
        log.info("central's policy %s holds from here on", self._revision)
        self._changed()

    # notices

    def show_notices(self, notices: tuple[Notice, ...]) -> None:
        """Show these at the gate, and no others."""
        if (runner := self._runner()) is not None:
            runner.stage.gate.show_bulletins(
                tuple(
                    Bulletin(one.id, one.title_ja, one.title_en, one.body_ja, one.body_en, one.ask_read)
                    for one in notices
                )
            )

    def on_read(self, read: Callable[[int], None]) -> None:
        """Who is told the number of a notice that the support worker has read."""
        self._read = read

    def was_read(self, number: int) -> None:
        """The support worker says so at the gate."""
        self._read(number)

    # what the runner does

    def watched(self, others: Watchers) -> Watchers:
        """``others``, and this."""

        def observe(what: object, now: float) -> None:
            if isinstance(what, do.KeepTo):
                self._taken(what.policy)
            others.observe(what, now)

        def state_changed(state: StateName) -> None:
            others.state_changed(state)
            self._hand_in()
            self._close_now()

        return Watchers(others.tick, observe, state_changed)

    # commands

    def end_visit(self) -> bool:
        runner = self._runner()
        if runner is None or runner.visit is None:
            return False
        runner.post(ev.EndRequested(EndSource.CENTRAL))
        return True

    def close(self, note: str) -> None:
        self._closed = note
        self._told_closed = False
        self._changed()
        self.end_visit()
        self._close_now()

    def open(self) -> None:
        if self._closed is None:
            return
        self._closed, self._told_closed = None, False
        self._changed()
        if (runner := self._runner()) is not None:
            runner.post(ev.DeskOpened())

    def begin(self, senses: Sequence[object], closed: Closed | None, changed: Callable[[], None]) -> None:
        """Before anything else is told to the session. ``closed``: the desk was when the agent before this one ended.

        ``senses``: those of them that have limits of the policy's keep to it. ``changed``: called when `status` is to
        say something else of this.
        """
        self.followers += [sense for sense in senses if isinstance(sense, KeepsToPolicy)]
        self._changed = changed
        runner = self._runner()
        if closed is not None and runner is not None:
            self._closed, self._told_closed = closed.note, True
            runner.stage.closed_note = closed.note
            runner.post(ev.DeskClosed())

    def _close_now(self) -> None:
        runner = self._runner()
        if self._closed is None or self._told_closed or runner is None or runner.state in WITH_A_VISIT:
            return
        self._told_closed = True
        runner.stage.closed_note = self._closed
        runner.post(ev.DeskClosed())

    def record(self, entry: CentralCommand) -> None:
        if (runner := self._runner()) is not None:
            runner.record(entry)

    async def diagnostics(self) -> Diagnostics:
        """Doctor looks at the screen, the clipboard and a browser of its own: not while a resident sits there."""
        runner = self._runner()
        state = runner.state if runner is not None else StateName.HELD
        lines = [] if state in WITH_A_VISIT else list(await self._desk.doctor())
        try:
            entries, waiting = (
                await self._desk.recorder.entries(),
                (await self._desk.recorder.outbox_state()).waiting_days,
            )
        except LedgerError as error:  # its own warning stands among the others
            log.warning("diagnostics without the ledger: %s", error)
            entries, waiting = 0, 0
        return Diagnostics(
            agent_version=__version__,
            system=f"{platform.system()} {platform.release()}"[:64].strip(),
            python=platform.python_version(),
            state=state.value,
            health=[
                v1.HealthItem(one.code, v1.Severity(one.severity.value), one.since)
                for one in self._desk.health.warnings[:MOST_LINES]
            ],
            senses=[SenseLine(one.name, one.state.value) for one in self._desk.senses.statuses[:MOST_LINES]],
            doctor=lines[:MOST_LINES],
            entries=entries,
            waiting_days=waiting,
            policy_revision=self._revision,
        )


async def run_doctor(config_file: Path) -> list[DoctorLine]:
    """The doctor's lines, from a process of its own; none where it does not answer. Its texts stay here."""
    command = [sys.executable, "-m", "kiosk_agent", "doctor", "--json", "--config", str(config_file)]
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(DOCTOR_LIMIT_S):
            said, _ = await process.communicate()
        checks = json.loads(said)["checks"]
        return [DoctorLine(one["code"], v1.Severity(one["severity"])) for one in checks]
    except (TimeoutError, ValueError, KeyError, TypeError) as error:
        log.warning("doctor gave no answer: %s", type(error).__name__)
        return []
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
