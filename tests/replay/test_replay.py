"""A recorded stream through the real machine: the same under its own policy, something else under another."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from kiosk_agent.recording.kinds import KindOf
from kiosk_agent.recording.stream import FORMAT, Fact, Header, Kind, Line, Part
from kiosk_agent.replay.judge import outcome_of
from kiosk_agent.replay.people import ANSWER_S
from kiosk_agent.replay.senses import Senses
from kiosk_agent.sensors.card.identity import Identity
from kiosk_agent.sensors.card.watch import CardWatch
from kiosk_agent.session import commands as do
from kiosk_agent.session import entries as en
from kiosk_agent.session import events as ev
from kiosk_agent.session.policy import Policy
from kiosk_agent.session.vocabulary import Answer, Answerer, Signal, StateName, Weight
from tests.session.playbook import SURE, Story

NINE = datetime.datetime(2026, 4, 6, 9, 0, tzinfo=datetime.timezone(datetime.timedelta(hours=9)))
POLICY = Policy(idle_limit_s=90.0, warning_s=30.0, gap_s=60.0, card_absent_grace_s=30.0, challenge_s=60.0)


def part(lines: Sequence[Line], policy: Policy = POLICY, seed: int | None = None) -> Part:
    header = Header(format=FORMAT, version=1, agent="1", began=NINE, policy=policy, seed=seed)
    return Part(header, tuple(sorted(lines, key=lambda line: line.t)))


def inputs(*moments: float) -> list[Line]:
    return [Line(moment, Kind.PORTAL_ACTIVITY) for moment in moments]


def signed_in(at: float = 0.0) -> list[Line]:
    return [Line(at, Kind.START_REQUESTED), *inputs(at + 5), Line(at + 10, Kind.SIGN_IN_SEEN)]


def met(lines: Sequence[Line], policy: Policy | None = None) -> tuple[int, int, dict[str, int]]:
    outcome = outcome_of([part(lines)], policy)
    return outcome.met.warnings, outcome.met.challenges, outcome.ends


def test_an_ordinary_visit_meets_nothing() -> None:
    lines = [*signed_in(), *inputs(20, 40, 60), Line(65, Kind.SIGN_OUT_SEEN), Line(100, Kind.STOP_REQUESTED)]
    assert met(lines) == (0, 0, {"own_logout": 1})


def test_a_story_that_the_machine_lived_is_the_same_in_its_replay() -> None:
    """Told to the session itself, recorded as the agent does it, and replayed under the same policy."""
    story, kind_of, lines = Story(POLICY), KindOf(), list[Line]()

    def hear(*events: ev.Event) -> None:
        for event in events:
            if (kept := kind_of(event)) is not None:
                lines.append(Line(story.now - 1000.0, *kept))
            story.hear(event)

    hear(ev.StartRequested("a"), ev.VisitBrowserOpened(), ev.SignInSeen(), ev.AccountSeen("tag"))
    story.wait(95)
    hear(ev.WarningShown(), ev.WarningAnswered(Answer.SAME, Answerer.WORKER))
    story.wait(70)
    hear(ev.PortalActivity(), ev.ShieldShown())  # after a gap
    story.wait(5)
    hear(ev.ChallengeAnswered(Answer.SAME))
    story.wait(10)
    hear(ev.ChangeSignalled(Signal.OS_LOCKED), ev.ShieldShown())
    story.wait(3)
    hear(ev.ChallengeAnswered(Answer.OTHER))
    story.finish()
    story.wait(20)
    hear(SURE, ev.StartRequested("b"), ev.VisitBrowserOpened(), ev.AccountSeen("tag"), ev.AccountSeen("another"))
    story.finish()
    lines.append(Line(story.now - 900.0, Kind.STOP_REQUESTED))
    outcome = outcome_of([part(lines)], None)
    assert outcome.met.warnings == len(story.entries(en.WarningGiven)) == 1
    assert outcome.met.challenges == len(story.entries(en.ChallengeGiven)) == 2
    assert outcome.ends == {"change_of_person": 2}
    assert [one.reason for one in story.entries(en.Outcome)] == ["change_of_person"] * 2


def test_another_policy_warns_where_the_recorded_one_did_not() -> None:
    lines = [*signed_in(), *inputs(70, 75, 140, 150), Line(160, Kind.SIGN_OUT_SEEN)]
    assert met(lines)[:2] == (0, 1)  # 65 s without input are a gap
    assert met(lines, replace(POLICY, gap_s=70.0))[:2] == (0, 0)
    assert met(lines, replace(POLICY, idle_limit_s=55.0, gap_s=70.0))[:2] == (2, 0)


def test_a_question_that_nobody_was_asked_is_answered_if_the_visit_went_on() -> None:
    strict = replace(POLICY, idle_limit_s=30.0, warning_s=20.0, gap_s=600.0)
    went_on = [*signed_in(), *inputs(80), Line(81, Kind.SIGN_OUT_SEEN)]
    warnings, _, ends = met(went_on, strict)
    assert (warnings, ends) == (2, {"own_logout": 1})  # at 35 s, and 30 s after the answer at 45 s
    assert 35 + ANSWER_S + 30 < 80
    ended = [*signed_in(), Line(79, Kind.START_REQUESTED), *inputs(80), Line(200, Kind.STOP_REQUESTED)]
    assert met(ended, strict)[2]["idle"] == 2


def test_a_recorded_answer_is_taken_as_it_was() -> None:
    lines = [*signed_in(), Line(110, Kind.WARNING_ANSWERED, "other/resident"), *inputs(130)]
    assert met(lines) == (1, 0, {"change_of_person": 1})


def test_where_the_visit_still_runs_the_support_worker_ends_it_before_the_next() -> None:
    patient = replace(POLICY, idle_limit_s=900.0, gap_s=900.0)
    lines = [*signed_in(), *signed_in(300), *inputs(320), Line(330, Kind.SIGN_OUT_SEEN)]
    outcome = outcome_of([part(lines)], patient)
    assert outcome.ends == {"worker_ended": 1, "own_logout": 1}
    assert outcome.met.visits == 2


def test_the_rest_of_a_visit_that_ended_early_is_left_out() -> None:
    lines = [*signed_in(), Line(20, Kind.CHANGE_SIGNALLED, "card_untellable"), *inputs(100, 200, 300)]
    certain = replace(POLICY, weights={Signal.CARD_UNTELLABLE: Weight.CERTAIN})
    assert met(lines, certain) == (0, 0, {"change_of_person": 1})


@pytest.mark.parametrize(("grace_s", "asked"), [(10.0, 1), (39.0, 1), (41.0, 0)])
def test_a_card_that_was_away_is_judged_by_the_other_policys_grace(grace_s: float, asked: int) -> None:
    away = [Line(20, Kind.CARD_OFF), Line(50, Kind.CHANGE_SIGNALLED, "card_removed"), Line(60, Kind.CARD_BACK)]
    lines = [*signed_in(), *away, *inputs(*range(15, 90, 5)), Line(95, Kind.SIGN_OUT_SEEN)]
    assert met(lines, replace(POLICY, card_absent_grace_s=grace_s))[1] == asked


def test_a_card_that_is_away_after_the_end_is_nobodys() -> None:
    lines = [*signed_in(), Line(20, Kind.CARD_OFF), Line(22, Kind.SIGN_OUT_SEEN), *signed_in(38), *inputs(50, 60, 70)]
    assert met(lines)[1] == 0


@pytest.mark.parametrize(("gap_s", "asked"), [(30.0, 1), (58.0, 0)])
def test_a_return_outside_the_portal_is_judged_by_the_other_policys_gap(gap_s: float, asked: int) -> None:
    recorded = [Line(50, Kind.PC_INPUT), Line(50, Kind.CHANGE_SIGNALLED, "return_after_gap"), *inputs(60)]
    lines = [*signed_in(), *recorded, Line(65, Kind.SIGN_OUT_SEEN)]
    assert met(lines, replace(POLICY, gap_s=gap_s, challenge_s=20.0))[1] == asked


@pytest.mark.parametrize("seed", range(30))
def test_the_rule_for_the_card_is_the_senses_own(seed: int) -> None:
    """A card that cannot be told, put on and taken off at random moments: told by the sense, and by the replay."""
    import random

    chance = random.Random(seed)
    real, replayed = CardWatch(30.0), Senses(POLICY)
    real.follow("a", signed_in=False)
    real.put_on("reader", Identity(), 0.0)
    real.follow("a", signed_in=True)
    replayed.state_changed(StateName.SIGNED_IN, 0.0)
    there, now = True, 0.0
    real_told, told = list[float](), list[float]()
    for _ in range(60):
        step_s = chance.choice((1.0, 10.0, 29.0, 30.0, 31.0))
        for moment in (now + second for second in range(1, int(step_s) + 1)):
            real_told += [moment for signal in real.tick(moment) if signal is Signal.CARD_REMOVED]
            told += [moment for signal in [replayed.tick(moment)] if signal is not None]
        now += step_s
        was_away = real.is_away
        if there:
            real.taken_off("reader", now)
        else:
            real.put_on("reader", Identity(), now)
        there = not there
        if real.is_away is not was_away:
            replayed.hear(Fact.CARD_OFF if real.is_away else Fact.CARD_BACK, now)
    assert told == real_told
    assert told


def test_what_happened_is_told_by_day_and_hour() -> None:
    second = replace(part([]).header, began=NINE + datetime.timedelta(days=1, hours=4))
    lines = [*signed_in(), Line(300, Kind.START_REQUESTED)]
    outcome = outcome_of([part(lines), Part(second, tuple(lines))], None)
    assert {hour: (met.visits, met.warnings) for hour, met in outcome.hours.items()} == {
        "2026-04-06 09": (2, 1),
        "2026-04-07 13": (2, 1),
    }
    assert outcome.days == 2
    assert outcome.truth is None
    assert outcome.false_alarms_per_day is None


def test_no_command_of_the_machine_is_left_without_its_stand_in() -> None:
    """A new command must be looked at here: does a replay have to answer it?"""
    answered = {
        do.Record, do.OpenVisitBrowser, do.RaiseShield, do.ShowWarning, do.ShowChallenge, do.CheckCard, do.RunLogout,
        do.DestroyBrowser, do.RemoveResidue, do.ProveLogout, do.AskConfirmation, do.ShowGate,
    }  # fmt: skip
    only_shown = {do.ShowVisit, do.HideWarning, do.LowerShield, do.LetFormGo, do.ShowNudge, do.Hold, do.StopAgent}
    only_shown |= {do.KeepTo}  # a replay keeps to the policy that it was given
    assert answered | only_shown == set(do.Command.__subclasses__())
