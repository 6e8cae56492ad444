"""The facts of a simulated nation's visits: those that its counts know of, of few desks and days, at open hours."""

from __future__ import annotations

import datetime
import random
from collections import Counter

import msgspec
import pytest
import sqlalchemy as sa

from kiosk_agent.central.dashboard import service as dashboard
from kiosk_agent.central.dashboard.schemas import Days
from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.places.schemas import NATION, Level, Place
from kiosk_agent.central.policy import service as policies
from kiosk_agent.central.simulate.counting import Habits
from kiosk_agent.central.simulate.facts import ENTRIES_A_VISIT, facts_of
from kiosk_agent.central.simulate.schemas import Assumptions
from kiosk_agent.central.simulate.service import simulate
from kiosk_agent.wire import v1
from kiosk_agent.wire.policy import Settings
from tests.central.nation import NOW, alarms

SMALL = Assumptions(municipalities=4, desks=30, days=40, telling=0.4, telling_days=14, silent=0.1)
TODAY = datetime.date(2026, 4, 20)
SINCE = TODAY - datetime.timedelta(days=13)
ASSUMED = Assumptions()


@pytest.mark.parametrize("care", [0.2, 1.0, 1.8])
@pytest.mark.parametrize("visits", [0.0, 2.0, 12.0, 60.0])
def test_the_facts_of_a_day_add_up_to_its_counts(care: float, visits: float) -> None:
    habits, chance = Habits(Assumptions(visits_a_day=visits), care), random.Random(5)
    for _ in range(100):
        counts = habits.day(chance)
        told = facts_of(TODAY, counts, 60, ASSUMED, chance)
        made = Counter({"visits": len(told), "outcomes": len(told), "sign_ins": sum(one.signed_in for one in told)})
        made.update(f"ended.{one.ended}" for one in told)
        made.update(f"proof.{one.proof}" for one in told)
        made.update({"confirmed": "confirmations", "override": "overrides"}.get(one.confirmation, "") for one in told)
        settled = counts["revised.cleared"]
        made += Counter({"revised.cleared": settled, "proof.unproven": settled})
        made -= Counter({"proof.cleared": settled, "": len(told)})
        assert made == Counter({name: counts[name] for name in counts if name in made})
        assert all(one.signed_in != (one.proof == "not_needed") for one in told)
        assert all(one.proof == "unproven" for one in told if one.ended == "found_unfinished")


def test_the_visits_of_a_day_follow_one_another_in_the_ledger_and_on_the_clock() -> None:
    chance = random.Random(5)
    told = facts_of(TODAY, Habits(ASSUMED, 1.0).day(chance), 60, ASSUMED, chance)
    assert [one.number for one in told] == list(range(61, 61 + ENTRIES_A_VISIT * len(told), ENTRIES_A_VISIT))
    assert all(one.seq == one.number + ENTRIES_A_VISIT - 1 for one in told)
    assert [one.hour for one in told] == sorted(one.hour for one in told)
    assert v1.read_report(msgspec.json.encode(report_with(told))).refused == []


def report_with(told: list[v1.VisitFact]) -> v1.Report:
    return v1.Report("0" * 32, 1, NOW, "0.1.0", v1.ChainPoint(0, "0" * 64), [], visits=told)


def test_visits_begin_when_assumed() -> None:
    chance, hours, lengths = random.Random(5), Counter[int](), []
    for _ in range(2_000):
        told = facts_of(TODAY, {"visits": 10, "ended.worker_ended": 10, "proof.not_needed": 10}, 0, ASSUMED, chance)
        hours.update(one.hour for one in told)
        lengths += [one.length_s for one in told]
    for hour, percent in ASSUMED.arrivals:
        assert 100 * hours[hour] / hours.total() == pytest.approx(percent, abs=0.7)
    assert set(hours) == {hour for hour, _ in ASSUMED.arrivals}
    assert sum(lengths) / len(lengths) / 60 == pytest.approx(25, rel=0.02)
    assert min(lengths) >= 120


