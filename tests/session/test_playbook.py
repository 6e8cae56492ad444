"""What a desk does, told as stories of residents and support workers."""

from __future__ import annotations

import pytest

from kiosk_agent.session import commands as do
from kiosk_agent.session import entries as en
from kiosk_agent.session import events as ev
from kiosk_agent.session.policy import MarkPolicy, Policy
from kiosk_agent.session.residue import Residue, ResidueKind
from kiosk_agent.session.vocabulary import (
    Answer,
    Answerer,
    EndReason,
    EndSource,
    Proof,
    Signal,
    StateName,
    WarningKind,
    Weight,
)
from tests.session.playbook import SURE, Story

NEXT_PERSON = ev.ChangeSignalled(Signal.NEXT_PERSON)
CARD_TAKEN = ev.ChangeSignalled(Signal.CARD_REMOVED)
IT_IS_ME = ev.WarningAnswered(Answer.SAME, Answerer.RESIDENT)
WORKER_SAYS_SAME = ev.WarningAnswered(Answer.SAME, Answerer.WORKER)
# a resident who needs no worker to answer the warning, unless the story is about just that
PATIENT = Policy(gap_s=900.0)
IDLE_S = Policy().idle_limit_s


def test_an_ordinary_visit_goes_from_the_gate_to_the_confirmed_end() -> None:
    story = Story()
    assert story.state is StateName.GATE
    assert story.hear(ev.StartRequested("a")) == [do.OpenVisitBrowser("a"), do.ShowVisit()]
    story.hear(ev.VisitBrowserOpened())
    assert story.state is StateName.OPEN
    story.hear(ev.SignInSeen(), ev.AccountSeen("tag"))
    assert story.state is StateName.SIGNED_IN
    assert story.hear(ev.OperationFinished("bank account")) == [do.ShowNudge("bank account")]
    assert story.hear(ev.EndRequested(EndSource.NUDGE)) == [do.RaiseShield()]
    assert story.hear(ev.ShieldShown()) == [do.RunLogout("a", steps=True)]
    assert story.hear(ev.LogoutFinished(steps_ok=True, half=False)) == [do.DestroyBrowser("a")]
    assert story.hear(ev.BrowserGone()) == [do.RemoveResidue("a")]
    assert story.hear(ev.ResidueRemoved(clean=True)) == [do.ProveLogout("a")]
    ended = do.AskConfirmation("a", EndReason.NUDGE_ACCEPTED, Proof.REVOKED, residue_clean=True)
    assert story.hear(ev.ProofFinished(Proof.REVOKED)) == [ended, do.LowerShield()]
    assert story.state is StateName.CONFIRMING
    assert story.hear(SURE) == [do.ShowGate(EndReason.NUDGE_ACCEPTED, Proof.REVOKED), do.LowerShield()]
    assert [type(entry) for entry in story.written] == [
        *(en.AgentRan, en.VisitStarted, en.SignedIn, en.OperationDone, en.EndBegan, en.Outcome, en.Confirmation)
    ]
    assert story.outcome.saw_sign_in
    assert story.outcome.steps_ok


def test_a_resident_who_logs_out_is_not_logged_out_once_more_but_looked_after() -> None:
    story = Story()
    story.sign_in()
    assert story.hear(ev.SignOutSeen()) == [do.RaiseShield()]
    assert story.hear(ev.ShieldShown()) == [do.RunLogout("a", steps=False)]


def test_a_walks_away_and_b_sits_down_before_any_timer() -> None:
    story = Story()
    story.sign_in()
    story.wait(30)
    assert story.hear(NEXT_PERSON) == [do.RaiseShield()]
    assert story.state is StateName.ENDING
    for late in (ev.PortalActivity(), ev.AccountSeen("b"), ev.StartRequested("b"), ev.EndRequested(EndSource.TRAY)):
        assert story.hear(late) == []  # nothing that B does reaches the session of A
    story.finish()
    assert story.hear(ev.StartRequested("b")) == []
    story.hear(SURE)
    assert story.outcome.reason is EndReason.CHANGE_OF_PERSON
    assert story.hear(ev.StartRequested("b")) == [do.OpenVisitBrowser("b"), do.ShowVisit()]


