"""Simulated weeks are the same for the same seed, and what is judged of them is right."""

from __future__ import annotations

import datetime
import itertools

import pytest

from kiosk_agent.recording.stream import TRUTH, Kind, Line, Part
from kiosk_agent.replay import simulate
from kiosk_agent.replay.judge import Outcome, Truth, outcome_of
from kiosk_agent.replay.simulate import simulated
from kiosk_agent.session.policy import Policy, Preset, policy_of
from kiosk_agent.session.vocabulary import Signal
from tests.replay.test_replay import inputs, part, signed_in

POLICY = Policy(idle_limit_s=90.0, warning_s=30.0, gap_s=60.0, card_absent_grace_s=30.0, challenge_s=60.0)


def here(at: float, person: int) -> Line:
    return Line(at, Kind.PERSON, n=person)


def told(lines: list[Line], policy: Policy = POLICY) -> tuple[Truth, Outcome]:
    outcome = outcome_of([part(lines, seed=1)], policy)
    assert outcome.truth is not None
    return outcome.truth, outcome


def test_the_same_seed_gives_the_same_weeks_and_another_one_others() -> None:
    assert simulated(2, 7) == simulated(2, 7)
    assert simulated(2, 7)[:5] == simulated(1, 7)
    assert simulated(1, 8) != simulated(1, 7)


def test_weeks_have_five_working_days_within_office_hours() -> None:
    weeks = simulated(2, 7)
    assert [one.header.began.weekday() for one in weeks] == [0, 1, 2, 3, 4] * 2
    assert len({one.header.began.date() for one in weeks}) == 10
    for day in weeks:
        assert day.header.seed == 7
        assert day.header.began.time() == datetime.time(9)
        starts = [line.t for line in day.lines if line.kind is Kind.START_REQUESTED]
        assert 20 <= len(starts) <= sum(simulate.ARRIVALS_BY_HOUR)
        assert max(starts) < 10 * 3600


def test_everything_that_is_said_to_be_simulated_is_there() -> None:
    lines = [line for day in simulated(8, 7) for line in day.lines]
    signals = {line.word for line in lines if line.kind is Kind.CHANGE_SIGNALLED}
    assert signals == {
        Signal.NEXT_PERSON,
        Signal.CARD_UNTELLABLE,
        Signal.OS_LOCKED,
        Signal.RESUMED,
        Signal.FOREIGN_WINDOW_CLOSED,
        Signal.FOREIGN_BROWSER,
        Signal.REMOTE_CONTROL,
    }
    kinds = {line.kind for line in lines}
    wanted = {Kind.CARD_OFF, Kind.CARD_BACK, Kind.PC_INPUT, Kind.SIGN_OUT_SEEN, Kind.END_REQUESTED, *TRUTH}
    assert wanted <= kinds
    moments = [line.t for day in simulated(1, 7) for line in day.lines if line.kind is Kind.PORTAL_ACTIVITY]
    pauses = [after - before for before, after in itertools.pairwise(moments)]
    assert any(simulate.PAPER_S[0] < pause < simulate.PAPER_S[1] for pause in pauses)


def test_a_person_who_leaves_in_order_is_no_exposure_and_no_alarm() -> None:
    truth, _ = told([here(0, 1), *signed_in(1), *inputs(30), Line(40, Kind.SIGN_OUT_SEEN), here(50, 0), here(900, 0)])
    assert truth == Truth()


def test_a_session_that_is_left_open_is_exposed_until_it_is_covered() -> None:
    truth, outcome = told([here(0, 1), *signed_in(1), *inputs(30), here(50, 0), here(900, 0)])
    assert truth.exposed_s == pytest.approx(30 + 90 + 30 - 50)
    assert (truth.exposed_to_next_s, truth.changes, truth.missed, truth.false_alarms) == (0, 0, 0, 0)
    assert outcome.ends == {"idle": 1}


def test_the_next_person_who_acts_within_the_gap_is_a_missed_change() -> None:
    lines = [here(0, 1), *signed_in(1), *inputs(30), here(40, 0), here(50, 2), *inputs(60, 70, 80)]
    truth, _ = told([*lines, Line(85, Kind.END_REQUESTED, "tray"), here(90, 0)])
    assert (truth.changes, truth.missed) == (1, 1)
    assert (truth.exposed_s, truth.exposed_to_next_s) == (pytest.approx(45), pytest.approx(35))


def test_the_next_person_who_comes_after_the_gap_is_noticed_at_the_first_touch() -> None:
    lines = [here(0, 1), *signed_in(1), *inputs(30), here(40, 0), here(85, 2), *inputs(95, 99)]
    truth, outcome = told([*lines, here(300, 0)])
    assert (truth.changes, truth.missed, truth.false_alarms) == (1, 0, 0)
    assert truth.exposed_to_next_s == pytest.approx(10)
    assert outcome.met.challenges == 1
    assert outcome.ends["change_of_person"] == 1


def test_a_paper_form_makes_false_alarms() -> None:
    lines = [here(0, 1), *signed_in(1), *inputs(30), *inputs(300), Line(310, Kind.SIGN_OUT_SEEN), here(320, 0)]
    truth, _ = told(lines)
    assert truth.false_warnings == 2
    assert truth.exposed_s == 0


def test_a_support_worker_on_the_phone_cannot_answer() -> None:
    paper = [here(0, 1), *signed_in(1), *inputs(30), here(600, 0)]
    free, _ = told(paper)
    busy, _ = told([*paper, Line(60, Kind.WORKER, "busy"), Line(500, Kind.WORKER, "free")])
    assert free.false_logouts == 0
    assert busy.false_logouts == 1  # the warning wants the support worker: the gap is over


def test_a_person_who_was_thrown_out_begins_again() -> None:
    lines = [here(0, 1), *signed_in(1), Line(20, Kind.CHANGE_SIGNALLED, "os_user_changed"), *inputs(60, 80)]
    truth, outcome = told([*lines, Line(90, Kind.SIGN_OUT_SEEN), here(100, 0)])
    assert truth.false_logouts == 1
    assert outcome.met.visits == 2
    assert outcome.ends == {"change_of_person": 1, "own_logout": 1}


def test_the_presets_stand_in_their_order() -> None:
    """Strict misses the least and disturbs the most; lenient the other way round."""
    weeks = simulated(2, 11)
    strict, standard, lenient = (outcome_of(weeks, policy_of(preset)) for preset in Preset)
    for more, less in ((strict, standard), (standard, lenient)):
        assert (more.false_alarms_per_day or 0) > (less.false_alarms_per_day or 0)
        assert (more.exposed_s_per_day or 0) < (less.exposed_s_per_day or 0)
        assert more.truth is not None
        assert less.truth is not None
        assert more.truth.missed <= less.truth.missed


def test_what_people_do_hangs_on_no_policy() -> None:
    """A replay never changes the stream that it is given."""
    (day, *_) = simulated(1, 3)
    before = Part(day.header, tuple(day.lines))
    outcome_of([day], policy_of(Preset.STRICT))
    assert day == before
