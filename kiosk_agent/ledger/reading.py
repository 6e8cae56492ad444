"""Reading and checking a ledger while the agent writes to it, or long after."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from kiosk_agent import reasons
from kiosk_agent.errors import LedgerDamagedError, LedgerError
from kiosk_agent.ledger.chain import first_link, link
from kiosk_agent.ledger.outbox import OutboxState, outbox_state
from kiosk_agent.ledger.store import (
    DERIVED,
    SCHEMA,
    check_format,
    check_tables,
    derive,
    epoch_of,
    read_counts,
    translated,
)
from kiosk_agent.session.entries import AnyEntry
from kiosk_agent.text import Text


@dataclass(frozen=True)
class Recorded:
    """One entry as it stands in the file."""

    seq: int
    at: str
    day: str
    visit_id: str | None
    body: str
    digest: bytes

    def entry(self) -> Any:
        """The entry itself. Raises msgspec.DecodeError."""
        return msgspec.json.decode(self.body, type=AnyEntry)


@dataclass(frozen=True)
class Verdict:
    """``broken_seq`` is the first entry that does not fit; None where all do. ``head``: the chain's last digest."""

    entries: int
    head: str
    broken_seq: int | None
    problem: str | Text

    @property
    def sound(self) -> bool:
        """Whether everything fits."""
        return not self.problem


class LedgerReader:
    """A ledger opened for reading only. Raises LedgerError."""

    def __init__(self, path: Path) -> None:
        with translated():
            if not path.exists():
                raise LedgerError(Text("there is no ledger at {file}", file=path))
            if not path.is_file() or path.stat().st_size == 0:
                raise LedgerDamagedError(Text("it is no ledger, but a folder or an empty file"))
            try:
                self._db, self.epoch = _opened(path)
            except sqlite3.OperationalError:
                journal = Path(f"{path}-wal")
                if journal.exists() and journal.stat().st_size > 0:
                    raise
                # Nothing stands in the journal, and the folder does not take one: a full disk, a copy on a CD.
                self._db, self.epoch = _opened(path, "&immutable=1")

    def entries(self) -> Iterator[Recorded]:
        """All entries in order."""
        with translated():
            for row in self._db.execute("SELECT seq, at, day, visit_id, body, digest FROM entries ORDER BY seq"):
                yield Recorded(*row)

    def counts(self) -> dict[str, dict[str, int]]:
        """All counters by local day."""
        with translated():
            return read_counts(self._db)

    def outbox_state(self) -> OutboxState:
        """What has not been reported yet."""
        with translated():
            return outbox_state(self._db)

    def verify(self) -> Verdict:
        """Walk the chain, and derive visits and counts once more from the entries. Raises LedgerError."""
        with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as fresh:
            fresh.executescript(SCHEMA)
            previous = first_link(self.epoch)
            number = 0
            for recorded in self.entries():
                number += 1
                problem = self._misfit(recorded, number, previous) or _underivable(fresh, recorded)
                if problem:
                    return Verdict(number, previous.hex(), recorded.seq, problem)
                previous = recorded.digest
            return Verdict(number, previous.hex(), None, self._mismatch(fresh))

    def _mismatch(self, fresh: sqlite3.Connection) -> str | Text:
        """What beside the entries is not as it follows from them."""
        with translated():
            try:
                check_tables(self._db)
            except LedgerDamagedError as error:
                return error.message
            # the whole check: a table and its index may each hold another value
            problem = str(self._db.execute("PRAGMA integrity_check(1)").fetchone()[0])
            if problem != "ok":
                return Text("SQLite finds: {problem}", problem=problem)
            for table in DERIVED:
                query = f"SELECT * FROM {table} ORDER BY 1, 2"  # noqa: S608 - names of our own
                if fresh.execute(query).fetchall() != self._db.execute(query).fetchall():
                    return Text("{table} do not follow from the entries", table=table)
        return ""

    def _misfit(self, recorded: Recorded, number: int, previous: bytes) -> str | Text:
        if recorded.seq != number:
            return Text("entry {number} is missing", number=number)
        if link(previous, recorded.seq, recorded.at, recorded.body) != recorded.digest:
            return Text("entry {number} was changed, or the one before it", number=number)
        if recorded.day != recorded.at[:10]:
            return Text("entry {number} stands under another day", number=number)
        try:
            entry = recorded.entry()
        except msgspec.DecodeError as error:
            return Text("entry {number} cannot be read: {reason}", number=number, reason=reasons.of_json(error))
        if recorded.visit_id != getattr(entry, "visit_id", None):
            return Text("entry {number} stands under another visit", number=number)
        return ""

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def _underivable(fresh: sqlite3.Connection, recorded: Recorded) -> str | Text:
    try:
        derive(fresh, recorded.entry(), recorded.at, recorded.day)
    except (LedgerError, sqlite3.Error) as error:
        why = error.message if isinstance(error, LedgerError) else str(error)
        return Text("entry {number} does not follow from those before it: {reason}", number=recorded.seq, reason=why)
    return ""


def _opened(path: Path, options: str = "") -> tuple[sqlite3.Connection, str]:
    db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro{options}", uri=True, isolation_level=None)
    try:
        # what is no text any more must not keep the walk from naming its entry
        db.text_factory = lambda raw: raw.decode(errors="replace")
        db.execute("BEGIN")  # one moment's view, whatever the agent writes meanwhile
        check_format(db)
        return db, epoch_of(db)
    except BaseException:
        db.close()
        raise