@pytest.mark.parametrize("signal", [Signal.CARD_DIFFERENT, Signal.OS_USER_CHANGED, Signal.FOREIGN_WINDOW_STUCK])
def test_every_certain_sign_ends_the_visit_at_once(signal: Signal) -> None:
    story = Story(Policy(weights={signal: Weight.NOTHING}))  # ... whatever the policy says of it
    story.sign_in()
    assert story.hear(ev.ChangeSignalled(signal)) == [do.RaiseShield()]
    assert story.entries(en.SignalNoted)[0].weight is Weight.CERTAIN


def test_another_account_in_the_same_visit_ends_it() -> None:
    story = Story()
    story.sign_in("a")
    assert story.hear(ev.AccountSeen("a")) == []
    assert story.hear(ev.AccountSeen("b")) == [do.RaiseShield()]
    assert story.entries(en.EndBegan)[0].reason is EndReason.CHANGE_OF_PERSON


def test_nobody_there_a_warning_and_then_the_end() -> None:
    story = Story()
    story.sign_in()
    assert story.wait(IDLE_S - 0.25) == []
    (shown,) = story.wait(0.25)
    assert shown == do.ShowWarning(WarningKind.IDLE, story.now + 30, worker_only=True, can_extend=True)
    assert story.hear(ev.WarningShown(), ev.PortalActivity()) == []
    assert story.wait(29.75) == []
    assert story.wait(0.25) == [do.RaiseShield(), do.HideWarning()]
    assert story.entries(en.EndBegan)[0].reason is EndReason.IDLE


def test_yes_it_is_me_goes_on_and_is_counted() -> None:
    story = Story(PATIENT)
    story.sign_in()
    story.wait(IDLE_S + 5)
    assert story.state is StateName.WARNING
    assert story.hear(IT_IS_ME) == [do.HideWarning()]
    assert story.state is StateName.SIGNED_IN
    assert story.entries(en.WarningResponse) == [en.WarningResponse("a", Answer.SAME, Answerer.RESIDENT, 1)]
    assert story.wait(IDLE_S - 0.25) == []  # the idle time has begun anew
    assert len(story.wait(0.25)) == 1


def test_no_somebody_else_ends_the_visit_at_once() -> None:
    story = Story()
    story.sign_in()
    story.wait(IDLE_S)
    story.hear(ev.WarningAnswered(Answer.OTHER, Answerer.RESIDENT))
    assert story.entries(en.EndBegan)[0].reason is EndReason.CHANGE_OF_PERSON


def test_after_ten_extensions_of_ten_only_the_end_is_left() -> None:
    story = Story(Policy(gap_s=900.0, max_extensions=10))
    story.sign_in()
    for number in range(1, 11):
        (shown,) = story.wait(IDLE_S)
        assert isinstance(shown, do.ShowWarning)
        assert shown.can_extend
        story.hear(IT_IS_ME)
        assert story.entries(en.WarningResponse)[-1].extension == number
    (shown,) = story.wait(IDLE_S)
    assert isinstance(shown, do.ShowWarning)
    assert not shown.can_extend
    assert story.hear(IT_IS_ME, WORKER_SAYS_SAME) == []
    story.wait(30)
    assert story.entries(en.EndBegan)[0].reason is EndReason.EXTENSIONS_USED_UP


def test_after_a_gap_only_the_support_workers_answer_counts() -> None:
    story = Story(Policy(gap_s=60.0))
    story.sign_in()
    (shown,) = story.wait(IDLE_S)
    assert isinstance(shown, do.ShowWarning)
    assert shown.worker_only
    assert story.hear(IT_IS_ME) == []
    assert story.hear(WORKER_SAYS_SAME) == [do.HideWarning()]


