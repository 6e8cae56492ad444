"""What of each event of the session is kept: its kind and one word. Everything that it carries besides is left out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kiosk_agent.recording.stream import Kind, Seen
from kiosk_agent.session import events as ev


def _no_word(_event: ev.Event) -> str:
    return ""


# Each with its one word. AccountSeen has one too, from comparing: see KindOf.
KEPT: dict[type[ev.Event], tuple[Kind, Callable[[Any], str]]] = {
    ev.AgentStarted: (Kind.AGENT_STARTED, _no_word),
    ev.StopRequested: (Kind.STOP_REQUESTED, _no_word),
    ev.StartRequested: (Kind.START_REQUESTED, _no_word),
    ev.EndRequested: (Kind.END_REQUESTED, lambda event: event.source.value),
    ev.VisitBrowserLost: (Kind.BROWSER_LOST, lambda event: "crashed" if event.crashed else "closed"),
    ev.PortalActivity: (Kind.PORTAL_ACTIVITY, _no_word),
    ev.SignInSeen: (Kind.SIGN_IN_SEEN, _no_word),
    ev.SignOutSeen: (Kind.SIGN_OUT_SEEN, _no_word),
    ev.OperationFinished: (Kind.OPERATION_FINISHED, _no_word),
    ev.NavigationRefused: (Kind.NAVIGATION_REFUSED, _no_word),
    ev.ChangeSignalled: (Kind.CHANGE_SIGNALLED, lambda event: event.signal.value),
    ev.WarningAnswered: (Kind.WARNING_ANSWERED, lambda event: f"{event.answer}/{event.by}"),
    ev.ChallengeAnswered: (
        Kind.CHALLENGE_ANSWERED,
        lambda event: event.answer.value if event.check is None else f"{event.answer}/{event.check}",
    ),
    ev.FormHeld: (Kind.FORM_HELD, lambda event: event.check.value),
    ev.CardChecked: (Kind.CARD_CHECKED, lambda event: event.verdict.value),
}
# What the hands, the ledger and the clock answer: a replay gives those answers anew.
LEFT_OUT: frozenset[type[ev.Event]] = frozenset(
    {
        ev.TimerFired,
        ev.Confirmed,
        ev.Released,
        ev.VisitBrowserOpened,
        ev.VisitBrowserFailed,
        ev.PolicyChanged,
        ev.DeskClosed,
        ev.DeskOpened,
        ev.SenseLost,
        ev.SenseRecovered,
        ev.WarningShown,
        ev.WarningNotShown,
        ev.ShieldShown,
        ev.ShieldLost,
        ev.LogoutFinished,
        ev.BrowserGone,
        ev.BrowserStuck,
        ev.ResidueRemoved,
        ev.ProofFinished,
        ev.ProofRevised,
        ev.EntryRecorded,
        ev.LedgerFailed,
        ev.LedgerRecovered,
        ev.GateFailed,
        ev.GateRecovered,
    }
)


class KindOf:
    """Turns events into kinds. The visit's account is remembered, in memory, to be compared; it is never handed out."""

    def __init__(self) -> None:
        self._account: str | None = None

    def __call__(self, event: ev.Event) -> tuple[Kind, str] | None:
        """The kind and the word of an event; None where it is not kept."""
        if isinstance(event, ev.AccountSeen):
            return Kind.ACCOUNT_SEEN, self._compared(event.tag).value
        kept = KEPT.get(type(event))
        if kept is None:
            return None
        if isinstance(event, ev.StartRequested):
            self._account = None
        kind, word = kept
        return kind, word(event)

    def _compared(self, tag: str) -> Seen:
        if self._account is None:
            self._account = tag
            return Seen.FIRST
        return Seen.SAME if tag == self._account else Seen.OTHER
