"""What the ledger keeps of a visit. Kinds, times and proofs; nothing that says who the resident is."""

from __future__ import annotations

import msgspec

from kiosk_agent.session.residue import Residue
from kiosk_agent.session.vocabulary import (
    Answer,
    Answerer,
    CentralAsks,
    Check,
    CommandResult,
    EndReason,
    EndSource,
    ForeignFate,
    ForeignKind,
    HoldReason,
    Proof,
    Signal,
    WarningKind,
    Weight,
)


class Entry(msgspec.Struct, frozen=True, tag=True):
    """Base of all entries. The ledger adds sequence number, wall time and chain."""


class VisitStarted(Entry, frozen=True):
    """A visit began. Nothing is opened before this is durable."""

    visit_id: str


class SignedIn(Entry, frozen=True):
    """The portal showed somebody signed in."""

    visit_id: str


class SignalNoted(Entry, frozen=True):
    """A sign of another person and how much the policy let it weigh."""

    visit_id: str
    signal: Signal
    weight: Weight


class WarningGiven(Entry, frozen=True):
    """A warning was given, and what it counted down to."""

    visit_id: str
    kind: WarningKind


class WarningResponse(Entry, frozen=True):
    """An answer to a warning; ``extension`` counts the visit's extensions so far."""

    visit_id: str
    answer: Answer
    by: Answerer
    extension: int


class ChallengeGiven(Entry, frozen=True):
    """The support worker was asked whether it was still the same person."""

    visit_id: str


class ChallengeResponse(Entry, frozen=True):
    """The support worker's answer to that. ``mark``: initials or staff number, or empty."""

    visit_id: str
    answer: Answer
    mark: str


class FormHeld(Entry, frozen=True):
    """A form about the resident was held before it was sent, and why. Neither name is recorded."""

    visit_id: str
    check: Check


class FormDecision(Entry, frozen=True):
    """Whether a held form was let go. By a card (``card_wanted``), or by the support worker with this ``mark``."""

    visit_id: str
    check: Check
    answer: Answer
    mark: str


class NavigationRefusals(Entry, frozen=True):
    """How many addresses outside the profile were refused in the visit."""

    visit_id: str
    count: int


class OperationDone(Entry, frozen=True):
    """An operation that the profile names was finished."""

    visit_id: str
    name: str


class EndBegan(Entry, frozen=True):
    """The visit's end began: from here the portal is covered."""

    visit_id: str
    reason: EndReason
    source: EndSource | None


class Outcome(Entry, frozen=True):
    """How a visit ended. Exactly one for each visit.

    ``length_s`` from start to outcome; ``steps_ok`` None where no logout was run; ``saw_sign_in`` false in a visit
    that was found unfinished: none was recorded. ``residue``: what there was of each kind, removed or left; it
    says nothing where ``residue_clean`` is false and no kind stays.
    """

    visit_id: str
    reason: EndReason
    proof: Proof
    saw_sign_in: bool
    steps_ok: bool | None
    residue_clean: bool
    extensions: int
    length_s: float
    residue: tuple[Residue, ...] = ()


class OutcomeRevised(Entry, frozen=True):
    """A background retry settled an unproven outcome."""

    visit_id: str
    proof: Proof


class Confirmation(Entry, frozen=True):
    """The support worker's statement that the desk is clean. ``mark``: initials or staff number, or empty."""

    visit_id: str
    mark: str


class Override(Entry, frozen=True):
    """A supervisor released the desk in place of a confirmation, or out of a hold."""

    visit_id: str | None
    reason: HoldReason
    mark: str


class Incident(Entry, frozen=True):
    """Something that must be looked at: less proof than expected, shield lost, browser stuck, ledger damaged …"""

    visit_id: str | None
    code: str
    detail: str = ""


class DeskHeld(Entry, frozen=True):
    """The desk was held, and why. ``visit_id``: the visit in question, if any."""

    visit_id: str | None
    reason: HoldReason


class ForeignProgram(Entry, frozen=True):
    """A program beside the agent: noticed, closed, or still there after it should have been closed.

    ``program``: its name in the agent's own list (``sensors/browsers/programs.py``), never its command line.
    """

    kind: ForeignKind
    what: ForeignFate
    program: str


class PolicyTaken(Entry, frozen=True):
    """Another policy holds from here on. ``revision``: central's number of it; 0: the desk's own alone."""

    revision: int


class CentralCommand(Entry, frozen=True):
    """Central's staff had the desk do something. ``command_id``: central's number; who and why stand there."""

    command_id: int
    asks: CentralAsks
    result: CommandResult


class AgentRan(Entry, frozen=True):
    """The agent started (``began`` true) or stopped in good order. ``version`` of the agent."""

    began: bool
    version: str


AnyEntry = (
    VisitStarted
    | SignedIn
    | SignalNoted
    | WarningGiven
    | WarningResponse
    | ChallengeGiven
    | ChallengeResponse
    | FormHeld
    | FormDecision
    | NavigationRefusals
    | OperationDone
    | EndBegan
    | Outcome
    | OutcomeRevised
    | Confirmation
    | Override
    | Incident
    | DeskHeld
    | ForeignProgram
    | PolicyTaken
    | CentralCommand
    | AgentRan
)
