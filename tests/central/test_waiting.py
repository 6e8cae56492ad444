"""A second server process waits for what the first one has in hand, and goes on from there. (SQLite has one writer.)"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from kiosk_agent.central.database.bulk import Bulk
from kiosk_agent.central.database.engine import Database, read_url
from kiosk_agent.central.database.migrate import migrate
from kiosk_agent.central.ingest import repository
from kiosk_agent.central.ingest.schemas import Arrived
from kiosk_agent.central.ingest.service import take_reports
from tests.central.nation import SUMS, DeskOfTests, alarms, digest_at, enrolled, expected, sums
from tests.support.postgresql import PostgreSQL

WAITING = sa.text("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


@pytest.fixture
def database(postgresql: PostgreSQL) -> Iterator[Database]:
    database = Database(read_url(postgresql.new_database()))
    migrate(database)
    yield database
    database.close()


class Paused:
    """In place of a statement that writes: before it runs for the first time, ``then`` is called."""

    def __init__(self, real: Bulk, then: Callable[[], None]) -> None:
        self._real, self._then = real, [then]

    def run(self, *arguments: Any, **parameters: Any) -> Any:
        self._pause()
        return self._real.run(*arguments, **parameters)

    def run_values(self, *arguments: Any, **parameters: Any) -> Any:
        self._pause()
        return self._real.run_values(*arguments, **parameters)

    def _pause(self) -> None:
        if self._then:
            self._then.pop()()


class Meeting:
    """While one transaction has read and not yet written, another one begins, and must be seen to wait."""

    def __init__(self, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        self._database, self._monkeypatch = database, monkeypatch

    def of(self, place: object, statement: str, first: Arrived, second: Arrived) -> None:
        """``first`` is held before ``place.statement``; then both go on."""
        other = threading.Thread(target=take_reports, args=(self._database, [second]))
        waited = []

        def begin_other() -> None:
            other.start()
            while other.is_alive() and not waited:
                with self._database.reading() as looking:
                    waited.extend(looking.execute(WAITING).scalars())

        with self._monkeypatch.context() as patch:
            patch.setattr(place, statement, Paused(getattr(place, statement), begin_other))
            take_reports(self._database, [first])
            other.join()
        assert waited, "the second transaction did not wait"


@pytest.fixture
def meeting(database: Database, monkeypatch: pytest.MonkeyPatch) -> Meeting:
    return Meeting(database, monkeypatch)


def test_for_the_same_desk_even_with_another_ledger(database: Database, meeting: Meeting) -> None:
    desk = enrolled(database, DeskOfTests("131016"))
    desk.count("2026-04-01", visits=3)
    after = DeskOfTests("131016", token=desk.token, id=desk.id)
    after.count("2026-04-01", visits=1)
    meeting.of(repository, "UPDATE_DESKS", desk.arrived(desk.report()), after.arrived(after.report()))
    ledgers = [("131016", desk.days), ("131016", after.days)]
    assert sums(database, "nation_days") == expected(ledgers, "nation_days")


def test_for_a_ledger_that_two_desks_have(database: Database, meeting: Meeting) -> None:
    desk = enrolled(database, DeskOfTests("131016"))
    desk.count("2026-04-01", visits=3)
    take_reports(database, [desk.arrived(desk.report())])
    copy = enrolled(database, DeskOfTests("011002", epoch=desk.epoch, entries=1, days={}))
    desk.count("2026-04-01", visits=3)
    meeting.of(repository, "UPDATE_DESKS", desk.arrived(desk.report()), copy.arrived(copy.report()))
    with database.reading() as connection:
        row = connection.execute(sa.text("SELECT entries, digest FROM ledgers")).one()
    assert tuple(row) == (2, digest_at(desk.epoch, 2))
    assert alarms(database) == [("clone", copy.id, "desk")]


@pytest.mark.parametrize("level", ["OFFICE_DAYS", "MUNICIPALITY_DAYS", "PREFECTURE_DAYS", "NATION_DAYS"])
def test_for_the_sums_of_two_desks(database: Database, meeting: Meeting, level: str) -> None:
    desks = [enrolled(database, DeskOfTests("131016")) for _ in range(2)]
    for amount in (1, 5):  # the sums are new at first, and known then
        for desk in desks:
            desk.count("2026-04-01", visits=amount, signal__idle=amount)
        first, second = (desk.arrived(desk.report()) for desk in desks)
        meeting.of(getattr(repository, level), "_grow", first, second)
    ledgers = [("131016", desk.days) for desk in desks]
    for table in SUMS:
        assert sums(database, table) == expected(ledgers, table), table