def test_where_the_policy_asks_for_it_the_workers_answer_is_signed() -> None:
    story = Story(Policy(mark=MarkPolicy.INITIALS))
    story.sign_in()
    story.wait(IDLE_S)
    assert story.hear(WORKER_SAYS_SAME, ev.WarningAnswered(Answer.SAME, Answerer.WORKER, "  ")) == []
    assert story.hear(ev.WarningAnswered(Answer.SAME, Answerer.WORKER, "ab")) == [do.HideWarning()]


def test_input_after_a_gap_is_a_possible_change() -> None:
    story = Story()
    story.sign_in()
    story.wait(61)
    assert story.hear(ev.PortalActivity()) == [do.RaiseShield()]
    assert story.state is StateName.CHALLENGE
    assert story.entries(en.SignalNoted)[0].signal is Signal.RETURN_AFTER_GAP


@pytest.mark.parametrize("weight", [Weight.POSSIBLE, Weight.NOTHING])
@pytest.mark.parametrize("portal_first", [True, False])
def test_one_return_is_one_sign_whoever_notices_it_first(weight: Weight, portal_first: bool) -> None:
    """In the portal the session notices it by itself; the sense of the PC's input notices it a moment off."""
    story = Story(Policy(weights={Signal.RETURN_AFTER_GAP: weight}))
    story.sign_in()
    story.wait(61)
    signs: list[ev.Event] = [ev.PortalActivity(), ev.ChangeSignalled(Signal.RETURN_AFTER_GAP)]
    said = story.hear(*(signs if portal_first else signs[::-1]))
    assert len(story.entries(en.SignalNoted)) == 1
    asked = weight is Weight.POSSIBLE
    assert said == [do.RaiseShield()] * asked
    assert len(story.entries(en.ChallengeGiven)) == asked


def test_somebody_beside_the_portal_is_noted_once_and_extends_nothing() -> None:
    story = Story()
    story.sign_in()
    story.wait(60)
    assert story.hear(*[ev.ChangeSignalled(Signal.INPUT_ELSEWHERE)] * 3) == []
    assert story.entries(en.SignalNoted) == [en.SignalNoted("a", Signal.INPUT_ELSEWHERE, Weight.NOTHING)]
    story.wait(IDLE_S - 60)
    assert story.state is StateName.WARNING


def challenged() -> Story:
    story = Story(Policy(mark=MarkPolicy.INITIALS))
    story.sign_in()
    assert story.hear(CARD_TAKEN) == [do.RaiseShield()]
    assert story.hear(ev.ChallengeAnswered(Answer.SAME, "ab")) == []  # nobody can answer what is not on screen
    assert story.hear(ev.ShieldShown()) == [do.ShowChallenge(story.now + 60)]
    return story


def test_a_possible_change_is_asked_about_and_the_same_person_goes_on() -> None:
    story = challenged()
    assert story.hear(ev.PortalActivity(), ev.ChallengeAnswered(Answer.SAME)) == []
    assert story.hear(ev.ChallengeAnswered(Answer.SAME, "ab")) == [do.LowerShield(), do.ShowVisit()]
    assert story.state is StateName.SIGNED_IN
    assert story.entries(en.ChallengeResponse) == [en.ChallengeResponse("a", Answer.SAME, "ab")]


def test_a_possible_change_that_is_one_ends_the_visit() -> None:
    story = challenged()
    assert story.hear(ev.ChallengeAnswered(Answer.OTHER)) == [do.RaiseShield()]
    assert story.entries(en.EndBegan)[0].reason is EndReason.CHANGE_OF_PERSON


def test_a_possible_change_that_nobody_answers_ends_the_visit() -> None:
    story = challenged()
    assert story.wait(59.75) == []
    assert story.wait(0.25) == [do.RaiseShield()]
    assert story.entries(en.EndBegan)[0].reason is EndReason.CHALLENGE_UNANSWERED


def test_a_possible_change_while_nobody_is_signed_in_is_only_noted() -> None:
    story = Story()
    story.open()
    assert story.hear(CARD_TAKEN, CARD_TAKEN) == []
    assert len(story.entries(en.SignalNoted)) == 1


