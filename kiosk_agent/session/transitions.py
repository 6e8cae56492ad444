"""Every transition of the session, in one table.

For each state and event the rows are tried from top to bottom; the first whose guard (``when``) holds is taken: its
action (``then``) is carried out and the state is ``to``. Where no guard holds, nothing happens. A pair of state and
event that has no row stands in ``IGNORED``; a test sees to it that each pair stands in one of the two, and never in
both. ``docs/session.md`` is generated from this file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from kiosk_agent.session import end_guards as end_when
from kiosk_agent.session import ends
from kiosk_agent.session import events as ev
from kiosk_agent.session import finishing as fi
from kiosk_agent.session import form_guards as form_when
from kiosk_agent.session import forms as fo
from kiosk_agent.session import guards as when
from kiosk_agent.session import hold_guards as hold_when
from kiosk_agent.session import holding as ho
from kiosk_agent.session import settling as se
from kiosk_agent.session import visiting as vi
from kiosk_agent.session.step import Step
from kiosk_agent.session.vocabulary import StateName

GATE, OPEN, SIGNED_IN, WARNING, CHALLENGE, ENDING, CONFIRMING, HELD = StateName
VISIT = (OPEN, SIGNED_IN, WARNING, CHALLENGE)  # a browser may be on screen
SESSION = (SIGNED_IN, WARNING, CHALLENGE)

Happening = TypeVar("Happening", bound=ev.Event)


@dataclass(frozen=True)
class Row:
    """One transition."""

    state: StateName
    event: type[ev.Event]
    when: Callable[[Step, Any], bool]
    then: Callable[[Step, Any], None]
    to: StateName


def _rows(
    states: StateName | tuple[StateName, ...],
    event: type[Happening],
    guard: Callable[[Step, Happening], bool],
    then: Callable[[Step, Happening], None],
    to: StateName | None = None,
) -> list[Row]:
    """One row for each state; ``to`` None: the state stays."""
    several = states if isinstance(states, tuple) else (states,)
    return [Row(state, event, guard, then, to or state) for state in several]


TABLE: tuple[Row, ...] = tuple(
    row
    for rows in (
        # a sign of another person
        _rows(VISIT, ev.ChangeSignalled, when.certain, ends.end_on_change, ENDING),
        _rows((SIGNED_IN,), ev.ChangeSignalled, when.possible, vi.challenge, CHALLENGE),
        _rows((WARNING,), ev.ChangeSignalled, when.possible_in_session, vi.challenge, CHALLENGE),
        _rows(CHALLENGE, ev.ChangeSignalled, form_when.possible_while_card_wanted, fo.ask_after_sign),
        _rows(VISIT, ev.ChangeSignalled, when.always, vi.note_change),
        _rows(ENDING, ev.ChangeSignalled, end_when.unconcluded, fi.note_change_late),
        _rows(SESSION, ev.AccountSeen, when.another_account, ends.end_on_account, ENDING),
        _rows(OPEN, ev.AccountSeen, when.browser_asked, vi.sign_in_by_account, SIGNED_IN),
        _rows(SESSION, ev.AccountSeen, when.first_account, vi.bind_account),
        _rows(ENDING, ev.AccountSeen, end_when.sign_in_while_ending, fi.note_sign_in_late),
        _rows(HELD, ev.AccountSeen, end_when.sign_in_while_stuck, fi.note_sign_in_late),
        # the agent's start and stop
        _rows(HELD, ev.AgentStarted, hold_when.found_unfinished, ho.end_found, ENDING),
        _rows(HELD, ev.AgentStarted, hold_when.found_unconfirmed, ho.start_at_confirmation, CONFIRMING),
        _rows(HELD, ev.AgentStarted, hold_when.found_nothing, ho.start_at_gate, GATE),
        _rows(HELD, ev.AgentStarted, hold_when.starting, ho.start_held),
        _rows(VISIT, ev.StopRequested, when.always, ends.end_to_stop, ENDING),
        _rows(ENDING, ev.StopRequested, when.always, fi.note_stopping),
        _rows((GATE, CONFIRMING, HELD), ev.StopRequested, when.always, se.stop_now),
        # the start and the wished-for end of a visit
        _rows(GATE, ev.StartRequested, when.always, vi.start_visit, OPEN),
        _rows(VISIT, ev.EndRequested, when.always, ends.end_on_request, ENDING),
        # the visit's browser
        _rows(OPEN, ev.VisitBrowserOpened, when.browser_starting, vi.browser_usable),
        _rows(VISIT, ev.VisitBrowserFailed, when.always, ends.end_browser_failed, ENDING),
        _rows(VISIT, ev.VisitBrowserLost, when.always, ends.end_browser_lost, ENDING),
        _rows(ENDING, ev.VisitBrowserFailed, end_when.logging_out, fi.destroy_lost),
        _rows(ENDING, ev.VisitBrowserFailed, end_when.losing_browser, fi.note_lost),
        _rows(ENDING, ev.VisitBrowserLost, end_when.logging_out, fi.destroy_lost),
        _rows(ENDING, ev.VisitBrowserLost, end_when.losing_browser, fi.note_lost),
        # what happens in the portal
        _rows((OPEN, SIGNED_IN), ev.PortalActivity, when.gap_is_certain, ends.end_on_gap, ENDING),
        _rows(SIGNED_IN, ev.PortalActivity, when.gap_is_possible, vi.challenge_after_gap, CHALLENGE),
        _rows(OPEN, ev.PortalActivity, when.gap_is_possible, vi.count_input_after_gap),
        _rows((OPEN, SIGNED_IN), ev.PortalActivity, when.always, vi.count_input_noting_gap),
        _rows(OPEN, ev.SignInSeen, when.browser_asked, vi.sign_in, SIGNED_IN),
        _rows(WARNING, ev.SignInSeen, when.nobody_signed_in, vi.note_sign_in),
        _rows(ENDING, ev.SignInSeen, end_when.sign_in_while_ending, fi.note_sign_in_late),
        _rows(HELD, ev.SignInSeen, end_when.sign_in_while_stuck, fi.note_sign_in_late),
        _rows(SESSION, ev.SignOutSeen, when.somebody_signed_in, ends.end_own_logout, ENDING),
        _rows(SIGNED_IN, ev.OperationFinished, when.always, vi.nudge),
        _rows((OPEN, WARNING, CHALLENGE), ev.OperationFinished, when.always, vi.note_operation),
        _rows(ENDING, ev.OperationFinished, end_when.unconcluded, fi.note_operation_late),
        _rows(VISIT, ev.NavigationRefused, when.always, vi.count_refusal),
        _rows(ENDING, ev.NavigationRefused, end_when.unconcluded, vi.count_refusal),
        # warning and challenge: no input leads out of them
        _rows(WARNING, ev.WarningAnswered, when.somebody_else, ends.end_somebody_else, ENDING),
        _rows(WARNING, ev.WarningAnswered, when.go_on_signed_in, vi.go_on, SIGNED_IN),
        _rows(WARNING, ev.WarningAnswered, when.go_on_nobody, vi.go_on, OPEN),
        _rows(WARNING, ev.WarningNotShown, when.always, ends.end_not_warned, ENDING),
        _rows(CHALLENGE, ev.ShieldShown, when.not_yet_covered, vi.ask),
        _rows(CHALLENGE, ev.ShieldLost, when.always, ends.end_uncovered, ENDING),
        _rows(CHALLENGE, ev.ChallengeAnswered, when.somebody_else, ends.end_somebody_else_challenged, ENDING),
        _rows(CHALLENGE, ev.ChallengeAnswered, form_when.same_person_card_next, fo.ask_for_card),
        _rows(CHALLENGE, ev.ChallengeAnswered, form_when.same_person_form, fo.let_go, SIGNED_IN),
        _rows(CHALLENGE, ev.ChallengeAnswered, form_when.same_person_no_form, vi.go_on_after_challenge, SIGNED_IN),
        # a form that is held before it is sent
        _rows(OPEN, ev.FormHeld, form_when.held_by_browser, fo.hold, CHALLENGE),
        _rows((SIGNED_IN, WARNING), ev.FormHeld, form_when.can_be_asked, fo.hold, CHALLENGE),
        _rows(CHALLENGE, ev.FormHeld, form_when.name_in_doubt, fo.hold_too),
        _rows(CHALLENGE, ev.FormHeld, form_when.card_wanted_too, fo.want_card_next),
        _rows(VISIT, ev.CardChecked, form_when.card_differs, fo.end_on_card, ENDING),
        _rows(CHALLENGE, ev.CardChecked, form_when.same_card, fo.let_go_by_card, SIGNED_IN),
        _rows(CHALLENGE, ev.CardChecked, form_when.card_no_answer, fo.ask_in_place_of_card),
        # time, while a visit runs
        _rows(VISIT, ev.TimerFired, when.ledger_overdue, ends.end_ledger_silent, ENDING),
        _rows(OPEN, ev.TimerFired, when.open_overdue, ends.end_open_overdue, ENDING),
        _rows((OPEN, SIGNED_IN), ev.TimerFired, when.visit_over, ends.end_unanswered, ENDING),
        _rows((OPEN, SIGNED_IN), ev.TimerFired, when.warning_due, vi.warn, WARNING),
        _rows(WARNING, ev.TimerFired, when.warning_over, ends.end_unanswered, ENDING),
        _rows(CHALLENGE, ev.TimerFired, form_when.card_wait_over, fo.ask_without_card),
        _rows(CHALLENGE, ev.TimerFired, when.challenge_over, ends.end_unchallenged, ENDING),
        _rows(CHALLENGE, ev.TimerFired, when.challenge_uncovered, ends.end_uncovered, ENDING),
        # the phases of the end
        _rows(ENDING, ev.ShieldShown, end_when.covered_for_logout, fi.start_logout),
        _rows(ENDING, ev.ShieldShown, end_when.shielding, fi.start_destroy),
        _rows(ENDING, ev.ShieldLost, end_when.uncovered_before_destroy, fi.destroy_uncovered),
        _rows(ENDING, ev.ShieldLost, end_when.uncovered_later, fi.note_uncovered),
        _rows(ENDING, ev.LogoutFinished, end_when.logged_out, fi.destroy_after_logout),
        _rows(ENDING, ev.LogoutFinished, end_when.half_after_all, fi.note_half),
        _rows(HELD, ev.LogoutFinished, end_when.half_while_stuck, fi.note_half),
        _rows(ENDING, ev.BrowserGone, end_when.destroying, fi.clean),
        _rows(ENDING, ev.BrowserStuck, end_when.destroying, fi.hold_stuck, HELD),
        _rows(ENDING, ev.ResidueRemoved, end_when.cleaned_for_proof, fi.prove),
        _rows(ENDING, ev.ResidueRemoved, end_when.cleaning, fi.conclude_cleaned),
        _rows(ENDING, ev.ProofFinished, end_when.proving, fi.conclude_proved),
        _rows(ENDING, ev.TimerFired, end_when.unrecordable_in_time_stopping, se.stop_unrecorded),
        _rows(ENDING, ev.TimerFired, end_when.unrecordable_in_time, se.hold_unrecorded_in_time, HELD),
        _rows(ENDING, ev.TimerFired, end_when.shield_overdue, fi.destroy_uncovered),
        _rows(ENDING, ev.TimerFired, end_when.logout_overdue, fi.destroy_without_logout),
        _rows(ENDING, ev.TimerFired, end_when.destroy_overdue, fi.hold_stuck, HELD),
        _rows(ENDING, ev.TimerFired, end_when.residue_overdue_for_proof, fi.prove_after_residue),
        _rows(ENDING, ev.TimerFired, end_when.residue_overdue, fi.conclude_after_residue),
        _rows(ENDING, ev.TimerFired, end_when.proof_overdue, fi.conclude_unproven),
        _rows(ENDING, ev.TimerFired, when.ledger_overdue, vi.note_ledger_silent),
        # outcome, confirmation, release: nothing is left before it is recorded
        _rows(OPEN, ev.EntryRecorded, when.start_recorded, vi.open_browser),
        _rows(ENDING, ev.EntryRecorded, end_when.outcome_recorded_stopping, se.stop_after_end),
        _rows(ENDING, ev.EntryRecorded, end_when.outcome_recorded_held, se.hold_after_end, HELD),
        _rows(ENDING, ev.EntryRecorded, end_when.outcome_recorded, se.ask_confirmation, CONFIRMING),
        _rows(CONFIRMING, ev.Confirmed, hold_when.confirmed, se.record_confirmation),
        _rows(CONFIRMING, ev.EntryRecorded, hold_when.confirmation_recorded, se.open_gate, GATE),
        _rows(HELD, ev.Released, hold_when.released_stuck, ho.destroy_again),
        _rows(HELD, ev.Released, hold_when.releasable, ho.record_override),
        _rows(HELD, ev.BrowserGone, hold_when.stuck, fi.clean_after_stuck, ENDING),
        _rows(HELD, ev.EntryRecorded, hold_when.freed_due_by_record, ho.confirm_by_record, CONFIRMING),
        _rows(HELD, ev.EntryRecorded, hold_when.freed_by_record, se.open_gate, GATE),
        _rows(HELD, ev.EntryRecorded, when.always, ho.less_by_record),
        _rows((GATE, *VISIT, ENDING, CONFIRMING), ev.EntryRecorded, when.always, vi.note_record),
        _rows(tuple(StateName), ev.ProofRevised, hold_when.revisable, se.revise),
        # what holds a desk
        _rows((GATE, CONFIRMING), ev.LedgerFailed, when.always, ho.hold_ledger, HELD),
        _rows((GATE, CONFIRMING), ev.TimerFired, when.ledger_overdue, ho.hold_ledger_silent, HELD),
        _rows(VISIT, ev.LedgerFailed, when.always, ends.end_ledger_failed, ENDING),
        _rows(ENDING, ev.LedgerFailed, end_when.unrecordable_stopping, se.stop_unrecorded),
        _rows(ENDING, ev.LedgerFailed, end_when.unrecordable, se.hold_unrecorded, HELD),
        _rows(ENDING, ev.LedgerFailed, when.always, vi.note_ledger_failed),
        _rows(HELD, ev.LedgerFailed, when.always, ho.hold_further_ledger),
        _rows(HELD, ev.TimerFired, when.ledger_overdue, ho.hold_further_ledger_silent),
        _rows((ENDING, HELD), ev.LedgerRecovered, when.always, ho.record_again),
        _rows((GATE, CONFIRMING), ev.GateFailed, when.always, ho.hold_gate, HELD),
        _rows((*VISIT, ENDING), ev.GateFailed, when.always, vi.note_gate_failed),
        _rows(HELD, ev.GateFailed, when.always, ho.hold_further_gate),
        _rows((*VISIT, ENDING), ev.GateRecovered, when.always, vi.note_gate_back),
        _rows(HELD, ev.GateRecovered, hold_when.freed_due_by_gate, ho.confirm_by_gate, CONFIRMING),
        _rows(HELD, ev.GateRecovered, hold_when.freed_by_gate, ho.open_gate_by_gate, GATE),
        _rows(HELD, ev.GateRecovered, when.always, ho.less_by_gate),
        _rows((GATE, CONFIRMING), ev.SenseLost, hold_when.mandatory, ho.hold_sense, HELD),
        _rows(VISIT, ev.SenseLost, hold_when.mandatory, ends.end_sense_lost, ENDING),
        _rows(ENDING, ev.SenseLost, hold_when.mandatory, vi.note_sense_lost),
        _rows(HELD, ev.SenseLost, hold_when.mandatory, ho.hold_further_sense),
        _rows((GATE, *VISIT, ENDING, CONFIRMING), ev.SenseRecovered, when.always, vi.note_sense_back),
        _rows(HELD, ev.SenseRecovered, hold_when.freed_due_by_sense, ho.confirm_by_sense, CONFIRMING),
        _rows(HELD, ev.SenseRecovered, hold_when.freed_by_sense, ho.open_gate_by_sense, GATE),
        _rows(HELD, ev.SenseRecovered, when.always, ho.less_by_sense),
        # central: what its staff say from afar
        _rows((GATE, CONFIRMING), ev.DeskClosed, when.always, ho.hold_closed, HELD),
        _rows(VISIT, ev.DeskClosed, when.always, ends.end_closed, ENDING),
        _rows(ENDING, ev.DeskClosed, when.always, vi.note_closed),
        _rows(HELD, ev.DeskClosed, when.always, ho.hold_further_closed),
        _rows(ENDING, ev.DeskOpened, when.always, vi.note_opened),
        _rows(HELD, ev.DeskOpened, hold_when.freed_due_by_opening, ho.confirm_by_opening, CONFIRMING),
        _rows(HELD, ev.DeskOpened, hold_when.freed_by_opening, ho.open_gate_by_opening, GATE),
        _rows(HELD, ev.DeskOpened, when.always, ho.less_by_opening),
        _rows(GATE, ev.PolicyChanged, when.always, se.keep_to),
    )
    for row in rows
)


def _kinds(*events: type[ev.Event]) -> frozenset[type[ev.Event]]:
    return frozenset(events)


START = _kinds(ev.AgentStarted)
NEXT_VISIT = _kinds(ev.StartRequested)
OF_THE_END = _kinds(ev.LogoutFinished, ev.BrowserGone, ev.BrowserStuck, ev.ResidueRemoved, ev.ProofFinished)
OF_THE_COVER = _kinds(ev.ShieldShown, ev.ShieldLost)
OF_THE_WARNING = _kinds(ev.WarningShown, ev.WarningNotShown, ev.WarningAnswered)
OF_THE_CHALLENGE = _kinds(ev.ChallengeAnswered)
OF_A_FORM = _kinds(ev.FormHeld, ev.CardChecked)
OF_THE_WORKER = _kinds(ev.Confirmed, ev.Released)
BACK = _kinds(ev.LedgerRecovered, ev.GateRecovered)
INPUT = _kinds(ev.PortalActivity)
OPENED = _kinds(ev.DeskOpened)  # only what is closed is opened
POLICY = _kinds(ev.PolicyChanged)  # no visit is judged by two of them
SIGNS = _kinds(ev.ChangeSignalled)
OF_THE_BROWSER = _kinds(ev.VisitBrowserOpened, ev.VisitBrowserFailed, ev.VisitBrowserLost)
OF_THE_PORTAL = _kinds(ev.SignInSeen, ev.SignOutSeen, ev.AccountSeen, ev.OperationFinished, ev.NavigationRefused)
OF_A_VISIT = (
    INPUT | SIGNS | OF_THE_BROWSER | OF_THE_PORTAL | OF_THE_WARNING | OF_THE_CHALLENGE | OF_THE_COVER | OF_A_FORM
) | _kinds(ev.EndRequested)

# Events that change nothing in a state, whatever they say: late, twice, or meant for another state.
IGNORED: dict[StateName, frozenset[type[ev.Event]]] = {
    GATE: START | OF_A_VISIT | OF_THE_END | OF_THE_WORKER | BACK | OPENED,
    OPEN: START
    | OPENED
    | POLICY
    | NEXT_VISIT
    | OF_THE_END
    | OF_THE_COVER
    | OF_THE_WARNING
    | OF_THE_CHALLENGE
    | OF_THE_WORKER
    | _kinds(ev.SignOutSeen, ev.LedgerRecovered),
    SIGNED_IN: START
    | OPENED
    | POLICY
    | NEXT_VISIT
    | OF_THE_END
    | OF_THE_COVER
    | OF_THE_WARNING
    | OF_THE_CHALLENGE
    | OF_THE_WORKER
    | _kinds(ev.VisitBrowserOpened, ev.SignInSeen, ev.LedgerRecovered),
    # input alone never leaves a warning or a challenge
    WARNING: START
    | OPENED
    | POLICY
    | NEXT_VISIT
    | OF_THE_END
    | OF_THE_COVER
    | OF_THE_CHALLENGE
    | OF_THE_WORKER
    | INPUT
    | _kinds(ev.VisitBrowserOpened, ev.WarningShown, ev.LedgerRecovered),
    CHALLENGE: START
    | OPENED
    | POLICY
    | NEXT_VISIT
    | OF_THE_END
    | OF_THE_WARNING
    | OF_THE_WORKER
    | INPUT
    | _kinds(ev.VisitBrowserOpened, ev.SignInSeen, ev.LedgerRecovered),
    ENDING: START
    | POLICY
    | NEXT_VISIT
    | OF_THE_WARNING
    | OF_THE_CHALLENGE
    | OF_A_FORM
    | OF_THE_WORKER
    | INPUT
    | _kinds(ev.VisitBrowserOpened, ev.SignOutSeen, ev.EndRequested),
    CONFIRMING: START | NEXT_VISIT | OF_A_VISIT | OF_THE_END | BACK | OPENED | POLICY | _kinds(ev.Released),
    # the cover of a held desk belongs to the supervisor, which keeps it up by itself
    HELD: NEXT_VISIT
    | POLICY
    | (OF_A_VISIT - _kinds(ev.SignInSeen, ev.AccountSeen))
    | (OF_THE_END - _kinds(ev.BrowserGone, ev.LogoutFinished))
    | _kinds(ev.Confirmed),
}


def _index() -> dict[tuple[StateName, type[ev.Event]], tuple[Row, ...]]:
    index: dict[tuple[StateName, type[ev.Event]], tuple[Row, ...]] = {}
    for row in TABLE:
        index[row.state, row.event] = (*index.get((row.state, row.event), ()), row)
    return index


ROWS = _index()
EVENTS: tuple[type[ev.Event], ...] = tuple(ev.Event.__subclasses__())
