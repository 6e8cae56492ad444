"""The session machine: events and the time go in, commands come out, and nothing else happens.

It reads no clock: it is told ``now`` and says with ``next_deadline`` when it wants to be woken. Every decision stands
in :mod:`kiosk_agent.session.transitions`.
"""

from __future__ import annotations

from msgspec.structs import replace

from kiosk_agent import __version__
from kiosk_agent.session import commands as do
from kiosk_agent.session import events as ev
from kiosk_agent.session.policy import Policy
from kiosk_agent.session.state import Rules, State, next_deadline
from kiosk_agent.session.step import Step
from kiosk_agent.session.transitions import ROWS, VISIT, Row
from kiosk_agent.session.vocabulary import Proof

# What the hands and the ledger report is true however late it is read. What people do counts only while it is in time,
# so while a visit runs the timers that are due go before everything else.
REPORTS = (ev.EntryRecorded, ev.VisitBrowserOpened, ev.ShieldShown)
# ... and where a timer that was due has just begun something, these cannot be answers to it.
ANSWERS = (
    ev.WarningAnswered,
    ev.LogoutFinished,
    ev.BrowserGone,
    ev.BrowserStuck,
    ev.ResidueRemoved,
    ev.ProofFinished,
)


def row_for(state: State, event: ev.Event, now: float, rules: Rules) -> Row | None:
    """The row of the table that ``event`` takes in ``state``; None where it changes nothing."""
    step = Step(state, now, rules)
    for row in ROWS.get((state.name, type(event)), ()):
        if row.when(step, event):
            return row
    return None


def take(state: State, event: ev.Event, now: float, rules: Rules) -> tuple[State, list[do.Command]]:
    """One row of the table: the state after ``event``, and its commands. Raises LookupError on a wrong table."""
    row = None if state.stopped else row_for(state, event, now, rules)
    if row is None:
        return state, []
    step = Step(state, now, rules)
    row.then(step, event)
    if step.state.name is not row.to:
        raise LookupError(f"{row.state} {row.event.__name__}: the table says {row.to}, the action {step.state.name}")
    return step.state, step.commands


def transition(state: State, event: ev.Event, now: float, rules: Rules) -> tuple[State, list[do.Command]]:
    """The state after ``event`` and all timers that are due at ``now``, and the commands of both, in order."""
    commands: list[do.Command] = []
    asked = state.name
    if state.name in VISIT and not isinstance(event, REPORTS):
        state, commands = _run_timers(state, now, rules)
    if not isinstance(event, ev.TimerFired) and not (state.name is not asked and isinstance(event, ANSWERS)):
        state, given = take(state, event, now, rules)
        commands += given
    state, given = _run_timers(state, now, rules)
    return state, commands + given


def _run_timers(state: State, now: float, rules: Rules) -> tuple[State, list[do.Command]]:
    """Each row that a timer takes has a later deadline, or none: this ends."""
    commands: list[do.Command] = []
    while (deadline := next_deadline(state, rules.policy)) is not None and deadline <= now:
        state, given = take(state, ev.TimerFired(), now, rules)
        commands += given
    return state, commands


class Session:
    """One desk's session. ``expect`` is the best proof that the desk's portal can give; ``version`` the agent's."""

    def __init__(self, policy: Policy, *, expect: Proof = Proof.REVOKED, version: str = __version__) -> None:
        self._rules = Rules(policy, expect, version)
        self._state = State()

    @property
    def state(self) -> State:
        """Everything the session knows: a plain value that can be compared, hashed and kept."""
        return self._state

    def handle(self, event: ev.Event, now: float) -> list[do.Command]:
        """What is to be done now that ``event`` has happened. ``now``: seconds on a clock that counts suspend.

        An event that means nothing in the state, or comes twice or too late, changes nothing and gives no commands.
        """
        self._state, commands = transition(self._state, event, now, self._rules)
        for command in commands:
            if isinstance(command, do.KeepTo):
                self._rules = replace(self._rules, policy=command.policy)
        return commands

    @property
    def policy(self) -> Policy:
        """What it keeps to."""
        return self._rules.policy

    def next_deadline(self) -> float | None:
        """When to hand in ``TimerFired`` at the latest, on the same clock; None: not before something happens."""
        return next_deadline(self._state, self._rules.policy)
