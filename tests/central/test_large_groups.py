"""Groups that change rows by the ten thousand have the memory for it, and give it back."""

from __future__ import annotations

import pytest

from kiosk_agent.central.database import engine
from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.ingest import service
from kiosk_agent.central.ingest.service import take_reports
from tests.central.nation import DeskOfTests, enrolled


def kilobytes(database: Database) -> int:
    """Of SQLite's memory for pages, of the one connection that there is."""
    with database.reading() as connection:
        return -int(connection.exec_driver_sql("PRAGMA cache_size").scalar_one())


def test_a_group_of_many_days_has_the_memory_for_it(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MANY_DAYS", 3)
    desks = [enrolled(sqlite, DeskOfTests("131016")) for _ in range(2)]
    for days, expected in ((1, engine.USUAL_KB), (2, engine.LARGE_KB), (1, engine.USUAL_KB)):
        for desk in desks:
            desk.days.clear()
            for day in range(days):
                desk.count(f"2026-04-{day + 1:02}", visits=1)
        take_reports(sqlite, [desk.arrived(desk.report()) for desk in desks])
        assert kilobytes(sqlite) == expected
