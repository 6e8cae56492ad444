"""When a row about the end of a visit applies. Each is a question about the state, the event and the time.

The first sentence of each docstring is what ``docs/session.md`` says of it.
"""

from __future__ import annotations

from kiosk_agent.session import entries as en
from kiosk_agent.session import events as ev
from kiosk_agent.session.guards import ledger_overdue, of_this_visit
from kiosk_agent.session.state import (
    BrowserIs,
    Phase,
    owed_entry,
)
from kiosk_agent.session.step import Step


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


def logging_out(step: Step, event: ev.VisitBrowserLost | ev.VisitBrowserFailed) -> bool:
    """Logging out."""
    return _phase(step) is Phase.LOGGING_OUT


def logged_out(step: Step, event: ev.LogoutFinished) -> bool:
    """Logging out."""
    return _phase(step) is Phase.LOGGING_OUT and of_this_visit(step, event)


def half_after_all(step: Step, event: ev.LogoutFinished) -> bool:
    """Too late, but with bad news: the same browser still got in."""
    late = _phase(step) in (Phase.DESTROYING, Phase.CLEANING, Phase.PROVING)
    return late and event.half is True and of_this_visit(step, event)


def half_while_stuck(step: Step, event: ev.LogoutFinished) -> bool:
    """The visit's browser is stuck, and the news is bad: it still got in."""
    return step.state.ending is not None and event.half is True and of_this_visit(step, event)


def logout_overdue(step: Step, event: ev.TimerFired) -> bool:
    """Logging out has run out."""
    return _timed_out(step, Phase.LOGGING_OUT)


def destroying(step: Step, event: ev.BrowserGone | ev.BrowserStuck) -> bool:
    """Destroying."""
    return _phase(step) is Phase.DESTROYING and of_this_visit(step, event)


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
    return _phase(step) is Phase.CLEANING and of_this_visit(step, event)


def residue_overdue_for_proof(step: Step, event: ev.TimerFired) -> bool:
    """Cleaning has run out, and there is something to prove."""
    return _timed_out(step, Phase.CLEANING) and _needs_proof(step)


def residue_overdue(step: Step, event: ev.TimerFired) -> bool:
    """Cleaning has run out."""
    return _timed_out(step, Phase.CLEANING)


def proving(step: Step, event: ev.ProofFinished) -> bool:
    """Proving."""
    return _phase(step) is Phase.PROVING and of_this_visit(step, event)


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
