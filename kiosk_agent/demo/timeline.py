"""What happened at the desk, in words that a manager understands, and as figures."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from kiosk_agent.hands.stage import Moment
from kiosk_agent.session import commands as do
from kiosk_agent.session import entries as en
from kiosk_agent.session import events as ev
from kiosk_agent.session.vocabulary import EndReason, Proof

Translate = Callable[..., str]


class VisitFigures(msgspec.Struct):
    """One visit of the demonstration. Times in milliseconds; None where it did not come to that."""

    end_reason: str | None = None
    proof: str | None = None
    confirmation: str | None = None
    saw_sign_in: bool = False
    signal_to_shield_ms: float | None = None
    signal_to_browser_gone_ms: float | None = None
    length_s: float | None = None


def reason_words(reason: EndReason, t: Translate) -> str:
    """Who or what ended a visit, in plain words."""
    words = {
        EndReason.OWN_LOGOUT: t("the resident logged out"),
        EndReason.WORKER_ENDED: t("the support worker ended it"),
        EndReason.CENTRAL_ENDED: t("the central office ended it"),
        EndReason.NUDGE_ACCEPTED: t("the resident was asked to log out, and did"),
        EndReason.IDLE: t("nobody touched the portal any more"),
        EndReason.CHANGE_OF_PERSON: t("another person sat down"),
        EndReason.CHALLENGE_UNANSWERED: t("nobody said who is at the desk"),
        EndReason.MAX_LENGTH: t("the longest time for a visit was over"),
        EndReason.EXTENSIONS_USED_UP: t("it had been extended often enough"),
        EndReason.BROWSER_CLOSED: t("the browser was closed"),
        EndReason.BROWSER_CRASHED: t("the browser crashed"),
        EndReason.BROWSER_FAILED: t("the browser did not start"),
        EndReason.WARNING_NOT_SHOWN: t("the warning could not be shown"),
        EndReason.SHIELD_LOST: t("the screen could not be covered"),
        EndReason.SENSE_LOST: t("a sensor stopped working"),
        EndReason.LEDGER_FAILED: t("nothing could be recorded"),
        EndReason.AGENT_STOPPING: t("the agent was stopped"),
        EndReason.FOUND_UNFINISHED: t("the agent or the PC had died during it"),
    }
    return words[reason]


def proof_words(proof: Proof, t: Translate) -> str:
    """What is known about the portal session after the logout, in plain words."""
    words = {
        Proof.REVOKED: t("proved: the server refuses the old session"),
        Proof.CLEARED: t("gone from this PC; the server would still accept it"),
        Proof.HALF: t("only half logged out: the portal let the same browser in again"),
        Proof.UNPROVEN: t("could not be checked"),
        Proof.NOT_NEEDED: t("nobody had signed in"),
    }
    return words[proof]


class Timeline:
    """Hears everything that the runner observes; ``tell`` gets (seconds since the start, sentence)."""

    def __init__(self, t: Translate, tell: Callable[[float, str], None], started_at: float) -> None:
        self._t = t
        self._tell = tell
        self._started_at = started_at
        self._signal_at: float | None = None
        self.visits: list[VisitFigures] = []

    def say(self, now: float, sentence: str) -> None:
        """Tell what a person does."""
        self._tell(now - self._started_at, sentence)

    def observe(self, what: object, now: float) -> None:
        """See :class:`kiosk_agent.hands.runner.Watchers`."""
        t = self._t
        match what:
            case ev.VisitBrowserOpened():
                self.say(now, t("Agent: a fresh browser, for this visit alone"))
            case ev.SignInSeen():
                self.say(now, t("Agent: somebody is signed in; watching"))
            case do.ShowWarning(deadline=deadline):
                self.say(now, t("Agent: warning on screen, {seconds} seconds to answer", seconds=round(deadline - now)))
            case do.Record(entry=en.EndBegan(reason=reason)):
                self._signal_at = now
                self.say(now, t("Agent: {reason}; the screen is covered at once", reason=reason_words(reason, t)))
            case Moment(what="shield_shown", at=at) if self._signal_at is not None and self.visits:
                if self.visits[-1].signal_to_shield_ms is None:
                    self.visits[-1].signal_to_shield_ms = round((at - self._signal_at) * 1000, 1)
            case ev.LogoutFinished(steps_ok=True):
                self.say(now, t("Agent: logged out with the portal's own logout, beneath the cover"))
            case ev.LogoutFinished(steps_ok=False):
                self.say(now, t("Agent: the portal's own logout did not finish"))
            case Moment(what="browser_gone", at=at) if self._signal_at is not None and self.visits:
                if self.visits[-1].signal_to_browser_gone_ms is None:
                    self.visits[-1].signal_to_browser_gone_ms = round((at - self._signal_at) * 1000, 1)
                self.say(now, t("Agent: the browser of the visit is destroyed"))
            case en.Entry():
                self._recorded(what, now)

    def _recorded(self, entry: en.Entry, now: float) -> None:
        t = self._t
        match entry:
            case en.VisitStarted():
                self._signal_at = None
                self.visits.append(VisitFigures())
            case en.Outcome():
                visit = self.visits[-1]
                visit.end_reason, visit.proof = entry.reason.value, entry.proof.value
                visit.saw_sign_in, visit.length_s = entry.saw_sign_in, round(entry.length_s, 1)
                self.say(now, t("Agent: {proof}", proof=proof_words(entry.proof, t)))
            case en.Confirmation():
                self.visits[-1].confirmation = "confirmed"
                self.say(now, t("Ledger: confirmed and recorded; the next visit may begin"))
