"""What has happened, in the past tense. Each is handed to :meth:`Session.handle` with the ``now`` it happened at."""

from __future__ import annotations

import msgspec

from kiosk_agent.session.vocabulary import Answer, Answerer, EndSource, HoldReason, Proof, Signal


class Event(msgspec.Struct, frozen=True, tag=True):
    """Base of all events."""


class AgentStarted(Event):
    """The ledger was read. ``unfinished`` is a visit without outcome, ``unconfirmed`` one without confirmation."""

    unfinished: str | None = None
    unconfirmed: str | None = None
    unfinished_saw_sign_in: bool = False


class StopRequested(Event):
    """The agent was asked to stop."""


class TimerFired(Event):
    """The moment named by :meth:`Session.next_deadline` may have come. Harmless when early."""


# the gate and the support worker


class StartRequested(Event):
    """"Start" was pressed at the gate. ``visit_id`` is fresh and random (32 hex digits)."""

    visit_id: str


class EndRequested(Event):
    """The support worker (or the resident, at the nudge) asked for the end of the visit."""

    source: EndSource


class Confirmed(Event):
    """The support worker confirmed that the desk is clean. All three must be true, or nothing happens.

    ``mark`` is the worker's initials or staff number, empty where the policy asks for none.
    """

    card_returned: bool
    printouts_taken: bool
    signed_out_seen: bool
    mark: str = ""


class Released(Event):
    """A supervisor released a held desk; the release code was already checked. ``mark`` names the supervisor."""

    mark: str


# the visit's browser


class VisitBrowserOpened(Event):
    """The visit's first page is usable."""


class VisitBrowserFailed(Event):
    """The visit's browser did not come up."""


class VisitBrowserLost(Event):
    """The visit's last page was closed (``crashed`` false), or its browser or driver died (``crashed`` true)."""

    crashed: bool


class PortalActivity(Event):
    """Trusted input inside a page of the portal."""


class SignInSeen(Event):
    """The portal shows somebody signed in."""


class SignOutSeen(Event):
    """The portal showed somebody signed in and no longer does: the resident logged out."""


class AccountSeen(Event):
    """A page shows an account. ``tag`` is its keyed tag (hex), comparable within the visit only."""

    tag: str


class OperationFinished(Event):
    """An operation of the profile is done: time to urge the resident to log out. ``name`` from the profile."""

    name: str


class NavigationRefused(Event):
    """An address outside the profile's ``allowed`` was refused."""


# signs of another person


class ChangeSignalled(Event):
    """A sense noticed something that may mean another person."""

    signal: Signal


class SenseLost(Event):
    """A sense that the policy calls mandatory stopped working. ``sense`` is its name."""

    sense: str


class SenseRecovered(Event):
    """It works again."""

    sense: str


# answers


class WarningShown(Event):
    """The warning is on screen."""


class WarningNotShown(Event):
    """Neither the page nor the native window could show the warning in time."""


class WarningAnswered(Event):
    """Somebody answered the warning. ``mark`` where ``by`` is the support worker and the policy asks for it."""

    answer: Answer
    by: Answerer
    mark: str = ""


class ChallengeAnswered(Event):
    """The support worker answered the challenge."""

    answer: Answer
    mark: str = ""


# answers of the hands during the end


class ShieldShown(Event):
    """The cover is on screen."""


class ShieldLost(Event):
    """The cover could not be shown, or is gone while it was needed."""


class LogoutFinished(Event):
    """The profile's steps ran (``steps_ok``); ``half``: the protected page still opened in the same browser
    without signing in; None: could not be checked.
    """

    steps_ok: bool
    half: bool | None


class BrowserGone(Event):
    """Every process of the visit's browser is gone."""


class BrowserStuck(Event):
    """A process of the visit's browser could not be killed."""


class ResidueRemoved(Event):
    """Downloads, clipboard and profile folders were removed; ``clean`` false where something stays behind."""

    clean: bool
    left: tuple[str, ...] = ()  # kinds only: "downloads", "clipboard", "profile"


class ProofFinished(Event):
    """The replay of the noted credentials gave its answer (never ``not_needed``)."""

    proof: Proof


class ProofRevised(Event):
    """A later retry in the background changed an ``unproven`` outcome of ``visit_id``."""

    visit_id: str
    proof: Proof


# the ledger


class EntryRecorded(Event):
    """A command ``Record`` with this ``ticket`` is durable."""

    ticket: int


class LedgerFailed(Event):
    """An entry could not be recorded, or the ledger could not be opened."""

    reason: HoldReason


class LedgerRecovered(Event):
    """The ledger can record again."""


class GateFailed(Event):
    """The gate's page could not be shown."""


class GateRecovered(Event):
    """It is shown again."""
