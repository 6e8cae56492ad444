"""When a row of the transition table applies. Each is a question about the state, the event and the time.

The first sentence of each docstring is what ``docs/session.md`` says of it.
"""

from __future__ import annotations

from kiosk_agent.session import entries as en
from kiosk_agent.session import events as ev
from kiosk_agent.session.policy import MarkPolicy, classify
from kiosk_agent.session.state import (
    BrowserIs,
    Phase,
    Visit,
    after_gate_back,
    after_opened,
    after_record,
    after_sense_back,
    is_free,
    last_moment,
    owed_entry,
    owes,
    releasable_holds,
    warning_moment,
)
from kiosk_agent.session.step import Step
from kiosk_agent.session.vocabulary import Answer, Answerer, HoldReason, Proof, Signal, Weight

PROVEN_LATER = frozenset({Proof.REVOKED, Proof.CLEARED, Proof.HALF})


def always(step: Step, event: ev.Event) -> bool:
    """Always."""
    return True


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


def _signed(step: Step, mark: str) -> bool:
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
    return _signed(step, event.mark)


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
    return event.answer is Answer.SAME and _signed(step, event.mark)


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


# the end of a visit


def _phase(step: Step) -> Phase:
    return step.ending.phase


def _timed_out(step: Step, phase: Phase) -> bool:
    until = step.ending.until
    return _phase(step) is phase and until is not None and step.now >= until


def covered_for_logout(step: Step, event: ev.ShieldShown) -> bool:
    """Shielding, somebody has signed in, and the browser lives."""
    return _phase(step) is Phase.SHIELDING and step.visit.saw_sign_in and step.visit.browser is BrowserIs.USABLE


def shielding(step: Step, event: ev.Event) -> bool:
    """Shielding."""
    return _phase(step) is Phase.SHIELDING


def uncovered_before_destroy(step: Step, event: ev.ShieldLost) -> bool:
    """Shielding or logging out."""
    return _phase(step) in (Phase.SHIELDING, Phase.LOGGING_OUT)


def uncovered_later(step: Step, event: ev.ShieldLost) -> bool:
    """Later, for the first time."""
    return not step.ending.shield_lost


def shield_overdue(step: Step, event: ev.TimerFired) -> bool:
    """Shielding has run out."""
    return _timed_out(step, Phase.SHIELDING)


Answered = ev.LogoutFinished | ev.BrowserGone | ev.BrowserStuck | ev.ResidueRemoved | ev.ProofFinished


def _of_this_visit(step: Step, event: Answered) -> bool:
    return event.visit_id in ("", step.visit.visit_id)


def logging_out(step: Step, event: ev.VisitBrowserLost | ev.VisitBrowserFailed) -> bool:
    """Logging out."""
    return _phase(step) is Phase.LOGGING_OUT


def logged_out(step: Step, event: ev.LogoutFinished) -> bool:
    """Logging out."""
    return _phase(step) is Phase.LOGGING_OUT and _of_this_visit(step, event)


def half_after_all(step: Step, event: ev.LogoutFinished) -> bool:
    """Too late, but with bad news: the same browser still got in."""
    late = _phase(step) in (Phase.DESTROYING, Phase.CLEANING, Phase.PROVING)
    return late and event.half is True and _of_this_visit(step, event)


def half_while_stuck(step: Step, event: ev.LogoutFinished) -> bool:
    """The visit's browser is stuck, and the news is bad: it still got in."""
    return step.state.ending is not None and event.half is True and _of_this_visit(step, event)


def logout_overdue(step: Step, event: ev.TimerFired) -> bool:
    """Logging out has run out."""
    return _timed_out(step, Phase.LOGGING_OUT)


def destroying(step: Step, event: ev.BrowserGone | ev.BrowserStuck) -> bool:
    """Destroying."""
    return _phase(step) is Phase.DESTROYING and _of_this_visit(step, event)


def destroy_overdue(step: Step, event: ev.TimerFired) -> bool:
    """Destroying has run out."""
    return _timed_out(step, Phase.DESTROYING)


