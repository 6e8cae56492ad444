"""The runner: hands events to the session, carries out its commands, and posts what came of them.

It decides nothing. Each kind of work has a lane of its own, so that a slow page, disk or gate never keeps the
cover from coming up; the cover itself is raised at once, before anything else.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Protocol

from kiosk_agent.clock import Clock, next_stroke
from kiosk_agent.errors import HandError, KioskError, LedgerDamagedError, LedgerError
from kiosk_agent.hands.lanes import Lane
from kiosk_agent.hands.ports import Cover, Gate, Tray, VisitBrowser
from kiosk_agent.hands.same_card import CardCheck, NoCardCheck
from kiosk_agent.hands.stage import Moment, Stage
from kiosk_agent.hands.visit_language import Words
from kiosk_agent.health import Health, Severity
from kiosk_agent.session import commands as do
from kiosk_agent.session import events as ev
from kiosk_agent.session.entries import Entry, Override
from kiosk_agent.session.machine import Session
from kiosk_agent.session.residue import Residue, all_clean
from kiosk_agent.session.state import Visit
from kiosk_agent.session.transitions import VISIT
from kiosk_agent.session.vocabulary import HoldReason, Proof, StateName

log = logging.getLogger(__name__)

TICK_S = 1.0  # the longest sleep: suspend and clock jumps are noticed by then
HEAD_START_S = 0.05  # measured: 9 ms; a cover that is lost must not keep anything waiting
RECORD_LIMIT_S = 5.0  # for the last entries before the agent ends

HOLD_BY_CAUSE = {
    "locked": HoldReason.LEDGER_LOCKED,
    "full": HoldReason.LEDGER_FULL,
    "damaged": HoldReason.LEDGER_DAMAGED,
    "unwritable": HoldReason.LEDGER_UNWRITABLE,
}


class Recorder(Protocol):
    """What the runner needs of the ledger."""

    async def append(self, entry: Entry) -> int:
        """Make ``entry`` durable; returns its sequence number. Raises LedgerError."""
        ...

    async def mend(self) -> None:
        """After a failure: open the ledger again, or begin a new one. Raises LedgerError."""
        ...

    async def left_over(self) -> ev.AgentStarted:
        """What the ledger knows of the last visit: how the session begins. Raises LedgerError."""
        ...


@dataclass(frozen=True)
class Hands:
    """Everything the runner works with."""

    cover: Cover
    gate: Gate
    tray: Tray
    recorder: Recorder
    open_browser: Callable[[str], VisitBrowser]  # from a visit's id
    # leftovers of a visit that this process never saw, from that visit's id
    sweep: Callable[[str], Coroutine[Any, Any, tuple[Residue, ...]]]
    check_release: Callable[[str], bool]
    code_needed: bool
    chime: Callable[[], None] = lambda: None
    card_check: CardCheck = field(default_factory=NoCardCheck)


@dataclass(frozen=True)
class Watchers:
    """Who else wants to know. ``observe`` hears each event, command, entry and moment, with the time."""

    tick: Callable[[], None] = lambda: None
    observe: Callable[[object, float], None] = lambda _what, _now: None
    state_changed: Callable[[StateName], None] = lambda _state: None


class Runner:
    """One desk's main loop."""

    def __init__(
        self,
        session: Session,
        hands: Hands,
        health: Health,
        clock: Clock,
        words: Words,
        watchers: Watchers = Watchers(),
    ) -> None:
        self._session = session
        self._hands = hands
        self._health = health
        self._clock = clock
        self._watchers = watchers
        self._events: asyncio.Queue[ev.Event] = asyncio.Queue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._browser: VisitBrowser | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._records = Lane("ledger", self._hand_failed)
        self._stopped = False
        self._tick_at_s = 0.0
        self.stage = Stage(
            hands.cover,
            hands.gate,
            health,
            clock,
            words,
            self.post,
            failed=self._hand_failed,
            released=self._release_asked,
            code_needed=hands.code_needed,
            observe=watchers.observe,
            chime=hands.chime,
        )

    def post(self, event: ev.Event) -> None:
        """Put an event into the queue; may be called from any thread."""
        if self._loop is None:
            self._events.put_nowait(event)
        elif not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._events.put_nowait, event)

    def record(self, entry: Entry) -> None:
        """Put an entry into the ledger that the session knows nothing of; in the event loop."""
        self._records.put(lambda: self._append(entry, None))

    def health_changed(self) -> None:
        """What works and what does not has changed: show it at the gate and in the tray."""
        if self._loop is not None:
            self.stage.gate.refresh()
            self._hands.tray.show(self.state.value, self._health.worst.value)

    @property
    def state(self) -> StateName:
        """Where the desk is now."""
        return self._session.state.name

    @property
    def visit(self) -> Visit | None:
        """The visit that runs; None outside of one, and from the beginning of its end."""
        state = self._session.state
        return state.visit if state.name in VISIT else None

    @property
    def browser(self) -> VisitBrowser | None:
        """The visit's browser, if there is one."""
        return self._browser

    async def run(self) -> None:
        """Work until the session says that the agent may stop."""
        self._loop = asyncio.get_running_loop()
        self._tick_at_s = next_stroke(self._loop.time(), TICK_S)
        try:
            while not self._stopped:
                await self._step()
            await self._records.drained(RECORD_LIMIT_S)
        finally:
            await self._close()

    async def _step(self) -> None:
        loop = asyncio.get_running_loop()
        deadline = self._session.next_deadline()
        until_s = self._tick_at_s
        if deadline is not None:
            until_s = min(until_s, loop.time() + max(0.0, deadline - self._clock.now()))
        event: ev.Event | None = None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(until_s):
                event = await self._events.get()
        if event is not None:
            await self._handle(event)
        following_s = next_stroke(loop.time(), TICK_S)
        if following_s > self._tick_at_s:  # also where events come so thick that nothing is ever waited for
            self._tick_at_s = following_s
            self._watchers.tick()
        deadline = self._session.next_deadline()
        if deadline is not None and deadline <= self._clock.now():
            await self._handle(ev.TimerFired())

    async def _handle(self, event: ev.Event) -> None:
        now = self._clock.now()
        before = self.state
        commands = self._session.handle(event, now)
        shielding = any(isinstance(command, do.RaiseShield) for command in commands)
        on_screen = self.stage.raise_shield() if shielding else None  # before all others, wherever it stands among them
        for what in (event, *commands):
            self._watchers.observe(what, now)
        if on_screen is not None:  # it has the whole PC to itself for as long as it takes
            await asyncio.wait({on_screen}, timeout=HEAD_START_S)
        for command in commands:
            self._carry_out(command)
        if self.state is not before:
            self._watchers.state_changed(self.state)
            self._hands.tray.show(self.state.value, self._health.worst.value)
        self.stage.gate.refresh()

    def _carry_out(self, command: do.Command) -> None:
        match command:
            case do.RaiseShield():
                pass  # done already, before all others
            case do.LowerShield():
                self.stage.lower_shield()
            case do.ShowChallenge():
                self.stage.show_challenge(command, self._browser.hint if self._browser is not None else "")
            case do.Hold():
                self.stage.hold(command.reason)
            case do.ShowGate():
                self._forget_visit()
                self.stage.show_gate(command)
            case do.ShowVisit():
                self.stage.gate.show_visit()
            case do.AskConfirmation():
                self._forget_visit()
                self.stage.ask_confirmation(command)
            case do.ShowWarning():
                self.stage.show_warning(command, self._browser)
            case do.HideWarning():
                in_visit = self.state in (StateName.OPEN, StateName.SIGNED_IN)
                self.stage.hide_warning(self._browser, lower_native=in_visit)
            case do.CheckCard():
                self._start(self._check_card(command))
            case do.LetFormGo() if self._browser is not None:
                self._browser.let_form_go()
            case do.ShowNudge() if self._browser is not None:
                self.stage.show_nudge(command.operation, self._browser)
            case do.Record():
                self._records.put(lambda: self._record(command))
            case do.OpenVisitBrowser():
                self._start(self._open_browser(command.visit_id))
            case do.RunLogout():
                self._start(self._run_logout(command))
            case do.DestroyBrowser():
                self._start(self._destroy_browser())
            case do.RemoveResidue():
                self._start(self._remove_residue(command.visit_id))
            case do.ProveLogout():
                self._start(self._prove(command.visit_id))
            case do.KeepTo():
                self.stage.keep_to(command.policy)
            case do.StopAgent():
                self._stopped = True
            case _:
                raise TypeError(f"no hand carries out {command!r} in state {self.state}")

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._task_done)

    def _task_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._hand_failed("hands", error)

    def _hand_failed(self, lane: str, error: BaseException) -> None:
        # the session's own deadlines end the phase that now gets no answer
        log.error("a hand failed: %s", lane, exc_info=error)
        self._health.fail("hand_failed", Severity.AMBER, f"{lane}: {type(error).__name__}")

    # the ledger

    async def _record(self, command: do.Record) -> None:
        await self._append(command.entry, command.ticket)

    async def _append(self, entry: Entry, ticket: int | None) -> None:
        try:
            await self._hands.recorder.append(entry)
        except LedgerError as error:
            self._health.fail("ledger", Severity.RED, f"{error.cause}: {error}")
            if isinstance(error, LedgerDamagedError) and error.kept_as is not None:
                self._note_kept(error.kept_as)
                await self._begin_new_ledger()
            self.post(ev.LedgerFailed(HOLD_BY_CAUSE[error.cause], ticket))
            if isinstance(entry, Override):
                self.stage.refuse_release(code_right=True)
        else:
            self._health.recover("ledger")
            self._watchers.observe(entry, self._clock.now())
            if ticket is not None:
                self.post(ev.EntryRecorded(ticket))

    def _note_kept(self, name: str) -> None:
        # beside "ledger", which is over as soon as the new one works
        self._health.fail(
            "ledger_kept_aside",
            Severity.AMBER,
            f"A damaged ledger was kept aside: {name}",
            "Hand the file to your IT desk, then move it out of the data folder.",
        )

    async def _begin_new_ledger(self) -> None:
        try:
            await self._hands.recorder.mend()
        except LedgerError as error:  # the desk is held in any case, and the release tries again
            log.error("no new ledger could be begun: %s", error)

    def _release_asked(self, code: str, mark: str) -> None:
        if self._hands.check_release(code):
            self._start(self._release(mark))
        else:
            self.stage.refuse_release(code_right=False)

    async def _release(self, mark: str) -> None:
        started: ev.AgentStarted | None = None
        try:
            await self._hands.recorder.mend()
            if HoldReason.STARTING in self._session.state.holds:  # it could not be read before
                started = await self._hands.recorder.left_over()
        except LedgerError as error:
            self._health.fail("ledger", Severity.RED, f"{error.cause}: {error}")
            self.post(ev.LedgerFailed(HOLD_BY_CAUSE[error.cause]))
            self.stage.refuse_release(code_right=True)
        else:
            self.post(ev.LedgerRecovered())
            if started is not None:
                self.post(started)
            self.post(ev.Released(mark))

    # the visit's browser

    async def _open_browser(self, visit_id: str) -> None:
        browser = self._browser = self._hands.open_browser(visit_id)
        try:
            await browser.open()
        except KioskError as error:
            log.error("the visit's browser did not come up: %s", error)
            self._health.fail("browser", Severity.RED, str(error))
            self.post(ev.VisitBrowserFailed())
        else:
            self._health.recover("browser")
            self.post(ev.VisitBrowserOpened())

    async def _run_logout(self, command: do.RunLogout) -> None:
        if self._browser is None:
            self.post(ev.LogoutFinished(steps_ok=False, half=None))
            return
        try:
            report = await self._browser.run_logout(steps=command.steps)
        except HandError as error:
            log.warning("the portal's logout did not finish: %s", error)
            self.post(ev.LogoutFinished(steps_ok=False, half=None))
        else:
            self.post(ev.LogoutFinished(steps_ok=report.steps_ok, half=report.half))

    async def _check_card(self, command: do.CheckCard) -> None:
        within_s = max(0.0, command.deadline - self._clock.now())
        verdict = await self._hands.card_check.same_card_on_reader(within_s)
        self.post(ev.CardChecked(verdict, command.visit_id))

    async def _destroy_browser(self) -> None:
        gone = await self._browser.destroy() if self._browser is not None else True
        now = self._clock.now()
        self._watchers.observe(Moment("browser_gone" if gone else "browser_stuck", now), now)
        self.post(ev.BrowserGone() if gone else ev.BrowserStuck())

    async def _remove_residue(self, visit_id: str) -> None:
        if self._browser is not None:
            found = await self._browser.remove_residue()
        else:
            found = await self._hands.sweep(visit_id)
        self.post(ev.ResidueRemoved(all_clean(found), found))

    async def _prove(self, visit_id: str) -> None:
        browser, self._browser = self._browser, None
        if browser is None:
            self.post(ev.ProofFinished(Proof.UNPROVEN))
            return
        proof = await browser.prove()
        if proof is not Proof.UNPROVEN:
            browser.forget()  # otherwise it forgets by itself, after its last retry
        self.post(ev.ProofFinished(proof))
        if proof is not Proof.UNPROVEN:
            self.post(ev.ProofRevised(visit_id, proof))  # heard only where the answer came after its time

    def _forget_visit(self) -> None:
        """Drop what is left of a visit in which nobody signed in, so that nothing was proved."""
        if self._browser is not None:
            self._browser.forget()
            self._browser = None

    async def _close(self) -> None:
        if self._browser is not None:
            await self._browser.destroy()
            await self._browser.remove_residue()
            self._forget_visit()
        for task in self._tasks:
            task.cancel()
        await self._records.close()
        await self.stage.close()
