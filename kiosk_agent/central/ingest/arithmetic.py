"""The arithmetic of counters that only grow. Pure: no clock, no database.

The larger value wins, so that reports can come late, twice and in any order. Whether a smaller value is an old report
or a counter that went back is told by the reports' numbers.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import TypeVar

import msgspec

from kiosk_agent.central.alarms.schemas import AlarmKind
from kiosk_agent.central.ingest.schemas import Growth, Ledger, StoredDay
from kiosk_agent.wire import v1

Finding = tuple[AlarmKind, str, str]  # kind, subject, detail
Key = TypeVar("Key")
MOST_NAMED = 5  # counters in the text of one alarm


class MergedDay(msgspec.Struct, frozen=True):
    """A day after a report. ``growth``: by how much each counter is larger than before; it is never negative."""

    stored: StoredDay
    growth: Mapping[str, int]
    shrunk: Mapping[str, tuple[int, int]]  # counter → larger value, smaller value


def merge_day(
    stored: StoredDay | None, number: int, counts: Mapping[str, int], untold: frozenset[str] = frozenset()
) -> MergedDay:
    """Bring what report ``number`` says of a day into what is ``stored``.

    ``untold``: counters that the report did name, in a form that could not be read: nothing follows from their absence.
    """
    if stored is None:
        told = {name: value for name, value in counts.items() if value}
        return MergedDay(StoredDay(number, told), told, {})
    before = stored.counts
    growth: dict[str, int] = {}
    smaller = False
    find = before.get
    for name, value in counts.items():
        if find(name) != value:  # most of a day's counters are what they were
            known = find(name, 0)
            if value > known:
                growth[name] = value - known
            elif value < known:
                smaller = True
    shrunk: dict[str, tuple[int, int]] = {}
    if number >= stored.number and (smaller or not before.keys() <= counts.keys()):
        for name, value in before.items():
            if counts.get(name, 0) < value and name not in untold:
                shrunk[name] = (value, counts.get(name, 0))
    if number <= stored.number:
        for name in growth:
            shrunk[name] = (counts[name], before.get(name, 0))
    merged = {**before, **{name: counts[name] for name in growth}} if growth else before
    return MergedDay(StoredDay(max(number, stored.number), merged), growth, shrunk)


def add_growth(sums: dict[Key, Growth], key: Key, more: Growth) -> None:
    """Add ``more`` to that of ``key``, which begins where it is not there."""
    total = sums.get(key)
    if total is None:
        sums[key] = Growth(more.ledgers, more.headlines, dict(more.others))
    else:
        total.ledgers += more.ledgers
        total.headlines = [*map(operator.add, total.headlines, more.headlines)]
        add_counts(total.others, more.others)


def add_counts(total: dict[str, int], more: Mapping[str, int]) -> None:
    """Add ``more`` to the counters."""
    if not total:
        total.update(more)
    elif [*total] == [*more]:  # most desks tell the same counters in the same order, and Python's loops are slow
        total.update(zip(total, map(operator.add, total.values(), more.values()), strict=True))
    else:
        for name, value in more.items():
            total[name] = total.get(name, 0) + value


def shrinking(day: str, shrunk: Mapping[str, tuple[int, int]]) -> Finding:
    """What to say of counters that went back."""
    named = ", ".join(f"{name} {larger} → {smaller}" for name, (larger, smaller) in sorted(shrunk.items())[:MOST_NAMED])
    rest = f" and {len(shrunk) - MOST_NAMED} more" if len(shrunk) > MOST_NAMED else ""
    return AlarmKind.COUNTER_SHRUNK, day, f"{named}{rest}"


def follow_ledger(known: Ledger, desk_id: int, report: v1.Report) -> tuple[Ledger, list[Finding]]:
    """What is known of a ledger after ``report``, and what about it cannot be.

    A PC that was copied goes on with the ledger of the first one. It shows as another desk with the same ledger; where
    the token was copied too, as another disk, as two reports of one number, or as two chains from one entry.
    """
    if desk_id != known.desk_id:
        # its counts stand under its own desk; what is known of the ledger stays the first desk's
        return known, [(AlarmKind.CLONE, "desk", f"desk {known.desk_id} has reported this ledger before")]
    checks: tuple[Callable[[Ledger, v1.Report], Finding | None], ...] = (_other_disk, _same_number, _forked, _shorter)
    findings = [finding for check in checks if (finding := check(known, report)) is not None]
    newer, further = report.number > known.number, report.chain.entries > known.entries
    return (
        Ledger(
            epoch=known.epoch,
            desk_id=known.desk_id,
            disk=known.disk or report.disk,
            entries=report.chain.entries if further else known.entries,
            digest=report.chain.digest if further else known.digest,
            number=max(report.number, known.number),
            number_entries=report.chain.entries if newer else known.number_entries,
            number_digest=report.chain.digest if newer else known.number_digest,
        ),
        findings,
    )


def _other_disk(known: Ledger, report: v1.Report) -> Finding | None:
    if None in (known.disk, report.disk) or known.disk == report.disk:
        return None
    return AlarmKind.CLONE, "disk", "the same ledger is reported from two disks"


def _same_number(known: Ledger, report: v1.Report) -> Finding | None:
    chain = (report.chain.entries, report.chain.digest)
    if report.number != known.number or chain == (known.number_entries, known.number_digest):
        return None
    return AlarmKind.CLONE, "number", f"two different reports have the number {report.number}"


def _forked(known: Ledger, report: v1.Report) -> Finding | None:
    for point in (report.chain, report.known):
        if point is not None and point.entries == known.entries and point.digest != known.digest:
            return AlarmKind.CHAIN_FORKED, "", f"entry {point.entries} has another digest than the one known so far"
    return None


def _shorter(known: Ledger, report: v1.Report) -> Finding | None:
    newer, older = report.number > known.number, report.number < known.number
    entries, before = report.chain.entries, known.number_entries
    if (newer and entries < before) or (older and entries > before):
        return AlarmKind.LEDGER_SHORTER, "", f"{max(entries, before)} entries, later {min(entries, before)}"
    return None
