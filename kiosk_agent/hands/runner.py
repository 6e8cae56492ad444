"""The runner: hands events to the session, carries out its commands, and posts what came of them.

It decides nothing. Each kind of work has a lane of its own, so that a slow page, disk or gate never keeps the
cover from coming up; the cover itself is raised at once, before anything else.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Protocol

from kiosk_agent.clock import Clock
from kiosk_agent.errors import HandError, KioskError, LedgerDamagedError, LedgerError, ShieldLostError
from kiosk_agent.hands.lanes import Lane
from kiosk_agent.hands.panels import Translate, challenge_panel, held_panel, shield_panel, warning_panel
from kiosk_agent.hands.ports import Cover, Gate, GateView, PanelAnswer, Tray, VisitBrowser, WarningView
from kiosk_agent.health import Health, Severity
from kiosk_agent.session import commands as do
from kiosk_agent.session import events as ev
from kiosk_agent.session.entries import Entry
from kiosk_agent.session.machine import Session
from kiosk_agent.session.policy import MarkPolicy, Policy
from kiosk_agent.session.vocabulary import Answer, Answerer, HoldReason, Proof, StateName

log = logging.getLogger(__name__)

TICK_S = 1.0  # the longest sleep: suspend and clock jumps are noticed by then
GATE_LIMIT_S = 5.0  # the gate shows a page in 0.1 s; the cover waits no longer than this for it
PAGE_WARNING_LIMIT_S = 1.5  # measured: 4–18 ms; a page that needs longer hangs or fights

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


@dataclass(frozen=True)
class Hands:
    """Everything the runner works with."""

    cover: Cover
    gate: Gate
    tray: Tray
    open_browser: Callable[[str], VisitBrowser]
    sweep: Callable[[], Coroutine[Any, Any, tuple[str, ...]]]  # leftovers of a visit that this process never saw
    check_release: Callable[[str], bool]
    code_needed: bool


@dataclass(frozen=True)
class Moment:
    """Something worth measuring or telling: what, and when on the session's clock."""

    what: str
    at: float
    visit_id: str | None = None


