"""The queries of the ingest, each over a whole group of reports.

Every transaction takes its locks in one order: desks, ledgers, the sums of offices, municipalities, prefectures and the
nation, and last those of visits by hour. In each of these tables it first begins the rows that are not there yet, then
locks all that it needs, both sorted by key. Two processes can wait for each other so, but never in a circle. The rows
of a desk's days need no lock of their own: only reports of that desk write them, and those hold the desk. SQLite locks
the whole file at the beginning: there only what turns out to be missing is begun.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import astuple
from sqlalchemy.engine import Connection

from kiosk_agent.central.database.bulk import Bulk, Kind, Values
from kiosk_agent.central.database.engine import steps
from kiosk_agent.central.database.tables import HEADLINES
from kiosk_agent.central.ingest.arithmetic import add_counts
from kiosk_agent.central.ingest.schemas import DayKey, Growth, Ledger, ReportingDesk, StoredDay

Key = tuple[str | int, ...]  # of a sum: its scope, and last the day
Sums = Mapping[Key, Growth]
NAMES, COLUMNS = list(HEADLINES), list(HEADLINES.values())
ZEROS = [0] * len(NAMES)
_counts_decoder = msgspec.json.Decoder(dict[str, int])
KEY: dict[str, Kind] = {"municipality_code": "text", "desk_id": "bigint", "day": "date", "epoch": "text"}
COUNTERS: dict[str, Kind] = {**dict.fromkeys(COLUMNS, "bigint"), "more": "text"}
LEDGER: dict[str, Kind] = {
    "epoch": "text",
    "desk_id": "bigint",
    "disk": "text",
    "entries": "bigint",
    "digest": "text",
    "number": "bigint",
    "number_entries": "bigint",
    "number_digest": "text",
}
DESK: dict[str, Kind] = {
    "id": "bigint",
    "epoch": "text",
    "number": "bigint",
    "clock_ahead_ms": "bigint",
    "agent_version": "text",
    "health": "text",
    "dropped_days": "bigint",
    "set_aside": "bigint",
}


def _list(names: Iterable[str], form: str = "{0}") -> str:
    return ", ".join(form.format(name) for name in names)


# All names in these statements are our own: values travel as parameters.
DAYS_BY_DAY = "desk_days_day_desk_id_epoch_idx"
SAME_DAY = " AND ".join(f"t.{name} = r.{name}" for name in KEY)
LOCK_DESKS = Bulk(
    "SELECT t.token_hash, t.id, t.municipality_code, t.office_id, t.epoch, t.number FROM desks AS t"
    " JOIN {rows} ON t.token_hash = r.token_hash ORDER BY t.id {for_update}",
    {"token_hash": "text"},
)
TOUCH_DESKS = Bulk(
    "UPDATE desks AS t SET reported_at_ms = :at_ms FROM {rows} WHERE t.id = r.id",
    {"id": "bigint"},
)
UPDATE_DESKS = Bulk(
    f"UPDATE desks AS t SET reported_at_ms = :at_ms, {_list([name for name in DESK if name != 'id'], '{0} = r.{0}')}"  # noqa: S608
    " FROM {rows} WHERE t.id = r.id",
    DESK,
)
BEGIN_LEDGERS = Bulk(
    f"INSERT INTO ledgers ({_list(LEDGER)}, first_at_ms) SELECT {_list(LEDGER, 'r.{0}')}, :at_ms"  # noqa: S608
    " FROM {rows} WHERE true ORDER BY r.epoch ON CONFLICT (epoch) DO NOTHING",
    LEDGER,
)
FIND_LEDGERS = Bulk("SELECT t.epoch FROM ledgers AS t JOIN {rows} ON t.epoch = r.epoch", {"epoch": "text"})
LOCK_LEDGERS = Bulk(
    f"SELECT {_list(LEDGER, 't.{0}')} FROM ledgers AS t"  # noqa: S608
    " JOIN {rows} ON t.epoch = r.epoch ORDER BY t.epoch {for_update}",
    {"epoch": "text"},
)
UPDATE_LEDGERS = Bulk(
    # not whose it is, which never changes: its index would be written each time
    f"UPDATE ledgers AS t SET {_list([name for name in LEDGER if name not in ('epoch', 'desk_id')], '{0} = r.{0}')}"  # noqa: S608
    " FROM {rows} WHERE t.epoch = r.epoch",
    LEDGER,
)
FIND_DAYS = Bulk(
    f"SELECT {_list([*KEY, 'number', *COUNTERS], 't.{0}')} FROM desk_days AS t {{by {DAYS_BY_DAY}}}"  # noqa: S608
    f" JOIN {{rows}} ON {SAME_DAY}",
    KEY,
)
UPDATE_DAYS = Bulk(
    f"UPDATE desk_days AS t {{by {DAYS_BY_DAY}}} SET {_list(['number', *COUNTERS], '{0} = r.{0}')}"  # noqa: S608
    f" FROM {{rows}} WHERE {SAME_DAY}",
    {**KEY, "number": "bigint", **COUNTERS},
)
BEGIN_DAYS = Bulk(
    f"INSERT INTO desk_days ({_list([*KEY, 'number', *COUNTERS])})"  # noqa: S608
    f" SELECT {_list([*KEY, 'number', *COUNTERS], 'r.{0}')} FROM {{rows}} WHERE true",
    {**KEY, "number": "bigint", **COUNTERS},
)


class Rollup:
    """The sums of one level: a table with a row for each scope and day."""

    def __init__(self, table: str, by_day: str = "", **scope: Kind) -> None:
        """``scope``: the columns that say whose sums; none for the nation, which has only one.

        ``by_day``: an index by which those of one day lie together.
        """
        by = f"{{by {by_day}}}" if by_day else ""
        self.key: dict[str, Kind] = {**scope, "day": "date"}
        keys, match = _list(self.key), " AND ".join(f"t.{name} = r.{name}" for name in self.key)
        self._find = Bulk(
            f"SELECT {_list(self.key, 't.{0}')} FROM {table} AS t JOIN {{rows}} ON {match}",  # noqa: S608
            self.key,
        )
        self._begin = Bulk(
            f"INSERT INTO {table} ({keys}) SELECT {_list(self.key, 'r.{0}')} FROM {{rows}} WHERE true"  # noqa: S608
            f" ORDER BY {_list(self.key, 'r.{0}')} ON CONFLICT ({keys}) DO NOTHING",
            self.key,
        )
        self._lock = Bulk(
            f"SELECT {_list([*self.key, 'more'], 't.{0}')} FROM {table} AS t {by} JOIN {{rows}} ON {match}"  # noqa: S608
            f" ORDER BY {_list(self.key, 't.{0}')} {{for_update}}",
            self.key,
        )
        row: dict[str, Kind] = {**self.key, "ledgers": "bigint", **COUNTERS}
        grown = _list(["ledgers", *COLUMNS], "{0} = t.{0} + r.{0}")
        self._grow = Bulk(
            f"UPDATE {table} AS t {by} SET {grown}, more = r.more FROM {{rows}} WHERE {match}",  # noqa: S608
            row,
        )
        self._add = Bulk(
            f"INSERT INTO {table} ({_list(row)}) SELECT {_list(row, 'r.{0}')} FROM {{rows}} WHERE true",  # noqa: S608
            row,
        )

    def grow(self, connection: Connection, sums: Sums) -> None:
        """Add to the sums."""
        keys = sorted(sums)
        if not _is_locked(connection):
            there = {_key(row) for row in self._find.run_values(connection, keys)}
            if missing := [key for key in keys if key not in there]:
                self._begin.run_values(connection, missing)
        known = {_key(row[:-1]): _counts(row[-1]) for row in _found(self._lock, connection, keys)}
        grown: list[Values] = []
        new: list[Values] = []
        for key in keys:
            growth, others = sums[key], known.get(key)
            if others is None:
                new.append((*key, growth.ledgers, *growth.headlines, _json(growth.others)))
            else:
                add_counts(others, growth.others)
                grown.append((*key, growth.ledgers, *growth.headlines, _json(others)))
        if new:
            self._add.run_values(connection, new)
        if grown:
            self._grow.run_values(connection, grown)


def _found(select: Bulk, connection: Connection, wanted: Sequence[Values]) -> list[Sequence[Any]]:
    rows: list[Any] = []
    for some in steps(connection, wanted):
        rows += select.run_values(connection, some).all()
    return rows


def _key(row: Sequence[Any]) -> Key:
    """PostgreSQL gives a date, SQLite the text of one."""
    return (*row[:-1], str(row[-1]))


OFFICE_DAYS = Rollup("office_days", "office_days_day_office_id_idx", municipality_code="text", office_id="bigint")
MUNICIPALITY_DAYS = Rollup("municipality_days", "municipality_days_day_municipality_code_idx", municipality_code="text")
PREFECTURE_DAYS = Rollup("prefecture_days", prefecture_code="text")
NATION_DAYS = Rollup("nation_days")


def _is_locked(connection: Connection) -> bool:
    """Whether a transaction that writes holds everything from its beginning."""
    return connection.dialect.name == "sqlite"


def lock_desks(connection: Connection, token_hashes: Iterable[str]) -> dict[str, ReportingDesk]:
    """The desks of these tokens, by token hash; a token that is not known is not in it."""
    wanted = [(one,) for one in set(token_hashes)]
    return {token_hash: ReportingDesk(*desk) for token_hash, *desk in _found(LOCK_DESKS, connection, wanted)}


def update_desks(
    connection: Connection, reported: Iterable[int], newest: Sequence[Mapping[str, Any]], at_ms: int
) -> None:
    """Note that desks have reported; ``newest``: rows of DESK for those whose report is the newest one so far."""
    others = set(reported) - {row["id"] for row in newest}
    if others:
        TOUCH_DESKS.run_values(connection, [(one,) for one in others], at_ms=at_ms)
    if newest:
        UPDATE_DESKS.run(connection, newest, at_ms=at_ms)


def lock_ledgers(connection: Connection, first: Sequence[Ledger], at_ms: int) -> dict[str, Ledger]:
    """The ledgers of these epochs, by epoch; one that is new begins as it stands in ``first``."""
    epochs = [(one.epoch,) for one in first]
    find = LOCK_LEDGERS if _is_locked(connection) else FIND_LEDGERS
    rows = _found(find, connection, epochs)
    there = {row[0] for row in rows}
    if missing := [astuple(one) for one in first if one.epoch not in there]:
        BEGIN_LEDGERS.run_values(connection, missing, at_ms=at_ms)
    if missing or find is not LOCK_LEDGERS:
        rows = _found(LOCK_LEDGERS, connection, epochs)
    return {row[0]: Ledger(*row) for row in rows}


def update_ledgers(connection: Connection, ledgers: Sequence[Ledger]) -> None:
    """Write what is known of them now."""
    UPDATE_LEDGERS.run_values(connection, [astuple(one) for one in ledgers])


def find_days(connection: Connection, keys: Sequence[DayKey]) -> dict[DayKey, StoredDay]:
    """What is stored of these days; one that is new is not in it."""
    found = {}
    for row in _found(FIND_DAYS, connection, list(map(astuple, keys))):
        code, desk_id, day, epoch, number, *counters = row  # by place: thousands of rows, with 24 names each
        found[DayKey(code, desk_id, str(day), epoch)] = StoredDay(number, _told(counters))
    return found


def store_days(connection: Connection, days: Mapping[DayKey, StoredDay], there: Container[DayKey]) -> None:
    """Write days as they stand now. ``there``: those that were found."""
    known: list[Values] = []
    new: list[Values] = []
    for key, day in days.items():
        row = (*astuple(key), day.number, *_headlines(day.counts), _json(_others(day.counts)))
        (known if key in there else new).append(row)
    if known:
        UPDATE_DAYS.run_values(connection, known)
    if new:
        BEGIN_DAYS.run_values(connection, new)


def _told(counters: Sequence[Any]) -> dict[str, int]:
    """The counters of a row, in the order of COUNTERS; those that are 0 are left out."""
    *headlines, more = counters
    told = _counts(more)
    for name, value in zip(NAMES, headlines, strict=True):
        if value:
            told[name] = value
    return told


def _headlines(counts: Mapping[str, int]) -> Iterable[int]:
    """Their values, in the order of COLUMNS."""
    return map(counts.get, NAMES, ZEROS)


def _others(counts: Mapping[str, int]) -> dict[str, int]:
    """Those that have no column of their own."""
    others = dict(counts)
    for name in NAMES:
        others.pop(name, None)
    return others


def growth_of(counts: Mapping[str, int], is_new: bool) -> Growth:
    """Of a ledger's day; ``is_new``: it was not told before."""
    return Growth(int(is_new), [*_headlines(counts)], _others(counts))


def _counts(more: str) -> dict[str, int]:
    return _counts_decoder.decode(more)


def _json(value: Mapping[str, int]) -> str:
    return msgspec.json.encode(value).decode()
