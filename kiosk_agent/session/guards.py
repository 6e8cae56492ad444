"""When a row of the transition table applies. Each is a question about the state, the event and the time.

The first sentence of each docstring is what ``docs/session.md`` says of it.
"""

from __future__ import annotations

from kiosk_agent.session import entries as en
from kiosk_agent.session import events as ev
from kiosk_agent.session.policy import MarkPolicy, classify
from kiosk_agent.session.state import (
    BrowserIs,
    Visit,
    last_moment,
    owed_entry,
    warning_moment,
)
from kiosk_agent.session.step import Step
from kiosk_agent.session.vocabulary import Answer, Answerer, Signal, Weight

Answered = (
    ev.LogoutFinished | ev.BrowserGone | ev.BrowserStuck | ev.ResidueRemoved | ev.ProofFinished | ev.CardChecked
)  # what the hands and the senses answer


def always(step: Step, event: ev.Event) -> bool:
    """Always."""
    return True


def of_this_visit(step: Step, event: Answered) -> bool:
    """It is about this visit, or about none by name."""
    return event.visit_id in ("", step.visit.visit_id)


# signs of another person


def certain(step: Step, event: ev.ChangeSignalled) -> bool:
    """The sign is certain."""
    return classify(event.signal, step.policy) is Weight.CERTAIN


def possible(step: Step, event: ev.ChangeSignalled) -> bool:
    """The sign is possible."""
    return classify(event.signal, step.policy) is Weight.POSSIBLE


def possible_in_session(step: Step, event: ev.ChangeSignalled) -> bool:
    """The sign is possible and somebody is signed in."""
    return possible(step, event) and step.visit.saw_sign_in


def another_account(step: Step, event: ev.AccountSeen) -> bool:
    """It is another account than the visit's."""
    return step.visit.account is not None and event.tag != step.visit.account


def first_account(step: Step, event: ev.AccountSeen) -> bool:
    """It is the first account seen in the visit."""
    return step.visit.account is None


def _after_gap(step: Step) -> bool:
    visit = step.visit
    return visit.browser is BrowserIs.USABLE and step.now - visit.last_input_at > step.policy.gap_s


def gap_is_certain(step: Step, event: ev.PortalActivity) -> bool:
    """It comes after a gap that the policy calls a certain sign."""
    return _after_gap(step) and classify(Signal.RETURN_AFTER_GAP, step.policy) is Weight.CERTAIN


def gap_is_possible(step: Step, event: ev.PortalActivity) -> bool:
    """It comes after a gap that the policy calls a possible sign."""
    return _after_gap(step) and classify(Signal.RETURN_AFTER_GAP, step.policy) is Weight.POSSIBLE


# time


def ledger_overdue(step: Step, event: ev.TimerFired) -> bool:
    """The ledger has not answered in time."""
    return any(owed.until is not None and step.now >= owed.until for owed in step.state.owed)


def open_overdue(step: Step, event: ev.TimerFired) -> bool:
    """The browser has not come up in time."""
    return step.visit.opens_by is not None and step.now >= step.visit.opens_by


def _watched(visit: Visit) -> bool:
    return visit.browser is BrowserIs.USABLE


def visit_over(step: Step, event: ev.TimerFired) -> bool:
    """The warning's time is over as well (the timer came late)."""
    return _watched(step.visit) and step.now >= last_moment(step.visit, step.policy)


def warning_due(step: Step, event: ev.TimerFired) -> bool:
    """The idle limit is reached, or the visit's full length is near."""
    return _watched(step.visit) and step.now >= warning_moment(step.visit, step.policy)


def warning_over(step: Step, event: ev.TimerFired) -> bool:
    """The countdown is over."""
    return step.state.warned is not None and step.now >= step.state.warned.deadline


def challenge_over(step: Step, event: ev.TimerFired) -> bool:
    """Nobody has answered in time."""
    return step.state.challenged is not None and step.now >= step.state.challenged.deadline


def challenge_uncovered(step: Step, event: ev.TimerFired) -> bool:
    """The cover has not come up in time."""
    challenged = step.state.challenged
    return challenged is not None and challenged.cover_by is not None and step.now >= challenged.cover_by


# answers


def is_signed(step: Step, mark: str) -> bool:
    """A mark is there, or the policy asks for none."""
    return step.policy.mark is MarkPolicy.NONE or bool(mark.strip())


def somebody_else(step: Step, event: ev.WarningAnswered | ev.ChallengeAnswered) -> bool:
    """The answer is "somebody else"."""
    return event.answer is Answer.OTHER


def _go_on(step: Step, event: ev.WarningAnswered) -> bool:
    warned = step.state.warned
    if warned is None or not warned.can_extend or event.answer is not Answer.SAME:
        return False
    if event.by is Answerer.RESIDENT:
        return not warned.worker_only
    return is_signed(step, event.mark)


def go_on_signed_in(step: Step, event: ev.WarningAnswered) -> bool:
    """The answer is "go on", from somebody whose answer counts, and somebody is signed in."""
    return _go_on(step, event) and step.visit.saw_sign_in


def go_on_nobody(step: Step, event: ev.WarningAnswered) -> bool:
    """The answer is "go on", from somebody whose answer counts, and nobody is signed in."""
    return _go_on(step, event) and not step.visit.saw_sign_in


def same_person(step: Step, event: ev.ChallengeAnswered) -> bool:
    """The question is on screen, and the support worker's answer, signed where the policy asks, is "the same"."""
    challenged = step.state.challenged
    if challenged is None or challenged.cover_by is not None or challenged.check is not event.check:
        return False  # whoever answers must have read this very question
    return event.answer is Answer.SAME and is_signed(step, event.mark)


def not_yet_covered(step: Step, event: ev.ShieldShown) -> bool:
    """The cover had not been reported yet."""
    return step.state.challenged is not None and step.state.challenged.cover_by is not None


def nobody_signed_in(step: Step, event: ev.SignInSeen) -> bool:
    """Nobody was signed in before."""
    return not step.visit.saw_sign_in


def somebody_signed_in(step: Step, event: ev.SignOutSeen) -> bool:
    """Somebody was signed in."""
    return step.visit.saw_sign_in


def browser_starting(step: Step, event: ev.VisitBrowserOpened) -> bool:
    """The browser was starting."""
    return step.visit.browser is BrowserIs.STARTING


def browser_asked(step: Step, event: ev.Event) -> bool:
    """The browser has been started."""
    return step.visit.browser in (BrowserIs.STARTING, BrowserIs.USABLE)


def start_recorded(step: Step, event: ev.EntryRecorded) -> bool:
    """It is the start of the visit."""
    started = owed_entry(step.state, event.ticket, en.VisitStarted)
    return started is not None and started.visit_id == step.visit.visit_id
