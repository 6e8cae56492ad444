"""When a row about confirmation, holds or the agent's start applies. Each is a question like those of ``guards``.

The first sentence of each docstring is what ``docs/session.md`` says of it.
"""

from __future__ import annotations

from kiosk_agent.session import entries as en
from kiosk_agent.session import events as ev
from kiosk_agent.session.guards import is_signed, of_this_visit
from kiosk_agent.session.state import (
    after_gate_back,
    after_opened,
    after_record,
    after_sense_back,
    is_free,
    owed_entry,
    owes,
    releasable_holds,
)
from kiosk_agent.session.step import Step
from kiosk_agent.session.vocabulary import HoldReason, Proof

PROVEN_LATER = frozenset({Proof.REVOKED, Proof.CLEARED, Proof.HALF})


def confirmed(step: Step, event: ev.Confirmed) -> bool:
    """All three are true, it is signed where the policy asks, and none is being recorded."""
    complete = event.card_returned and event.printouts_taken and event.signed_out_seen
    return complete and is_signed(step, event.mark) and not owes(step.state, en.Confirmation)


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
    return step.state.ending is not None and of_this_visit(step, event)


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