def _needs_proof(step: Step) -> bool:
    # of a visit found at start nothing was noted that could be replayed
    return step.visit.saw_sign_in and step.ending.proof is None


def cleaned_for_proof(step: Step, event: ev.ResidueRemoved) -> bool:
    """Cleaning, and there is something to prove."""
    return cleaning(step, event) and _needs_proof(step)


def cleaning(step: Step, event: ev.ResidueRemoved) -> bool:
    """Cleaning."""
    return _phase(step) is Phase.CLEANING and _of_this_visit(step, event)


def residue_overdue_for_proof(step: Step, event: ev.TimerFired) -> bool:
    """Cleaning has run out, and there is something to prove."""
    return _timed_out(step, Phase.CLEANING) and _needs_proof(step)


def residue_overdue(step: Step, event: ev.TimerFired) -> bool:
    """Cleaning has run out."""
    return _timed_out(step, Phase.CLEANING)


def proving(step: Step, event: ev.ProofFinished) -> bool:
    """Proving."""
    return _phase(step) is Phase.PROVING and _of_this_visit(step, event)


def proof_overdue(step: Step, event: ev.TimerFired) -> bool:
    """Proving has run out."""
    return _timed_out(step, Phase.PROVING)


def unconcluded(step: Step, event: ev.Event) -> bool:
    """The outcome is not yet written."""
    return _phase(step) is not Phase.RECORDING


def sign_in_while_ending(step: Step, event: ev.SignInSeen | ev.AccountSeen) -> bool:
    """Nobody was signed in before, and the outcome is not yet written."""
    return unconcluded(step, event) and not step.visit.saw_sign_in


def sign_in_while_stuck(step: Step, event: ev.SignInSeen | ev.AccountSeen) -> bool:
    """The visit's browser is stuck, and nobody was signed in before."""
    return step.state.ending is not None and not step.visit.saw_sign_in


def losing_browser(step: Step, event: ev.VisitBrowserLost | ev.VisitBrowserFailed) -> bool:
    """Shielding."""
    return _phase(step) is Phase.SHIELDING


def _outcome(step: Step, event: ev.EntryRecorded) -> bool:
    outcome = owed_entry(step.state, event.ticket, en.Outcome)
    return outcome is not None and outcome.visit_id == step.visit.visit_id


def outcome_recorded_stopping(step: Step, event: ev.EntryRecorded) -> bool:
    """It is the outcome, and the agent is asked to stop."""
    return _outcome(step, event) and step.state.stopping


def outcome_recorded_held(step: Step, event: ev.EntryRecorded) -> bool:
    """It is the outcome, and something holds the desk."""
    return _outcome(step, event) and bool(step.state.holds)


def outcome_recorded(step: Step, event: ev.EntryRecorded) -> bool:
    """It is the outcome."""
    return _outcome(step, event)


def _ledger_fails_at_outcome(step: Step) -> bool:
    return _phase(step) is Phase.RECORDING


def unrecordable_stopping(step: Step, event: ev.LedgerFailed) -> bool:
    """The outcome is not recorded, and the agent is asked to stop."""
    return _ledger_fails_at_outcome(step) and step.state.stopping


def unrecordable(step: Step, event: ev.LedgerFailed) -> bool:
    """The outcome is not recorded."""
    return _ledger_fails_at_outcome(step)


def unrecordable_in_time_stopping(step: Step, event: ev.TimerFired) -> bool:
    """The outcome cannot be recorded, and the agent is asked to stop."""
    return unrecordable_in_time(step, event) and step.state.stopping


def unrecordable_in_time(step: Step, event: ev.TimerFired) -> bool:
    """The outcome cannot be recorded."""
    return _phase(step) is Phase.RECORDING and (_timed_out(step, Phase.RECORDING) or ledger_overdue(step, event))


# confirmation, holds, start


