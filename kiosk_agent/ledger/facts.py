"""Facts of visits and incidents for central, where the policy wants them: read out of the entries, nothing is copied.

Two places in the ledger are remembered in ``about``: up to which entry central has the facts of visits, and up to
which the incidents. A visit of which more becomes known (its confirmation, a proof settled later) is told again. What
happened while nothing was wanted is never told: the place moves on with the ledger.
"""

from __future__ import annotations

import datetime
import sqlite3
from dataclasses import dataclass

VISITS = "report.visits"  # up to which entry
INCIDENTS = "report.incidents"
SKIPPED = "report.skipped_entries"  # that the cap has cut off
# About a year of a busy desk. What is older stays in the ledger; that it was skipped is counted.
MOST_WAITING_ENTRIES = 200_000
MOST_ROWS = 20_000  # read at once, for one report
MOST_VISITS = 500
MOST_INCIDENTS = 100


@dataclass(frozen=True)
class Wanted:
    """What is to be told beside the counts."""

    visits: bool = False
    incidents: bool = False


COUNTS_ALONE = Wanted()


@dataclass(frozen=True)
class VisitTold:
    """One visit that has ended, as far as it is known. ``mark``: the support worker's; it must not leave the desk."""

    number: int
    seq: int
    began: datetime.datetime
    length_s: float
    reason: str
    proof: str
    signed_in: bool
    extensions: int
    confirmation: str | None
    mark: str
    operations: tuple[str, ...]


@dataclass(frozen=True)
class IncidentTold:
    """One incident."""

    seq: int
    at: datetime.datetime
    code: str
    detail: str


@dataclass(frozen=True)
class Facts:
    """What waits, and up to which entry it goes; 0: nothing is told, and nothing is moved on."""

    visits: tuple[VisitTold, ...] = ()
    visits_through: int = 0
    incidents: tuple[IncidentTold, ...] = ()
    incidents_through: int = 0
    skipped_entries: int = 0
    more: bool = False  # what did not fit into one report


NOTHING = Facts()


def forget(db: sqlite3.Connection) -> None:
    """Another central has none of it yet."""
    db.execute("DELETE FROM about WHERE name IN (?, ?, ?)", (VISITS, INCIDENTS, SKIPPED))


def waiting(db: sqlite3.Connection, head: int, wanted: Wanted) -> Facts:
    """What central does not have yet, the oldest first. ``head``: the ledger's last entry."""
    visits_from = _place(db, VISITS, head, wanted=wanted.visits, first=head)
    incidents_from = _place(db, INCIDENTS, head, wanted=wanted.incidents, first=0)
    visits, visits_through = _visits(db, visits_from, head) if wanted.visits else ((), 0)
    incidents, incidents_through = _incidents(db, incidents_from, head) if wanted.incidents else ((), 0)
    more = (wanted.visits and visits_through < head) or (wanted.incidents and incidents_through < head)
    return Facts(visits, visits_through, incidents, incidents_through, _number(db, SKIPPED) or 0, more)


def acknowledge(db: sqlite3.Connection, told: Facts) -> None:
    """Central has it."""
    for name, through in ((VISITS, told.visits_through), (INCIDENTS, told.incidents_through)):
        before = _number(db, name)
        if through and before is not None and through > before:
            _remember(db, name, through)


def _place(db: sqlite3.Connection, name: str, head: int, *, wanted: bool, first: int) -> int:
    """From where on it is told. ``first``: where that begins when it is wanted for the first time."""
    if not wanted:
        _remember(db, name, head)  # what happens while nobody wants it is not told later
        return head
    place = _number(db, name)
    if place is None:
        _remember(db, name, first)
        place = first
    if head - place > MOST_WAITING_ENTRIES:
        _remember(db, SKIPPED, (_number(db, SKIPPED) or 0) + head - place - MOST_WAITING_ENTRIES)
        place = head - MOST_WAITING_ENTRIES
        _remember(db, name, place)
    return place


def _visits(db: sqlite3.Connection, after: int, head: int) -> tuple[tuple[VisitTold, ...], int]:
    rows = db.execute(
        "SELECT seq, visit_id FROM entries WHERE seq > ? AND seq <= ? AND visit_id IS NOT NULL ORDER BY seq LIMIT ?",
        (after, head, MOST_ROWS),
    ).fetchall()
    through = head if len(rows) < MOST_ROWS else rows[-1][0]
    found: dict[str, None] = {}
    for seq, visit_id in rows:
        if visit_id not in found and len(found) == MOST_VISITS:
            through = seq - 1
            break
        found[visit_id] = None
    told = (_visit(db, visit_id) for visit_id in found)
    return tuple(one for one in told if one is not None), through


def _visit(db: sqlite3.Connection, visit_id: str) -> VisitTold | None:
    """None where it has not ended."""
    row = db.execute(
        "SELECT started_at, ended_at, reason, proof, saw_sign_in, length_s, extensions, confirmation, mark"
        " FROM visits WHERE visit_id = ? AND reason IS NOT NULL",
        (visit_id,),
    ).fetchone()
    if row is None:
        return None
    started, ended, reason, proof, signed_in, length_s, extensions, confirmation, mark = row
    first, last = db.execute("SELECT min(seq), max(seq) FROM entries WHERE visit_id = ?", (visit_id,)).fetchone()
    names = db.execute(
        "SELECT json_extract(body, '$.name') FROM entries"
        " WHERE visit_id = ? AND json_extract(body, '$.type') = 'OperationDone' ORDER BY seq",
        (visit_id,),
    ).fetchall()
    return VisitTold(
        number=first,
        seq=last,
        began=datetime.datetime.fromisoformat(started or ended),
        length_s=length_s,
        reason=reason,
        proof=proof,
        signed_in=bool(signed_in),
        extensions=extensions,
        confirmation=confirmation,
        mark=mark or "",
        operations=tuple(name for (name,) in names),
    )


def _incidents(db: sqlite3.Connection, after: int, head: int) -> tuple[tuple[IncidentTold, ...], int]:
    rows = db.execute(
        "SELECT seq, at, json_extract(body, '$.code'), json_extract(body, '$.detail') FROM entries"
        " WHERE seq > ? AND seq <= ? AND json_extract(body, '$.type') = 'Incident' ORDER BY seq LIMIT ?",
        (after, min(head, after + MOST_ROWS), MOST_INCIDENTS),
    ).fetchall()
    through = rows[-1][0] if len(rows) == MOST_INCIDENTS else min(head, after + MOST_ROWS)
    told = (
        IncidentTold(seq, datetime.datetime.fromisoformat(at), code, detail or "") for seq, at, code, detail in rows
    )
    return tuple(told), through


def _number(db: sqlite3.Connection, name: str) -> int | None:
    row = db.execute("SELECT value FROM about WHERE name = ?", (name,)).fetchone()
    return None if row is None else int(row[0])


def _remember(db: sqlite3.Connection, name: str, value: int) -> None:
    db.execute(
        "INSERT INTO about VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", (name, str(value))
    )
