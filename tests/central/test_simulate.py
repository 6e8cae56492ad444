"""A simulated nation: its counts can be, its sums are right, and it keeps away from real desks."""

from __future__ import annotations

import datetime
import json
import random
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from kiosk_agent.central.dashboard import service as dashboard
from kiosk_agent.central.dashboard.compliance import Figure, compliance
from kiosk_agent.central.dashboard.schemas import Days
from kiosk_agent.central.dashboard.silence import State
from kiosk_agent.central.database.engine import Database, read_url
from kiosk_agent.central.database.migrate import migrate
from kiosk_agent.central.database.tables import HEADLINES
from kiosk_agent.central.desks.service import make_code
from kiosk_agent.central.places.repository import store_municipalities
from kiosk_agent.central.places.schemas import NATION, Level, Place
from kiosk_agent.central.places.service import is_code
from kiosk_agent.central.simulate import service
from kiosk_agent.central.simulate.counting import Habits
from kiosk_agent.central.simulate.places import MOST, invented
from kiosk_agent.central.simulate.schemas import Assumptions, SimulationError
from kiosk_agent.central.simulate.service import report_count, simulate
from tests.central.nation import NOW, PLACES, SUMS, DeskOfTests, alarms, enrolled, scope_of, sums
from tests.central.serving import command

SMALL = Assumptions(municipalities=5, desks=24, days=40, silent=0.2, silent_days=3)
TODAY = datetime.date(2026, 4, 20)
LEDGER_DAYS = Days(TODAY - datetime.timedelta(days=39), TODAY)


def days_of_desks(database: Database) -> list[tuple[str, str, str, Counter[str]]]:
    """(municipality, office, day, counts) of each row."""
    desks = "(desks AS d JOIN offices AS o ON o.id = d.office_id)"
    query = f"SELECT o.name AS name, s.* FROM desk_days AS s JOIN {desks} ON d.id = s.desk_id"  # noqa: S608 - names of ours
    with database.reading() as connection:
        rows = connection.execute(sa.text(query)).mappings().all()
    return [
        (
            row["municipality_code"],
            row["name"],
            str(row["day"]),
            Counter({name: row[column] for name, column in HEADLINES.items()} | json.loads(row["more"])),
        )
        for row in rows
    ]


@pytest.mark.parametrize("care", [0.2, 1.0, 1.8])
@pytest.mark.parametrize("visits", [0.0, 2.0, 12.0, 60.0])
def test_the_counts_of_a_day_can_be_those_of_a_ledger(care: float, visits: float) -> None:
    habits, chance = Habits(Assumptions(visits_a_day=visits), care), random.Random(5)
    for _ in range(200):
        day = habits.day(chance)
        groups = {
            group: sum(count for name, count in day.items() if name.startswith(group)) for group in ("ended.", "proof.")
        }
        assert groups == {"ended.": day["outcomes"], "proof.": day["outcomes"]}
        assert day["visits"] == day["outcomes"] == day["sign_ins"] + day["proof.not_needed"]
        assert day["confirmations"] + day["overrides"] <= day["outcomes"]
        assert day["revised.cleared"] <= day["proof.unproven"] - day["ended.found_unfinished"]
        assert all(re.fullmatch(r"[a-z_]+(\.[a-z_]+)*", name) and count > 0 for name, count in day.items())


def test_the_shares_are_as_assumed() -> None:
    habits, chance, total = Habits(Assumptions(), 1.0), random.Random(5), Counter[str]()
    for _ in range(5_000):
        total.update(habits.day(chance))
    visits, signed_in = total["visits"], total["sign_ins"]
    assert visits / 5_000 == pytest.approx(12, rel=0.02)
    assert signed_in / visits == pytest.approx(0.85, abs=0.01)
    assert total["ended.own_logout"] / signed_in == pytest.approx(0.60, abs=0.01)
    assert total["ended.idle"] / signed_in == pytest.approx(0.105, abs=0.01)
    assert total["proof.revoked"] / signed_in == pytest.approx(0.30, abs=0.01)
    assert total["confirmations"] / visits == pytest.approx(0.97, abs=0.005)


def test_sums_are_those_of_the_desks_and_nothing_raises_an_alarm(database: Database) -> None:
    done = simulate(database, SMALL, NOW)
    rows = days_of_desks(database)
    for table in SUMS:
        wanted: dict[tuple[str, ...], Counter[str]] = {}
        for code, office, day, counts in rows:
            scope = scope_of(table, code, office)
            wanted.setdefault((*scope, day), Counter()).update({**counts, "ledgers": 1})
        assert sums(database, table) == {key: dict(+total) for key, total in wanted.items()}
    total = dashboard.totals(database, NATION, NATION, LEDGER_DAYS)
    assert (done.municipalities, done.desks, done.desk_days, done.visits) == (5, 24, len(rows), total.visits)
    assert done.visits > 24 * 20 * 10
    assert done.reports <= report_count(SMALL)
    assert alarms(database) == []
    assert all(compliance(total).of(figure).unknown_share for figure in (Figure.PROVED, Figure.CONFIRMED))


def test_nobody_works_on_weekends_and_holidays(database: Database) -> None:
    simulate(database, SMALL, NOW)
    days = {datetime.date.fromisoformat(day) for _, _, day, _ in days_of_desks(database)}
    assert max(days) == TODAY
    assert datetime.date(2026, 3, 20) not in days  # the equinox
    assert {day.weekday() for day in days} == set(range(5))


