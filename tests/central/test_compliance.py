"""The four numbers, their intervals, the order of places and the steps of time: pure, without a database."""

from __future__ import annotations

import datetime
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk_agent.central.dashboard.compliance import FEWEST_VISITS, Figure, Share, Totals, compliance, wilson
from kiosk_agent.central.dashboard.ranking import rank
from kiosk_agent.central.dashboard.schemas import Days, NamedPlace, Step
from kiosk_agent.central.dashboard.trend import points
from kiosk_agent.central.places.schemas import Level, Place

COUNT = st.integers(0, 300)
TOTALS = st.builds(Totals, **dict.fromkeys(Totals.__struct_fields__, COUNT))


def test_each_number_is_made_of_the_counts_that_the_page_says() -> None:
    made = compliance(
        Totals(
            visits=100,
            sign_ins=70,
            outcomes=97,
            ended_own_logout=40,
            ended_worker_ended=20,
            ended_nudge_accepted=10,
            ended_found_unfinished=4,
            proof_revoked=30,
            proof_cleared=20,
            proof_half=2,
            proof_unproven=18,
            proof_not_needed=27,
            revised_revoked=3,
            revised_cleared=5,
            confirmations=90,
            overrides=6,
        )
    )
    assert made.signed_in == Share(100, 70, 27, 3)
    assert made.unforced == Share(100, 70, 97 - 70 - 4, 4 + 3)
    assert made.proved == Share(73, 58, 2, 13)
    assert made.confirmed == Share(100, 90, 6, 4)


def test_what_is_unknown_is_neither_good_nor_bad() -> None:
    for share in (compliance(Totals(visits=5)).of(figure) for figure in Figure):
        assert (share.total, share.yes, share.no, share.unknown) == (5, 0, 0, 5)


def test_both_shares_are_of_all_visits_the_unknown_among_them() -> None:
    share = Share(10, 5, 1, 4)
    assert (share.yes_share, share.unknown_share) == (0.5, 0.4)
    assert (Share(0, 0, 0, 0).yes_share, Share(0, 0, 0, 0).unknown_share) == (None, None)


def test_a_visit_over_midnight_is_a_visit_of_the_day_it_ended() -> None:
    made = compliance(Totals(outcomes=1, ended_own_logout=1, proof_revoked=1, confirmations=1))
    assert [made.of(figure) for figure in (Figure.UNFORCED, Figure.PROVED, Figure.CONFIRMED)] == [Share(1, 1, 0, 0)] * 3


def test_a_supervisors_release_takes_nothing_from_the_confirmations() -> None:
    assert compliance(Totals(visits=10, outcomes=10, confirmations=9, overrides=5)).confirmed == Share(10, 9, 1, 0)


@given(TOTALS)
def test_yes_no_and_unknown_are_always_all(totals: Totals) -> None:
    made = compliance(totals)
    for share in (made.of(figure) for figure in Figure):
        assert share.yes + share.no + share.unknown == share.total
        assert min(share.yes, share.no, share.unknown, share.total) >= 0
        low, high = share.interval
        assert 0 <= low <= high <= 1
        if share.total:
            assert low <= (share.yes_share or 0) <= high


@given(TOTALS, st.integers(1, 50))
def test_visits_that_nothing_is_known_of_lift_no_number(totals: Totals, more: int) -> None:
    silent = totals + Totals(visits=more)
    for figure in (Figure.UNFORCED, Figure.PROVED, Figure.CONFIRMED):
        before, after = compliance(totals).of(figure), compliance(silent).of(figure)
        if before.yes + before.no <= before.total and totals.visits >= totals.outcomes and before.unknown:
            assert (after.yes_share or 0) <= (before.yes_share or 0)


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    # R, prop.test(count, total, correct = FALSE)
    [(3, 3, 0.4385, 1.0), (0, 10, 0.0, 0.2775), (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 0, 0, 1)],
)
def test_the_interval_is_wilsons(count: int, total: int, low: float, high: float) -> None:
    assert wilson(count, total) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_the_interval_reaches_over_all_that_the_unknown_may_be() -> None:
    assert Share(100, 50, 20, 30).interval == (wilson(50, 100)[0], wilson(80, 100)[1])


def ranked(*numbers: tuple[str, int, int]) -> list[tuple[str, int | None, int | None, int | None]]:
    """(name, visits, confirmed) of each."""
    children = [
        (
            NamedPlace(Place(Level.OFFICE, name), name),
            Totals(visits=visits, outcomes=visits, confirmations=good, overrides=visits - good),
        )
        for name, visits, good in numbers
    ]
    return [(one.child.name, one.rank, one.best, one.worst) for one in rank(children, Figure.CONFIRMED)]


