"""Connections to the database, and the two ways to use it: writing and reading."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError

from kiosk_agent import reasons
from kiosk_agent.errors import DatabaseError
from kiosk_agent.text import Text


class StandBack(Protocol):
    """What a long transaction calls between two steps, for what is more urgent."""

    has_small_steps: bool  # of statements with many rows

    def __call__(self) -> None: ...


Row = TypeVar("Row")

FILE_NAME = "central.sqlite3"
# A second process may be writing; its largest transaction, a group of full reports, takes well below this.
BUSY_MS = 10_000
WRITES = "kiosk_writes"
# SQLite's memory for pages. Where a transaction changes more than fit, it writes and reads them again and again.
USUAL_KB = 2_000
LARGE_KB = 65_536
REMEMBERED = "kiosk_remembered"
STAND_BACK = "kiosk_stand_back"
STEP = 100  # rows: some milliseconds, which is as long as others have to wait


class Database:
    """One database. Thread-safe; a connection that was lost is made anew for the next transaction."""

    def __init__(self, url: URL) -> None:
        """``url`` as :func:`read_url` gives it. Opens nothing yet."""
        self.url = url
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self._of_thread = threading.local()
        self._counting = threading.Lock()
        self._wanting = 0
        # pre-ping: a server that was restarted must not cost the first transaction after it
        self._engine = sa.create_engine(url, pool_pre_ping=not self.is_sqlite)
        if self.is_sqlite:
            sa.event.listen(self._engine, "connect", _prepare_sqlite)
            sa.event.listen(self._engine, "begin", _begin_sqlite)
        else:
            sa.event.listen(self._engine, "connect", _prepare_postgresql)

    @contextlib.contextmanager
    def writing(self, *, is_large: bool = False, stand_back: StandBack | None = None) -> Iterator[Connection]:
        """One transaction that may write: durable when the block is left, gone where it raises.

        ``is_large``: it changes rows by the ten thousand. ``stand_back``: what :func:`steps` calls between two of them.
        """
        options = {WRITES: True, STAND_BACK: stand_back}
        with self._engine.connect().execution_options(**options) as connection, self._waited_for(connection):
            if self.is_sqlite:
                connection.exec_driver_sql(f"PRAGMA cache_size = -{LARGE_KB if is_large else USUAL_KB}")
            yield connection

    @contextlib.contextmanager
    def _waited_for(self, connection: Connection) -> Iterator[None]:
        with self._counting:
            self._wanting += 1
        try:
            begun = connection.begin()
        finally:
            with self._counting:
                self._wanting -= 1
        with begun:
            yield

    @property
    def is_wanted(self) -> bool:
        """Whether somebody in this process waits for a transaction that may write. SQLite has one at a time."""
        return self._wanting > 0

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """One transaction that only reads, and never waits for those that write.

        Within another one of the same thread it is that one: whatever a page shows is of one moment, as far as the
        database keeps it, and is begun once.
        """
        around: Connection | None = getattr(self._of_thread, "reading", None)
        if around is not None:
            yield around
            return
        with self._engine.connect() as connection, connection.begin():
            info: dict[Any, Any] = connection.info  # once the connection is lost, it cannot be asked for any more
            info[REMEMBERED] = {}
            self._of_thread.reading = connection
            try:
                yield connection
            finally:
                self._of_thread.reading = None
                del info[REMEMBERED]

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


def steps(connection: Connection, rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """Rows of a long transaction, some at a time; between them it stands back for what is more urgent.

    PostgreSQL takes them in a process of its own, and all at once.
    """
    stand_back: StandBack | None = connection.get_execution_options().get(STAND_BACK)
    is_small = stand_back is not None and stand_back.has_small_steps and connection.dialect.name == "sqlite"
    size = STEP if is_small else len(rows)
    for begin in range(0, len(rows), size or 1):
        if stand_back is not None:
            stand_back()
        yield rows[begin : begin + size]


def remembered(connection: Connection) -> dict[Any, Any]:
    """What was found out in this transaction, so that it is asked for once; nothing lasts where it may write."""
    found: dict[Any, Any] = connection.info.get(REMEMBERED, {})
    return found


def read_url(text: str) -> URL:
    """What ``--database`` says. Raises DatabaseError where it is neither SQLite nor PostgreSQL."""
    hint = Text("Give sqlite:///FILE or postgresql://USER@HOST/NAME.")
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise DatabaseError(Text("The database's address cannot be read."), hint) from None  # it may hold a password
    if url.get_backend_name() == "sqlite":
        if not url.database or url.database == ":memory:":
            raise DatabaseError(Text("A database in memory would lose every report."), hint)
        return url.set(drivername="sqlite+pysqlite")
    if url.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return url.set(drivername="postgresql+psycopg")
    raise DatabaseError(Text("{kind!r} is no database that central can use.", kind=url.drivername), hint)


def sqlite_url(folder: Path) -> URL:
    """The database in ``folder``, which is made where it is missing, for this user alone. Raises DatabaseError."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseError(
            Text("{file}: {reason}.", file=folder, reason=reasons.of_system(error)),
            Text("Give a folder that can be written: --data DIR."),
        ) from error
    return URL.create("sqlite+pysqlite", database=str(folder.absolute() / FILE_NAME))


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun below, not by the driver
    # waiting first: switching to WAL is itself something that another process may be in the middle of
    for pragma in (f"busy_timeout = {BUSY_MS}", "journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _prepare_postgresql(connection: Any, _record: object) -> None:
    """Plans are made for the question at hand.

    Pages ask for a few days or for years, of one office or of hundreds. What PostgreSQL plans for all of them together,
    after some repetitions of a statement that the driver has prepared, took five times as long.
    """
    connection.autocommit = True  # for the session, not for a transaction that may be rolled back
    connection.execute("SET plan_cache_mode = force_custom_plan")
    connection.autocommit = False


def _begin_sqlite(connection: Connection) -> None:
    # a reader that turns into a writer half-way cannot wait for another one, and fails at once
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
