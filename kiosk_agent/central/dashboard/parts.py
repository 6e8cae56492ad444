"""Where the counters of a range of days stand: in settled months as far as these are whole, in days for the rest."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from kiosk_agent.central.dashboard.schemas import Days
from kiosk_agent.central.dashboard.scope import Condition
from kiosk_agent.central.database.engine import remembered
from kiosk_agent.central.database.tables import (
    desk_days,
    municipality_days,
    nation_days,
    office_days,
    prefecture_days,
)
from kiosk_agent.central.months.repository import MONTHS_OF, settled_to
from kiosk_agent.central.months.spans import span
from kiosk_agent.central.places.schemas import Level

DAYS: Mapping[Level, sa.Table] = {
    Level.NATION: nation_days,
    Level.PREFECTURE: prefecture_days,
    Level.MUNICIPALITY: municipality_days,
    Level.OFFICE: office_days,
    Level.DESK: desk_days,
}


class Part(NamedTuple):
    """Where the counters of some days stand. ``column``: the day, or the first one of a month."""

    table: sa.Table
    column: sa.Column[datetime.date]
    days: Days

    @property
    def is_asked(self) -> Condition:
        """For its rows."""
        return self.column.between(*self.days)


def parts_of(connection: Connection, level: Level, days: Days) -> list[Part]:
    """Where the counters of these days stand for places of a level: of settled months in one row each."""
    table = DAYS[level]
    if level is Level.DESK:
        return [Part(table, table.c.day, days)]
    known = remembered(connection)
    if settled_to not in known:
        known[settled_to] = settled_to(connection)
    whole = span(days, known[settled_to])
    months = MONTHS_OF[table]
    first = [] if whole.months is None else [Part(months, months.c.month, whole.months)]
    return [*first, *(Part(table, table.c.day, each) for each in whole.days)]
