"""Everything the session knows, as plain values: comparable, hashable, and never changed in place.

The functions here answer questions about a state or make a new one; none of them decides what is to be done.
"""

from __future__ import annotations

import enum
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from kiosk_agent.session import entries as en
from kiosk_agent.session.policy import Policy
from kiosk_agent.session.residue import Residue
from kiosk_agent.session.vocabulary import (
    Check,
    EndReason,
    EndSource,
    HoldReason,
    Proof,
    Signal,
    StateName,
    WarningKind,
)

MAX_REVISABLE = 8  # background retries go on for minutes; no more visits than this fit into them
LEDGER_REASONS = frozenset(
    {HoldReason.LEDGER_LOCKED, HoldReason.LEDGER_FULL, HoldReason.LEDGER_DAMAGED, HoldReason.LEDGER_UNWRITABLE}
)
# Which of several reasons a held desk shows: the one that keeps a resident's data at risk comes first.
HOLD_ORDER = (
    HoldReason.BROWSER_STUCK,
    HoldReason.LEDGER_DAMAGED,
    HoldReason.LEDGER_FULL,
    HoldReason.LEDGER_LOCKED,
    HoldReason.LEDGER_UNWRITABLE,
    HoldReason.GATE_FAILED,
    HoldReason.SENSE_LOST,
    HoldReason.CLOSED_BY_CENTRAL,  # nobody at the desk can do anything about it: the others first
    HoldReason.STARTING,  # says the least: what keeps the desk from starting is what the supervisor must know
)

Kept = TypeVar("Kept", bound=en.Entry)


class BrowserIs(enum.StrEnum):
    """What is known of the visit's browser."""

    NOT_ASKED = "not_asked"  # the visit's start is not yet recorded
    STARTING = "starting"
    USABLE = "usable"
    LOST = "lost"  # closed, crashed or never came up; processes may be left
    GONE = "gone"  # every process of it is


class Phase(enum.StrEnum):
    """The steps of an end, in order. Each has a limit; what runs out counts as failed, and the next one begins."""

    SHIELDING = "shielding"
    LOGGING_OUT = "logging_out"
    DESTROYING = "destroying"
    CLEANING = "cleaning"
    PROVING = "proving"
    RECORDING = "recording"


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """One resident's turn at the desk. All times on the session's clock."""

    visit_id: str
    started_at: float
    last_input_at: float  # in the portal, or an answer that counted
    browser: BrowserIs = BrowserIs.NOT_ASKED
    opens_by: float | None = None  # while the browser is starting
    saw_sign_in: bool = False
    account: str | None = None  # keyed tag
    extensions: int = 0
    noted: frozenset[Signal] = frozenset()  # each kind is recorded once
    refusals: int = 0


class Warned(msgspec.Struct, frozen=True):
    """The warning that is shown."""

    kind: WarningKind
    deadline: float
    worker_only: bool
    can_extend: bool


class Challenged(msgspec.Struct, frozen=True):
    """The challenge that is put. ``cover_by``: the cover has not yet been reported. ``warned``: it broke into one.

    ``check``: a form is held, and why. ``card_next``: one is held that wants the card, once this is answered.
    """

    deadline: float
    cover_by: float | None
    warned: Warned | None
    check: Check | None = None
    card_next: bool = False


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """How far the end of a visit has come, and what it has shown so far."""

    reason: EndReason
    source: EndSource | None
    phase: Phase
    until: float | None
    steps_ok: bool | None = None
    half: bool | None = None
    residue_clean: bool = True
    residue: tuple[Residue, ...] = ()
    proof: Proof | None = None
    shield_lost: bool = False


class Owed(msgspec.Struct, frozen=True):
    """An entry that the ledger has not yet acknowledged.

    ``until``: past it the ledger counts as failed; None once that was noticed. ``failed``: the ledger refused it.
    """

    ticket: int
    entry: en.Entry
    until: float | None
    failed: bool = False


class Due(msgspec.Struct, frozen=True):
    """A visit that has ended, as the gate tells it."""

    visit_id: str
    reason: EndReason
    proof: Proof
    residue_clean: bool
    residue: tuple[Residue, ...] = ()


class State(msgspec.Struct, frozen=True, kw_only=True):
    """A desk at one moment."""

    name: StateName = StateName.HELD
    visit: Visit | None = None
    warned: Warned | None = None
    challenged: Challenged | None = None
    ending: Ending | None = None
    holds: frozenset[HoldReason] = frozenset({HoldReason.STARTING})  # kept through a visit, obeyed after it
    releasing: frozenset[HoldReason] = frozenset()  # what the override that is being recorded covers
    lost_senses: frozenset[str] = frozenset()
    due: Due | None = None  # the visit whose confirmation is due
    last: Due | None = None  # the last visit that ended
    revisable: tuple[str, ...] = ()  # visits whose unproven outcome a retry may still settle
    owed: tuple[Owed, ...] = ()
    next_ticket: int = 1
    stopping: bool = False
    stopped: bool = False  # the agent was told to stop: nothing is heard any more


