"""Statements over many rows at once, written once for both databases."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection, CursorResult

NAMED = re.compile(r"(?<!:):(\w+)")
Kind = Literal["text", "bigint", "date"]  # as PostgreSQL names them; SQLite takes what comes


class Bulk:
    """One statement, written once for both databases.

    In ``sql`` stands ``{rows}`` for a table ``r`` with ``columns`` (name → kind), ``{for_update}`` for the lock on
    ``t`` where the database has such locks. SQLite locks the whole file instead.

    The rows travel as one JSON text, so that one statement serves any number. Only what SQLite writes goes row by row:
    it is in the same process, and picking JSON apart costs it several times more than the row itself.
    """

    def __init__(self, sql: str, columns: Mapping[str, Kind]) -> None:
        recordset = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        self._postgresql = _text(sql, f"json_to_recordset(CAST(:rows AS json)) AS r ({recordset})", "FOR UPDATE OF t")
        picked = ", ".join(f"json_extract(value, '$.{name}') AS {name}" for name in columns)
        self._sqlite = _text(sql, f"(SELECT {picked} FROM json_each(:rows)) AS r", "")  # noqa: S608 - our names
        given = ", ".join(f"?{number} AS {name}" for number, name in enumerate(columns, 1))
        self._row_by_row = "" if sql.startswith("SELECT") else _filled(sql, f"(SELECT {given}) AS r", "")
        # by place: sqlite3 looks up a name for each value of each row
        self._columns = tuple(columns)
        self._parameters = tuple(dict.fromkeys(NAMED.findall(sql)))
        for number, name in enumerate(self._parameters, len(columns) + 1):
            self._row_by_row = re.sub(rf"(?<!:):{name}\b", f"?{number}", self._row_by_row)

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]], **parameters: Any) -> CursorResult[Any]:
        """Run it over ``rows``, whose keys are the columns."""
        if connection.dialect.name == "sqlite":
            if self._row_by_row and rows:
                further = tuple(parameters[name] for name in self._parameters)
                given = [(*(row[name] for name in self._columns), *further) for row in rows]
                return connection.exec_driver_sql(self._row_by_row, given)
            statement = self._sqlite
        else:
            statement = self._postgresql
        return connection.execute(statement, {"rows": msgspec.json.encode(rows).decode(), **parameters})


def _filled(sql: str, rows: str, for_update: str) -> str:
    return sql.replace("{rows}", rows).replace("{for_update}", for_update)


def _text(sql: str, rows: str, for_update: str) -> sa.TextClause:
    return sa.text(_filled(sql, rows, for_update))
