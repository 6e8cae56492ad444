"""What of the ledger has not arrived at central yet. The ledger itself is the outbox: nothing is copied, nothing lost.

For each day stands which entry changed it last, and up to which one central has acknowledged it. What else is
remembered of the reports is in ``about``, under names that begin with ``report.``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field

from kiosk_agent.ledger import facts
from kiosk_agent.ledger.chain import first_link
from kiosk_agent.ledger.facts import COUNTS_ALONE, NOTHING, Facts, Wanted

# A year: what is older no page compares with, and no backlog takes longer than a few minutes. All of it stays in the
# ledger; what the cap cuts off is counted, and told to central.
MOST_WAITING_DAYS = 366
NUMBER = "report.number"
RECIPIENT = "report.recipient"
KNOWN = "report.known"  # the number of the entry that central named last
DROPPED = "report.dropped."  # and the day
SET_ASIDE = "report.set_aside."  # and what
PENDING = "changed_seq > acknowledged_seq"


@dataclass(frozen=True)
class WaitingDay:
    """A day to report. ``changed_seq``: up to which entry these counts go."""

    day: str
    counts: Mapping[str, int]
    changed_seq: int


@dataclass(frozen=True)
class Outgoing:
    """One report, numbered and ready. ``known``: this ledger's digest at the entry that central named last."""

    epoch: str
    number: int
    entries: int
    digest: bytes
    days: tuple[WaitingDay, ...]
    known: tuple[int, bytes] | None
    dropped_days: int
    set_aside: int
    facts: Facts = NOTHING


@dataclass(frozen=True)
class Acknowledged:
    """What central has of a report: ``days`` day → entry; ``set_aside``: what it has refused for good, and why."""

    days: Mapping[str, int] = field(default_factory=dict)
    known_entries: int | None = None
    set_aside: Mapping[str, str] = field(default_factory=dict)
    facts: Facts = NOTHING


@dataclass(frozen=True)
class OutboxState:
    """``waiting_days``: changed since they were acknowledged; ``set_aside``: what central has refused for good."""

    waiting_days: int
    dropped_days: int
    set_aside: Mapping[str, str]


def report_to(db: sqlite3.Connection, recipient: str) -> None:
    """Another ``recipient`` than the last one has nothing yet: everything is to be reported."""
    if _about(db, RECIPIENT) == recipient:
        return
    db.execute("UPDATE outbox SET acknowledged_seq = 0")
    db.execute(
        "DELETE FROM about WHERE name = ? OR name GLOB ? OR name GLOB ?", (KNOWN, f"{DROPPED}*", f"{SET_ASIDE}*")
    )
    facts.forget(db)
    _remember(db, RECIPIENT, recipient)


def next_report(
    db: sqlite3.Connection,
    head: tuple[str, int, bytes],
    most_days: int,
    later: frozenset[str],
    wanted: Wanted = COUNTS_ALONE,
) -> Outgoing:
    """Number the next report, with the oldest ``most_days`` days that wait, but for those of ``later``.

    ``head``: epoch, entries and digest of the ledger. ``wanted``: what else is to be told.
    """
    epoch, entries, digest = head
    number = int(_about(db, NUMBER) or 0) + 1
    _remember(db, NUMBER, str(number))
    _drop_oldest(db)
    waiting = db.execute(f"SELECT day, changed_seq FROM outbox WHERE {PENDING} ORDER BY day").fetchall()  # noqa: S608 - ours
    days = tuple(
        WaitingDay(
            day, dict(db.execute("SELECT name, value FROM counts WHERE day = ?", (day,)).fetchall()), changed_seq
        )
        for day, changed_seq in [one for one in waiting if one[0] not in later][:most_days]
    )
    state = outbox_state(db)
    return Outgoing(
        epoch,
        number,
        entries,
        digest,
        days,
        _known(db, epoch),
        state.dropped_days,
        len(state.set_aside),
        facts.waiting(db, entries, wanted),
    )


def acknowledge(db: sqlite3.Connection, taken: Acknowledged) -> None:
    """Central has it. A day that changed since then goes on waiting."""
    for day, changed_seq in taken.days.items():
        db.execute("UPDATE outbox SET acknowledged_seq = max(acknowledged_seq, ?) WHERE day = ?", (changed_seq, day))
        _forget(db, DROPPED + day)  # one that was dropped while its report was under way
    if taken.known_entries is not None:
        _remember(db, KNOWN, str(taken.known_entries))
    facts.acknowledge(db, taken.facts)
    for what, why in taken.set_aside.items():
        _remember(db, SET_ASIDE + what, why)


def outbox_state(db: sqlite3.Connection) -> OutboxState:
    """How it stands."""
    (waiting,) = db.execute(f"SELECT count(*) FROM outbox WHERE {PENDING}").fetchone()  # noqa: S608 - ours
    (dropped,) = db.execute("SELECT count(*) FROM about WHERE name GLOB ?", (f"{DROPPED}*",)).fetchone()
    aside = db.execute("SELECT name, value FROM about WHERE name GLOB ? ORDER BY name", (f"{SET_ASIDE}*",)).fetchall()
    return OutboxState(waiting, dropped, {name.removeprefix(SET_ASIDE): why for name, why in aside})


def _counts_of(db: sqlite3.Connection, day: str) -> dict[str, int]:
    return dict(db.execute("SELECT name, value FROM counts WHERE day = ?", (day,)).fetchall())


def _drop_oldest(db: sqlite3.Connection) -> None:
    oldest = db.execute(
        f"SELECT day FROM outbox WHERE {PENDING} ORDER BY day DESC LIMIT -1 OFFSET ?",  # noqa: S608 - ours
        (MOST_WAITING_DAYS,),
    ).fetchall()
    for (day,) in oldest:
        db.execute("UPDATE outbox SET acknowledged_seq = changed_seq WHERE day = ?", (day,))
        _remember(db, DROPPED + day, "1")


def _known(db: sqlite3.Connection, epoch: str) -> tuple[int, bytes] | None:
    """None where central named none, or one that this ledger does not have."""
    named = _about(db, KNOWN)
    if named is None:
        return None
    if int(named) == 0:
        return 0, first_link(epoch)
    row = db.execute("SELECT digest FROM entries WHERE seq = ?", (int(named),)).fetchone()
    return None if row is None else (int(named), row[0])


def _about(db: sqlite3.Connection, name: str) -> str | None:
    row = db.execute("SELECT value FROM about WHERE name = ?", (name,)).fetchone()
    return None if row is None else str(row[0])


def _remember(db: sqlite3.Connection, name: str, value: str) -> None:
    db.execute("INSERT INTO about VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", (name, value))


def _forget(db: sqlite3.Connection, name: str) -> None:
    db.execute("DELETE FROM about WHERE name = ?", (name,))
