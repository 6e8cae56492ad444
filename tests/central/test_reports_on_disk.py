"""Which parts of the database a report goes through; on SQLite, which tells what it will do."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.ingest.service import take_reports
from tests.central.nation import DeskOfTests, enrolled

BY_DAY = {  # table → the index in which the rows of one day lie together
    "desk_days": "desk_days_day_desk_id_epoch_idx",
    "office_days": "office_days_day_office_id_idx",
    "municipality_days": "municipality_days_day_municipality_code_idx",
}


def test_the_rows_of_a_day_that_is_there_are_found_by_the_day(sqlite: Database) -> None:
    """By their keys each would lie beside its own past, so that every report would touch other parts of the index."""
    plans = plans_of_a_further_report(sqlite)
    for table, index in BY_DAY.items():
        searched = [step for step in plans if f"SEARCH {table} " in step or "SEARCH t " in step]
        mine = [step for step in searched if index in step]
        assert len(mine) == 2, f"{table} is read once and written once by {index}: {searched}"
    keys = [step for step in plans for table in BY_DAY if f"sqlite_autoindex_{table}" in step]
    assert not keys, f"by the key: {keys}"


def test_a_report_writes_no_index(sqlite: Database) -> None:
    """Nothing that an index holds is set, not even to what it was: the database would write the index each time."""
    indexed = {table: columns_of_indexes(sqlite, table) for table in (*BY_DAY, "desks", "ledgers")}
    updated = set()
    for statement, _ in statements_of_a_further_report(sqlite):
        head, _, assigned = statement.partition(" SET ")
        if head.startswith("UPDATE ") and (table := head.split()[1]) in indexed:
            updated.add(table)
            columns = {one.partition("=")[0].strip() for one in assigned.partition(" WHERE ")[0].split(",")}
            assert not columns & indexed[table], statement
    assert updated == indexed.keys()


def columns_of_indexes(database: Database, table: str) -> set[str]:
    columns = f"SELECT c.name FROM pragma_index_list('{table}') AS i, pragma_index_info(i.name) AS c"  # noqa: S608
    with database.reading() as connection:
        return set(connection.exec_driver_sql(columns).scalars())


def statements_of_a_further_report(database: Database) -> list[tuple[str, Any]]:
    """What is asked for when a desk tells once more of a day, with the values of one row."""
    desk = enrolled(database, DeskOfTests("131016"))
    desk.count("2026-04-20", visits=1, warnings__idle=1)
    take_reports(database, [desk.arrived(desk.report())])
    desk.count("2026-04-20", visits=1, warnings__idle=1)
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:
        asked.append((statement, values[0] if many or isinstance(values, list) else values))

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        take_reports(database, [desk.arrived(desk.report())])
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)
    return asked


def plans_of_a_further_report(database: Database) -> list[str]:
    plans = []
    for statement, values in statements_of_a_further_report(database):
        if statement.startswith(("SELECT", "UPDATE")):
            with database.reading() as connection:
                steps = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
                plans += [str(step.detail) for step in steps]
    return plans