def test_the_longest_visit_ends_although_somebody_is_at_work() -> None:
    story = Story()
    story.sign_in()
    shown: list[do.Command] = []
    while not shown:
        story.hear(ev.PortalActivity())
        shown = story.wait(30)
    assert shown == [do.ShowWarning(WarningKind.MAX_LENGTH, 1000.0 + 3600, worker_only=False, can_extend=False)]
    assert story.hear(IT_IS_ME, ev.PortalActivity()) == []
    story.wait(30)
    assert story.entries(en.EndBegan)[0].reason is EndReason.MAX_LENGTH
    assert story.now == 1000.0 + 3600


def test_a_foreign_window_is_noted_and_one_that_stays_ends_the_visit() -> None:
    story = Story()
    story.sign_in()
    assert story.hear(ev.ChangeSignalled(Signal.FOREIGN_WINDOW_CLOSED)) == []
    assert story.entries(en.SignalNoted)[0].weight is Weight.NOTHING
    assert story.hear(ev.ChangeSignalled(Signal.FOREIGN_WINDOW_STUCK)) == [do.RaiseShield()]


def test_a_crashed_browser_ends_the_visit_without_a_logout() -> None:
    story = Story()
    story.sign_in()
    assert story.hear(ev.VisitBrowserLost(crashed=True)) == [do.RaiseShield()]
    assert story.hear(ev.ShieldShown()) == [do.DestroyBrowser("a")]
    story.hear(ev.BrowserGone(), ev.ResidueRemoved(clean=True), ev.ProofFinished(Proof.UNPROVEN))
    assert story.outcome.reason is EndReason.BROWSER_CRASHED
    assert story.outcome.steps_ok is None


def test_a_browser_whose_last_page_is_closed_still_logs_out() -> None:
    story = Story()
    story.sign_in()
    assert story.hear(ev.VisitBrowserLost(crashed=False)) == [do.RaiseShield()]
    assert story.hear(ev.ShieldShown()) == [do.RunLogout("a", steps=True)]
    story.finish()
    assert story.outcome.reason is EndReason.BROWSER_CLOSED
    assert story.outcome.steps_ok


def test_a_browser_lost_during_the_logout_is_destroyed_at_once() -> None:
    story = Story()
    story.sign_in()
    story.hear(NEXT_PERSON, ev.ShieldShown())
    assert story.hear(ev.VisitBrowserLost(crashed=True)) == [do.DestroyBrowser("a")]
    story.hear(ev.BrowserGone(), ev.ResidueRemoved(clean=True), ev.ProofFinished(Proof.CLEARED))
    assert story.outcome.steps_ok is False


def test_a_browser_that_does_not_come_up_ends_the_visit() -> None:
    story = Story()
    story.hear(ev.StartRequested("a"))
    assert story.wait(29.75) == []
    assert story.wait(0.25) == [do.RaiseShield()]
    story.hear(ev.ShieldShown(), ev.BrowserGone(), ev.ResidueRemoved(clean=True))
    assert (story.outcome.reason, story.outcome.proof) == (EndReason.BROWSER_FAILED, Proof.NOT_NEEDED)


def test_a_visit_in_which_nobody_signed_in_needs_neither_logout_nor_proof() -> None:
    story = Story()
    story.open()
    story.hear(ev.EndRequested(EndSource.GATE))
    assert story.hear(ev.ShieldShown()) == [do.DestroyBrowser("a")]
    story.hear(ev.BrowserGone(), ev.ResidueRemoved(clean=True))
    assert story.outcome.proof is Proof.NOT_NEEDED
    assert story.entries(en.Incident) == []


