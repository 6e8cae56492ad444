"""Stories of forms that are held before they are sent: who is asked what, and what lets a form go."""

from __future__ import annotations

import pytest

from kiosk_agent.session import commands as do
from kiosk_agent.session import entries as en
from kiosk_agent.session import events as ev
from kiosk_agent.session.policy import MarkPolicy, Policy
from kiosk_agent.session.vocabulary import Answer, CardVerdict, Check, EndReason, Signal, StateName
from tests.session.playbook import Story

ONE_OF_THE_NAMES = pytest.mark.parametrize("check", [Check.NAME_DIFFERENT, Check.NAME_UNREADABLE])


def held(check: Check, *, mark: MarkPolicy = MarkPolicy.NONE) -> Story:
    """Somebody is signed in and has sent a form; the screen is being covered."""
    story = Story(Policy(mark=mark))
    story.sign_in()
    assert story.hear(ev.FormHeld(check)) == [do.RaiseShield()]
    assert story.state is StateName.CHALLENGE
    assert story.entries(en.FormHeld) == [en.FormHeld("a", check)]
    return story


def asked(check: Check, *, mark: MarkPolicy = MarkPolicy.NONE) -> Story:
    """... and the question is on the cover."""
    story = held(check, mark=mark)
    until = story.now + (30 if check is Check.CARD_WANTED else 60)
    card = [do.CheckCard("a", until)] if check is Check.CARD_WANTED else []
    assert story.hear(ev.ShieldShown()) == [do.ShowChallenge(until, check), *card]
    return story


GO_ON = [do.LowerShield(), do.ShowVisit(), do.LetFormGo("a")]


@ONE_OF_THE_NAMES
def test_the_same_person_lets_the_form_go(check: Check) -> None:
    story = asked(check, mark=MarkPolicy.INITIALS)
    assert story.hear(ev.ChallengeAnswered(Answer.SAME, "", check)) == []  # unsigned
    assert story.hear(ev.ChallengeAnswered(Answer.SAME, "ab", check)) == GO_ON
    assert story.state is StateName.SIGNED_IN
    assert story.entries(en.FormDecision) == [en.FormDecision("a", check, Answer.SAME, "ab")]


@ONE_OF_THE_NAMES
def test_somebody_else_ends_the_visit(check: Check) -> None:
    story = asked(check)
    assert story.hear(ev.ChallengeAnswered(Answer.OTHER, "", check)) == [do.RaiseShield()]
    assert story.entries(en.EndBegan)[0].reason is EndReason.CHANGE_OF_PERSON
    assert story.entries(en.FormDecision) == [en.FormDecision("a", check, Answer.OTHER, "")]


def test_without_an_answer_the_visit_ends() -> None:
    story = asked(Check.NAME_DIFFERENT)
    assert story.wait(60) == [do.RaiseShield()]
    assert story.entries(en.EndBegan)[0].reason is EndReason.CHALLENGE_UNANSWERED
    assert story.entries(en.FormDecision) == []


def test_an_answer_to_another_question_does_not_count() -> None:
    story = asked(Check.NAME_DIFFERENT)
    assert story.hear(ev.ChallengeAnswered(Answer.SAME), ev.CardChecked(CardVerdict.SAME)) == []
    assert story.state is StateName.CHALLENGE


def test_nobody_can_answer_before_the_question_is_on_screen() -> None:
    story = held(Check.NAME_DIFFERENT)
    assert story.hear(ev.ChallengeAnswered(Answer.SAME, "", Check.NAME_DIFFERENT)) == []
    story = held(Check.CARD_WANTED)
    assert story.hear(ev.CardChecked(CardVerdict.SAME)) == []


def test_the_same_card_lets_the_form_go() -> None:
    story = asked(Check.CARD_WANTED)
    assert story.hear(ev.CardChecked(CardVerdict.SAME)) == GO_ON
    assert story.entries(en.FormDecision) == [en.FormDecision("a", Check.CARD_WANTED, Answer.SAME, "")]


def test_nobodys_word_stands_for_the_card() -> None:
    story = asked(Check.CARD_WANTED)
    assert story.hear(ev.ChallengeAnswered(Answer.SAME, "", Check.CARD_WANTED)) == []


def test_another_card_ends_the_visit() -> None:
    story = asked(Check.CARD_WANTED)
    assert story.hear(ev.CardChecked(CardVerdict.DIFFERENT)) == [do.RaiseShield()]
    assert story.entries(en.EndBegan)[0].reason is EndReason.CHANGE_OF_PERSON
    assert [one.signal for one in story.entries(en.SignalNoted)] == [Signal.CARD_DIFFERENT]


