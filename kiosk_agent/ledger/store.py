"""The ledger's file: SQLite, durable with every entry, append-only. Only this package opens it."""

from __future__ import annotations

import contextlib
import datetime
import errno
import os
import secrets
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec

from kiosk_agent import reasons
from kiosk_agent.clock import Clock
from kiosk_agent.errors import LedgerDamagedError, LedgerError, LedgerFullError, LedgerLockedError
from kiosk_agent.ledger import outbox
from kiosk_agent.ledger.aside import journal_left_alone
from kiosk_agent.ledger.chain import first_link, link
from kiosk_agent.ledger.counts import counted
from kiosk_agent.ledger.facts import COUNTS_ALONE, Wanted
from kiosk_agent.ledger.outbox import Acknowledged, OutboxState, Outgoing
from kiosk_agent.session import entries as en
from kiosk_agent.session import events as ev
from kiosk_agent.session.residue import Residue
from kiosk_agent.session.vocabulary import EndReason, Proof
from kiosk_agent.text import Text

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
CREATE TRIGGER entries_follow BEFORE INSERT ON entries
    WHEN NEW.seq <> (SELECT ifnull(max(seq), 0) + 1 FROM entries)
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
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
# A disk that fills up while SQLite maps its journal's index comes as an I/O error, not as SQLITE_FULL.
FULL_CODES = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE}
LOCKED_CODES = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
DAMAGED_CODES = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
# All statements are ours, so these can only mean the file: a table that is not there, a text that is none.
DAMAGED_TEXTS = ("malformed", "no such ", "Could not decode to UTF-8")
FULL_ERRNOS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """SQLite's errors as the ledger's."""
    try:
        yield
    except sqlite3.Error as error:
        raise _of_sqlite(error) from error
    except OSError as error:
        text = reasons.of_system(error)
        raise (LedgerFullError(text) if error.errno in FULL_ERRNOS else LedgerError(text)) from error


def _of_sqlite(error: sqlite3.Error) -> LedgerError:
    code = getattr(error, "sqlite_errorcode", 0) or 0
    said = f"{getattr(error, 'sqlite_errorname', type(error).__name__)}: {error}"
    if {code, code & 0xFF} & FULL_CODES:
        return LedgerFullError(Text("{said} (the disk is full)", said=said))
    if code & 0xFF in LOCKED_CODES:
        return LedgerLockedError(Text("{said} (another program holds the file)", said=said))
    if code & 0xFF in DAMAGED_CODES or any(words in said for words in DAMAGED_TEXTS):
        return LedgerDamagedError(Text("{said} (the file is damaged)", said=said))
    return LedgerError(Text("{said} (the file cannot be used)", said=said))


def tables(db: sqlite3.Connection) -> list[tuple[str, ...]]:
    """The tables, indexes and triggers of ``db`` as they were written down."""
    query = "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name"
    return db.execute(query).fetchall()


def check_tables(db: sqlite3.Connection) -> None:
    """Raises LedgerDamagedError where they are not a ledger's, its guards against changes among them."""
    with contextlib.closing(sqlite3.connect(":memory:")) as fresh:
        fresh.executescript(SCHEMA)
        missing = set(tables(fresh)) ^ set(tables(db))
    if missing:
        names = ", ".join(sorted({name for _, name, _ in missing}))
        raise LedgerDamagedError(Text("its tables or triggers are not a ledger's: {names}", names=names))


