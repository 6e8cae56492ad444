"""Reading and checking a ledger while the agent writes to it, or long after."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from kiosk_agent.errors import LedgerError
from kiosk_agent.ledger.chain import first_link, link
from kiosk_agent.ledger.store import DERIVED, SCHEMA, derive, read_counts, translated
from kiosk_agent.session.entries import AnyEntry


@dataclass(frozen=True)
class Recorded:
    """One entry as it stands in the file."""

    seq: int
    at: str
    day: str
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
    problem: str

    @property
    def sound(self) -> bool:
        """Whether everything fits."""
        return not self.problem


class LedgerReader:
    """A ledger opened for reading only. Raises LedgerError."""

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise LedgerError(f"there is no ledger at {path}")
        with translated():
            self._db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
            self._db.execute("BEGIN")  # one moment's view, whatever the agent writes meanwhile
            row = self._db.execute("SELECT value FROM about WHERE name = 'epoch'").fetchone()
        if row is None:
            raise LedgerError("the file is no ledger: it has no install epoch")
        self.epoch = str(row[0])

    def entries(self) -> Iterator[Recorded]:
        """All entries in order."""
        with translated():
            for row in self._db.execute("SELECT seq, at, day, body, digest FROM entries ORDER BY seq"):
                yield Recorded(*row)

    def counts(self) -> dict[str, dict[str, int]]:
        """All counters by local day."""
        with translated():
            return read_counts(self._db)

    def verify(self) -> Verdict:
        """Walk the chain, and derive visits and counts once more from the entries."""
        fresh = sqlite3.connect(":memory:", isolation_level=None)
        try:
            fresh.executescript(SCHEMA)
            previous = first_link(self.epoch)
            number = 0
            for recorded in self.entries():
                number += 1
                problem = self._misfit(recorded, number, previous)
                if problem:
                    return Verdict(number, previous.hex(), recorded.seq, problem)
                derive(fresh, recorded.entry(), recorded.at, recorded.day)
                previous = recorded.digest
            for table in DERIVED:
                query = f"SELECT * FROM {table} ORDER BY 1, 2"  # noqa: S608 - names of our own
                if fresh.execute(query).fetchall() != self._db.execute(query).fetchall():
                    return Verdict(number, previous.hex(), None, f"{table} do not follow from the entries")
        finally:
            fresh.close()
        return Verdict(number, previous.hex(), None, "")

    def _misfit(self, recorded: Recorded, number: int, previous: bytes) -> str:
        if recorded.seq != number:
            return f"entry {number} is missing"
        if link(previous, recorded.seq, recorded.at, recorded.body) != recorded.digest:
            return f"entry {recorded.seq} was changed, or the one before it"
        if recorded.day != recorded.at[:10]:
            return f"entry {recorded.seq} stands under another day"
        try:
            recorded.entry()
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            return f"entry {recorded.seq} cannot be read: {error}"
        return ""

    def close(self) -> None:
        """Close the file."""
        self._db.close()