@pytest.mark.parametrize(
    ("verdict", "check"),
    [
        (CardVerdict.UNTELLABLE, Check.CARD_UNTELLABLE),
        (CardVerdict.ABSENT, Check.CARD_ABSENT),
        (CardVerdict.NO_READER, Check.CARD_NO_READER),
    ],
)
def test_a_card_that_tells_nothing_is_the_support_workers_to_decide(verdict: CardVerdict, check: Check) -> None:
    story = asked(Check.CARD_WANTED)
    assert story.hear(ev.CardChecked(verdict)) == [do.ShowChallenge(story.now + 60, check)]
    assert story.hear(ev.CardChecked(CardVerdict.SAME)) == []  # too late: somebody has been asked
    assert story.hear(ev.ChallengeAnswered(Answer.SAME, "", check)) == GO_ON


def test_a_card_that_does_not_come_is_the_support_workers_to_decide() -> None:
    story = asked(Check.CARD_WANTED)
    assert story.wait(30) == [do.ShowChallenge(story.now + 60, Check.CARD_ABSENT)]


def test_the_answer_about_another_visits_card_does_not_count() -> None:
    story = asked(Check.CARD_WANTED)
    assert story.hear(ev.CardChecked(CardVerdict.SAME, "b"), ev.CardChecked(CardVerdict.DIFFERENT, "b")) == []


def test_a_locked_screen_while_the_card_is_asked_for_needs_the_support_worker() -> None:
    story = asked(Check.CARD_WANTED)
    question = do.ShowChallenge(story.now + 60, Check.CARD_UNTELLABLE)
    assert story.hear(ev.ChangeSignalled(Signal.OS_LOCKED)) == [question]
    assert story.hear(ev.CardChecked(CardVerdict.SAME)) == []


def test_a_card_that_is_taken_up_to_be_put_on_again_is_no_sign() -> None:
    story = asked(Check.CARD_WANTED)
    assert story.hear(ev.ChangeSignalled(Signal.CARD_REMOVED), ev.CardChecked(CardVerdict.SAME)) == GO_ON


def test_a_form_that_is_sent_after_a_gap_is_asked_about_once() -> None:
    story = Story()
    story.sign_in()
    story.wait(61)
    assert story.hear(ev.PortalActivity()) == [do.RaiseShield()]  # the same press: it is both
    assert story.hear(ev.FormHeld(Check.NAME_DIFFERENT)) == []
    (shown,) = story.hear(ev.ShieldShown())
    assert isinstance(shown, do.ShowChallenge)
    assert shown.check is Check.NAME_DIFFERENT
    assert story.hear(ev.ChallengeAnswered(Answer.SAME)) == []
    assert story.hear(ev.ChallengeAnswered(Answer.SAME, "", Check.NAME_DIFFERENT)) == GO_ON


def test_a_form_that_wants_the_card_after_a_gap_waits_for_the_support_worker_first() -> None:
    story = Story()
    story.sign_in()
    story.wait(61)
    story.hear(ev.PortalActivity(), ev.FormHeld(Check.CARD_WANTED), ev.ShieldShown())
    assert story.hear(ev.CardChecked(CardVerdict.SAME)) == []
    first, second = story.hear(ev.ChallengeAnswered(Answer.SAME))
    assert isinstance(first, do.ShowChallenge)
    assert first.check is Check.CARD_WANTED
    assert isinstance(second, do.CheckCard)
    assert story.hear(ev.CardChecked(CardVerdict.SAME)) == GO_ON


def test_whoever_sends_a_form_is_signed_in_even_where_that_was_not_seen() -> None:
    story = Story()
    story.open()
    assert story.hear(ev.FormHeld(Check.NAME_DIFFERENT)) == [do.RaiseShield()]
    assert len(story.entries(en.SignedIn)) == 1


def test_a_held_form_takes_a_warning_away() -> None:
    story = Story()
    story.sign_in()
    story.wait(Policy().idle_limit_s)
    assert story.state is StateName.WARNING
    assert story.hear(ev.FormHeld(Check.NAME_DIFFERENT)) == [do.RaiseShield(), do.HideWarning()]


def test_at_an_end_a_form_that_is_held_changes_nothing() -> None:
    story = asked(Check.NAME_DIFFERENT)
    story.hear(ev.ChangeSignalled(Signal.NEXT_PERSON))
    assert story.state is StateName.ENDING
    assert story.hear(ev.FormHeld(Check.NAME_DIFFERENT), ev.CardChecked(CardVerdict.SAME)) == []
