"""docs/tuning.md is what the program says: its tables are measured anew, and its rules are applied to them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kiosk_agent.recording.stream import WORDS, Kind
from kiosk_agent.replay import sweep, tuning
from kiosk_agent.replay.simulate import simulated
from kiosk_agent.replay.sweep import Candidate, Tried, candidates, choose, tried, truth_of
from kiosk_agent.session.policy import FUSION, TIMINGS, Preset, policy_of
from kiosk_agent.session.vocabulary import Signal, Weight

PAGE = Path(__file__).parents[2] / tuning.PAGE
AGAIN = "measure the page anew: python -m kiosk_agent.replay.tuning"


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def results(page: str) -> list[Tried]:
    return tuning.swept_on_page(page)


def as_candidate(preset: Preset) -> Candidate:
    policy = policy_of(preset)
    weighs = policy.weights.get(Signal.CARD_REMOVED) is not Weight.NOTHING
    return Candidate(policy.idle_limit_s, policy.gap_s, policy.card_absent_grace_s if weighs else None)


def test_the_page_says_first_that_it_is_simulated(page: str) -> None:
    assert "Every figure on this page is from simulated weeks. Nothing was measured at a desk." in page[:400]


def test_the_tables_of_the_policy_and_the_assumptions_are_todays(page: str) -> None:
    for rows in (tuning.fusion_rows(), tuning.assumption_rows(), tuning.kind_rows()):
        assert "\n".join(rows) in page, "write the page anew: python -m kiosk_agent.replay.tuning --keep-sweep"
    assert [kind for kind in Kind if f"| `{kind}` |" not in page] == []
    assert [word for words in WORDS.values() for word in words if f"`{word}`" not in page] == []
    assert [name for name in (*TIMINGS, *FUSION) if f"| `{name}` |" not in page] == []


def test_every_assumption_stands_on_the_page(page: str) -> None:
    from kiosk_agent.replay import people, simulate

    for module in (simulate, people):
        constants = [name for name in vars(module) if re.fullmatch(r"[A-Z][A-Z_]+", name) and name not in IMPORTED]
        assert len(constants) > 5
        assert [name for name in constants if f"| `{name}` |" not in page] == []


IMPORTED = {"FORMAT", "VERSION"}


def test_everything_was_tried(results: list[Tried]) -> None:
    assert [one.candidate for one in results] == list(candidates())


@pytest.mark.parametrize("preset", Preset)
def test_each_preset_is_the_best_of_the_table_by_its_rule(results: list[Tried], preset: Preset) -> None:
    assert choose(results, preset).candidate == as_candidate(preset)


@pytest.mark.parametrize("worth", [*sweep.FALSE_ALARMS_A_MINUTE_LIMITS, 3.0, 7.0])
def test_the_choice_does_not_hang_on_what_a_minute_is_worth(results: list[Tried], worth: float) -> None:
    for preset in Preset:
        assert choose(results, preset, worth).candidate == as_candidate(preset)


def test_standard_misses_no_more_than_any_that_is_bearable(results: list[Tried]) -> None:
    chosen = choose(results, Preset.STANDARD)
    assert chosen.missed == min(one.missed for one in results if one.false_alarms_a_day <= sweep.STANDARD_BEARS_A_DAY)


def test_the_presets_are_measured_anew(page: str) -> None:
    weeks = simulated(tuning.CHECK_WEEKS, tuning.SEED)
    assert "\n".join(tuning.preset_rows(weeks)) in page, AGAIN


def test_what_standard_was_taken_for_is_measured_anew(page: str, results: list[Tried]) -> None:
    weeks = simulated(tuning.WEEKS, tuning.SEED)
    candidate = as_candidate(Preset.STANDARD)
    row = tuning.sweep_row(tried(candidate, truth_of(weeks, candidate.policy), len(weeks)))
    assert f"{row} standard |" in page, AGAIN


def test_a_rule_takes_the_fewest_missed_changes_first() -> None:
    def one(missed: int, alarms: float, exposed_s: float) -> Tried:
        return Tried(Candidate(60, 30, missed * 1.0 + alarms), missed, 9, alarms, exposed_s)

    few_missed, few_alarms, unbearable = one(1, 40, 900), one(2, 10, 100), one(0, 43, 50)
    results = [few_missed, few_alarms, unbearable]
    assert choose(results, Preset.STANDARD) is few_missed
    assert choose(results, Preset.LENIENT) is few_alarms
    assert choose(results, Preset.STRICT) is unbearable
    assert choose([few_missed, one(1, 39, 900)], Preset.STANDARD).false_alarms_a_day == 39
    assert choose([few_missed, one(1, 41, 800)], Preset.STANDARD).exposed_s_a_day == 800
    with pytest.raises(ValueError, match="min"):
        choose([unbearable], Preset.LENIENT)