class Ledger:
    """One open ledger with its one writer. Use it from one thread only."""

    def __init__(self, path: Path, clock: Clock) -> None:
        """Open ``path``, or begin it where nothing is there. Raises LedgerError; a damaged file stays where it is."""
        self.path = path
        self._clock = clock
        with translated():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if journal_left_alone(path):
                raise LedgerDamagedError(Text("the file is gone, but its journal is still there"))
            if not os.path.lexists(path):
                begin(path)
            elif path.is_dir():
                raise LedgerDamagedError(Text("it is a folder, not a file"))
            elif path.exists() and path.stat().st_size == 0:  # a new one is complete before it gets its name
                raise LedgerDamagedError(Text("the file is empty"))
            # "rw": SQLite must not make a file where one just vanished
            self._db = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None, timeout=BUSY_MS / 1000
            )
            try:
                self._prepare()
            except BaseException:
                self._db.close()
                raise

    def _prepare(self) -> None:
        check_format(self._db)
        check_tables(self._db)
        self._db.execute("PRAGMA journal_mode = WAL")  # this may write: only now is it known to be a ledger
        self._db.execute("PRAGMA synchronous = FULL")
        problem = self._db.execute("PRAGMA quick_check(1)").fetchone()[0]
        if problem != "ok":
            raise LedgerDamagedError(Text("SQLite finds: {problem}", problem=problem))
        self.epoch = epoch_of(self._db)
        self._seq, self._digest = self._head()

    @property
    def entries(self) -> int:
        """How many there are."""
        return self._seq

    def _head(self) -> tuple[int, bytes]:
        """The last entry; its own digest must fit its text."""
        rows = self._db.execute("SELECT seq, at, body, digest FROM entries ORDER BY seq DESC LIMIT 2").fetchall()
        if not rows:
            return 0, first_link(self.epoch)
        seq, at, body, digest = rows[0]
        before = rows[1][3] if len(rows) > 1 else first_link(self.epoch)
        if link(before, seq, at, body) != digest:
            raise LedgerDamagedError(Text("entry {number} does not fit the one before it", number=seq))
        return seq, digest

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """One transaction: when it is left, all of it is durable, or nothing of it is there."""
        with translated():
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield
                self._db.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):  # the first error is the one to tell
                    if self._db.in_transaction:
                        self._db.execute("ROLLBACK")
                raise

    def append(self, entry: en.Entry) -> int:
        """Make ``entry`` durable, with all that follows from it; returns its number. Raises LedgerError."""
        wall = self._clock.wall()
        at, day = wall.isoformat(timespec="milliseconds"), wall.date().isoformat()
        body = msgspec.json.encode(entry, order="sorted").decode()
        seq = self._seq + 1
        digest = link(self._digest, seq, at, body)
        with self._writing():
            visit_id = getattr(entry, "visit_id", None)
            self._db.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)", (seq, at, day, visit_id, body, digest))
            derive(self._db, entry, at, day)
            self._db.execute(
                "INSERT INTO outbox VALUES (?, ?, 0)"
                " ON CONFLICT (day) DO UPDATE SET changed_seq = excluded.changed_seq",
                (day, seq),
            )
        self._seq, self._digest = seq, digest
        return seq

    def left_over(self) -> ev.AgentStarted:
        """The visit without outcome, else the one without confirmation: how the session begins."""
        with translated():
            row = self._db.execute(
                # confirmed without outcome: the outcome stands in a ledger that was kept aside
                "SELECT visit_id, saw_sign_in FROM visits WHERE reason IS NULL AND confirmation IS NULL"
                " ORDER BY rowid DESC LIMIT 1"  # not by time: the PC's clock may have been turned
            ).fetchone()
            if row is not None:
                return ev.AgentStarted(unfinished=row[0], unfinished_saw_sign_in=bool(row[1]))
            row = self._db.execute(
                "SELECT visit_id, reason, proof, residue_clean FROM visits"
                " WHERE confirmation IS NULL ORDER BY rowid DESC LIMIT 1"
            ).fetchone()
        if row is None:
            return ev.AgentStarted()
        return ev.AgentStarted(
            unconfirmed=row[0],
            unconfirmed_reason=EndReason(row[1]),
            unconfirmed_proof=Proof(row[2]),
            unconfirmed_residue_clean=bool(row[3]),
            unconfirmed_residue=self._residue_of(row[0]),
        )

    def _residue_of(self, visit_id: str) -> tuple[Residue, ...]:
        """What the outcome says that was removed, and what it says that was left."""
        with translated():
            rows = self._db.execute("SELECT seq, body FROM entries WHERE visit_id = ?", (visit_id,)).fetchall()
        for seq, body in rows:
            try:
                entry = msgspec.json.decode(body, type=en.AnyEntry)
            except msgspec.DecodeError as error:
                why = reasons.of_json(error)
                raise LedgerDamagedError(
                    Text("entry {number} cannot be read: {reason}", number=seq, reason=why)
                ) from error
            if isinstance(entry, en.Outcome):
                return entry.residue
        return ()

    def started_at(self, visit_id: str) -> datetime.datetime | None:
        """When the visit began, by the PC's clock; None where this ledger does not know. Raises LedgerError."""
        with translated():
            row = self._db.execute("SELECT started_at FROM visits WHERE visit_id = ?", (visit_id,)).fetchone()
        return None if row is None or row[0] is None else datetime.datetime.fromisoformat(row[0])

    def counts(self) -> dict[str, dict[str, int]]:
        """All counters by local day."""
        with translated():
            return read_counts(self._db)

    def report_to(self, recipient: str) -> None:
        """Who gets the reports from now on; somebody else than before has nothing yet. Raises LedgerError."""
        with self._writing():
            outbox.report_to(self._db, recipient)

    def next_report(
        self, most_days: int, later: frozenset[str] = frozenset(), wanted: Wanted = COUNTS_ALONE
    ) -> Outgoing:
        """Number the next report, with the oldest days that wait, but for those of ``later``. Raises LedgerError."""
        with self._writing():
            return outbox.next_report(self._db, (self.epoch, self._seq, self._digest), most_days, later, wanted)

    def acknowledge(self, taken: Acknowledged) -> None:
        """Remember, durably, what central has. Raises LedgerError."""
        with self._writing():
            outbox.acknowledge(self._db, taken)

    def outbox_state(self) -> OutboxState:
        """What has not been reported yet. Raises LedgerError."""
        with translated():
            return outbox.outbox_state(self._db)

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def begin(path: Path) -> None:
    """Make an empty ledger at ``path``: complete under another name first, so that no half-made one is ever there."""
    fresh = path.with_name(f"{path.name}.new")
    for ending in ("", "-journal"):
        Path(f"{fresh}{ending}").unlink(missing_ok=True)  # of an agent that died here
    os.close(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with contextlib.closing(sqlite3.connect(fresh, isolation_level=None)) as db:
        db.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version = {FORMAT}; COMMIT")
        db.execute("INSERT INTO about VALUES ('epoch', ?)", (secrets.token_hex(16),))
    fresh.replace(path)
    if os.name == "posix":  # elsewhere a folder cannot be opened, and its journal keeps the new name
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def check_format(db: sqlite3.Connection) -> None:
    """Raises LedgerDamagedError where ``db`` is no ledger, LedgerError where another agent's format is in it."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version == 0:
        raise LedgerDamagedError(Text("the file is no ledger: it has no format number"))
    if version != FORMAT:
        raise LedgerError(
            Text(
                "the ledger has format {found}, this agent writes {own}: use the agent that wrote it, or a later one",
                found=version,
                own=FORMAT,
            )
        )


def epoch_of(db: sqlite3.Connection) -> str:
    """The install epoch. Raises LedgerDamagedError where there is none."""
    row = db.execute("SELECT value FROM about WHERE name = 'epoch'").fetchone()
    if row is None:
        raise LedgerDamagedError(Text("the file is no ledger: it has no install epoch"))
    return str(row[0])


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
                raise LedgerError(Text("visit {visit} has an outcome already", visit=entry.visit_id))
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
    for name, amount in counted(entry).items():
        db.execute(
            "INSERT INTO counts VALUES (?, ?, ?) ON CONFLICT (day, name) DO UPDATE SET value = value + excluded.value",
            (day, name, amount),
        )


def _know(db: sqlite3.Connection, visit_id: str) -> None:
    db.execute("INSERT INTO visits (visit_id) VALUES (?) ON CONFLICT DO NOTHING", (visit_id,))


def read_counts(db: sqlite3.Connection) -> dict[str, dict[str, int]]:
    """All counters by local day."""
    days: dict[str, dict[str, int]] = {}
    for day, name, value in db.execute("SELECT day, name, value FROM counts ORDER BY day, name"):
        days.setdefault(day, {})[name] = value
    return days
