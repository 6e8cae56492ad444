"""Statements over many rows at once, written once for both databases."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection, CursorResult

from kiosk_agent.central.database.engine import steps

NAMED = re.compile(r"(?<!:):(\w+)")
OF_ROW = re.compile(r"\br\.(\w+)")
BY_INDEX = re.compile(r"{by (\w+)}")
BY_NAME = r"INDEXED BY \1"  # as SQLite says it
Kind = Literal["text", "bigint", "date"]  # as PostgreSQL names them; SQLite takes what comes
Values = tuple[Any, ...]  # of one row, in the order of the columns


class Bulk:
    """One statement, written once for both databases.

    In ``sql`` stands ``{rows}`` for a table ``r`` with ``columns`` (name → kind), ``{for_update}`` for the lock on
    ``t`` where the database has such locks. SQLite locks the whole file instead. ``{by NAME}`` after a table says which
    of its indexes to go by; PostgreSQL finds that out by itself.

    The rows travel as one JSON text, so that one statement serves any number. Only what SQLite writes goes row by row:
    it is in the same process, and picking JSON apart costs it several times more than the row itself.
    """

    def __init__(self, sql: str, columns: Mapping[str, Kind]) -> None:
        self._columns = tuple(columns)
        recordset = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        self._postgresql = _text(
            sql, f"json_to_recordset(CAST(:rows AS json)) AS r ({recordset})", "FOR UPDATE OF t", ""
        )
        self._row = msgspec.defstruct("Row", self._columns)  # for PostgreSQL, which goes by names
        picked = ", ".join(f"json_extract(value, '$[{place}]') AS {name}" for place, name in enumerate(columns))
        self._sqlite = _text(sql, f"(SELECT {picked} FROM json_each(:rows)) AS r", "", BY_NAME)  # noqa: S608 - our names
        self._parameters = tuple(dict.fromkeys(NAMED.findall(sql)))
        self._row_by_row = "" if sql.startswith("SELECT") else self._numbered(sql)

    def _numbered(self, sql: str) -> str:
        """For one row at a time, with values by place: sqlite3 looks up a name for each value of each row."""
        places = {name: f"?{number}" for number, name in enumerate((*self._columns, *self._parameters), 1)}
        if "FROM {rows} WHERE" in sql:  # nothing is joined: the values themselves, four times as quick in an UPDATE
            sql = OF_ROW.sub(lambda found: places[found[1]], sql.replace("FROM {rows} WHERE", "WHERE"))
        given = ", ".join(f"{places[name]} AS {name}" for name in self._columns)
        filled = _filled(sql, f"(SELECT {given}) AS r", "", BY_NAME)
        return NAMED.sub(lambda found: places[found[1]], filled)

    def run(self, connection: Connection, rows: Iterable[Mapping[str, Any]], **parameters: Any) -> CursorResult[Any]:
        """Run it over ``rows``, whose keys are the columns, and maybe more."""
        return self.run_values(connection, [tuple(row[name] for name in self._columns) for row in rows], **parameters)

    def run_values(self, connection: Connection, rows: Sequence[Values], **parameters: Any) -> CursorResult[Any]:
        """The same where rows come by the thousand."""
        if connection.dialect.name != "sqlite":
            text = msgspec.json.encode([self._row(*row) for row in rows]).decode()
            return connection.execute(self._postgresql, {"rows": text, **parameters})
        if self._row_by_row and rows:
            further = tuple(parameters[name] for name in self._parameters)
            given = [(*row, *further) for row in rows] if further else list(rows)
            results = [connection.exec_driver_sql(self._row_by_row, list(some)) for some in steps(connection, given)]
            return results[-1]
        return connection.execute(self._sqlite, {"rows": msgspec.json.encode(rows).decode(), **parameters})


def _filled(sql: str, rows: str, for_update: str, by: str) -> str:
    return BY_INDEX.sub(by, sql).replace("{rows}", rows).replace("{for_update}", for_update)


def _text(sql: str, rows: str, for_update: str, by: str) -> sa.TextClause:
    return sa.text(_filled(sql, rows, for_update, by))
