"""What is done once a visit's end has begun, until the next one may start: cover, logout, proof, confirmation, holds.

The first sentence of each docstring is what ``docs/session.md`` says of it.
"""

from __future__ import annotations

from msgspec.structs import replace

from kiosk_agent.session import commands as do
from kiosk_agent.session import entries as en
from kiosk_agent.session import events as ev
from kiosk_agent.session.state import (
    LEDGER_REASONS,
    MAX_REVISABLE,
    BrowserIs,
    Due,
    Ending,
    Owed,
    Phase,
    Visit,
    after_gate_back,
    after_sense_back,
    shown_hold,
)
from kiosk_agent.session.step import Step
from kiosk_agent.session.visiting import (
    add_hold,
    begin_destroy,
    begin_destroy_uncovered,
    begin_end,
    lose_browser,
    note_change,
    note_gate_failed,
    note_ledger_failed,
    note_ledger_silent,
    note_operation,
    note_record,
    note_sense_lost,
    note_sign_in,
)
from kiosk_agent.session.vocabulary import EndReason, HoldReason, IncidentCode, Proof, StateName

# How much each proof says. Half is the least: it is known that the session still lives.
PROOF_RANK = {Proof.HALF: 0, Proof.UNPROVEN: 1, Proof.CLEARED: 2, Proof.REVOKED: 3}

# the phases of an end


def start_logout(step: Step, event: ev.ShieldShown) -> None:
    """Carry out the portal's own logout, under the cover."""
    steps = step.ending.reason is not EndReason.OWN_LOGOUT
    step.put_ending(phase=Phase.LOGGING_OUT, until=step.now + step.policy.logout_limit_s)
    step.emit(do.RunLogout(step.visit.visit_id, steps))


def start_destroy(step: Step, event: ev.ShieldShown) -> None:
    """Destroy the browser."""
    begin_destroy(step)


def destroy_uncovered(step: Step, event: ev.ShieldLost | ev.TimerFired) -> None:
    """Destroy the browser at once: what cannot be covered must not stay."""
    if step.ending.phase is Phase.LOGGING_OUT:
        step.put_ending(steps_ok=False)
    begin_destroy_uncovered(step)


def note_uncovered(step: Step, event: ev.ShieldLost) -> None:
    """Note the incident."""
    step.put_ending(shield_lost=True)
    step.record(en.Incident(step.visit.visit_id, IncidentCode.SHIELD_LOST))


def destroy_after_logout(step: Step, event: ev.LogoutFinished) -> None:
    """Keep what the logout showed, and destroy the browser."""
    step.put_ending(steps_ok=event.steps_ok, half=event.half)
    begin_destroy(step)


def note_half(step: Step, event: ev.LogoutFinished) -> None:
    """Keep the bad news."""
    step.put_ending(half=True)


def _ran_out(step: Step) -> None:
    step.record(en.Incident(step.visit.visit_id, IncidentCode.PHASE_RAN_OUT, step.ending.phase.value))


def destroy_without_logout(step: Step, event: ev.TimerFired) -> None:
    """The logout counts as failed; destroy the browser."""
    _ran_out(step)
    step.put_ending(steps_ok=False)
    begin_destroy(step)


def destroy_lost(step: Step, event: ev.VisitBrowserLost | ev.VisitBrowserFailed) -> None:
    """The logout counts as failed; destroy what is left of the browser."""
    step.put_visit(browser=BrowserIs.LOST)
    step.put_ending(steps_ok=False)
    begin_destroy(step)


def note_lost(step: Step, event: ev.VisitBrowserLost | ev.VisitBrowserFailed) -> None:
    """Note that no logout can be carried out, unless only its pages are gone."""
    lose_browser(step, event)


def clean(step: Step, event: ev.BrowserGone) -> None:
    """Remove what the visit left on the PC."""
    step.put_visit(browser=BrowserIs.GONE)
    step.put_ending(phase=Phase.CLEANING, until=step.now + step.policy.residue_limit_s)
    step.emit(do.RemoveResidue(step.visit.visit_id))


def clean_after_stuck(step: Step, event: ev.BrowserGone) -> None:
    """Cover the screen, and remove what the visit left on the PC."""
    step.emit(do.RaiseShield())
    step.put(name=StateName.ENDING)
    clean(step, event)


def hold_stuck(step: Step, event: ev.BrowserStuck | ev.TimerFired) -> None:
    """Keep the desk covered: the browser could not be destroyed. The outcome waits until it is gone."""
    step.record(en.Incident(step.visit.visit_id, IncidentCode.BROWSER_STUCK))
    add_hold(step, HoldReason.BROWSER_STUCK)
    step.put_ending(until=None)
    enter_held(step)


def _note_residue(step: Step, event: ev.ResidueRemoved) -> None:
    if not event.clean:
        step.put_ending(residue_clean=False)
        step.record(en.Incident(step.visit.visit_id, IncidentCode.RESIDUE_LEFT, ", ".join(event.left)))


def _residue_ran_out(step: Step) -> None:
    _ran_out(step)
    step.put_ending(residue_clean=False)


def _begin_proof(step: Step) -> None:
    step.put_ending(phase=Phase.PROVING, until=step.now + step.policy.proof_limit_s)
    step.emit(do.ProveLogout(step.visit.visit_id))


def prove(step: Step, event: ev.ResidueRemoved) -> None:
    """Prove the logout."""
    _note_residue(step, event)
    _begin_proof(step)


def prove_after_residue(step: Step, event: ev.TimerFired) -> None:
    """The desk counts as not clean; prove the logout."""
    _residue_ran_out(step)
    _begin_proof(step)


