"""Months that are over: read in place of their days, and never different from them."""

from __future__ import annotations

import asyncio
import datetime
import itertools
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from kiosk_agent.central import serving
from kiosk_agent.central.dashboard import service
from kiosk_agent.central.dashboard.compliance import Figure
from kiosk_agent.central.dashboard.schemas import Days, Step
from kiosk_agent.central.database.engine import Database, read_url
from kiosk_agent.central.database.migrate import migrate
from kiosk_agent.central.database.tables import settled_months
from kiosk_agent.central.ingest import repository as ingest
from kiosk_agent.central.ingest.service import take_reports
from kiosk_agent.central.months.repository import MONTHS_OF, settled_to
from kiosk_agent.central.months.service import settle
from kiosk_agent.central.months.spans import last_day, span
from kiosk_agent.central.places.schemas import NATION, Level, Place
from tests.central.months import check_months
from tests.central.nation import DeskOfTests, enrolled
from tests.central.serving import Server
from tests.central.test_waiting import WAITING, Paused
from tests.support.postgresql import PostgreSQL

Date = datetime.date
JANUARY, FEBRUARY, MARCH = (Date(2026, month, 1) for month in (1, 2, 3))
TOLD = ("2025-11-30", "2026-01-01", "2026-01-31", "2026-02-14", "2026-03-01", "2026-03-31", "2026-04-01", "2026-04-20")
ALL_SETTLED = Date(2026, 6, 1)  # on which March is settled, and April is not
SOME_DAYS = st.dates(Date(2025, 12, 20), Date(2026, 4, 10)) | st.dates()


@pytest.fixture
def desks(database: Database) -> list[DeskOfTests]:
    """Two of each municipality, with counts in six months."""
    made = [enrolled(database, DeskOfTests(code)) for code in ("011002", "131016", "131024") * 2]
    for number, desk in enumerate(made, 1):
        for place, day in enumerate(TOLD, 1):
            desk.count(day, visits=number * place, sign_ins=number, confirmations=place)
    take_reports(database, [desk.arrived(desk.report()) for desk in made])
    return made


def settled(database: Database) -> list[Date]:
    with database.reading() as connection:
        return list(connection.execute(sa.select(settled_months.c.month).order_by(settled_months.c.month)).scalars())


@given(first=SOME_DAYS, last=SOME_DAYS, to=st.none() | SOME_DAYS.map(last_day))
def test_each_day_is_in_a_settled_month_or_left(first: Date, last: Date, to: Date | None) -> None:
    found = span(Days(first, last), to)
    if last < first:
        assert (found.months, found.days) == (None, (Days(first, last),))
        return
    pieces = list(found.days)
    if found.months is not None:
        assert found.months.first.day == found.months.last.day == 1
        whole = Days(found.months.first, last_day(found.months.last))
        assert to is not None
        assert whole.last <= to
        pieces.append(whole)
    pieces.sort()
    assert pieces[0].first == first
    assert pieces[-1].last == last
    for before, after in itertools.pairwise(pieces):
        assert after.first == before.last + datetime.timedelta(days=1)
    assert all(piece.first <= piece.last for piece in pieces)


@pytest.mark.parametrize(
    ("first", "last", "months"),
    [
        (Date(2026, 1, 1), Date(2026, 3, 31), Days(JANUARY, MARCH)),
        (Date(2026, 1, 2), Date(2026, 3, 31), Days(FEBRUARY, MARCH)),
        (Date(2026, 1, 1), Date(2026, 3, 30), Days(JANUARY, FEBRUARY)),
        (Date(2026, 1, 1), Date(2026, 12, 31), Days(JANUARY, MARCH)),
        (Date(2026, 2, 2), Date(2026, 3, 30), None),
        (Date(2026, 4, 1), Date(2026, 4, 30), None),
    ],
)
def test_months_stand_for_days_wherever_they_are_whole(first: Date, last: Date, months: Days | None) -> None:
    assert span(Days(first, last), Date(2026, 3, 31)).months == months


def test_a_month_is_settled_five_weeks_after_its_end(database: Database, desks: list[DeskOfTests]) -> None:
    for today, months in (
        (Date(2026, 1, 3), []),
        (Date(2026, 1, 4), [Date(2025, 11, 1)]),
        (Date(2026, 3, 6), []),  # December has no days
        (Date(2026, 3, 7), [JANUARY]),
        (ALL_SETTLED, [FEBRUARY, MARCH]),
        (ALL_SETTLED, []),
    ):
        assert settle(database, today) == months
        check_months(database)
    assert settled(database) == [Date(2025, 11, 1), JANUARY, FEBRUARY, MARCH]


def test_where_nobody_has_reported_there_is_nothing_to_settle(database: Database) -> None:
    assert settle(database, ALL_SETTLED) == []
    with database.reading() as connection:
        assert settled_to(connection) is None