@pytest.mark.parametrize("late", [ev.SignInSeen(), ev.AccountSeen("a")])
@pytest.mark.parametrize("gone", [False, True])
def test_a_sign_in_that_is_noticed_during_the_end_counts(late: ev.Event, gone: bool) -> None:
    story = Story()
    story.open()
    story.hear(NEXT_PERSON, ev.ShieldShown())
    story.hear(*(ev.BrowserGone(), late) if gone else (late, ev.BrowserGone()))
    assert story.hear(ev.ResidueRemoved(clean=True)) == [do.ProveLogout("a")]
    story.hear(ev.ProofFinished(Proof.UNPROVEN))
    assert story.outcome.proof is Proof.UNPROVEN


def test_a_sign_in_that_is_noticed_while_the_browser_is_stuck_counts() -> None:
    story = Story()
    story.open()
    story.hear(NEXT_PERSON, ev.ShieldShown(), ev.BrowserStuck(), ev.SignInSeen())
    story.hear(ev.BrowserGone(), ev.ResidueRemoved(clean=True), ev.ProofFinished(Proof.UNPROVEN))
    assert story.outcome.proof is Proof.UNPROVEN


def test_a_cover_that_does_not_come_costs_the_browser_at_once() -> None:
    story = Story()
    story.sign_in()
    story.hear(NEXT_PERSON)
    assert story.hear(ev.ShieldLost()) == [do.DestroyBrowser("a")]
    assert story.entries(en.Incident)[0].code == "shield_lost"


def test_a_cover_that_goes_during_the_logout_costs_the_browser_at_once() -> None:
    story = Story()
    story.sign_in()
    story.hear(NEXT_PERSON, ev.ShieldShown())
    assert story.hear(ev.ShieldLost()) == [do.DestroyBrowser("a")]
    story.hear(ev.BrowserGone(), ev.ResidueRemoved(clean=True), ev.ProofFinished(Proof.CLEARED))
    assert story.outcome.steps_ok is False


def test_a_challenge_that_cannot_be_covered_ends_the_visit() -> None:
    story = Story()
    story.sign_in()
    story.hear(CARD_TAKEN)
    assert story.wait(1) == [do.RaiseShield(), do.DestroyBrowser("a")]
    assert story.entries(en.EndBegan)[0].reason is EndReason.SHIELD_LOST


def ended(**logout: bool | None) -> Story:
    story = Story()
    story.sign_in()
    half = logout.get("half", False)
    story.hear(NEXT_PERSON, ev.ShieldShown(), ev.LogoutFinished(steps_ok=True, half=half), ev.BrowserGone())
    story.hear(ev.ResidueRemoved(clean=True))
    return story


def test_a_half_logout_stays_half_whatever_the_replay_says() -> None:
    story = ended(half=True)
    story.hear(ev.ProofFinished(Proof.REVOKED))
    assert story.outcome.proof is Proof.HALF
    assert story.entries(en.Incident)[0].code == "proof_less_than_expected"
    assert story.hear(ev.ProofRevised("a", Proof.REVOKED)) == []  # nor does a later one


@pytest.mark.parametrize(("replay", "proof"), [(Proof.CLEARED, Proof.UNPROVEN), (Proof.REVOKED, Proof.REVOKED)])
def test_where_nobody_saw_the_same_browser_asked_to_sign_in_it_may_have_been_half(replay: Proof, proof: Proof) -> None:
    story = ended(half=None)
    story.hear(ev.ProofFinished(replay))
    assert story.outcome.proof is proof


def test_less_proof_than_the_portal_can_give_is_an_incident() -> None:
    story = ended()
    story.hear(ev.ProofFinished(Proof.CLEARED))
    assert story.outcome.proof is Proof.CLEARED
    assert story.entries(en.Incident)[0].detail == "cleared, expected revoked"


@pytest.mark.parametrize("answer", [ev.ProofFinished(Proof.UNPROVEN), ev.ProofFinished(Proof.NOT_NEEDED), None])
def test_a_proof_without_an_answer_is_none_until_a_retry_has_one(answer: ev.Event | None) -> None:
    story = ended()
    if answer is None:
        story.wait(15)
    else:
        story.hear(answer)
    assert story.outcome.proof is Proof.UNPROVEN
    asked = story.hear(ev.ProofRevised("a", Proof.REVOKED))
    assert asked == [do.AskConfirmation("a", EndReason.CHANGE_OF_PERSON, Proof.REVOKED, residue_clean=True)]
    assert story.entries(en.OutcomeRevised) == [en.OutcomeRevised("a", Proof.REVOKED)]
    assert story.hear(ev.ProofRevised("a", Proof.CLEARED)) == []  # once


