"""What is done once the outcome is known, until the next visit may start: the record, the confirmation, the gate.

The first sentence of each docstring is what ``docs/session.md`` says of it.
"""

from __future__ import annotations

from msgspec.structs import replace

from kiosk_agent.session import commands as do
from kiosk_agent.session import entries as en
from kiosk_agent.session import events as ev
from kiosk_agent.session.state import (
    Due,
    shown_hold,
)
from kiosk_agent.session.step import Step
from kiosk_agent.session.visiting import note_ledger_failed, note_ledger_silent, note_record
from kiosk_agent.session.vocabulary import StateName


def _forget_visit(step: Step) -> None:
    step.put(visit=None, ending=None)


def enter_confirming(step: Step) -> None:
    """Ask for the confirmation of the visit that has ended."""
    due = step.state.due
    if due is None:
        raise LookupError("no confirmation is due")
    step.put(name=StateName.CONFIRMING)
    step.emit(_confirmation_of(due), do.LowerShield())


def _confirmation_of(due: Due) -> do.AskConfirmation:
    return do.AskConfirmation(due.visit_id, due.reason, due.proof, due.residue_clean, due.residue)


def enter_gate(step: Step) -> None:
    """Show the start page."""
    step.put(name=StateName.GATE)
    _show_gate(step)
    step.emit(do.LowerShield())


def _show_gate(step: Step) -> None:
    last = step.state.last
    step.emit(do.ShowGate(last.reason, last.proof) if last is not None else do.ShowGate())


def enter_held(step: Step) -> None:
    """Keep the desk covered, and say why."""
    step.put(name=StateName.HELD)
    reason = shown_hold(step.state.holds)
    step.emit(do.Hold(reason))
    step.record(en.DeskHeld(visit_in_question(step), reason))


def visit_in_question(step: Step) -> str | None:
    """The visit that is under way, or whose confirmation is due."""
    if step.state.visit is not None:
        return step.state.visit.visit_id
    return step.state.due.visit_id if step.state.due is not None else None


def stop(step: Step) -> None:
    """Stop the agent; nothing is heard any more."""
    step.record(en.AgentRan(began=False, version=step.rules.version))
    step.put(stopping=True, stopped=True)
    step.emit(do.StopAgent())


def ask_confirmation(step: Step, event: ev.EntryRecorded) -> None:
    """Ask for the confirmation."""
    note_record(step, event)
    _forget_visit(step)
    enter_confirming(step)


def hold_after_end(step: Step, event: ev.EntryRecorded) -> None:
    """Keep the desk covered."""
    note_record(step, event)
    _forget_visit(step)
    enter_held(step)


def stop_after_end(step: Step, event: ev.EntryRecorded) -> None:
    """Stop the agent; the confirmation is asked for at its next start."""
    note_record(step, event)
    stop(step)


def hold_unrecorded(step: Step, event: ev.LedgerFailed) -> None:
    """Keep the desk covered; the outcome is kept for when the ledger works again."""
    note_ledger_failed(step, event)
    _forget_visit(step)
    enter_held(step)


def hold_unrecorded_in_time(step: Step, event: ev.TimerFired) -> None:
    """Keep the desk covered; the outcome is kept for when the ledger works again."""
    note_ledger_silent(step, event)
    _forget_visit(step)
    enter_held(step)


def stop_unrecorded(step: Step, event: ev.LedgerFailed | ev.TimerFired) -> None:
    """Stop the agent; its next start finds the visit unfinished."""
    stop(step)


# confirmation


def record_confirmation(step: Step, event: ev.Confirmed) -> None:
    """Record the confirmation; the gate opens only after that."""
    due = step.state.due
    if due is None:
        raise LookupError("no confirmation is due")
    step.record(en.Confirmation(due.visit_id, event.mark.strip()))


def open_gate(step: Step, event: ev.EntryRecorded) -> None:
    """Show the start page."""
    note_record(step, event)
    enter_gate(step)


def revise(step: Step, event: ev.ProofRevised) -> None:
    """Record the revised proof, and show it where the visit is shown."""
    state = step.state
    step.record(en.OutcomeRevised(event.visit_id, event.proof))
    step.put(
        revisable=tuple(visit_id for visit_id in state.revisable if visit_id != event.visit_id),
        due=_revised(state.due, event),
        last=_revised(state.last, event),
    )
    if state.name is StateName.CONFIRMING and state.due is not None and state.due.visit_id == event.visit_id:
        step.emit(_confirmation_of(replace(state.due, proof=event.proof)))
    elif state.name is StateName.GATE and state.last is not None and state.last.visit_id == event.visit_id:
        _show_gate(step)


def _revised(due: Due | None, event: ev.ProofRevised) -> Due | None:
    return replace(due, proof=event.proof) if due is not None and due.visit_id == event.visit_id else due


def keep_to(step: Step, event: ev.PolicyChanged) -> None:
    """Keep to the new policy from here on."""
    step.record(en.PolicyTaken(event.revision))
    step.emit(do.KeepTo(event.policy))


def stop_now(step: Step, event: ev.StopRequested) -> None:
    """Stop the agent; nothing is heard any more."""
    stop(step)