@pytest.mark.parametrize("day", ["2025-12-24", "2026-03-05", "2020-05-05"])
def test_what_is_told_late_of_a_settled_month_is_in_both(
    database: Database, desks: list[DeskOfTests], day: str
) -> None:
    """Also of a month of which nothing was known when later ones were settled."""
    settle(database, ALL_SETTLED)
    days = Days(Date.fromisoformat(day).replace(day=1), last_day(Date.fromisoformat(day)))
    before = service.totals(database, NATION, NATION, days)
    late = desks[1]
    late.count(day, visits=5)
    late.count("2026-04-20", visits=7)
    take_reports(database, [late.arrived(late.report())])
    check_months(database)
    assert service.totals(database, NATION, NATION, days).visits == before.visits + 5


RANGES = [
    Days(JANUARY, Date(2026, 3, 31)),
    Days(Date(2026, 1, 2), Date(2026, 4, 20)),
    Days(Date(2025, 11, 30), Date(2026, 3, 30)),
    Days(Date(2025, 1, 1), Date(2026, 12, 31)),
    Days(Date(2026, 3, 31), Date(2026, 4, 1)),
    Days(FEBRUARY, JANUARY),
]


def told(database: Database, days: Days) -> list[object]:
    places = [
        NATION,
        Place(Level.PREFECTURE, "13"),
        Place(Level.MUNICIPALITY, "131016"),
        Place(Level.OFFICE, "2"),
        Place(Level.DESK, "2"),
    ]
    found: list[object] = []
    for place in places:
        found.append(service.totals(database, NATION, place, days))
        found += [service.trends(database, NATION, place, days, step) for step in Step]
        if place.level is not Level.DESK:
            found.append(service.ranking(database, NATION, place, days, Figure.CONFIRMED))
    return found


@pytest.mark.parametrize("days", RANGES)
def test_pages_say_the_same_before_and_after(database: Database, desks: list[DeskOfTests], days: Days) -> None:
    before = told(database, days)
    settle(database, ALL_SETTLED)
    assert told(database, days) == before


def test_of_settled_months_no_days_are_read(database: Database, desks: list[DeskOfTests]) -> None:
    days = Days(JANUARY, Date(2026, 3, 31))
    before = told(database, days)[:1]
    settle(database, ALL_SETTLED)
    with database.writing() as connection:
        for table in MONTHS_OF:
            connection.exec_driver_sql(f"DROP TABLE {table.name}")  # whoever reads it fails
    assert [service.totals(database, NATION, NATION, days)] == before
    for place in (NATION, Place(Level.PREFECTURE, "13"), Place(Level.MUNICIPALITY, "131016")):
        service.ranking(database, NATION, place, days, Figure.CONFIRMED)
        service.trends(database, NATION, place, days, Step.MONTH)


def other_waits(postgresql: Database, other: threading.Thread) -> Callable[[], None]:
    """Begins the other one, and is left when that was seen to wait; it must, before it is done."""

    def begin() -> None:
        other.start()
        while True:
            assert other.is_alive(), "it did not wait"
            with postgresql.reading() as looking:
                if looking.execute(WAITING).scalars().all():
                    return

    return begin


@pytest.mark.parametrize("is_settling_first", [True, False])
def test_reports_and_who_settles_wait_for_each_other(
    postgresql: PostgreSQL, monkeypatch: pytest.MonkeyPatch, is_settling_first: bool
) -> None:
    database = Database(read_url(postgresql.new_database()))
    migrate(database)
    desk = enrolled(database, DeskOfTests("131016"))
    desk.count("2026-01-05", visits=3)
    take_reports(database, [desk.arrived(desk.report())])
    desk.count("2026-01-05", visits=4)
    arrived = [desk.arrived(desk.report())]
    if is_settling_first:
        begin = other_waits(database, threading.Thread(target=take_reports, args=(database, arrived)))
        added = sa.event.listens_for(database._engine, "before_cursor_execute")

        @added
        def pause(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
            if statement.startswith("INSERT INTO settled_months"):
                begin()

        settle(database, ALL_SETTLED)
    else:
        begin = other_waits(database, threading.Thread(target=settle, args=(database, ALL_SETTLED)))
        monkeypatch.setattr(ingest.OFFICE_DAYS, "_grow", Paused(ingest.OFFICE_DAYS._grow, begin))
        take_reports(database, arrived)
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
    assert settled(database) == [JANUARY]
    check_months(database)
    database.close()


def test_serving_settles_what_is_over(database: Database, desks: list[DeskOfTests], url: str, tmp_path: Path) -> None:
    server = Server(url, tmp_path / "log")  # today is long after
    try:
        while len(settled(database)) < 5:
            assert server.process.poll() is None
    finally:
        server.stop()
    check_months(database)


async def test_where_the_database_is_away_it_is_tried_again(
    empty: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(serving, "SETTLE_EVERY_S", 0.01)
    keeping = asyncio.create_task(serving._settle(empty))  # its tables are not there yet
    while "months could not be settled" not in caplog.text:
        await asyncio.sleep(0.01)
    await asyncio.to_thread(migrate, empty)
    desk = enrolled(empty, DeskOfTests("131016"))
    desk.count("2026-01-05", visits=3)
    take_reports(empty, [desk.arrived(desk.report())])
    while settled(empty) != [JANUARY]:
        await asyncio.sleep(0.01)
    keeping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await keeping
