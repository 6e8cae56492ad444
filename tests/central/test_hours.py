"""Visits by weekday and hour: sums that are equal to the facts, of whom they are, and who may see them."""

from __future__ import annotations

import datetime
import random
import re
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from hypothesis import given
from hypothesis import strategies as st

from kiosk_agent.central.dashboard import service
from kiosk_agent.central.dashboard.schemas import Days
from kiosk_agent.central.database.engine import Database, sqlite_url
from kiosk_agent.central.database.migrate import alembic_config, migrate
from kiosk_agent.central.incidents.hours import Known, grown
from kiosk_agent.central.ingest.service import take_reports
from kiosk_agent.central.pages.charts import DARK_SHADES, LIGHT_SHADES, Shades, hour_map
from kiosk_agent.central.places.schemas import NATION, Level, Place
from kiosk_agent.wire import v1
from tests.central.nation import DeskOfTests, enrolled

MONDAY = datetime.date(2026, 4, 6)
DAYS = Days(MONDAY, MONDAY + datetime.timedelta(days=13))


def visit(number: int, seq: int, day: int, hour: int) -> v1.VisitFact:
    when = MONDAY + datetime.timedelta(days=day)
    return v1.VisitFact(number, seq, when, hour, 60, "own_logout", "revoked", signed_in=True)


def take(database: Database, desk: DeskOfTests, *visits: v1.VisitFact) -> None:
    assert None not in take_reports(database, [desk.arrived(desk.report(visits=list(visits)))])


def sums_of(database: Database, table: str) -> dict[tuple[str, str, int], int]:
    """From ``visit_hours`` as it stands, or made anew from the facts."""
    stored = "SELECT code, day, hour, visits FROM visit_hours WHERE visits <> 0"
    made = " UNION ALL ".join(
        f"SELECT {code} AS code, day, hour, count(*) AS visits FROM visit_facts GROUP BY 1, 2, 3"  # noqa: S608
        for code in ("''", "substr(municipality_code, 1, 2)", "municipality_code")
    )
    with database.reading() as connection:
        rows = connection.execute(sa.text(stored if table == "visit_hours" else made)).all()
    return {(row.code, str(row.day), row.hour): row.visits for row in rows}


def test_the_sums_are_those_of_the_facts_in_whatever_order_they_come(database: Database) -> None:
    chance = random.Random(7)
    desks = [enrolled(database, DeskOfTests(code)) for code in ("131016", "131016", "131024", "011002")]
    told = [
        (desk, visit(number, seq, chance.randrange(14), chance.randrange(24)))
        for desk in desks
        for number in range(1, 6)
        for seq in chance.sample(range(number, number + 9), 3)
    ]
    chance.shuffle(told)
    for desk, one in [*told, *told[::2]]:
        take(database, desk, one)
    take(database, desks[0], visit(1, 90, 3, 9), visit(2, 90, 3, 9))
    assert sums_of(database, "visit_hours") == sums_of(database, "visit_facts")
    assert sum(visits for (code, _, _), visits in sums_of(database, "visit_hours").items() if not code) == 20


KEYS = st.integers(1, 3)
TELLINGS = st.lists(st.tuples(KEYS, st.integers(1, 5), st.integers(0, 2)), max_size=12)


@given(TELLINGS)
def test_a_visit_counts_once_where_its_newest_telling_has_it(tellings: list[tuple[int, int, int]]) -> None:
    known: dict[tuple[Any, ...], Known] = {}
    sums: dict[tuple[str, str, int], int] = {}
    for number, seq, hour in tellings:
        told = {"municipality_code": "131016", "day": "2026-04-06", "hour": hour, "seq": seq}
        for key, more in grown(known, {(number,): told}).items():
            sums[key] = sums.get(key, 0) + more
        if (number,) not in known or known[number,].seq < seq:
            known[number,] = Known(seq, "2026-04-06", hour)
    for code in ("", "13", "131016"):
        assert [sums.get((code, "2026-04-06", hour), 0) for hour in range(3)] == [
            sum(one.hour == hour for one in known.values()) for hour in range(3)
        ]


