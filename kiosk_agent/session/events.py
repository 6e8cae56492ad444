"""What has happened, in the past tense. Each is handed to :meth:`Session.handle` with the ``now`` it happened at."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from kiosk_agent.session.policy import Policy
from kiosk_agent.session.residue import Residue
from kiosk_agent.session.vocabulary import (
    Answer,
    Answerer,
    CardVerdict,
    Check,
    EndReason,
    EndSource,
    HoldReason,
    Proof,
    Signal,
)


class Event(msgspec.Struct, frozen=True, tag=True):
    """Base of all events."""


Post = Callable[[Event], None]  # puts an event into the session's queue; safe to call from any thread


class AgentStarted(Event, frozen=True):
    """The ledger was read. ``unfinished`` is a visit without outcome, ``unconfirmed`` one without confirmation.

    ``unfinished_saw_sign_in``: a sign-in was recorded. Where it is false, there may have been one all the same.
    The other ``unconfirmed_…`` say how that visit ended, for the confirmation; what is not known is not good news.
    """

    unfinished: str | None = None
    unconfirmed: str | None = None
    unfinished_saw_sign_in: bool = False
    unconfirmed_reason: EndReason = EndReason.FOUND_UNFINISHED
    unconfirmed_proof: Proof = Proof.UNPROVEN
    unconfirmed_residue_clean: bool = False
    unconfirmed_residue: tuple[Residue, ...] = ()


class StopRequested(Event, frozen=True):
    """The agent was asked to stop."""


class PolicyChanged(Event, frozen=True):
    """Another policy is to be kept to. Heard at the gate only: no visit is ever judged by two policies.

    ``revision``: central's number of it; 0 where the desk's own file alone says it.
    """

    policy: Policy
    revision: int


class DeskClosed(Event, frozen=True):
    """Central has closed the desk: no visit may run until it is opened by central again."""


class DeskOpened(Event, frozen=True):
    """Central has opened the desk again."""


class TimerFired(Event, frozen=True):
    """The moment named by :meth:`Session.next_deadline` may have come. Harmless when early."""


# the gate and the support worker


class StartRequested(Event, frozen=True):
    """ "Start" was pressed at the gate. ``visit_id`` is fresh and random (32 hex digits)."""

    visit_id: str


class EndRequested(Event, frozen=True):
    """The support worker (or the resident, at the nudge) asked for the end of the visit."""

    source: EndSource


class Confirmed(Event, frozen=True):
    """The support worker confirmed that the desk is clean. All three must be true, or nothing happens.

    ``mark`` is the worker's initials or staff number, empty where the policy asks for none.
    """

    card_returned: bool
    printouts_taken: bool
    signed_out_seen: bool
    mark: str = ""


class Released(Event, frozen=True):
    """A supervisor released a held desk; the release code was already checked. ``mark`` names the supervisor."""

    mark: str


# the visit's browser


class VisitBrowserOpened(Event, frozen=True):
    """The visit's first page is usable."""


class VisitBrowserFailed(Event, frozen=True):
    """The visit's browser did not come up."""


class VisitBrowserLost(Event, frozen=True):
    """The visit's last page was closed (``crashed`` false), or its browser or driver died (``crashed`` true)."""

    crashed: bool


class PortalActivity(Event, frozen=True):
    """Trusted input inside a page of the portal."""


class SignInSeen(Event, frozen=True):
    """The portal shows somebody signed in."""


class SignOutSeen(Event, frozen=True):
    """The portal showed somebody signed in and no longer does: the resident logged out."""


class AccountSeen(Event, frozen=True):
    """A page shows an account. ``tag`` is its keyed tag (hex), comparable within the visit only."""

    tag: str


class OperationFinished(Event, frozen=True):
    """An operation of the profile is done: time to urge the resident to log out. ``name`` from the profile."""

    name: str


class NavigationRefused(Event, frozen=True):
    """An address outside the profile's ``allowed`` was refused."""


# signs of another person


class ChangeSignalled(Event, frozen=True):
    """A sense noticed something that may mean another person."""

    signal: Signal


class SenseLost(Event, frozen=True):
    """A sense that the policy calls mandatory stopped working. ``sense`` is its name."""

    sense: str


class SenseRecovered(Event, frozen=True):
    """It works again."""

    sense: str


# answers


class WarningShown(Event, frozen=True):
    """The warning is on screen."""


class WarningNotShown(Event, frozen=True):
    """Neither the page nor the native window could show the warning in time."""


class WarningAnswered(Event, frozen=True):
    """Somebody answered the warning. ``mark`` where ``by`` is the support worker and the policy asks for it."""

    answer: Answer
    by: Answerer
    mark: str = ""


class ChallengeAnswered(Event, frozen=True):
    """The support worker answered the challenge. ``check``: what was asked about a form; None: it was no form."""

    answer: Answer
    mark: str = ""
    check: Check | None = None


# a form about the resident, before it is sent


class FormHeld(Event, frozen=True):
    """A form is held before it leaves the browser: ``name_different``, ``name_unreadable`` or ``card_wanted``.

    One at a time: the next one is told only after ``LetFormGo``.
    """

    check: Check


class CardChecked(Event, frozen=True):
    """The second reading of the card gave its answer."""

    verdict: CardVerdict
    visit_id: str = ""


# answers of the hands during the end; ``visit_id`` keeps a late answer about one visit from being taken for the next
# one's ("": the visit that runs)


class ShieldShown(Event, frozen=True):
    """The cover is on screen."""


class ShieldLost(Event, frozen=True):
    """The cover could not be shown, or is gone while it was needed."""


class LogoutFinished(Event, frozen=True):
    """The profile's steps ran (``steps_ok``); ``half``: the protected page still opened in the same browser
    without signing in; None: could not be checked.
    """

    steps_ok: bool
    half: bool | None
    visit_id: str = ""


class BrowserGone(Event, frozen=True):
    """Every process of the visit's browser is gone."""

    visit_id: str = ""


class BrowserStuck(Event, frozen=True):
    """A process of the visit's browser could not be killed."""

    visit_id: str = ""


class ResidueRemoved(Event, frozen=True):
    """What the visit left on the PC was looked for and removed; ``clean`` false where something stays, or may stay.

    ``found``: what there was of each kind; a kind that is not named was not there.
    """

    clean: bool
    found: tuple[Residue, ...] = ()
    visit_id: str = ""


class ProofFinished(Event, frozen=True):
    """The replay of the noted credentials gave its answer (never ``not_needed``)."""

    proof: Proof
    visit_id: str = ""


class ProofRevised(Event, frozen=True):
    """A later retry in the background changed an ``unproven`` outcome of ``visit_id``."""

    visit_id: str
    proof: Proof


# the ledger


class EntryRecorded(Event, frozen=True):
    """A command ``Record`` with this ``ticket`` is durable."""

    ticket: int


class LedgerFailed(Event, frozen=True):
    """An entry could not be recorded, or the ledger could not be opened.

    ``ticket`` of the ``Record`` that failed: it is recorded again once the ledger works. None: no certain entry.
    """

    reason: HoldReason
    ticket: int | None = None


class LedgerRecovered(Event, frozen=True):
    """The ledger can record again."""


class GateFailed(Event, frozen=True):
    """The gate's page could not be shown."""


class GateRecovered(Event, frozen=True):
    """It is shown again."""