class Rules(msgspec.Struct, frozen=True):
    """What a desk's operator decided. ``expect``: the best proof that the portal can give. ``version``: the agent's."""

    policy: Policy
    expect: Proof = Proof.REVOKED
    version: str = ""


def last_moment(visit: Visit, policy: Policy) -> float:
    """When the visit ends without an answer: idle limit and warning after the last input, or at its full length."""
    return min(visit.last_input_at + policy.idle_limit_s + policy.warning_s, visit.started_at + policy.max_visit_s)


def warning_moment(visit: Visit, policy: Policy) -> float:
    """When the next warning is due."""
    return min(
        visit.last_input_at + policy.idle_limit_s,
        visit.started_at + policy.max_visit_s - policy.warning_s,
    )


def warning_at(visit: Visit, now: float, policy: Policy) -> Warned:
    """The warning to show at ``now``.

    Where no further full warning would fit before the visit's full length, this one is the last: it says so.
    """
    ends_at = visit.started_at + policy.max_visit_s
    kind = WarningKind.MAX_LENGTH if now + policy.warning_s > ends_at - policy.warning_s else WarningKind.IDLE
    return Warned(
        kind=kind,
        deadline=last_moment(visit, policy),
        worker_only=now - visit.last_input_at >= policy.gap_s,
        can_extend=kind is WarningKind.IDLE and visit.extensions < policy.max_extensions,
    )


def timeout_reason(visit: Visit, now: float, policy: Policy) -> EndReason:
    """Why a visit without an answer ends at ``now``."""
    idle_end = visit.last_input_at + policy.idle_limit_s + policy.warning_s
    if now >= visit.started_at + policy.max_visit_s and visit.started_at + policy.max_visit_s < idle_end:
        return EndReason.MAX_LENGTH
    return EndReason.EXTENSIONS_USED_UP if visit.extensions >= policy.max_extensions else EndReason.IDLE


def shown_hold(holds: frozenset[HoldReason]) -> HoldReason:
    """The reason that a held desk shows. ``holds`` must not be empty."""
    return min(holds, key=HOLD_ORDER.index)


def owed_entry(state: State, ticket: int, kind: type[Kept]) -> Kept | None:
    """The entry that waits for ``ticket``, if it is of ``kind``."""
    for owed in state.owed:
        if owed.ticket == ticket and isinstance(owed.entry, kind):
            return owed.entry
    return None


def owes(state: State, kind: type[en.Entry]) -> bool:
    """Whether an entry of ``kind`` is not yet acknowledged."""
    return any(isinstance(owed.entry, kind) for owed in state.owed)


def after_record(state: State, ticket: int) -> State:
    """What is known once the entry of ``ticket`` is durable. An unknown ticket changes nothing."""
    recorded = owed_entry(state, ticket, en.Entry)
    if recorded is None:
        return state
    state = replace(state, owed=tuple(owed for owed in state.owed if owed.ticket != ticket))
    if isinstance(recorded, en.Confirmation) and state.due is not None and state.due.visit_id == recorded.visit_id:
        return replace(state, due=None)
    if isinstance(recorded, en.Override):
        return replace(state, due=None, holds=state.holds - state.releasing, releasing=frozenset())
    return state


def after_sense_back(state: State, sense: str) -> State:
    """What is known once ``sense`` works again."""
    lost = state.lost_senses - {sense}
    return replace(state, lost_senses=lost, holds=state.holds if lost else state.holds - {HoldReason.SENSE_LOST})


def after_gate_back(state: State) -> State:
    """What is known once the gate's page is shown again."""
    return replace(state, holds=state.holds - {HoldReason.GATE_FAILED})


def after_opened(state: State) -> State:
    """What is known once central has opened the desk."""
    return replace(state, holds=state.holds - {HoldReason.CLOSED_BY_CENTRAL})


def releasable_holds(state: State) -> frozenset[HoldReason]:
    """What a supervisor at the desk can release it from: not from what central has closed."""
    return state.holds - {HoldReason.CLOSED_BY_CENTRAL}


def is_free(state: State) -> bool:
    """Whether nothing holds the desk, and nothing waits to be recorded."""
    return not state.holds and not state.owed


def next_deadline(state: State, policy: Policy) -> float | None:
    """When the state wants to be woken; None: not before something happens."""
    if state.stopped:
        return None
    moments = [owed.until for owed in state.owed if owed.until is not None]
    visit = state.visit
    if visit is not None and state.name in (StateName.OPEN, StateName.SIGNED_IN):
        if visit.opens_by is not None:
            moments.append(visit.opens_by)
        elif visit.browser is BrowserIs.USABLE:
            moments.append(warning_moment(visit, policy))
    if state.warned is not None:
        moments.append(state.warned.deadline)
    if state.challenged is not None:
        moments.append(state.challenged.deadline)
        if state.challenged.cover_by is not None:
            moments.append(state.challenged.cover_by)
    if state.name is StateName.ENDING and state.ending is not None and state.ending.until is not None:
        moments.append(state.ending.until)
    return min(moments, default=None)