class Runner:
    """One desk's main loop. ``observe`` hears each event, command and moment after it happened."""

    def __init__(
        self,
        session: Session,
        policy: Policy,
        hands: Hands,
        recorder: Recorder,
        health: Health,
        clock: Clock,
        t: Translate,
        *,
        desk: str,
        language: str,
        tick: Callable[[], None] = lambda: None,
        observe: Callable[[object, float], None] = lambda _what, _now: None,
        state_changed: Callable[[StateName], None] = lambda _state: None,
    ) -> None:
        self._session = session
        self._policy = policy
        self._hands = hands
        self._recorder = recorder
        self._health = health
        self._clock = clock
        self._t = t
        self._language = language
        self._desk = desk
        self._tick = tick
        self._observe = observe
        self._state_changed = state_changed
        self._events: asyncio.Queue[ev.Event] = asyncio.Queue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._browser: VisitBrowser | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._records = Lane("ledger", self._lane_failed)
        self._screen = Lane("gate", self._lane_failed)
        self._pages = Lane("page", self._lane_failed)
        self._cover_task: asyncio.Task[None] | None = None
        self._warning: do.ShowWarning | None = None
        self._warning_native = False
        self._hold: HoldReason | None = None
        self._view = GateView(screen="ending", language=language, desk=desk)
        self._shown: GateView | None = None
        self._stopped = asyncio.Event()
        hands.cover.on_answer(self._panel_answered)

    # events in

    def post(self, event: ev.Event) -> None:
        """Put an event into the queue; may be called from any thread."""
        if self._loop is None:
            self._events.put_nowait(event)
            return
        self._loop.call_soon_threadsafe(self._events.put_nowait, event)

    @property
    def state(self) -> StateName:
        """Where the desk is now."""
        return self._session.state.name

    @property
    def browser(self) -> VisitBrowser | None:
        """The visit's browser, if one is open."""
        return self._browser

    async def run(self) -> None:
        """Work until the session says that the agent may stop."""
        self._loop = asyncio.get_running_loop()
        try:
            while not self._stopped.is_set():
                await self._step()
            await self._records.drained(limit_s=5.0)
        finally:
            await self._close()

    async def _step(self) -> None:
        deadline = self._session.next_deadline()
        wait_s = TICK_S if deadline is None else min(TICK_S, max(0.0, deadline - self._clock.now()))
        event: ev.Event | None = None
        try:
            async with asyncio.timeout(wait_s):
                event = await self._events.get()
        except TimeoutError:
            self._tick()
            deadline = self._session.next_deadline()
            if deadline is not None and deadline <= self._clock.now():
                event = ev.TimerFired()
        if event is not None:
            self._handle(event)

    def _handle(self, event: ev.Event) -> None:
        now = self._clock.now()
        before = self._session.state.name
        commands = self._session.handle(event, now)
        self._observe(event, now)
        for command in commands:  # the cover first: everything else may wait
            if isinstance(command, do.RaiseShield):
                self._raise_shield()
        for command in commands:
            self._observe(command, now)
            self._carry_out(command)
        after = self._session.state.name
        if after is not before:
            self._state_changed(after)
            self._hands.tray.show(after.value, self._health.worst.value)
        self.refresh_gate()

    # commands out

    def _carry_out(self, command: do.Command) -> None:
        match command:
            case do.RaiseShield():
                pass  # done already, before all others
            case do.LowerShield():
                self._set_cover(self._lower_shield())
            case do.ShowChallenge():
                self._set_cover(self._show_challenge(command))
            case do.Hold():
                self._hold = command.reason
                self._set_cover(self._show_hold(command.reason))
                self._view = self._gate_view("held", hold_reason=command.reason.value)
            case do.Record():
                self._records.put(lambda: self._record(command))
            case do.OpenVisitBrowser():
                self._start(self._open_browser(command.visit_id))
            case do.ShowGate():
                self._hold = None
                self._forget_visit()
                self._view = self._gate_view(
                    "start",
                    last_reason=command.last_reason.value if command.last_reason else "",
                    last_proof=command.last_proof.value if command.last_proof else "",
                )
            case do.ShowVisit():
                self._view = self._gate_view("visit")
            case do.AskConfirmation():
                self._hold = None
                self._forget_visit()
                self._view = self._gate_view(
                    "confirm",
                    reason=command.reason.value,
                    proof=command.proof.value,
                    residue_clean=command.residue_clean,
                )
            case do.ShowWarning():
                self._warning = command
                self._pages.put(lambda: self._show_warning(command))
            case do.HideWarning():
                self._pages.put(self._hide_warning)
            case do.ShowNudge():
                self._pages.put(lambda: self._show_nudge(command.operation))
            case do.RunLogout():
                self._start(self._run_logout(command))
            case do.DestroyBrowser():
                self._start(self._destroy_browser())
            case do.RemoveResidue():
                self._start(self._remove_residue())
            case do.ProveLogout():
                self._start(self._prove())
            case do.StopAgent():
                self._stopped.set()
            case _:
                raise TypeError(f"no hand carries out {type(command).__name__}")

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._task_done)

    def _task_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._lane_failed("hands", error)

    def _lane_failed(self, lane: str, error: BaseException) -> None:
        # the machine's own deadlines end the phase that now gets no answer
        log.error("a hand failed in lane %s", lane, exc_info=error)
        self._health.fail("hand_failed", Severity.AMBER, f"{lane}: {type(error).__name__}")

    # the cover

    def _set_cover(self, work: Coroutine[Any, Any, None]) -> None:
        """The newest wish about the cover replaces one that has not yet been fulfilled."""
        if self._cover_task is not None:
            self._cover_task.cancel()
        self._cover_task = asyncio.create_task(work)
        self._cover_task.add_done_callback(self._task_done)

    def _raise_shield(self) -> None:
        self._set_cover(self._show_shield())
        if self._view.screen in ("visit", "start"):
            self._view = self._gate_view("ending")

    async def _show_shield(self) -> None:
        try:
            if self._hands.cover.visible:
                await self._hands.cover.update(shield_panel(self._t))
            else:
                await self._hands.cover.show(shield_panel(self._t))
        except ShieldLostError as error:
            self._health.fail("shield_lost", Severity.RED, str(error))
            self.post(ev.ShieldLost())
        else:
            self._observe(Moment("shield_shown", self._clock.now()), self._clock.now())
            self.post(ev.ShieldShown())

    async def _lower_shield(self) -> None:
        # what lies beneath must be the gate before the cover goes, not the desktop or a dying window
        await self._screen.drained(limit_s=GATE_LIMIT_S)
        await self._hands.cover.hide()

    async def _show_challenge(self, command: do.ShowChallenge) -> None:
        seconds = max(0.0, command.deadline - self._clock.now())
        panel = challenge_panel(seconds, self._hint(), self._policy.mark, self._t)
        try:
            await (self._hands.cover.update(panel) if self._hands.cover.visible else self._hands.cover.show(panel))
        except ShieldLostError:
            self.post(ev.ShieldLost())
        else:
            self.post(ev.ShieldShown())

    async def _show_hold(self, reason: HoldReason, refused: str = "") -> None:
        if reason is HoldReason.STARTING:
            return  # the supervisor's own cover is still up
        panel = held_panel(reason, self._t, refused=refused, code_needed=self._hands.code_needed)
        try:
            await (self._hands.cover.update(panel) if self._hands.cover.visible else self._hands.cover.show(panel))
        except ShieldLostError as error:
            self._health.fail("shield_lost", Severity.RED, str(error))

    def _panel_answered(self, answer: PanelAnswer) -> None:
        match answer.kind, answer.button:
            case "challenge", button:
                mark = answer.texts[0] if answer.texts else ""
                self.post(ev.ChallengeAnswered(Answer(button), mark))
            case "warning", button:
                mark = answer.texts[0] if answer.texts else ""
                worker = self._warning is not None and self._warning.worker_only
                by = Answerer.WORKER if worker else Answerer.RESIDENT
                self.post(ev.WarningAnswered(Answer(button), by, mark))
            case "held", "release":
                *codes, mark = answer.texts
                if self._hands.check_release(codes[0] if codes else ""):
                    self._start(self._release(mark))
                elif self._hold is not None:
                    refusal = self._t("This release code is not right.")
                    self._set_cover(self._show_hold(self._hold, refusal))
            case _:
                log.warning("an answer to an unknown panel: %s/%s", answer.kind, answer.button)

    async def _release(self, mark: str) -> None:
        try:
            await self._recorder.mend()
        except LedgerError as error:
            self.post(ev.LedgerFailed(HOLD_BY_CAUSE[error.cause]))
            return
        self.post(ev.LedgerRecovered())
        self.post(ev.Released(mark))

    # the ledger

    async def _record(self, command: do.Record) -> None:
        try:
            await self._recorder.append(command.entry)
        except LedgerError as error:
            self._health.fail("ledger", Severity.RED, f"{error.cause}: {error}")
            if isinstance(error, LedgerDamagedError):
                await self._begin_new_ledger()
            self.post(ev.LedgerFailed(HOLD_BY_CAUSE[error.cause]))
        else:
            self._health.recover("ledger")
            self._observe(command.entry, self._clock.now())
            self.post(ev.EntryRecorded(command.ticket))

    async def _begin_new_ledger(self) -> None:
        try:
            await self._recorder.mend()
        except LedgerError as error:
            log.error("no new ledger could be begun: %s", error)

    # the gate

    def _gate_view(self, screen: str, **fields: Any) -> GateView:
        return GateView(screen=screen, language=self._language, desk=self._desk, mark=self._mark.value, **fields)

    @property
    def _mark(self) -> MarkPolicy:
        return self._policy.mark

    def refresh_gate(self) -> None:
        """Show the gate's page again where what it says has changed (also called when the health changes)."""
        checks = tuple((w.code, w.severity.value, w.detail) for w in self._health.warnings)
        values = {name: getattr(self._view, name) for name in self._view.__struct_fields__}
        view = GateView(**{**values, "severity": self._health.worst.value, "checks": checks})
        if view == self._shown:
            return
        front = view.screen in ("start", "confirm", "held") and (self._shown is None or self._shown.screen != view.screen)
        self._shown = view
        self._screen.put(lambda: self._hands.gate.show(view, front=front))

    # the visit's browser

    def _hint(self) -> str:
        return self._browser.hint if self._browser is not None else ""

    async def _open_browser(self, visit_id: str) -> None:
        browser = self._hands.open_browser(visit_id)
        self._browser = browser
        try:
            await browser.open()
        except KioskError as error:
            log.error("the visit's browser did not come up: %s", error)
            self._health.fail("browser", Severity.RED, str(error))
            self.post(ev.VisitBrowserFailed())
        else:
            self._health.recover("browser")
            self.post(ev.VisitBrowserOpened())

    async def _show_warning(self, command: do.ShowWarning) -> None:
        if self._browser is None or self._warning is not command:
            return
        view = WarningView(
            kind=command.kind,
            seconds=max(0.0, command.deadline - self._clock.now()),
            worker_only=command.worker_only,
            can_extend=command.can_extend,
            needs_mark=command.worker_only and self._mark is not MarkPolicy.NONE,
            hint=self._hint(),
            language=self._language,
        )
        try:
            async with asyncio.timeout(PAGE_WARNING_LIMIT_S):
                shown = await self._browser.show_warning(view)
        except (TimeoutError, HandError):
            shown = False
        if self._warning is not command:
            return
        if not shown:
            shown = await self._show_native_warning(view)
        self.post(ev.WarningShown() if shown else ev.WarningNotShown())

    async def _show_native_warning(self, view: WarningView) -> bool:
        self._warning_native = True
        try:
            await self._hands.cover.show(warning_panel(view, self._mark, self._t))
        except ShieldLostError:
            return False
        return True

    async def _hide_warning(self) -> None:
        self._warning = None
        if self._warning_native:
            self._warning_native = False
            if self.state in (StateName.OPEN, StateName.SIGNED_IN):
                await self._hands.cover.hide()
        if self._browser is not None:
            await self._browser.hide_warning()

    async def _show_nudge(self, operation: str) -> None:
        if self._browser is not None:
            await self._browser.show_nudge(operation)

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

    async def _destroy_browser(self) -> None:
        gone = await self._browser.destroy() if self._browser is not None else True
        now = self._clock.now()
        self._observe(Moment("browser_gone" if gone else "browser_stuck", now), now)
        self.post(ev.BrowserGone() if gone else ev.BrowserStuck())

    def _forget_visit(self) -> None:
        """Nobody signed in, so nothing was proved: the visit's browser is dropped here instead."""
        if self._browser is not None:
            self._browser.forget()
            self._browser = None

    async def _remove_residue(self) -> None:
        remove = self._browser.remove_residue if self._browser is not None else self._hands.sweep
        left = await remove()
        self.post(ev.ResidueRemoved(clean=not left, left=left))

    async def _prove(self) -> None:
        if self._browser is None:
            self.post(ev.ProofFinished(Proof.UNPROVEN))
            return
        browser, self._browser = self._browser, None
        proof = await browser.prove()
        if proof is not Proof.UNPROVEN:
            browser.forget()  # otherwise it forgets by itself after its last retry
        self.post(ev.ProofFinished(proof))

    async def _close(self) -> None:
        if self._browser is not None:
            await self._browser.destroy()
            self._browser.forget()
        for task in [*self._tasks, self._cover_task]:
            if task is not None:
                task.cancel()
        for lane in (self._records, self._screen, self._pages):
            await lane.close()
