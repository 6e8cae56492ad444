"""What is done from the first moment of a visit's end until its outcome: cover, logout, destruction, cleaning, proof.

The first sentence of each docstring is what ``docs/session.md`` says of it.
"""

from __future__ import annotations

from kiosk_agent.session import commands as do
from kiosk_agent.session import entries as en
from kiosk_agent.session import events as ev
from kiosk_agent.session.ends import begin_destroy, begin_destroy_uncovered, lose_browser
from kiosk_agent.session.residue import all_clean, unclean
from kiosk_agent.session.settling import enter_held
from kiosk_agent.session.state import (
    LEDGER_REASONS,
    MAX_REVISABLE,
    BrowserIs,
    Due,
    Ending,
    Phase,
    Visit,
)
from kiosk_agent.session.step import Step
from kiosk_agent.session.visiting import add_hold, note_change, note_operation, note_sign_in
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
    step.put_ending(residue=event.found)
    if not event.clean or not all_clean(event.found):
        step.put_ending(residue_clean=False)
        step.record(en.Incident(step.visit.visit_id, IncidentCode.RESIDUE_LEFT, unclean(event.found)))


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
    if ending.proof is Proof.CLEARED and ending.half is None:
        return Proof.UNPROVEN  # accepted there, and nobody saw whether it was gone here: it may have been half
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
            residue=ending.residue,
        )
    )
    due = Due(visit.visit_id, ending.reason, proof, ending.residue_clean, ending.residue)
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