def test_some_desks_fell_silent_and_are_unprotected(database: Database) -> None:
    simulate(database, SMALL, NOW)
    desks = dashboard.desks(database, NATION, NATION, NOW)
    silent = [desk for desk in desks if desk.silence.state is State.UNPROTECTED]
    assert 0 < len(silent) < len(desks) / 2
    assert all(desk.reported_at == NOW for desk in desks if desk not in silent)
    # today is a Monday: the days before were the weekend
    assert all(desk.silence.open_s > 3 * 3600 for desk in silent)


def test_the_same_seed_gives_the_same_counts_and_another_one_does_not(new_url: Callable[[], str]) -> None:
    told = []
    for seed in (1, 1, 2):
        database = Database(read_url(new_url()))
        migrate(database)
        simulate(database, msgspec.structs.replace(SMALL, seed=seed), NOW)
        told.append(sums(database, "municipality_days"))
        database.close()
    assert told[0] == told[1] != told[2]


def test_it_keeps_away_from_real_desks(database: Database) -> None:
    with database.writing() as connection:
        store_municipalities(connection, PLACES)
    make_code(database, "131016", "市民課", NOW, datetime.timedelta(hours=1), new_office=True)
    with pytest.raises(SimulationError, match="holds desks"):
        simulate(database, SMALL, NOW)  # a code that is on its way to a desk
    enrolled(database, DeskOfTests("131016"))
    with database.writing() as connection:
        connection.execute(sa.text("DELETE FROM enrol_codes"))
    with pytest.raises(SimulationError, match="holds desks"):
        simulate(database, SMALL, NOW)
    assert len(dashboard.desks(database, NATION, NATION, NOW)) == 1


def test_it_does_not_add_to_itself(database: Database) -> None:
    simulate(database, SMALL, NOW)
    before = sums(database, "nation_days")
    with pytest.raises(SimulationError, match="holds desks"):
        simulate(database, SMALL, NOW)
    assert sums(database, "nation_days") == before


def test_imported_municipalities_are_used(database: Database) -> None:
    with database.writing() as connection:
        store_municipalities(connection, PLACES)
    with pytest.raises(SimulationError, match="only 3"):
        simulate(database, SMALL, NOW)
    simulate(database, msgspec.structs.replace(SMALL, municipalities=2), NOW)
    desks = dashboard.desks(database, NATION, NATION, NOW)
    assert {desk.municipality_code for desk in desks} < {one.code for one in PLACES}
    assert all(desk.office.startswith("模擬") for desk in desks)


def test_more_desks_than_share_a_transaction(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MOST_TOGETHER", 7)
    sizes: list[int] = []
    done = simulate(database, SMALL, NOW, sizes.append)
    assert (max(sizes), sum(sizes)) == (7, done.reports)
    children = dashboard.ranking(database, NATION, Place(Level.NATION), LEDGER_DAYS, Figure.CONFIRMED)
    assert sum(one.totals.visits for one in children) == done.visits


def test_municipalities_that_are_not_there_have_codes_that_can_be() -> None:
    made = invented(1741)
    assert len({one.code for one in made}) == 1741
    assert all(is_code(one.code) and one.code[2] == "9" for one in made)
    assert (made[12].code[:2], made[12].prefecture, made[46].prefecture) == ("13", "東京都", "沖縄県")
    assert len({one.code for one in invented(MOST)}) == MOST


@pytest.mark.parametrize(("municipalities", "desks"), [(0, 5), (6, 5), (MOST + 1, MOST + 1)])
def test_a_nation_that_cannot_be_is_refused(municipalities: int, desks: int, tmp_path: Path) -> None:
    database = Database(read_url(f"sqlite:///{tmp_path}/x.sqlite3"))
    with pytest.raises(SimulationError, match="cannot be"):
        simulate(database, Assumptions(municipalities=municipalities, desks=desks), NOW)
    database.close()


def test_more_desks_than_fit_into_memory_are_refused_before_anything_is_made(tmp_path: Path) -> None:
    done = command("simulate", "--desks", "99999999", "--data", str(tmp_path / "x"))
    assert (done.returncode, "99999999" in done.stderr, (tmp_path / "x").exists()) == (2, True, False)


def test_a_person_simulates(url: str) -> None:
    command("migrate", "--database", url)
    done = command("simulate", "--municipalities", "3", "--desks", "6", "--days", "3", "--database", url)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"3 municipalities, 6 desks, \d+ reports, \d+ days of desks, \d+ visits\.", done.stdout)
    assert re.search(r"\d of the desks have a policy that tells each visit, from [\d-]+ on: \d+ facts\.", done.stdout)
    again = command("simulate", "--database", url)
    assert (again.returncode, "--data" in again.stderr, "Traceback" in again.stderr) == (1, True, False)


def test_every_assumption_is_written_down() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "central.md").read_text(encoding="utf-8")
    about = page.partition("### A simulated nation")[2].partition("\n### ")[0]
    lines = [line for line in about.splitlines() if line.startswith("| `")]
    for name, value in msgspec.structs.asdict(Assumptions()).items():
        if name in ("municipalities", "desks", "days", "seed"):
            assert f"`--{name}`" in page
            assert f"({value})" in page
            continue
        (line,) = (line for line in lines if f"`{name}`" in line)
        if isinstance(value, tuple):
            assert ", ".join(f"{hour}: {percent}" for hour, percent in value) in line
            assert sum(percent for _, percent in value) == 100
            continue
        assert re.search(rf"\b{re.escape(f'{value:g}')}\b", line), name
