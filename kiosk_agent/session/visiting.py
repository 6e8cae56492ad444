"""What is done while a visit runs: from the start at the gate to the moment its end begins.

The first sentence of each docstring is what ``docs/session.md`` says of it.
"""

from __future__ import annotations

from msgspec.structs import replace

from kiosk_agent.session import commands as do
from kiosk_agent.session import entries as en
from kiosk_agent.session import events as ev
from kiosk_agent.session.policy import classify
from kiosk_agent.session.state import (
    LEDGER_REASONS,
    BrowserIs,
    Challenged,
    Owed,
    Visit,
    after_gate_back,
    after_opened,
    after_record,
    after_sense_back,
    last_moment,
    warning_at,
)
from kiosk_agent.session.step import Step
from kiosk_agent.session.vocabulary import (
    Check,
    HoldReason,
    Signal,
    StateName,
    Weight,
)

# noting


def note_signal(step: Step, signal: Signal) -> None:
    """Note the sign, once for each kind."""
    if signal not in step.visit.noted:
        step.put_visit(noted=step.visit.noted | {signal})
        step.record(en.SignalNoted(step.visit.visit_id, signal, classify(signal, step.policy)))


def note_change(step: Step, event: ev.ChangeSignalled) -> None:
    """Note the sign, once for each kind."""
    note_signal(step, event.signal)


def note_record(step: Step, event: ev.EntryRecorded) -> None:
    """Note that it is recorded."""
    step.state = after_record(step.state, event.ticket)


def note_sense_back(step: Step, event: ev.SenseRecovered) -> None:
    """Note that it works again."""
    step.state = after_sense_back(step.state, event.sense)


def note_gate_back(step: Step, event: ev.GateRecovered) -> None:
    """Note that it is shown again."""
    step.state = after_gate_back(step.state)


def add_hold(step: Step, reason: HoldReason) -> None:
    """Remember why the desk must be held; an override under way does not cover it."""
    step.put(holds=step.state.holds | {reason}, releasing=step.state.releasing - {reason})


def note_gate_failed(step: Step, event: ev.GateFailed) -> None:
    """Note it: the desk is held after the visit."""
    add_hold(step, HoldReason.GATE_FAILED)


def note_sense_lost(step: Step, event: ev.SenseLost) -> None:
    """Note it: the desk is held after the visit."""
    step.put(lost_senses=step.state.lost_senses | {event.sense})
    add_hold(step, HoldReason.SENSE_LOST)


def note_closed(step: Step, event: ev.DeskClosed) -> None:
    """Note it: the desk is held after the visit."""
    add_hold(step, HoldReason.CLOSED_BY_CENTRAL)


def note_opened(step: Step, event: ev.DeskOpened) -> None:
    """Note that it is open again."""
    step.state = after_opened(step.state)


def note_ledger_failed(step: Step, event: ev.LedgerFailed) -> None:
    """Note it, and keep the entry for later."""
    _entry_failed(step, event)
    add_hold(step, event.reason)


def note_ledger_silent(step: Step, event: ev.TimerFired) -> None:
    """Note that the ledger does not answer."""
    owed = tuple(
        replace(owed, until=None) if owed.until is not None and step.now >= owed.until else owed
        for owed in step.state.owed
    )
    step.put(owed=owed)
    if not step.state.holds & LEDGER_REASONS:
        add_hold(step, HoldReason.LEDGER_UNWRITABLE)


def _entry_failed(step: Step, event: ev.LedgerFailed) -> None:
    kept: list[Owed] = []
    for owed in step.state.owed:
        if owed.ticket != event.ticket:
            kept.append(owed)
        elif isinstance(owed.entry, en.Override):
            step.put(releasing=frozenset[HoldReason]())  # the supervisor must release the desk again
        elif not isinstance(owed.entry, en.Confirmation):  # ... and that override takes the confirmation's place
            kept.append(replace(owed, until=None, failed=True))
    step.put(owed=tuple(kept))


def count_refusal(step: Step, event: ev.NavigationRefused) -> None:
    """Count it."""
    step.put_visit(refusals=step.visit.refusals + 1)


def note_operation(step: Step, event: ev.OperationFinished) -> None:
    """Note it."""
    step.record(en.OperationDone(step.visit.visit_id, event.name))


def nudge(step: Step, event: ev.OperationFinished) -> None:
    """Note it, and urge the resident to log out."""
    note_operation(step, event)
    step.emit(do.ShowNudge(event.name))


def note_sign_in(step: Step, event: ev.SignInSeen) -> None:
    """Note the sign-in."""
    somebody_signed_in(step)


def bind_account(step: Step, event: ev.AccountSeen) -> None:
    """Bind the visit to the account; somebody is signed in."""
    somebody_signed_in(step)
    step.put_visit(account=event.tag)


def somebody_signed_in(step: Step) -> None:
    """Note, once, that somebody is signed in."""
    if not step.visit.saw_sign_in:
        step.put_visit(saw_sign_in=True)
        step.record(en.SignedIn(step.visit.visit_id))


# gate and Open


def start_visit(step: Step, event: ev.StartRequested) -> None:
    """Record the start; nothing is opened before that."""
    step.put(
        name=StateName.OPEN,
        visit=Visit(visit_id=event.visit_id, started_at=step.now, last_input_at=step.now),
    )
    step.record(en.VisitStarted(event.visit_id))


def open_browser(step: Step, event: ev.EntryRecorded) -> None:
    """Open the visit's browser."""
    note_record(step, event)
    step.put_visit(browser=BrowserIs.STARTING, opens_by=step.now + step.policy.open_limit_s)
    step.emit(do.OpenVisitBrowser(step.visit.visit_id), do.ShowVisit())