def test_a_logout_that_hangs_is_bounded() -> None:
    story = Story()
    story.sign_in()
    story.hear(NEXT_PERSON, ev.ShieldShown())
    assert story.wait(30) == [do.DestroyBrowser("a")]
    assert story.entries(en.Incident)[0].detail == "logging_out"


@pytest.mark.parametrize("mark", [MarkPolicy.INITIALS, MarkPolicy.STAFF_NUMBER])
def test_a_confirmation_is_complete_and_signed_where_the_policy_asks_for_it(mark: MarkPolicy) -> None:
    story = Story(Policy(mark=mark))
    story.sign_in()
    story.hear(NEXT_PERSON)
    story.finish()
    for lacking in (SURE, ev.Confirmed(True, True, True, " "), ev.Confirmed(True, True, False, "ab")):
        assert story.hear(lacking) == []
        assert story.state is StateName.CONFIRMING
    story.hear(ev.Confirmed(True, True, True, " ab "))
    assert story.state is StateName.GATE
    assert story.entries(en.Confirmation) == [en.Confirmation("a", "ab")]


STAYS = (Residue(ResidueKind.DOWNLOADS, 1, 1), Residue(ResidueKind.CLIPBOARD, 1))


def test_what_was_found_and_removed_is_told_and_counted() -> None:
    story = Story()
    story.sign_in()
    story.hear(NEXT_PERSON, ev.ShieldShown(), ev.LogoutFinished(True, False), ev.BrowserGone())
    found = (Residue(ResidueKind.DOWNLOADS, 2), Residue(ResidueKind.PRINT_JOBS, 1))
    story.hear(ev.ResidueRemoved(True, found))
    asked = story.hear(ev.ProofFinished(Proof.UNPROVEN))
    assert asked[0] == do.AskConfirmation("a", EndReason.CHANGE_OF_PERSON, Proof.UNPROVEN, True, found)
    assert story.outcome.residue == found
    assert story.outcome.residue_clean
    again = story.hear(ev.ProofRevised("a", Proof.REVOKED))
    assert do.AskConfirmation("a", EndReason.CHANGE_OF_PERSON, Proof.REVOKED, True, found) in again


def test_a_kind_that_could_not_be_looked_at_is_never_clean() -> None:
    story = Story()
    story.sign_in()
    story.hear(NEXT_PERSON, ev.ShieldShown(), ev.LogoutFinished(True, False), ev.BrowserGone())
    unknown = (Residue(ResidueKind.PRINT_JOBS, unknown=True),)
    story.hear(ev.ResidueRemoved(True, unknown))
    asked = story.hear(ev.ProofFinished(Proof.REVOKED))
    assert asked[0] == do.AskConfirmation("a", EndReason.CHANGE_OF_PERSON, Proof.REVOKED, False, unknown)
    assert not story.outcome.residue_clean
    assert story.entries(en.Incident)[0].detail == "print_jobs (unknown)"


def test_residue_that_stays_is_an_incident_and_the_worker_is_told() -> None:
    story = Story()
    story.sign_in()
    story.hear(NEXT_PERSON, ev.ShieldShown(), ev.LogoutFinished(True, False), ev.BrowserGone())
    story.hear(ev.ResidueRemoved(False, STAYS))
    asked = story.hear(ev.ProofFinished(Proof.REVOKED))
    assert asked[0] == do.AskConfirmation("a", EndReason.CHANGE_OF_PERSON, Proof.REVOKED, False, STAYS)
    assert story.outcome.residue == STAYS
    assert not story.outcome.residue_clean
    assert story.entries(en.Incident)[0].detail == "downloads"