def confirmed(step: Step, event: ev.Confirmed) -> bool:
    """All three are true, it is signed where the policy asks, and none is being recorded."""
    complete = event.card_returned and event.printouts_taken and event.signed_out_seen
    return complete and _signed(step, event.mark) and not owes(step.state, en.Confirmation)


def confirmation_recorded(step: Step, event: ev.EntryRecorded) -> bool:
    """It is the confirmation."""
    confirmation, due = owed_entry(step.state, event.ticket, en.Confirmation), step.state.due
    return confirmation is not None and due is not None and confirmation.visit_id == due.visit_id


def revisable(step: Step, event: ev.ProofRevised) -> bool:
    """That visit's proof was still open."""
    return event.visit_id in step.state.revisable and event.proof in PROVEN_LATER


def mandatory(step: Step, event: ev.SenseLost) -> bool:
    """The policy calls the sense mandatory."""
    return event.sense in step.policy.mandatory_senses


def found_unfinished(step: Step, event: ev.AgentStarted) -> bool:
    """Starting, and a visit without outcome was found."""
    return HoldReason.STARTING in step.state.holds and event.unfinished is not None


def _starts_free(step: Step) -> bool:
    return step.state.holds == frozenset({HoldReason.STARTING}) and not step.state.owed


def found_unconfirmed(step: Step, event: ev.AgentStarted) -> bool:
    """Starting, nothing else holds, and a visit without confirmation was found."""
    return _starts_free(step) and event.unconfirmed is not None


def found_nothing(step: Step, event: ev.AgentStarted) -> bool:
    """Starting, nothing else holds, and nothing was found."""
    return _starts_free(step) and event.unconfirmed is None


def starting(step: Step, event: ev.AgentStarted) -> bool:
    """Starting, and something else holds the desk."""
    return HoldReason.STARTING in step.state.holds


def stuck(step: Step, event: ev.BrowserGone) -> bool:
    """The visit's browser was stuck."""
    return step.state.ending is not None and _of_this_visit(step, event)


def released_stuck(step: Step, event: ev.Released) -> bool:
    """The visit's browser is still stuck."""
    return step.state.ending is not None


def releasable(step: Step, event: ev.Released) -> bool:
    """The agent has started, something else than central holds, and no override is being recorded."""
    state = step.state
    return HoldReason.STARTING not in state.holds and bool(releasable_holds(state)) and not owes(state, en.Override)


def freed_due_by_record(step: Step, event: ev.EntryRecorded) -> bool:
    """Nothing holds any more, all is recorded, and a confirmation is due."""
    after = after_record(step.state, event.ticket)
    return is_free(after) and after.due is not None


def freed_by_record(step: Step, event: ev.EntryRecorded) -> bool:
    """Nothing holds any more, and all is recorded."""
    return is_free(after_record(step.state, event.ticket))


def freed_due_by_sense(step: Step, event: ev.SenseRecovered) -> bool:
    """Nothing holds any more, all is recorded, and a confirmation is due."""
    return freed_by_sense(step, event) and step.state.due is not None


def freed_by_sense(step: Step, event: ev.SenseRecovered) -> bool:
    """Nothing holds any more, and all is recorded."""
    return is_free(after_sense_back(step.state, event.sense))


def freed_due_by_gate(step: Step, event: ev.GateRecovered) -> bool:
    """Nothing holds any more, all is recorded, and a confirmation is due."""
    return freed_by_gate(step, event) and step.state.due is not None


def freed_by_gate(step: Step, event: ev.GateRecovered) -> bool:
    """Nothing holds any more, and all is recorded."""
    return is_free(after_gate_back(step.state))


def freed_due_by_opening(step: Step, event: ev.DeskOpened) -> bool:
    """Nothing holds any more, all is recorded, and a confirmation is due."""
    return freed_by_opening(step, event) and step.state.due is not None


def freed_by_opening(step: Step, event: ev.DeskOpened) -> bool:
    """Nothing holds any more, and all is recorded."""
    return is_free(after_opened(step.state))