def browser_usable(step: Step, event: ev.VisitBrowserOpened) -> None:
    """The idle time begins."""
    step.put_visit(browser=BrowserIs.USABLE, opens_by=None, last_input_at=step.now)


def usable_by_sign_in(step: Step) -> None:
    """The idle time begins, unless it has begun already."""
    if step.visit.browser is BrowserIs.STARTING:  # whoever has signed in has a usable page
        step.put_visit(browser=BrowserIs.USABLE, opens_by=None, last_input_at=step.now)


def sign_in(step: Step, event: ev.SignInSeen) -> None:
    """Note the sign-in."""
    usable_by_sign_in(step)
    note_sign_in(step, event)
    step.put(name=StateName.SIGNED_IN)


def sign_in_by_account(step: Step, event: ev.AccountSeen) -> None:
    """Bind the visit to the account; somebody is signed in."""
    usable_by_sign_in(step)
    bind_account(step, event)
    step.put(name=StateName.SIGNED_IN)


def count_input(step: Step, event: ev.PortalActivity) -> None:
    """The idle time begins anew."""
    step.put_visit(last_input_at=step.now)


def count_input_after_gap(step: Step, event: ev.PortalActivity) -> None:
    """Note the gap; the idle time begins anew."""
    note_signal(step, Signal.RETURN_AFTER_GAP)
    count_input(step, event)


def count_input_noting_gap(step: Step, event: ev.PortalActivity) -> None:
    """The idle time begins anew; a gap that weighs nothing is noted."""
    visit = step.visit
    after_gap = visit.browser is BrowserIs.USABLE and step.now - visit.last_input_at > step.policy.gap_s
    if after_gap and classify(Signal.RETURN_AFTER_GAP, step.policy) is Weight.NOTHING:
        note_signal(step, Signal.RETURN_AFTER_GAP)
    count_input(step, event)


# warning and challenge


def warn(step: Step, event: ev.TimerFired) -> None:
    """Warn, until the visit would have to end."""
    warned = warning_at(step.visit, step.now, step.policy)
    step.put(name=StateName.WARNING, warned=warned)
    step.emit(do.ShowWarning(warned.kind, warned.deadline, warned.worker_only, warned.can_extend))
    step.record(en.WarningGiven(step.visit.visit_id, warned.kind))


def go_on(step: Step, event: ev.WarningAnswered) -> None:
    """Count an extension; the idle time begins anew."""
    extension = step.visit.extensions + 1
    step.put_visit(extensions=extension, last_input_at=step.now)
    step.put(name=StateName.SIGNED_IN if step.visit.saw_sign_in else StateName.OPEN, warned=None)
    step.emit(do.HideWarning())
    step.record(en.WarningResponse(step.visit.visit_id, event.answer, event.by, extension))


def challenge(step: Step, event: ev.ChangeSignalled) -> None:
    """Raise the shield, note the sign, and ask."""
    _challenge(step, event.signal)


def challenge_after_gap(step: Step, event: ev.PortalActivity) -> None:
    """Raise the shield, note the gap, and ask."""
    _challenge(step, Signal.RETURN_AFTER_GAP)


def _challenge(step: Step, signal: Signal) -> None:
    step.emit(do.RaiseShield())
    if step.state.warned is not None:
        step.emit(do.HideWarning())
    note_signal(step, signal)
    step.record(en.ChallengeGiven(step.visit.visit_id))
    begin_challenge(step, None)


def begin_challenge(step: Step, check: Check | None) -> None:
    """The screen is being covered; the question follows."""
    step.put(
        name=StateName.CHALLENGE,
        challenged=Challenged(
            deadline=answer_by(step, check),
            cover_by=step.now + step.policy.shield_limit_s,
            warned=step.state.warned,
            check=check,
        ),
        warned=None,
    )


def answer_by(step: Step, check: Check | None) -> float:
    """Until when a question can be answered: no later than the visit would end without an answer."""
    wait_s = step.policy.card_wait_s if check is Check.CARD_WANTED else step.policy.challenge_s
    return min(step.now + wait_s, last_moment(step.visit, step.policy))


def ask(step: Step, event: ev.ShieldShown) -> None:
    """Put the question on the cover; where it is the card that answers, look for it."""
    step.put(challenged=replace(challenge_of(step), cover_by=None))
    put_question(step)


def challenge_of(step: Step) -> Challenged:
    """The challenge that is put. Raises LookupError where the table asked for one in a state without."""
    if step.state.challenged is None:
        raise LookupError("no challenge is being put")
    return step.state.challenged


def put_question(step: Step) -> None:
    """Show what is in question, if the cover is up: before that, nothing can be shown on it."""
    challenged = challenge_of(step)
    if challenged.cover_by is None:
        step.emit(do.ShowChallenge(challenged.deadline, challenged.check))
        if challenged.check is Check.CARD_WANTED:
            step.emit(do.CheckCard(step.visit.visit_id, challenged.deadline))


def go_on_after_challenge(step: Step, event: ev.ChallengeAnswered) -> None:
    """Lower the shield. The idle time begins anew, unless the challenge broke into a last warning."""
    uncover(step)
    step.record(en.ChallengeResponse(step.visit.visit_id, event.answer, event.mark))


def uncover(step: Step) -> None:
    """Lower the shield. The idle time begins anew, unless the challenge broke into a last warning."""
    visit, warned = step.visit, challenge_of(step).warned
    if warned is None:
        step.put_visit(last_input_at=step.now)
    elif warned.can_extend:
        # the support worker's word stands for the answer to the warning too, so it counts like one
        step.put_visit(last_input_at=step.now, extensions=visit.extensions + 1)
    step.put(name=StateName.SIGNED_IN, challenged=None)
    step.emit(do.LowerShield(), do.ShowVisit())
