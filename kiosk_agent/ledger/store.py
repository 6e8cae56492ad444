"""The ledger's file: SQLite, durable with every entry, append-only. Only this package opens it."""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec

from kiosk_agent.clock import Clock
from kiosk_agent.errors import LedgerDamagedError, LedgerError, LedgerFullError, LedgerLockedError
from kiosk_agent.ledger.chain import first_link, link
from kiosk_agent.ledger.counts import amount, counted
from kiosk_agent.session import entries as en
from kiosk_agent.session import events as ev
from kiosk_agent.session.vocabulary import EndReason, Proof

FILE_NAME = "ledger.sqlite3"
FORMAT = 1
BUSY_MS = 1000  # another program that holds the file longer holds up a desk

SCHEMA = """
CREATE TABLE entries (
    seq INTEGER PRIMARY KEY, at TEXT NOT NULL, day TEXT NOT NULL, visit_id TEXT,
    body TEXT NOT NULL, digest BLOB NOT NULL
) STRICT;
CREATE INDEX entries_by_visit ON entries (visit_id) WHERE visit_id IS NOT NULL;
CREATE TRIGGER entries_stay BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER entries_remain BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TABLE visits (
    visit_id TEXT PRIMARY KEY, started_at TEXT, saw_sign_in INTEGER NOT NULL DEFAULT 0,
    ended_at TEXT, reason TEXT, proof TEXT, residue_clean INTEGER, length_s REAL, extensions INTEGER,
    confirmed_at TEXT, confirmation TEXT, mark TEXT
) STRICT;
CREATE TABLE counts (
    day TEXT NOT NULL, name TEXT NOT NULL, value INTEGER NOT NULL, PRIMARY KEY (day, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE outbox (day TEXT PRIMARY KEY, changed_seq INTEGER NOT NULL, acknowledged_seq INTEGER NOT NULL) STRICT;
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
"""
DERIVED = ("visits", "counts")
FULL_CODES = {sqlite3.SQLITE_FULL}
LOCKED_CODES = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
DAMAGED_CODES = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """SQLite's errors as the ledger's."""
    try:
        yield
    except sqlite3.Error as error:
        code = (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF
        text = f"{getattr(error, 'sqlite_errorname', type(error).__name__)}: {error}"
        if code in FULL_CODES:
            raise LedgerFullError(text) from error
        if code in LOCKED_CODES:
            raise LedgerLockedError(text) from error
        if code in DAMAGED_CODES or (isinstance(error, sqlite3.DatabaseError) and "malformed" in text):
            raise LedgerDamagedError(text) from error
        raise LedgerError(text) from error
    except OSError as error:
        raise LedgerError(f"{error.strerror or type(error).__name__}") from error


class Ledger:
    """One open ledger with its one writer. Use it from one thread only."""

    def __init__(self, path: Path, clock: Clock) -> None:
        """Open ``path``, or begin it. Raises LedgerError; a damaged file stays where it is."""
        self.path = path
        self._clock = clock
        with translated():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not path.exists():
                os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
            self._db = sqlite3.connect(path, isolation_level=None, timeout=BUSY_MS / 1000)
            try:
                self._prepare()
            except BaseException:
                self._db.close()
                raise

    def _prepare(self) -> None:
        self._db.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version == 0:
            self._create()
        elif version != FORMAT:
            raise LedgerError(f"the ledger has format {version}, this agent writes {FORMAT}")
        problem = self._db.execute("PRAGMA quick_check(1)").fetchone()[0]
        if problem != "ok":
            raise LedgerDamagedError(f"SQLite finds: {problem}")
        self.epoch = str(self._db.execute("SELECT value FROM about WHERE name = 'epoch'").fetchone()[0])
        self._seq, self._digest = self._head()

    def _create(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        for statement in SCHEMA.split(";\n"):
            if statement.strip():
                self._db.execute(statement)
        self._db.execute("INSERT INTO about VALUES ('epoch', ?)", (secrets.token_hex(16),))
        self._db.execute(f"PRAGMA user_version = {FORMAT}")
        self._db.execute("COMMIT")

    def _head(self) -> tuple[int, bytes]:
        """The last entry; its own digest must fit its text."""
        rows = self._db.execute("SELECT seq, at, body, digest FROM entries ORDER BY seq DESC LIMIT 2").fetchall()
        if not rows:
            return 0, first_link(self.epoch)
        seq, at, body, digest = rows[0]
        before = rows[1][3] if len(rows) > 1 else first_link(self.epoch)
        if link(before, seq, at, body) != digest:
            raise LedgerDamagedError(f"entry {seq} does not fit the one before it")
        return seq, digest

    def append(self, entry: en.Entry) -> int:
        """Make ``entry`` durable, with all that follows from it; returns its number. Raises LedgerError."""
        wall = self._clock.wall()
        at, day = wall.isoformat(timespec="milliseconds"), wall.date().isoformat()
        body = msgspec.json.encode(entry, order="sorted").decode()
        seq = self._seq + 1
        digest = link(self._digest, seq, at, body)
        with translated():
            try:
                self._db.execute("BEGIN IMMEDIATE")
                visit_id = getattr(entry, "visit_id", None)
                self._db.execute(
                    "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)", (seq, at, day, visit_id, body, digest)
                )
                derive(self._db, entry, at, day)
                self._db.execute(
                    "INSERT INTO outbox VALUES (?, ?, 0)"
                    " ON CONFLICT (day) DO UPDATE SET changed_seq = excluded.changed_seq",
                    (day, seq),
                )
                self._db.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):  # the first error is the one to tell
                    if self._db.in_transaction:
                        self._db.execute("ROLLBACK")
                raise
        self._seq, self._digest = seq, digest
        return seq

    def left_over(self) -> ev.AgentStarted:
        """The visit without outcome, else the one without confirmation: how the session begins."""
        with translated():
            row = self._db.execute(
                "SELECT visit_id, saw_sign_in FROM visits WHERE reason IS NULL ORDER BY started_at DESC LIMIT 1"
            ).fetchone()
            if row is not None:
                return ev.AgentStarted(unfinished=row[0], unfinished_saw_sign_in=bool(row[1]))
            row = self._db.execute(
                "SELECT visit_id, reason, proof, residue_clean FROM visits"
                " WHERE confirmation IS NULL ORDER BY ended_at DESC LIMIT 1"
            ).fetchone()
        if row is None:
            return ev.AgentStarted()
        return ev.AgentStarted(
            unconfirmed=row[0],
            unconfirmed_reason=EndReason(row[1]),
            unconfirmed_proof=Proof(row[2]),
            unconfirmed_residue_clean=bool(row[3]),
        )

    def counts(self) -> dict[str, dict[str, int]]:
        """All counters by local day."""
        with translated():
            return read_counts(self._db)

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def derive(db: sqlite3.Connection, entry: en.Entry, at: str, day: str) -> None:
    """Bring visits and counts up to date with ``entry``. A visit that began in another file is taken as it comes."""
    match entry:
        case en.VisitStarted():
            db.execute("INSERT INTO visits (visit_id, started_at) VALUES (?, ?)", (entry.visit_id, at))
        case en.SignedIn():
            _know(db, entry.visit_id)
            db.execute("UPDATE visits SET saw_sign_in = 1 WHERE visit_id = ?", (entry.visit_id,))
        case en.Outcome():
            _know(db, entry.visit_id)
            changed = db.execute(
                "UPDATE visits SET ended_at = ?, reason = ?, proof = ?, saw_sign_in = max(saw_sign_in, ?),"
                " residue_clean = ?, length_s = ?, extensions = ? WHERE visit_id = ? AND reason IS NULL",
                (
                    at,
                    entry.reason,
                    entry.proof,
                    entry.saw_sign_in,
                    entry.residue_clean,
                    entry.length_s,
                    entry.extensions,
                    entry.visit_id,
                ),
            ).rowcount
            if changed != 1:
                raise LedgerError(f"visit {entry.visit_id} has an outcome already")
        case en.OutcomeRevised():
            db.execute(
                "UPDATE visits SET proof = ? WHERE visit_id = ? AND proof = 'unproven'", (entry.proof, entry.visit_id)
            )
        case en.Confirmation() | en.Override() if entry.visit_id is not None:
            _know(db, entry.visit_id)
            kind = "confirmed" if isinstance(entry, en.Confirmation) else "override"
            db.execute(
                "UPDATE visits SET confirmed_at = ?, confirmation = ?, mark = ?"
                " WHERE visit_id = ? AND confirmation IS NULL",
                (at, kind, entry.mark, entry.visit_id),
            )
    for name in counted(entry):
        db.execute(
            "INSERT INTO counts VALUES (?, ?, ?) ON CONFLICT (day, name) DO UPDATE SET value = value + excluded.value",
            (day, name, amount(entry)),
        )


def _know(db: sqlite3.Connection, visit_id: str) -> None:
    db.execute("INSERT INTO visits (visit_id) VALUES (?) ON CONFLICT DO NOTHING", (visit_id,))


def read_counts(db: sqlite3.Connection) -> dict[str, dict[str, int]]:
    """All counters by local day."""
    days: dict[str, dict[str, int]] = {}
    for day, name, value in db.execute("SELECT day, name, value FROM counts ORDER BY day, name"):
        days.setdefault(day, {})[name] = value
    return days


def set_aside(path: Path, wall_stamp: str) -> str:
    """Keep a damaged ledger under another name, with its journal; returns that name."""
    kept = path.with_name(f"{path.stem}-damaged-{wall_stamp}-{secrets.token_hex(2)}{path.suffix}")
    for ending in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):  # not every journal is there
            Path(f"{path}{ending}").replace(f"{kept}{ending}")
    return kept.name
