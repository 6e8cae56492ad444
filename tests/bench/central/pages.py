"""What pages ask of the database, timed in a process of its own."""

from __future__ import annotations

import datetime
import gc
import time
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from kiosk_agent.central.dashboard import service
from kiosk_agent.central.dashboard.compliance import Figure as Which
from kiosk_agent.central.dashboard.schemas import Days, Step
from kiosk_agent.central.database.engine import Database, read_url
from kiosk_agent.central.places.schemas import NATION, Level, Place
from kiosk_agent.central.serving import COLLECT_AFTER
from kiosk_agent.central.times import from_ms
from tests.bench.central.nation import ONE_DAY

Timed = dict[str, tuple[list[float], list[float]]]  # page → milliseconds of the whole, and of the database alone


def asked(database: Database, last: datetime.date) -> dict[str, Callable[[], object]]:
    """The pages by name: what each asks of :mod:`kiosk_agent.central.dashboard.service`, of days up to ``last``."""
    month, year = Days(last - ONE_DAY * 29, last), Days(last - ONE_DAY * 364, last)
    with database.reading() as connection:
        largest = Place(
            Level.MUNICIPALITY,
            connection.exec_driver_sql(
                "SELECT municipality_code FROM desks GROUP BY municipality_code ORDER BY count(*) DESC LIMIT 1"
            ).scalar_one(),
        )
        fullest = Place(
            Level.PREFECTURE,
            connection.exec_driver_sql(
                "SELECT prefecture_code FROM municipalities GROUP BY prefecture_code ORDER BY count(*) DESC LIMIT 1"
            ).scalar_one(),
        )
        now = from_ms(connection.exec_driver_sql("SELECT max(reported_at_ms) FROM desks").scalar_one())

    def overview() -> None:
        service.totals(database, NATION, NATION, month)
        service.trends(database, NATION, NATION, month, Step.DAY)
        service.guarded(database, NATION, NATION, now)

    def municipality() -> None:
        service.totals(database, NATION, largest, year)
        service.trends(database, NATION, largest, year, Step.WEEK)
        service.guarded(database, NATION, largest, now)

    def national_year() -> None:
        service.totals(database, NATION, NATION, year)
        service.trends(database, NATION, NATION, year, Step.MONTH)

    return {
        "overview: the nation's 30 days and its desks now": overview,
        "the nation's year": national_year,
        "ranking of prefectures, 30 days": lambda: service.ranking(database, NATION, NATION, month, Which.PROVED),
        "ranking of prefectures, a year": lambda: service.ranking(database, NATION, NATION, year, Which.PROVED),
        "ranking of a prefecture's municipalities, 30 days": lambda: service.ranking(
            database, NATION, fullest, month, Which.PROVED
        ),
        "ranking of a prefecture's municipalities, a year": lambda: service.ranking(
            database, NATION, fullest, year, Which.PROVED
        ),
        "the largest municipality's year": municipality,
        "ranking of the largest municipality's offices, 30 days": lambda: service.ranking(
            database, NATION, largest, month, Which.PROVED
        ),
        "the largest municipality's desks now": lambda: service.desks(database, NATION, largest, now),
    }


def measure(url: str, runs: int, last: datetime.date) -> Timed:
    """Each page ``runs`` times, in turn; Python's collector is set as the server sets it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)
    database = Database(read_url(url))
    timed: Timed = {}
    pages = asked(database, last)
    statements = {name: _statements(database, page) for name, page in pages.items()}
    for run in range(runs + 3):
        for name, page in pages.items():
            begun = time.perf_counter()
            page()
            whole = time.perf_counter() - begun
            alone = _alone(database, statements[name])
            if run >= 3:  # the first ones fill caches, of which a server's are full
                wholes, alones = timed.setdefault(name, ([], []))
                wholes.append(whole * 1000)
                alones.append(alone * 1000)
    database.close()
    return timed


def _statements(database: Database, page: Callable[[], object]) -> list[tuple[str, Any]]:
    """What a page sends to the database."""
    found: list[tuple[str, Any]] = []

    def note(_connection: Connection, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if not statement.startswith("BEGIN"):  # SQLite begins its transactions by a statement
            found.append((statement, parameters))

    sa.event.listen(database._engine, "before_cursor_execute", note)
    page()
    sa.event.remove(database._engine, "before_cursor_execute", note)
    return found


def _alone(database: Database, statements: list[tuple[str, Any]]) -> float:
    """Seconds for the same statements through the driver alone, with all their rows."""
    with database.reading() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        begun = time.perf_counter()
        for statement, parameters in statements:
            raw.execute(statement, parameters).fetchall()
        return time.perf_counter() - begun