def test_the_map_has_what_its_place_has_and_says_of_whom(database: Database) -> None:
    near, silent, far = (enrolled(database, DeskOfTests(code)) for code in ("131016", "131016", "011002"))
    for desk in (near, silent):
        desk.count(MONDAY.isoformat(), visits=5, outcomes=5)
        take_reports(database, [desk.arrived(desk.report())])
    take(database, near, visit(1, 1, 0, 9), visit(2, 2, 7, 9), visit(3, 3, 2, 20), visit(4, 4, 30, 9))
    take(database, far, visit(1, 1, 0, 9))
    found = service.hours(database, NATION, Place(Level.MUNICIPALITY, "131016"), DAYS)
    assert found.cells == {(0, 9): 2, (2, 20): 1}
    assert (found.visits, found.begun, found.telling, found.desks) == (3, 10, 1, 2)
    assert (found.hours, len(found.names)) == (range(8, 21), 1)
    for place in (Place(Level.OFFICE, "1"), Place(Level.DESK, str(near.id))):
        assert service.hours(database, NATION, place, DAYS).cells == found.cells
    assert service.hours(database, NATION, NATION, DAYS).cells == {(0, 9): 3, (2, 20): 1}
    assert service.hours(database, NATION, Place(Level.PREFECTURE, "01"), DAYS).cells == {(0, 9): 1}
    nobody = service.hours(database, NATION, Place(Level.DESK, str(silent.id)), DAYS)
    assert (nobody.cells, nobody.telling, nobody.names) == ({}, 0, ())
    for days in (-9, 60):  # before and after all that was told
        first = MONDAY + datetime.timedelta(days=days)
        other = Days(first, first + datetime.timedelta(days=7))
        assert service.hours(database, NATION, NATION, other).telling == 0
    with pytest.raises(service.PlaceUnknownError):
        service.hours(database, Place(Level.MUNICIPALITY, "131024"), Place(Level.MUNICIPALITY, "131016"), DAYS)


def before_there_were_sums(of: Database, folder: Path) -> Database:
    """A database of that version, with all that ``of`` holds and that version knew."""
    folder.mkdir()
    old = Database(sqlite_url(folder))
    with old.writing() as writing, of.reading() as reading:
        command.upgrade(alembic_config(writing), "0008")
        writing.execute(sa.text("PRAGMA defer_foreign_keys = ON"))
        for table in sa.inspect(writing).get_table_names():
            since = {column["name"] for column in sa.inspect(reading).get_columns(table)}  # some have other names now
            names = [name for column in sa.inspect(writing).get_columns(table) if (name := column["name"]) in since]
            rows = reading.execute(sa.select(*map(sa.column, names)).select_from(sa.table(table))).all()
            if rows and table != "alembic_version":
                writing.execute(sa.table(table).delete())  # what stands in it from the beginning
                writing.execute(sa.table(table, *map(sa.column, names)).insert(), [row._asdict() for row in rows])
    return old


def test_what_was_told_before_there_were_sums_is_in_them(tmp_path: Path) -> None:
    database = Database(sqlite_url(tmp_path))
    migrate(database)
    desk = enrolled(database, DeskOfTests("131016"))
    take(database, desk, visit(1, 1, 0, 9), visit(2, 2, 1, 10))
    with database.reading() as connection:
        spans = connection.execute(sa.text("SELECT * FROM visit_desks")).all()
    old = before_there_were_sums(database, tmp_path / "old")
    migrate(old)
    assert sums_of(old, "visit_hours") == sums_of(old, "visit_facts") == sums_of(database, "visit_facts") != {}
    with old.reading() as connection:
        assert connection.execute(sa.text("SELECT * FROM visit_desks")).all() == spans != []
    old.close()
    database.close()


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("shades", [LIGHT_SHADES, DARK_SHADES])
def test_every_number_of_the_map_can_be_read_and_every_step_be_told_from_the_next(shades: Shades) -> None:
    for fill, text in shades.steps:
        lighter, darker = sorted((luminance(fill), luminance(text)), reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5, (fill, text)
    light = [luminance(fill) for fill, _ in shades.steps]
    assert light in (sorted(light), sorted(light, reverse=True))
    assert len(set(light)) == len(light)


def test_the_map_has_each_number_in_the_readers_words() -> None:
    days = ["月", "火", "水", "木", "金", "土", "日"]
    drawn = hour_map(days, [("8:00", [1, 0, 0, 0, 0, 0, 4]), ("9:00", [0, 0, 0, 1234, 0, 0, 0])], LIGHT_SHADES).decode()
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", drawn)
    assert [text for text in texts if text in days] == days
    assert sorted(text for text in texts if text not in days) == sorted(
        ["8:00", "9:00", "1", "4", "1,234", *["·"] * 11]
    )
