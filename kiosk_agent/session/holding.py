"""What is done while something could not be made safe, and when the agent starts: holds, releases, the first state.

The first sentence of each docstring is what ``docs/session.md`` says of it.
"""

from __future__ import annotations

from msgspec.structs import replace

from kiosk_agent.session import commands as do
from kiosk_agent.session import entries as en
from kiosk_agent.session import events as ev
from kiosk_agent.session.ends import begin_end
from kiosk_agent.session.settling import enter_confirming, enter_gate, enter_held, visit_in_question
from kiosk_agent.session.state import (
    BrowserIs,
    Due,
    Owed,
    Visit,
    after_gate_back,
    after_opened,
    after_sense_back,
    releasable_holds,
    shown_hold,
)
from kiosk_agent.session.step import Step
from kiosk_agent.session.visiting import (
    note_closed,
    note_gate_failed,
    note_ledger_failed,
    note_ledger_silent,
    note_record,
    note_sense_lost,
)
from kiosk_agent.session.vocabulary import EndReason, HoldReason, Proof


def hold_ledger(step: Step, event: ev.LedgerFailed) -> None:
    """Keep the desk covered: it must not run unrecorded."""
    note_ledger_failed(step, event)
    enter_held(step)


def hold_ledger_silent(step: Step, event: ev.TimerFired) -> None:
    """Keep the desk covered: it must not run unrecorded."""
    note_ledger_silent(step, event)
    enter_held(step)


def hold_gate(step: Step, event: ev.GateFailed) -> None:
    """Keep the desk covered."""
    note_gate_failed(step, event)
    enter_held(step)


def hold_sense(step: Step, event: ev.SenseLost) -> None:
    """Keep the desk covered: it must not run unwatched."""
    note_sense_lost(step, event)
    enter_held(step)


def hold_closed(step: Step, event: ev.DeskClosed) -> None:
    """Keep the desk covered: central has closed it."""
    note_closed(step, event)
    enter_held(step)


def _hold_further(step: Step, before: frozenset[HoldReason]) -> None:
    """Say it where the reason that is shown has changed, and record each new one."""
    for reason in sorted(step.state.holds - before):
        step.record(en.DeskHeld(visit_in_question(step), reason))
    if not before or shown_hold(before) is not shown_hold(step.state.holds):
        step.emit(do.Hold(shown_hold(step.state.holds)))


def hold_further_ledger(step: Step, event: ev.LedgerFailed) -> None:
    """One reason more; the entry is kept for later."""
    before = step.state.holds
    note_ledger_failed(step, event)
    _hold_further(step, before)


def hold_further_ledger_silent(step: Step, event: ev.TimerFired) -> None:
    """One reason more."""
    before = step.state.holds
    note_ledger_silent(step, event)
    _hold_further(step, before)


def hold_further_gate(step: Step, event: ev.GateFailed) -> None:
    """One reason more."""
    before = step.state.holds
    note_gate_failed(step, event)
    _hold_further(step, before)


def hold_further_sense(step: Step, event: ev.SenseLost) -> None:
    """One reason more."""
    before = step.state.holds
    note_sense_lost(step, event)
    _hold_further(step, before)


def hold_further_closed(step: Step, event: ev.DeskClosed) -> None:
    """One reason more."""
    before = step.state.holds
    note_closed(step, event)
    _hold_further(step, before)


def _show_remaining(step: Step, before: frozenset[HoldReason]) -> None:
    holds = step.state.holds
    if holds and shown_hold(before) is not shown_hold(holds):
        step.emit(do.Hold(shown_hold(holds)))


def less_by_record(step: Step, event: ev.EntryRecorded) -> None:
    """Note that it is recorded; what an override covers holds no longer."""
    before = step.state.holds
    note_record(step, event)
    _show_remaining(step, before)


def less_by_sense(step: Step, event: ev.SenseRecovered) -> None:
    """One reason less."""
    before = step.state.holds
    step.state = after_sense_back(step.state, event.sense)
    _show_remaining(step, before)


def less_by_gate(step: Step, event: ev.GateRecovered) -> None:
    """One reason less."""
    before = step.state.holds
    step.state = after_gate_back(step.state)
    _show_remaining(step, before)


