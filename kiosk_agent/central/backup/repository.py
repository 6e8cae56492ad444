"""The tables as they are in a database, whatever features have made them, and their rows."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from alembic.migration import MigrationContext
from sqlalchemy.engine import Connection

VERSION_TABLE = "alembic_version"
ROWS_AT_ONCE = 1000


def revision_of(connection: Connection) -> str | None:
    """Of the tables; None where there are none."""
    return MigrationContext.configure(connection).get_current_revision()


def hold_still(connection: Connection) -> None:
    """Let all that this transaction reads be of one moment. Must be its first statement; SQLite does so anyway."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")


def tables_of(connection: Connection) -> list[sa.Table]:
    """All but the migrations' own, each behind those that it refers to."""
    found = sa.MetaData()
    found.reflect(connection)
    return [table for table in found.sorted_tables if table.name != VERSION_TABLE]


def rows_of(connection: Connection, table: sa.Table) -> Iterator[list[Any]]:
    """All rows, a few at a time, so that memory does not grow with the nation."""
    streamed = connection.execution_options(yield_per=ROWS_AT_ONCE).execute(sa.select(table))
    for row in streamed:
        yield list(row)


def clear(connection: Connection, tables: Sequence[sa.Table]) -> None:
    """Remove what migrations themselves have put in. Tables that only grow refuse even a deletion of no row."""
    for table in reversed(tables):
        if connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first() is not None:
            connection.execute(table.delete())


def add(connection: Connection, table: sa.Table, rows: Sequence[Sequence[Any]]) -> None:
    """Add rows whose values are as JSON has them, in the order of the table's columns."""
    readers = [(column.name, _reader(column)) for column in table.columns]
    values = [
        {name: None if value is None else read(value) for (name, read), value in zip(readers, row, strict=True)}
        for row in rows
    ]
    connection.execute(table.insert(), values)


def _reader(column: sa.Column[Any]) -> Any:
    kind = column.type.python_type
    if kind is datetime.date:
        return datetime.date.fromisoformat
    if kind is bytes:
        return bytes.fromhex
    return lambda value: value


def go_on_counting(connection: Connection, tables: Sequence[sa.Table]) -> None:
    """Let PostgreSQL number new rows behind the ones that came with their numbers; SQLite does so by itself."""
    if connection.dialect.name != "postgresql":
        return
    for table in tables:
        for column in table.primary_key.columns:
            find = sa.func.pg_get_serial_sequence(table.name, column.name)
            sequence = connection.execute(sa.select(find)).scalar_one()
            if sequence is not None:
                highest = connection.execute(sa.select(sa.func.max(column))).scalar_one()
                connection.execute(sa.select(sa.func.setval(sequence, highest or 1, highest is not None)))
