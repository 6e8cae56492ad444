"""The queries of settled months.

A month is settled when its sums stand beside those of its days. Settled are all months up to the last one of
``settled_months``, whatever days they have. From then on what is reported late grows both in one transaction, so that
either may be read. Whoever settles a month and whoever takes reports keep each other out by a lock: otherwise a day
could grow after it was added up, by somebody who does not know yet that its month is settled.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from kiosk_agent.central.database.bulk import Bulk, Kind
from kiosk_agent.central.database.tables import (
    HEADLINES,
    municipality_days,
    municipality_months,
    nation_days,
    nation_months,
    office_days,
    office_months,
    prefecture_days,
    prefecture_months,
    settled_months,
)
from kiosk_agent.central.months.spans import last_day

LOCK = 0x6D6F6E7468  # "month": the number under which processes wait for each other
COLUMNS = list(HEADLINES.values())
MONTHS_OF: Mapping[sa.Table, sa.Table] = {
    office_days: office_months,
    municipality_days: municipality_months,
    prefecture_days: prefecture_months,
    nation_days: nation_months,
}


class MonthSums:
    """The sums of one level by month."""

    def __init__(self, days: sa.Table, **scope: Kind) -> None:
        """``scope``: the columns that say whose sums; none for the nation, which has only one."""
        table = MONTHS_OF[days].name
        row: dict[str, Kind] = {**scope, "month": "date", **dict.fromkeys(COLUMNS, "bigint")}
        keys = ", ".join([*scope, "month"])
        grown = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in COLUMNS)
        self._grow = Bulk(
            f"INSERT INTO {table} ({', '.join(row)}) SELECT {', '.join(f'r.{name}' for name in row)} FROM {{rows}}"  # noqa: S608
            f" WHERE true ORDER BY {', '.join(f'r.{name}' for name in (*scope, 'month'))}"
            f" ON CONFLICT ({keys}) DO UPDATE SET {grown}",
            row,
        )

    def grow(self, connection: Connection, sums: Mapping[tuple[str | int, ...], Sequence[int]]) -> None:
        """Add to the sums, in the order of their keys. ``sums``: (scope, the month's first day) → counters."""
        self._grow.run_values(connection, [(*key, *sums[key]) for key in sorted(sums)])


OFFICE_MONTHS = MonthSums(office_days, municipality_code="text", office_id="bigint")
MUNICIPALITY_MONTHS = MonthSums(municipality_days, municipality_code="text")
PREFECTURE_MONTHS = MonthSums(prefecture_days, prefecture_code="text")
NATION_MONTHS = MonthSums(nation_days)


def settled_to(connection: Connection) -> datetime.date | None:
    """The last day of the last settled month; None where there is none."""
    month = connection.execute(sa.select(sa.func.max(settled_months.c.month))).scalar_one()
    return None if month is None else last_day(month)


def settled_to_while_written(connection: Connection) -> datetime.date | None:
    """The same for a transaction that takes reports: no month is settled until it ends."""
    _lock(connection, "pg_advisory_xact_lock_shared")
    return settled_to(connection)


def settle_next(connection: Connection, latest: datetime.date) -> datetime.date | None:
    """Settle the next month that has days and ends by ``latest``: gives its first day; None where there is none.

    It is one month, so that nobody who reports waits for long.
    """
    _lock(connection, "pg_advisory_xact_lock")
    settled = settled_to(connection)
    of_days = sa.select(sa.func.min(nation_days.c.day))
    if settled is not None:
        of_days = of_days.where(nation_days.c.day > settled)
    first = connection.execute(of_days).scalar_one()
    if first is None or last_day(first) > latest:
        return None
    month: datetime.date = first.replace(day=1)
    for days, months in MONTHS_OF.items():
        scope = [days.c[column.name] for column in months.primary_key if column.name != "month"]
        added = (
            sa.select(*scope, sa.literal(month, sa.Date), *(sa.func.sum(days.c[name]) for name in COLUMNS))
            .where(days.c.day.between(month, last_day(month)))
            .group_by(*scope)
            .having(sa.func.count() > 0)  # of the nation there would be a row of nothing
        )
        names = [*(column.name for column in scope), "month", *COLUMNS]
        connection.execute(sa.insert(months).from_select(names, added))
    connection.execute(sa.insert(settled_months), {"month": month})
    return month


def _lock(connection: Connection, function: str) -> None:
    if connection.dialect.name != "sqlite":  # whose transaction has locked the file already
        connection.exec_driver_sql(f"SELECT {function}({LOCK})")
