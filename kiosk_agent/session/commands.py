"""What is to be done, in the imperative. The runner carries each one out and answers with events."""

from __future__ import annotations

import msgspec

from kiosk_agent.session.entries import Entry
from kiosk_agent.session.policy import Policy
from kiosk_agent.session.residue import Residue
from kiosk_agent.session.vocabulary import Check, EndReason, HoldReason, Proof, WarningKind


class Command(msgspec.Struct, frozen=True, tag=True):
    """Base of all commands."""


class OpenVisitBrowser(Command, frozen=True):
    """Start a fresh browser for the visit. Answer: VisitBrowserOpened or VisitBrowserFailed."""

    visit_id: str


class ShowGate(Command, frozen=True):
    """Show the start page: no visit runs. ``last`` is the last outcome's reason and proof, if any."""

    last_reason: EndReason | None = None
    last_proof: Proof | None = None


class ShowVisit(Command, frozen=True):
    """Show on the gate that a visit runs, with the "end visit" button."""


class ShowWarning(Command, frozen=True):
    """Warn until ``deadline`` (on the session's clock). Answer: WarningShown or WarningNotShown, WarningAnswered.

    ``worker_only``: only the support worker's answer counts. ``can_extend`` false: "go on" is not offered.
    """

    kind: WarningKind
    deadline: float
    worker_only: bool
    can_extend: bool


class HideWarning(Command, frozen=True):
    """Take the warning away."""


class RaiseShield(Command, frozen=True):
    """Cover every screen. Answer: ShieldShown or ShieldLost."""


class LowerShield(Command, frozen=True):
    """Take the cover away."""


class ShowChallenge(Command, frozen=True):
    """Ask, on the cover, whether it is still the same person, until ``deadline``. Answer: ChallengeAnswered.

    ``check``: it is about a form that is held, and why.
    """

    deadline: float
    check: Check | None = None


class CheckCard(Command, frozen=True):
    """See until ``deadline`` whether the card of the visit is on the reader. Answer: CardChecked."""

    visit_id: str
    deadline: float


class LetFormGo(Command, frozen=True):
    """Let the form that is held go on, as the resident sent it."""

    visit_id: str


class ShowNudge(Command, frozen=True):
    """Urge the resident, quietly and in the page, to log out."""

    operation: str


class RunLogout(Command, frozen=True):
    """Carry out the portal's own logout under the shield, bounded. Answer: LogoutFinished.

    ``steps`` false: the resident has already logged out, only look whether the protected page still opens.
    """

    visit_id: str
    steps: bool


class DestroyBrowser(Command, frozen=True):
    """Kill the visit's browser, all processes. Answer: BrowserGone or BrowserStuck."""

    visit_id: str


class RemoveResidue(Command, frozen=True):
    """Remove what the visit left on the PC. Answer: ResidueRemoved."""

    visit_id: str


class ProveLogout(Command, frozen=True):
    """Replay the noted credentials. Answer: ProofFinished. An unproven one is retried in the background."""

    visit_id: str


class AskConfirmation(Command, frozen=True):
    """Show what was proved and removed, and ask the support worker whether the desk is clean. Answer: Confirmed."""

    visit_id: str
    reason: EndReason
    proof: Proof
    residue_clean: bool
    residue: tuple[Residue, ...] = ()


class Hold(Command, frozen=True):
    """Keep everything covered and say why, until a supervisor releases the desk. Answer: Released."""

    reason: HoldReason


class Record(Command, frozen=True):
    """Write an entry to the ledger. Answer: EntryRecorded with the same ``ticket``, or LedgerFailed."""

    ticket: int
    entry: Entry


class KeepTo(Command, frozen=True):
    """Keep to this policy from now on: the machine does, and so must all others."""

    policy: Policy


class StopAgent(Command, frozen=True):
    """Everything is safe: the agent may end."""
