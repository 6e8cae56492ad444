"""The same reports in any order, late, twice, from two server processes at once: the sums are those of the ledgers."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError

from kiosk_agent.central.database.engine import Database, read_url
from kiosk_agent.central.database.migrate import migrate
from kiosk_agent.central.ingest.schemas import Arrived
from kiosk_agent.central.ingest.service import take_reports
from kiosk_agent.central.months.repository import MONTHS_OF
from kiosk_agent.central.months.service import settle
from kiosk_agent.wire import v1
from tests.central.months import check_months
from tests.central.nation import PLACES, SUMS, DeskOfTests, alarms, enrolled, expected, sums
from tests.central.serving import Server, bearer, body
from tests.support.postgresql import PostgreSQL

NAMES = ("visits", "sign_ins", "proof__revoked", "signal__idle", "warnings__idle")
DAYS = ("2026-01-31", "2026-04-01", "2026-04-03")
# on the first of them January is settled, on the second April as well
TODAYS = (datetime.date(2026, 4, 20), datetime.date(2026, 7, 1))
# what a desk does: counts something on some day, or writes a report of all days
ACTS = st.lists(
    st.one_of(st.none(), st.tuples(st.sampled_from(DAYS), st.sampled_from(NAMES), st.integers(1, 5))), max_size=12
)


def live(desk: DeskOfTests, acts: list[tuple[str, str, int] | None]) -> list[tuple[DeskOfTests, v1.Report]]:
    """All reports that a desk writes in its life; the last one has everything."""
    reports = []
    for act in [*acts, None]:
        if act is None:
            reports.append((desk, desk.report()))
        else:
            day, name, amount = act
            desk.count(day, **{name: amount})
    return reports


def check(database: Database, desks: list[DeskOfTests]) -> None:
    ledgers = [(desk.municipality_code, desk.days) for desk in desks]
    for table in SUMS:
        assert sums(database, table) == expected(ledgers, table), table
    check_months(database)
    assert alarms(database) == []  # an honest desk raises none, in whatever order its reports arrive


def empty(database: Database) -> None:
    with database.writing() as connection:
        for table in (
            *SUMS,
            *map(str, MONTHS_OF.values()),
            "settled_months",
            "desk_days",
            "alarms",
            "ledgers",
            "enrol_codes",
            "desks",
        ):
            connection.exec_driver_sql(f"DELETE FROM {table}")  # noqa: S608 - names of ours


# A failure is told as it was found: to shrink it over a real database would take minutes.
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(lives=st.lists(ACTS, min_size=3, max_size=3), data=st.data())
def test_any_order_any_repetition_any_grouping(
    database: Database, lives: list[list[None]], data: st.DataObject
) -> None:
    empty(database)
    desks = [enrolled(database, DeskOfTests(place.code)) for place in PLACES]
    reports = [one for desk, acts in zip(desks, lives, strict=True) for one in live(desk, acts)]
    arriving = data.draw(st.permutations(reports)) + data.draw(st.lists(st.sampled_from(reports), max_size=8))
    arrived = [desk.arrived(report) for desk, report in arriving]
    while arrived:
        size = data.draw(st.integers(1, len(arrived)))
        take_reports(database, arrived[:size])
        arrived = arrived[size:]
        if data.draw(st.booleans()):  # in between: whatever comes later is told of a settled month
            settle(database, data.draw(st.sampled_from(TODAYS)))
    check(database, desks)


def shuffled(desks: list[DeskOfTests], seed: int, rounds: int) -> list[tuple[DeskOfTests, v1.Report]]:
    """The reports of busy desks, each twice, in a disorder of its own."""
    import random

    chance = random.Random(seed)
    reports = []
    for desk in desks:
        acts: list[tuple[str, str, int] | None] = []
        for _ in range(rounds):
            acts += [(chance.choice(DAYS), chance.choice(NAMES), chance.randint(1, 5)) for _ in range(3)] + [None]
        reports += live(desk, acts)
    reports *= 2
    chance.shuffle(reports)
    return reports


def test_two_writers_at_once_neither_lose_nor_double_nor_block_each_other(new_url: Callable[[], str]) -> None:
    url = new_url()
    first, second, third = (Database(read_url(url)) for _ in range(3))
    migrate(first)
    desks = [enrolled(first, DeskOfTests(PLACES[number % 3].code)) for number in range(12)]
    reports = [desk.arrived(report) for desk, report in shuffled(desks, 7, 6)]
    failures: list[DBAPIError] = []

    def write(database: Database, mine: list[Arrived]) -> None:
        for start in range(0, len(mine), 9):
            try:
                take_reports(database, mine[start : start + 9])
            except DBAPIError as error:
                failures.append(error)

    def settle_meanwhile() -> None:
        for today in TODAYS:
            settle(third, today)

    threads = [
        *(
            threading.Thread(target=write, args=(database, reports[half::2]))
            for half, database in enumerate((first, second))
        ),
        threading.Thread(target=settle_meanwhile),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []  # a deadlock would be one
    check(first, desks)
    settle_meanwhile()
    check(first, desks)
    for database in (first, second, third):
        database.close()


def send(url: str, desk: DeskOfTests, content: bytes, client: httpx.Client) -> int:
    """The status; 0 where no answer came."""
    try:
        return client.post(f"{url}/v1/report", content=content, headers=bearer(desk)).status_code
    except httpx.HTTPError:
        return 0


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_two_server_processes_one_killed_in_the_middle(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    postgresql: PostgreSQL | None = request.getfixturevalue("postgresql") if kind == "postgresql" else None
    url = postgresql.new_database() if postgresql else f"sqlite:///{tmp_path / 'central.sqlite3'}"
    database = Database(read_url(url))
    migrate(database)
    desks = [enrolled(database, DeskOfTests(PLACES[number % 3].code)) for number in range(10)]
    waiting = [(desk, body(report)) for desk, report in shuffled(desks, 11, 4)]
    servers = [Server(url, tmp_path / f"{number}.log") for number in range(2)]
    with httpx.Client(timeout=30) as client, ThreadPoolExecutor(8) as pool:

        def flood(numbers: list[int], what: list[tuple[DeskOfTests, bytes]]) -> list[tuple[DeskOfTests, bytes]]:
            """Send each to one of the servers; returns those that were not acknowledged."""
            sent = [
                pool.submit(send, servers[numbers[index % len(numbers)]].url, desk, content, client)
                for index, (desk, content) in enumerate(what)
            ]
            if len(numbers) > 1:
                sent[len(sent) // 3].result()
                servers[0].kill()
                if postgresql:
                    postgresql.stop()
                    postgresql.start()
            return [one for one, status in zip(what, sent, strict=True) if status.result() != 200]

        left = flood([0, 1], waiting)
        assert left, "nothing was under way when the process was killed"
        assert flood([1], left) == []
    assert servers[1].stop() in (0, -15)
    servers[0].stop()
    check(database, desks)
    database.close()