def conclude_cleaned(step: Step, event: ev.ResidueRemoved) -> None:
    """Write the outcome."""
    _note_residue(step, event)
    conclude(step)


def conclude_after_residue(step: Step, event: ev.TimerFired) -> None:
    """The desk counts as not clean; write the outcome."""
    _residue_ran_out(step)
    conclude(step)


def conclude_proved(step: Step, event: ev.ProofFinished) -> None:
    """Write the outcome with this proof."""
    proof = event.proof if event.proof in (Proof.REVOKED, Proof.CLEARED, Proof.HALF) else Proof.UNPROVEN
    step.put_ending(proof=proof)
    conclude(step)


def conclude_unproven(step: Step, event: ev.TimerFired) -> None:
    """The logout counts as unproven; write the outcome."""
    _ran_out(step)
    step.put_ending(proof=Proof.UNPROVEN)
    conclude(step)


def settled_proof(visit: Visit, ending: Ending) -> Proof:
    """What may be said of the logout. What was not proven never counts as proven; half cannot be bettered."""
    if ending.half:
        return Proof.HALF
    if ending.proof is not None:
        return ending.proof
    return Proof.UNPROVEN if visit.saw_sign_in else Proof.NOT_NEEDED


def conclude(step: Step) -> None:
    """Write the visit's one outcome."""
    visit, ending = step.visit, step.ending
    proof = settled_proof(visit, ending)
    if visit.refusals:
        step.record(en.NavigationRefusals(visit.visit_id, visit.refusals))
    expect = step.rules.expect
    if proof is not Proof.NOT_NEEDED and PROOF_RANK[proof] < PROOF_RANK[expect]:
        detail = f"{proof}, expected {expect}"
        step.record(en.Incident(visit.visit_id, IncidentCode.PROOF_LESS_THAN_EXPECTED, detail))
    step.record(
        en.Outcome(
            visit_id=visit.visit_id,
            reason=ending.reason,
            proof=proof,
            saw_sign_in=visit.saw_sign_in,
            steps_ok=ending.steps_ok,
            residue_clean=ending.residue_clean,
            extensions=visit.extensions,
            length_s=step.now - visit.started_at,
        )
    )
    due = Due(visit.visit_id, ending.reason, proof, ending.residue_clean)
    revisable = step.state.revisable
    if proof is Proof.UNPROVEN and ending.phase is Phase.PROVING:  # only then is it tried again in the background
        revisable = (*revisable, visit.visit_id)[-MAX_REVISABLE:]
    step.put(due=due, last=due, revisable=revisable)
    # a ledger that fails already will not answer: the desk is held at once
    is_failing = bool(step.state.holds & LEDGER_REASONS)
    step.put_ending(phase=Phase.RECORDING, until=step.now if is_failing else None)


def note_stopping(step: Step, event: ev.StopRequested) -> None:
    """Stop once the outcome is recorded."""
    step.put(stopping=True)


def note_sign_in_late(step: Step, event: ev.SignInSeen | ev.AccountSeen) -> None:
    """Note the sign-in: there is something to prove."""
    note_sign_in(step, ev.SignInSeen())


def note_change_late(step: Step, event: ev.ChangeSignalled) -> None:
    """Note the sign, once for each kind: the end is under way."""
    note_change(step, event)


def note_operation_late(step: Step, event: ev.OperationFinished) -> None:
    """Note it."""
    note_operation(step, event)


# after an end


def _forget_visit(step: Step) -> None:
    step.put(visit=None, ending=None)


def enter_confirming(step: Step) -> None:
    """Ask for the confirmation of the visit that has ended."""
    due = step.state.due
    if due is None:
        raise LookupError("no confirmation is due")
    step.put(name=StateName.CONFIRMING)
    step.emit(do.AskConfirmation(due.visit_id, due.reason, due.proof, due.residue_clean), do.LowerShield())


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
    step.record(en.DeskHeld(_visit_in_question(step), reason))


def _visit_in_question(step: Step) -> str | None:
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
        step.emit(do.AskConfirmation(event.visit_id, state.due.reason, event.proof, state.due.residue_clean))
    elif state.name is StateName.GATE and state.last is not None and state.last.visit_id == event.visit_id:
        _show_gate(step)


def _revised(due: Due | None, event: ev.ProofRevised) -> Due | None:
    return replace(due, proof=event.proof) if due is not None and due.visit_id == event.visit_id else due


def stop_now(step: Step, event: ev.StopRequested) -> None:
    """Stop the agent; nothing is heard any more."""
    stop(step)


# holds


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


def _hold_further(step: Step, before: frozenset[HoldReason]) -> None:
    """Say it where the reason that is shown has changed, and record each new one."""
    for reason in sorted(step.state.holds - before):
        step.record(en.DeskHeld(_visit_in_question(step), reason))
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
    step.put(releasing=state.holds)
    step.record(en.Override(visit_id, shown_hold(state.holds), event.mark))


def destroy_again(step: Step, event: ev.Released) -> None:
    """Try again to destroy the browser; the desk is not released before it is gone."""
    step.emit(do.DestroyBrowser(step.visit.visit_id))


# the start of the agent


def _began(step: Step, event: ev.AgentStarted) -> None:
    step.put(holds=step.state.holds - {HoldReason.STARTING})
    if event.unfinished is None and event.unconfirmed is not None:
        due = Due(event.unconfirmed, event.unconfirmed_reason, event.unconfirmed_proof, event.unconfirmed_residue_clean)
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
