"""What a desk does when something of its own fails, told as stories: browser, ledger, gate, senses, agent, power."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kiosk_agent.session import commands as do
from kiosk_agent.session import entries as en
from kiosk_agent.session import events as ev
from kiosk_agent.session.policy import Policy
from kiosk_agent.session.residue import Residue, ResidueKind
from kiosk_agent.session.vocabulary import Answer, EndReason, HoldReason, Proof, Signal, StateName, Weight
from tests.session.playbook import SURE, Story

NEXT_PERSON = ev.ChangeSignalled(Signal.NEXT_PERSON)
RELEASED = ev.Released("cd")
FULL = HoldReason.LEDGER_FULL


def brought_to(state: StateName, policy: Policy | None = None) -> Story:
    story = Story(policy)
    if state is StateName.GATE:
        return story
    story.open()
    if state is StateName.OPEN:
        return story
    story.hear(ev.SignInSeen())
    if state is StateName.WARNING:
        story.wait(Policy().idle_limit_s)
    elif state is StateName.CHALLENGE:
        story.hear(ev.ChangeSignalled(Signal.CARD_REMOVED), ev.ShieldShown())
    elif state is not StateName.SIGNED_IN:
        story.hear(NEXT_PERSON, ev.ShieldShown())
        if state is StateName.HELD:
            story.hear(ev.LogoutFinished(True, False), ev.BrowserStuck())
        elif state is StateName.CONFIRMING:
            story.finish()
    assert story.state is state
    return story


each_state = pytest.mark.parametrize("state", StateName)
VISITS = [StateName.OPEN, StateName.SIGNED_IN, StateName.WARNING, StateName.CHALLENGE]
in_a_visit = pytest.mark.parametrize("state", VISITS)


def test_a_browser_that_cannot_be_killed_holds_the_desk_until_it_is_gone() -> None:
    story = brought_to(StateName.HELD)
    assert story.entries(en.DeskHeld) == [en.DeskHeld("a", HoldReason.BROWSER_STUCK)]
    assert story.entries(en.Outcome) == []
    assert story.hear(RELEASED) == [do.DestroyBrowser("a")]  # nobody can release what may still be signed in
    assert story.hear(ev.BrowserGone()) == [do.RaiseShield(), do.RemoveResidue("a")]
    story.hear(ev.ResidueRemoved(clean=True), ev.ProofFinished(Proof.REVOKED))
    assert story.state is StateName.HELD  # a supervisor must have seen it
    story.hear(RELEASED)
    assert story.state is StateName.GATE
    assert story.entries(en.Override) == [en.Override("a", HoldReason.BROWSER_STUCK, "cd")]


def test_a_visit_whose_outcome_the_ledger_refuses_holds_the_desk_until_a_supervisor_releases_it() -> None:
    story = brought_to(StateName.ENDING)
    story.hear(ev.LogoutFinished(True, False), ev.BrowserGone(), ev.ResidueRemoved(clean=True))
    story.ledger_works = False
    story.hear(ev.ProofFinished(Proof.REVOKED))
    (owed,) = story.session.state.owed
    assert do.Hold(FULL) in story.hear(ev.LedgerFailed(FULL, owed.ticket))
    assert isinstance(story.written[-1], en.DeskHeld)
    story.hear(ev.LedgerFailed(FULL, story.session.state.owed[-1].ticket))
    assert story.hear(ev.StartRequested("b"), SURE) == []
    story.ledger_works = True
    story.hear(RELEASED)
    assert story.state is StateName.GATE
    outcomes = story.entries(en.Outcome)
    assert len(outcomes) == 2  # the second time it is kept: it is the same one
    assert outcomes[0] == outcomes[1]
    assert isinstance(story.written[-1], en.Override)  # ... and the override comes after it


def test_a_ledger_that_does_not_answer_counts_as_failed() -> None:
    story = brought_to(StateName.CONFIRMING)
    story.ledger_works = False
    story.hear(SURE)
    assert story.wait(9.75) == []
    assert story.wait(0.25) == [do.Hold(HoldReason.LEDGER_UNWRITABLE)]
    assert story.state is StateName.HELD


@in_a_visit
def test_a_visit_that_cannot_be_recorded_ends(state: StateName) -> None:
    story = brought_to(state)
    assert story.hear(ev.LedgerFailed(FULL))[0] == do.RaiseShield()
    assert story.state is StateName.ENDING
    story.finish()
    assert story.outcome.reason is EndReason.LEDGER_FAILED
    assert story.state is StateName.HELD


def test_no_browser_opens_before_the_start_is_recorded() -> None:
    story = Story()
    story.ledger_works = False
    assert story.hear(ev.StartRequested("a"), ev.EntryRecorded(999)) == []
    assert do.OpenVisitBrowser("a") not in story.wait(11)
    assert story.state is StateName.ENDING


def test_a_failed_gate_holds_the_desk_until_it_is_back() -> None:
    story = Story()
    assert story.hear(ev.GateFailed()) == [do.Hold(HoldReason.GATE_FAILED)]
    assert story.hear(ev.GateRecovered()) == [do.ShowGate(), do.LowerShield()]


@in_a_visit
def test_a_lost_mandatory_sense_ends_the_visit_and_holds_the_desk(state: StateName) -> None:
    story = brought_to(state, Policy(mandatory_senses=("hotkey",)))
    assert story.hear(ev.SenseLost("tray")) == []
    assert story.hear(ev.SenseLost("hotkey"))[0] == do.RaiseShield()
    story.finish()
    assert story.outcome.reason is EndReason.SENSE_LOST
    assert story.state is StateName.HELD
    asked = story.hear(ev.SenseRecovered("hotkey"))
    assert isinstance(asked[0], do.AskConfirmation)


def test_a_held_desk_may_be_released_without_the_cause_and_then_the_confirmation_is_overridden() -> None:
    story = brought_to(StateName.CONFIRMING)
    story.hear(ev.GateFailed())
    assert story.hear(SURE, ev.StartRequested("b")) == []
    story.hear(RELEASED)
    assert story.state is StateName.GATE
    assert story.entries(en.Override) == [en.Override("a", HoldReason.GATE_FAILED, "cd")]
    assert story.entries(en.Confirmation) == []


@pytest.mark.parametrize("saw_sign_in", [False, True])
def test_a_visit_found_unfinished_is_unproven_also_where_no_sign_in_was_recorded(saw_sign_in: bool) -> None:
    story = Story(found=ev.AgentStarted(unfinished="a", unfinished_saw_sign_in=saw_sign_in))
    assert story.state is StateName.ENDING
    assert story.hear(ev.ShieldShown()) == [do.DestroyBrowser("a")]
    assert story.hear(ev.BrowserGone()) == [do.RemoveResidue("a")]
    asked = story.hear(ev.ResidueRemoved(clean=True))  # nothing is left that could be replayed
    assert asked[0] == do.AskConfirmation("a", EndReason.FOUND_UNFINISHED, Proof.UNPROVEN, residue_clean=True)
    assert story.outcome.proof is Proof.UNPROVEN
    assert story.outcome.saw_sign_in is saw_sign_in
    assert story.entries(en.Incident)[0].code == "proof_less_than_expected"
    assert story.hear(ev.StartRequested("b"), ev.ProofRevised("a", Proof.REVOKED)) == []
    story.hear(SURE)
    assert story.state is StateName.GATE


def test_a_visit_found_unconfirmed_is_asked_about_before_anything_else() -> None:
    found = ev.AgentStarted(
        unconfirmed="a",
        unconfirmed_reason=EndReason.IDLE,
        unconfirmed_proof=Proof.CLEARED,
        unconfirmed_residue_clean=True,
        unconfirmed_residue=(Residue(ResidueKind.DOWNLOADS, 2),),
    )
    story = Story(found=found)
    assert story.state is StateName.CONFIRMING
    assert story.entries(en.Outcome) == []
    story.hear(SURE)
    assert story.entries(en.Confirmation) == [en.Confirmation("a", "")]


@in_a_visit
def test_an_agent_that_is_asked_to_stop_ends_the_visit_first(state: StateName) -> None:
    story = brought_to(state)
    assert story.hear(ev.StopRequested())[0] == do.RaiseShield()
    assert story.finish()[-1] == do.StopAgent()
    assert story.outcome.reason is EndReason.AGENT_STOPPING
    assert story.hear(ev.StartRequested("b"), SURE, NEXT_PERSON) == []  # nothing is heard any more
    assert story.session.next_deadline() is None


@pytest.mark.parametrize("state", [StateName.GATE, StateName.CONFIRMING, StateName.HELD])
def test_an_agent_without_a_running_visit_stops_at_once(state: StateName) -> None:
    assert brought_to(state).hear(ev.StopRequested()) == [do.StopAgent()]


@in_a_visit
def test_a_pc_that_slept_too_long_ends_the_visit_before_anybody_can_go_on(state: StateName) -> None:
    story = brought_to(state)
    assert story.sleep(8 * 3600)[0] == do.RaiseShield()
    assert story.state is StateName.ENDING
    assert story.hear(ev.PortalActivity(), ev.ChallengeAnswered(Answer.SAME)) == []


ANSWERS: list[ev.Event] = [ev.PortalActivity(), ev.ChangeSignalled(Signal.RESUMED), ev.ChallengeAnswered(Answer.SAME)]


@in_a_visit
@pytest.mark.parametrize("first", ANSWERS, ids=lambda event: type(event).__name__)
def test_nothing_that_comes_before_the_late_timer_saves_the_visit(state: StateName, first: ev.Event) -> None:
    story = brought_to(state)
    story.now += 8 * 3600
    story.hear(first)
    assert story.state is StateName.ENDING


def test_a_short_sleep_in_a_session_is_a_possible_change() -> None:
    story = brought_to(StateName.SIGNED_IN)
    assert story.sleep(10) == []
    assert story.hear(ev.ChangeSignalled(Signal.RESUMED)) == [do.RaiseShield()]
    assert story.state is StateName.CHALLENGE


@pytest.mark.parametrize("state", [StateName.ENDING, StateName.CONFIRMING, StateName.HELD, StateName.GATE])
def test_a_pc_that_slept_outside_a_visit_is_covered_or_confirmed_or_free_as_before(state: StateName) -> None:
    story = brought_to(state)
    story.sleep(8 * 3600)
    story.hear(ev.ChangeSignalled(Signal.RESUMED))
    if state is StateName.ENDING:  # the logout has run out of its time
        story.hear(ev.BrowserGone(), ev.ResidueRemoved(clean=True), ev.ProofFinished(Proof.CLEARED))
        assert story.outcome.steps_ok is False
        assert story.state is StateName.CONFIRMING
    else:
        assert story.state is state


@each_state
def test_what_comes_twice_or_too_late_changes_nothing(state: StateName) -> None:
    late: list[Callable[[], ev.Event]] = [
        *(
            lambda: ev.EntryRecorded(1),
            lambda: ev.BrowserGone("former"),
            lambda: ev.ProofFinished(Proof.REVOKED, "former"),
        ),
        *(lambda: ev.LogoutFinished(True, True, "former"), lambda: ev.ResidueRemoved(True, (), "former")),
        *(lambda: ev.ProofRevised("former", Proof.REVOKED), ev.AgentStarted, ev.TimerFired),
    ]
    story = brought_to(state)
    before = story.session.state
    for event in late:
        assert story.hear(event()) == []
        assert story.session.state == before


def test_a_gap_may_be_called_certain() -> None:
    story = brought_to(StateName.SIGNED_IN, Policy(weights={Signal.RETURN_AFTER_GAP: Weight.CERTAIN}))
    story.wait(61)
    assert story.hear(ev.PortalActivity()) == [do.RaiseShield()]
    assert story.state is StateName.ENDING
