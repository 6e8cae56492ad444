"""The rows of an export, one after the other: a nation's desks need not fit into memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from kiosk_agent.central.dashboard import scope as within
from kiosk_agent.central.dashboard.repository import sums
from kiosk_agent.central.dashboard.schemas import Days
from kiosk_agent.central.database.tables import desk_days, desks, municipalities, municipality_days, offices
from kiosk_agent.central.places.schemas import Level, Place

TOGETHER = 1_000  # rows fetched at once


def rows(
    connection: Connection, scope: Place, place: Place, level: Level, days: Days, *, each_day: bool
) -> Iterator[Row[Any]]:
    """The counters of all municipalities, offices or desks (``level``) of a place, within the scope, in order.

    One row for each, also where nothing was reported; with ``each_day`` one for each and each day that was. Their names
    are ``prefecture``, ``municipality_code``, ``municipality``, ``office``, ``desk_id``, ``desk``, ``day``.
    """
    table = municipality_days if level is Level.MUNICIPALITY else desk_days
    names: list[sa.ColumnElement[Any]] = [
        municipalities.c.prefecture.label("prefecture"),
        municipalities.c.code.label("municipality_code"),
        municipalities.c.name.label("municipality"),
    ]
    on: sa.ColumnElement[bool] = table.c.day.between(*days)
    source: sa.FromClause = municipalities
    if level is Level.MUNICIPALITY:
        code = municipalities.c.code
        chosen = [within.of_municipalities(place, code), within.of_municipalities(scope, code)]
        on = sa.and_(table.c.municipality_code == code, on)
        order: list[sa.ColumnElement[Any]] = [code]
    else:
        chosen = [within.of_offices(place), within.of_offices(scope)]
        names.append(offices.c.name.label("office"))
        source = source.join(offices, offices.c.municipality_code == municipalities.c.code)
        source = source.join(desks, desks.c.office_id == offices.c.id, isouter=level is Level.OFFICE)
        on = sa.and_(table.c.municipality_code == desks.c.municipality_code, table.c.desk_id == desks.c.id, on)
        order = [municipalities.c.code, offices.c.id]
    if level is Level.DESK:
        names += [desks.c.id.label("desk_id"), desks.c.name.label("desk")]
        order.append(desks.c.id)
    if each_day:
        names.append(table.c.day.label("day"))
        order.append(table.c.day)
    query = (
        sa.select(*names, *sums(table))
        .select_from(source.join(table, on, isouter=not each_day))
        .where(*chosen)
        .group_by(*names, *order)
        .order_by(*order)
    )
    yield from connection.execution_options(yield_per=TOGETHER).execute(query)
