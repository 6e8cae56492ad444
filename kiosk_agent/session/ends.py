"""How the end of a visit begins, for every reason there is.

The first sentence of each docstring is what ``docs/session.md`` says of it.
"""

from __future__ import annotations

from kiosk_agent.session import commands as do
from kiosk_agent.session import entries as en
from kiosk_agent.session import events as ev
from kiosk_agent.session.state import (
    BrowserIs,
    Ending,
    Phase,
    timeout_reason,
)
from kiosk_agent.session.step import Step
from kiosk_agent.session.visiting import (
    challenge_of,
    note_change,
    note_closed,
    note_ledger_failed,
    note_ledger_silent,
    note_sense_lost,
    note_signal,
)
from kiosk_agent.session.vocabulary import (
    EndReason,
    EndSource,
    IncidentCode,
    Signal,
    StateName,
)

# who asked for the end of a visit, where it was not the support worker
REASON_BY_SOURCE = {EndSource.NUDGE: EndReason.NUDGE_ACCEPTED, EndSource.CENTRAL: EndReason.CENTRAL_ENDED}


def begin_end(step: Step, reason: EndReason, source: EndSource | None = None) -> None:
    """Cover the screen and begin the end."""
    step.commands.insert(0, do.RaiseShield())  # before anything else, whatever else is to be done
    if step.state.warned is not None:
        step.emit(do.HideWarning())
    step.record(en.EndBegan(step.visit.visit_id, reason, source))
    step.put(
        name=StateName.ENDING,
        warned=None,
        challenged=None,
        ending=Ending(reason=reason, source=source, phase=Phase.SHIELDING, until=step.now + step.policy.shield_limit_s),
    )


def begin_destroy(step: Step) -> None:
    """Destroy the browser."""
    step.put_ending(phase=Phase.DESTROYING, until=step.now + step.policy.destroy_limit_s)
    step.emit(do.DestroyBrowser(step.visit.visit_id))


def begin_destroy_uncovered(step: Step) -> None:
    """Destroy the browser at once: what cannot be covered must not stay."""
    step.record(en.Incident(step.visit.visit_id, IncidentCode.SHIELD_LOST))
    step.put_ending(shield_lost=True)
    begin_destroy(step)


def end_on_request(step: Step, event: ev.EndRequested) -> None:
    """End the visit: the support worker, the resident at the nudge, or central's staff asked for it."""
    begin_end(step, REASON_BY_SOURCE.get(event.source, EndReason.WORKER_ENDED), event.source)


def end_closed(step: Step, event: ev.DeskClosed) -> None:
    """End the visit: central has closed the desk, which is held afterwards."""
    note_closed(step, event)
    begin_end(step, EndReason.CENTRAL_ENDED, EndSource.CENTRAL)


def end_to_stop(step: Step, event: ev.StopRequested) -> None:
    """End the visit: the agent stops."""
    step.put(stopping=True)
    begin_end(step, EndReason.AGENT_STOPPING)


def lose_browser(step: Step, event: ev.VisitBrowserLost | ev.VisitBrowserFailed) -> None:
    """Nothing can be done in it any more. Without pages it lives on, and so does its login: it can still log out."""
    has_no_pages = isinstance(event, ev.VisitBrowserLost) and not event.crashed
    step.put_visit(browser=step.visit.browser if has_no_pages else BrowserIs.LOST, opens_by=None)


def end_browser_lost(step: Step, event: ev.VisitBrowserLost) -> None:
    """End the visit: its browser was closed or crashed."""
    lose_browser(step, event)
    begin_end(step, EndReason.BROWSER_CRASHED if event.crashed else EndReason.BROWSER_CLOSED)


def end_browser_failed(step: Step, event: ev.VisitBrowserFailed) -> None:
    """End the visit: its browser did not come up."""
    step.put_visit(browser=BrowserIs.LOST, opens_by=None)
    begin_end(step, EndReason.BROWSER_FAILED)


def end_open_overdue(step: Step, event: ev.TimerFired) -> None:
    """End the visit: its browser did not come up."""
    step.put_visit(browser=BrowserIs.LOST, opens_by=None)
    begin_end(step, EndReason.BROWSER_FAILED)


def end_ledger_failed(step: Step, event: ev.LedgerFailed) -> None:
    """End the visit: it must not run unrecorded."""
    note_ledger_failed(step, event)
    begin_end(step, EndReason.LEDGER_FAILED)


def end_ledger_silent(step: Step, event: ev.TimerFired) -> None:
    """End the visit: it must not run unrecorded."""
    note_ledger_silent(step, event)
    begin_end(step, EndReason.LEDGER_FAILED)


def end_sense_lost(step: Step, event: ev.SenseLost) -> None:
    """End the visit: it must not run unwatched. The desk is held afterwards."""
    note_sense_lost(step, event)
    begin_end(step, EndReason.SENSE_LOST)


def end_on_change(step: Step, event: ev.ChangeSignalled) -> None:
    """End the visit: somebody else is here."""
    note_change(step, event)
    begin_end(step, EndReason.CHANGE_OF_PERSON)


def end_on_account(step: Step, event: ev.AccountSeen) -> None:
    """End the visit: another account is signed in."""
    note_signal(step, Signal.ACCOUNT_DIFFERENT)
    begin_end(step, EndReason.CHANGE_OF_PERSON)


def end_on_gap(step: Step, event: ev.PortalActivity) -> None:
    """End the visit: somebody else has come."""
    note_signal(step, Signal.RETURN_AFTER_GAP)
    begin_end(step, EndReason.CHANGE_OF_PERSON)


def end_own_logout(step: Step, event: ev.SignOutSeen) -> None:
    """End the visit: the resident has logged out."""
    begin_end(step, EndReason.OWN_LOGOUT)


def end_unanswered(step: Step, event: ev.TimerFired) -> None:
    """End the visit: nobody answered the warning."""
    begin_end(step, timeout_reason(step.visit, step.now, step.policy))


def end_not_warned(step: Step, event: ev.WarningNotShown) -> None:
    """End the visit: it cannot be warned of its end."""
    begin_end(step, EndReason.WARNING_NOT_SHOWN)


def end_somebody_else(step: Step, event: ev.WarningAnswered) -> None:
    """End the visit: somebody else is here."""
    visit = step.visit
    step.record(en.WarningResponse(visit.visit_id, event.answer, event.by, visit.extensions))
    begin_end(step, EndReason.CHANGE_OF_PERSON)


def end_somebody_else_challenged(step: Step, event: ev.ChallengeAnswered) -> None:
    """End the visit: somebody else is here. A form that is held is never sent."""
    check = challenge_of(step).check
    if check is None:
        step.record(en.ChallengeResponse(step.visit.visit_id, event.answer, event.mark))
    else:
        step.record(en.FormDecision(step.visit.visit_id, check, event.answer, event.mark))
    begin_end(step, EndReason.CHANGE_OF_PERSON)


def end_unchallenged(step: Step, event: ev.TimerFired) -> None:
    """End the visit: nobody answered the challenge."""
    begin_end(step, EndReason.CHALLENGE_UNANSWERED)


def end_uncovered(step: Step, event: ev.ShieldLost | ev.TimerFired) -> None:
    """End the visit: it cannot be covered."""
    begin_end(step, EndReason.SHIELD_LOST)
    begin_destroy_uncovered(step)