def test_a_rate_from_three_visits_has_no_rank() -> None:
    made = ranked(("small", 3, 3), ("large", 1000, 900), ("just", FEWEST_VISITS, 10), ("less", FEWEST_VISITS - 1, 29))
    assert made == [("large", 1, 1, 1), ("just", 2, 2, 2), ("less", None, None, None), ("small", None, None, None)]


@given(st.lists(st.tuples(st.integers(0, 200), st.floats(0, 1)), max_size=25))
def test_ranks_are_what_each_place_says_of_each_other_one(numbers: list[tuple[int, float]]) -> None:
    made = ranked(*((f"{place:02}", visits, round(visits * good)) for place, (visits, good) in enumerate(numbers)))
    shares = {
        f"{place:02}": Share(visits, round(visits * good), visits - round(visits * good), 0)
        for place, (visits, good) in enumerate(numbers)
        if visits >= FEWEST_VISITS
    }
    for name, rank_, best, worst in made:
        share = shares.get(name)
        if share is None:
            assert (rank_, best, worst) == (None, None, None)
            continue
        low, high = share.interval
        others = shares.values()
        assert rank_ == 1 + sum(other.yes * share.total > share.yes * other.total for other in others)
        assert best == 1 + sum(other.interval[0] > high for other in others)
        assert worst == len(shares) - sum(other.interval[1] < low for other in others)


def test_equal_shares_have_equal_ranks_and_overlapping_intervals_say_so() -> None:
    made = ranked(("c", 50, 25), ("b", 100, 90), ("a", 50, 45), ("d", 40, 19))
    assert [one[:2] for one in made] == [("a", 1), ("b", 1), ("c", 3), ("d", 4)]
    assert [one[2:] for one in made] == [(1, 2), (1, 2), (3, 4), (3, 4)]


def test_silence_lifts_no_place() -> None:
    children = [
        (
            NamedPlace(Place(Level.OFFICE, "1"), "told"),
            Totals(visits=100, outcomes=100, confirmations=60, overrides=40),
        ),
        (NamedPlace(Place(Level.OFFICE, "2"), "silent"), Totals(visits=100, outcomes=50, confirmations=50)),
    ]
    assert [one.child.name for one in rank(children, Figure.CONFIRMED)] == ["told", "silent"]


def test_how_many_sign_in_is_no_merit() -> None:
    with pytest.raises(ValueError, match="merit"):
        rank([], Figure.SIGNED_IN)


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


@pytest.mark.parametrize(
    ("step", "wanted"),
    [
        (Step.DAY, [("2026-03-30", "2026-03-30", 1), ("2026-03-31", "2026-03-31", 0), ("2026-04-01", "2026-04-01", 2)]),
        (Step.WEEK, [("2026-03-30", "2026-04-01", 3)]),
        (Step.MONTH, [("2026-03-30", "2026-03-31", 1), ("2026-04-01", "2026-04-01", 2)]),
    ],
)
def test_steps_are_cut_at_the_ends_and_gaps_are_seen(step: Step, wanted: list[tuple[str, str, int]]) -> None:
    found = [(day("2026-03-30"), Totals(visits=1)), (day("2026-04-01"), Totals(visits=2))]
    made = points(found, Days(day("2026-03-30"), day("2026-04-01")), step)
    assert [(str(one.first), str(one.last), one.totals.visits) for one in made] == wanted


@given(
    st.dictionaries(st.dates(day("2023-12-20"), day("2024-04-10")), st.integers(0, 9), max_size=20),
    st.sampled_from(Step),
)
def test_no_day_is_lost_or_double_in_any_step(found: dict[datetime.date, int], step: Step) -> None:
    days = Days(day("2023-12-20"), day("2024-04-10"))
    made = points([(one, Totals(visits=count)) for one, count in found.items()], days, step)
    assert sum(one.totals.visits for one in made) == sum(found.values())
    assert (made[0].first, made[-1].last) == days
    for one, after in itertools.pairwise(made):
        assert after.first - one.last == datetime.timedelta(days=1)


def test_a_range_that_ends_before_it_begins_is_empty() -> None:
    assert points([], Days(day("2026-04-02"), day("2026-04-01")), Step.DAY) == []


@pytest.mark.parametrize("step", Step)
def test_the_last_days_of_the_calendar_can_be_asked_for(step: Step) -> None:
    days = Days(datetime.date.max.replace(day=1), datetime.date.max)  # the last week of all has five days
    assert points([], days, step)[-1].last == datetime.date.max
