"""A back-up of central's database that either kind of database can be made from again.

A gzipped file of JSON lines: a head with the revision of the tables; for each table its name and columns, then its rows
as arrays; an end with the number of rows, so that a file that was cut off is noticed. It holds hashes of passwords and
tokens: it is readable for its owner alone.
"""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa
from alembic import command
from sqlalchemy.engine import Connection

from kiosk_agent import reasons
from kiosk_agent.central.backup import repository
from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.database.migrate import alembic_config, cannot_be_used, known_revisions
from kiosk_agent.errors import CentralError
from kiosk_agent.text import Text

FORMAT = "kiosk-central backup 1"


class Head(msgspec.Struct, frozen=True):
    """The first line."""

    format: str
    revision: str


class TableHead(msgspec.Struct, frozen=True):
    """Stands before a table's rows."""

    table: str
    columns: list[str]


class End(msgspec.Struct, frozen=True):
    """The last line."""

    rows: int


class BackupError(CentralError):
    """The back-up cannot be written, or the file is none."""


def write_backup(database: Database, file: Path) -> int:
    """Write all rows to ``file``, whole or not at all; returns how many. Raises BackupError and DatabaseError."""
    new = file.with_name(f"{file.name}.new")
    encode = msgspec.json.Encoder(enc_hook=_as_json).encode
    try:
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as raw:
            with gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=6) as packed:
                count = 0
                for line in _lines(database):
                    count += isinstance(line, list)
                    packed.write(encode(line) + b"\n")
                packed.write(encode(End(count)) + b"\n")
            raw.flush()
            os.fsync(raw.fileno())
        new.replace(file)
    except OSError as error:
        raise BackupError(
            Text("{file}: {reason}.", file=file, reason=reasons.of_system(error)),
            Text("Name a file that can be written."),
        ) from error
    finally:
        new.unlink(missing_ok=True)
    return count


def _lines(database: Database) -> Iterator[Head | TableHead | list[Any]]:
    with database.reading() as connection:
        repository.hold_still(connection)
        yield Head(FORMAT, repository.revision_of(connection) or "")
        for table in repository.tables_of(connection):
            yield TableHead(str(table.name), [str(column.name) for column in table.columns])
            yield from repository.rows_of(connection, table)


def _as_json(value: object) -> object:
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).hex()
    raise TypeError(f"a back-up cannot hold {type(value).__name__}")


def read_backup(database: Database, file: Path) -> int:
    """Make the tables and rows of ``file`` in a database without tables; returns the number of rows.

    All or nothing. The tables are of the version that wrote the file: migrate afterwards. Raises BackupError and
    DatabaseError.
    """
    try:
        with gzip.open(file) as lines, database.writing() as connection:
            return _restore(connection, iter(lines), file)
    except (OSError, EOFError, ValueError, zlib.error, msgspec.MsgspecError, _NotWholeError) as error:
        raise BackupError(
            Text("{file} is no whole back-up: {reason}.", file=file, reason=_reason(error)),
            Text("Nothing was restored. Use another one."),
        ) from error
    except sa.exc.DBAPIError as error:
        raise cannot_be_used(error) from error


class _NotWholeError(Exception):
    def __init__(self, why: Text) -> None:
        super().__init__(str(why))
        self.why = why


def _reason(error: Exception) -> str | Text:
    match error:
        case _NotWholeError():
            return error.why
        case gzip.BadGzipFile():
            return Text("it is not packed with gzip")
        case EOFError():
            return Text("its end is missing")
        case OSError():
            return reasons.of_system(error)
        case _:  # of msgspec, zlib, or a value that its column cannot hold
            return Text("a line of it cannot be read")


def _restore(connection: Connection, lines: Iterator[bytes], file: Path) -> int:
    if sa.inspect(connection).get_table_names():
        raise BackupError(Text("The database has tables already."), Text("Restore into a new, empty database."))
    head = msgspec.json.decode(next(lines, b"null"), type=Head)
    if head.format != FORMAT:
        raise BackupError(
            Text("{file} is a back-up of another kind: {found!r}.", file=file, found=head.format[:60]),
            Text("Expected: {format!r}.", format=FORMAT),
        )
    if head.revision not in known_revisions():
        raise BackupError(
            Text(
                "{file} has tables of version {found!r}, which this program does not know.",
                file=file,
                found=head.revision[:20],
            ),
            Text("Use the program that wrote it, or a later one."),
        )
    command.upgrade(alembic_config(connection), head.revision)
    tables = {table.name: table for table in repository.tables_of(connection)}
    repository.clear(connection, list(tables.values()))
    count, current, waiting = 0, None, []
    for line in lines:
        said = msgspec.json.decode(line)
        if isinstance(said, list):
            count += 1
            waiting.append(said)
        if current is not None and waiting and (not isinstance(said, list) or len(waiting) == repository.ROWS_AT_ONCE):
            repository.add(connection, current, waiting)
            waiting = []
        if isinstance(said, dict) and "table" in said:
            current = _table(tables, msgspec.convert(said, TableHead))
        elif not isinstance(said, list):
            told = msgspec.convert(said, End).rows
            if told != count or next(lines, None) is not None:
                raise _NotWholeError(Text("it tells of {told} rows and has {count}", told=told, count=count))
            repository.go_on_counting(connection, list(tables.values()))
            return count
    raise EOFError


def _table(tables: dict[str, sa.Table], head: TableHead) -> sa.Table:
    table = tables.get(head.table)
    if table is None or [column.name for column in table.columns] != head.columns:
        raise _NotWholeError(Text("its table {table!r} is not what its revision makes", table=head.table[:60]))
    return table