def facts(database: Database) -> dict[tuple[int, str], int]:
    """How many were told of each (desk, day)."""
    with database.reading() as connection:
        rows = connection.execute(sa.text("SELECT desk_id, day, count(*) AS told FROM visit_facts GROUP BY 1, 2"))
        return {(row.desk_id, str(row.day)): row.told for row in rows}


def counted(database: Database, telling: set[int]) -> dict[tuple[int, str], int]:
    """The visits of the same desks and days, as the counts have them."""
    with database.reading() as connection:
        rows = connection.execute(sa.text("SELECT desk_id, day, visits FROM desk_days WHERE visits > 0"))
        return {
            (row.desk_id, str(row.day)): row.visits
            for row in rows
            if row.desk_id in telling and datetime.date.fromisoformat(str(row.day)) >= SINCE
        }


def test_the_map_has_the_visits_that_the_counts_have_of_the_desks_that_tell(database: Database) -> None:
    done = simulate(database, SMALL, NOW)
    told = facts(database)
    telling = {desk for desk, _ in told}
    assert told == counted(database, telling)
    assert (len(telling), sum(told.values()), done.facts_since) == (done.telling, done.facts, SINCE)
    assert 0 < done.telling < done.desks
    found = dashboard.hours(database, NATION, NATION, Days(SINCE, TODAY))
    assert (found.visits, found.telling, found.desks) == (done.facts, done.telling, done.desks)
    assert {weekday for weekday, _ in found.cells} == set(range(5))
    assert dashboard.hours(database, NATION, NATION, Days(TODAY - datetime.timedelta(days=39), TODAY)).visits == (
        done.facts
    )
    assert alarms(database) == []


def test_those_tell_whose_policy_says_so(database: Database) -> None:
    simulate(database, SMALL, NOW)
    (version,) = policies.history(database, NATION)
    assert (version.share, version.settings) == (40, Settings(report_visits=True))
    with database.reading() as connection:
        numbers = connection.execute(sa.text("SELECT id FROM desks")).scalars().all()
    assert {desk for desk, _ in facts(database)} == {one for one in numbers if policies.belongs(one, version)}


def test_a_policy_that_is_there_stays_and_says_who_tells(database: Database) -> None:
    policies.change(database, NATION, Settings(idle_limit_s=90.0), "tests", "before", NOW)
    assert simulate(database, SMALL, NOW).telling == 0
    assert [one.reason for one in policies.history(database, NATION)] == ["before"]
    assert facts(database) == {}


def test_there_are_no_more_of_them_than_is_said(database: Database) -> None:
    policies.change(database, NATION, Settings(report_visits=True), "tests", "all", NOW)
    done = simulate(database, msgspec.structs.replace(SMALL, most_telling=3, silent=0.0), NOW)
    assert (done.telling, len({desk for desk, _ in facts(database)})) == (3, 3)


def test_a_share_of_none_sets_no_policy(database: Database) -> None:
    assert simulate(database, msgspec.structs.replace(SMALL, telling=0.0), NOW).facts == 0
    assert policies.history(database, NATION) == []


def test_what_does_not_fit_into_one_report_goes_into_the_next(database: Database) -> None:
    busy = msgspec.structs.replace(SMALL, desks=4, telling=1.0, telling_days=5, visits_a_day=200.0, silent=0.0)
    done = simulate(database, busy, NOW)
    assert done.reports > 2 * done.desks
    told = facts(database)
    assert max(told.values()) > 100
    with database.reading() as connection:
        (visits,) = connection.execute(
            sa.text("SELECT sum(visits) FROM desk_days WHERE day >= :since"),
            {"since": (TODAY - datetime.timedelta(days=4)).isoformat()},
        ).one()
    assert (sum(told.values()), done.telling) == (visits, 4)
    assert dashboard.hours(database, NATION, Place(Level.NATION), Days(SINCE, TODAY)).visits == visits