def less_by_opening(step: Step, event: ev.DeskOpened) -> None:
    """One reason less."""
    before = step.state.holds
    step.state = after_opened(step.state)
    _show_remaining(step, before)


def confirm_by_opening(step: Step, event: ev.DeskOpened) -> None:
    """Ask for the confirmation."""
    step.state = after_opened(step.state)
    enter_confirming(step)


def open_gate_by_opening(step: Step, event: ev.DeskOpened) -> None:
    """Show the start page."""
    step.state = after_opened(step.state)
    enter_gate(step)


def confirm_by_record(step: Step, event: ev.EntryRecorded) -> None:
    """Ask for the confirmation."""
    note_record(step, event)
    enter_confirming(step)


def confirm_by_sense(step: Step, event: ev.SenseRecovered) -> None:
    """Ask for the confirmation."""
    step.state = after_sense_back(step.state, event.sense)
    enter_confirming(step)


def confirm_by_gate(step: Step, event: ev.GateRecovered) -> None:
    """Ask for the confirmation."""
    step.state = after_gate_back(step.state)
    enter_confirming(step)


def open_gate_by_sense(step: Step, event: ev.SenseRecovered) -> None:
    """Show the start page."""
    step.state = after_sense_back(step.state, event.sense)
    enter_gate(step)


def open_gate_by_gate(step: Step, event: ev.GateRecovered) -> None:
    """Show the start page."""
    step.state = after_gate_back(step.state)
    enter_gate(step)


def record_again(step: Step, event: ev.LedgerRecovered) -> None:
    """Record again what the ledger refused."""
    _record_again(step)


def _record_again(step: Step) -> None:
    owed, step.state = step.state.owed, replace(step.state, owed=tuple[Owed, ...]())
    for item in owed:
        if item.failed:
            step.record(item.entry)
        else:
            step.put(owed=(*step.state.owed, item))


def record_override(step: Step, event: ev.Released) -> None:
    """Record again what the ledger refused, and then the override; the desk is free only after that."""
    state = step.state
    _record_again(step)
    visit_id = state.due.visit_id if state.due is not None else None
    step.put(releasing=releasable_holds(state))
    step.record(en.Override(visit_id, shown_hold(state.holds), event.mark))


def destroy_again(step: Step, event: ev.Released) -> None:
    """Try again to destroy the browser; the desk is not released before it is gone."""
    step.emit(do.DestroyBrowser(step.visit.visit_id))


# the start of the agent


def _began(step: Step, event: ev.AgentStarted) -> None:
    step.put(holds=step.state.holds - {HoldReason.STARTING})
    if event.unfinished is None and event.unconfirmed is not None:
        due = Due(
            event.unconfirmed,
            event.unconfirmed_reason,
            event.unconfirmed_proof,
            event.unconfirmed_residue_clean,
            event.unconfirmed_residue,
        )
        step.put(due=due, last=due)
    step.record(en.AgentRan(began=True, version=step.rules.version))


def start_at_gate(step: Step, event: ev.AgentStarted) -> None:
    """Show the start page."""
    _began(step, event)
    enter_gate(step)


def start_at_confirmation(step: Step, event: ev.AgentStarted) -> None:
    """Ask for the confirmation."""
    _began(step, event)
    enter_confirming(step)


def start_held(step: Step, event: ev.AgentStarted) -> None:
    """Stay covered for what else holds the desk."""
    before = step.state.holds
    _began(step, event)
    _show_remaining(step, before)


def end_found(step: Step, event: ev.AgentStarted) -> None:
    """End the visit that was found: its browser is gone or will be swept, and nothing can be proved any more.

    That it needs no proof is not known either: a sign-in may have been lost with the agent, seen but not yet recorded,
    or not even seen. A visit is recorded before its browser opens, so there was time for one.
    """
    _began(step, event)
    visit = Visit(
        visit_id=event.unfinished or "",
        started_at=step.now,
        last_input_at=step.now,
        browser=BrowserIs.LOST,
        saw_sign_in=event.unfinished_saw_sign_in,
    )
    step.put(visit=visit)
    begin_end(step, EndReason.FOUND_UNFINISHED)
    step.put_ending(proof=Proof.UNPROVEN)
