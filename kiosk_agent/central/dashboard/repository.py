"""The dashboard's queries. Each takes a scope, and what lies beyond it is not read.

All places but desks are read from their sums, of which there is a row for a day, and one for a month that is settled;
the desks' own rows are read for one municipality at a time, of which they are a range of the key.
"""

from __future__ import annotations

import datetime
import functools
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row, RowMapping

from kiosk_agent.central.dashboard import scope as within
from kiosk_agent.central.dashboard.compliance import Totals
from kiosk_agent.central.dashboard.parts import DAYS, Part, parts_of
from kiosk_agent.central.dashboard.schemas import Days
from kiosk_agent.central.dashboard.scope import Condition, number
from kiosk_agent.central.database.tables import (
    alarms,
    desk_days,
    desks,
    municipalities,
    offices,
)
from kiosk_agent.central.incidents.tables import visit_desks, visit_facts, visit_hours
from kiosk_agent.central.places.schemas import Level, Place

COUNTERS = Totals.__struct_fields__
CHILD = "child"


def totals_of(counters: Sequence[int | None]) -> Totals:
    """The counters of a row, which are all of it and in their order; a sum is none where there was nothing to add."""
    return Totals(*[counter or 0 for counter in counters])


@functools.cache
def sums(table: sa.FromClause) -> list[sa.Label[int]]:
    """The sum of each counter. PostgreSQL's own are decimals, of which Python makes objects one by one."""
    return [sa.cast(sa.func.sum(table.c[name]), sa.BigInteger).label(name) for name in COUNTERS]


def find_place(connection: Connection, scope: Place, place: Place) -> Row[Any] | None:
    """The names and codes around a place: ``prefecture_code``, ``prefecture``, ``municipality_code`` and so on.

    None where there is no such place within the scope: whether it is elsewhere cannot be told from that.
    """
    wide = [municipalities.c.prefecture_code, municipalities.c.prefecture]
    near = [municipalities.c.code.label("municipality_code"), municipalities.c.name.label("municipality")]
    here = [offices.c.id.label("office_id"), offices.c.name.label("office")]
    offices_on = offices.c.municipality_code == municipalities.c.code
    match place.level:
        case Level.PREFECTURE:
            visible = within.of_prefectures(scope, municipalities.c.prefecture_code)
            query = sa.select(*wide).where(municipalities.c.prefecture_code == place.key, visible).limit(1)
        case Level.MUNICIPALITY:
            visible = within.of_municipalities(scope, municipalities.c.code)
            query = sa.select(*wide, *near).where(municipalities.c.code == place.key, visible)
        case Level.OFFICE:
            query = (
                sa.select(*wide, *near, *here)
                .join(offices, offices_on)
                .where(offices.c.id == number(place), within.of_offices(scope))
            )
        case Level.DESK:
            query = (
                sa.select(*wide, *near, *here, desks.c.name.label("desk"))
                .join(offices, offices_on)
                .join(desks, desks.c.office_id == offices.c.id)
                .where(desks.c.id == number(place), within.of_desks(scope))
            )
        case _:
            query = sa.select(sa.literal(1).label("nation")).where(within.of_nation(scope))
    return connection.execute(query).one_or_none()


def days_of(connection: Connection, scope: Place, place: Place, days: Days) -> list[tuple[datetime.date, Totals]]:
    """The counters of a place by day, in order; days of which nothing is known are not in it."""
    return _by_day(connection, scope, place, Part(DAYS[place.level], DAYS[place.level].c.day, days))


def months_of(connection: Connection, scope: Place, place: Place, days: Days) -> list[tuple[datetime.date, Totals]]:
    """The same where the day does not matter, only its month: of settled ones all is told as of their first day."""
    parts = parts_of(connection, place.level, days)
    return [one for part in parts for one in _by_day(connection, scope, place, part)]


def _by_day(connection: Connection, scope: Place, place: Place, part: Part) -> list[tuple[datetime.date, Totals]]:
    conditions = _rows_of(scope, place, part.table)
    query = sa.select(part.column).where(*conditions, part.is_asked).order_by(part.column)
    if place.level is Level.DESK:
        query = query.add_columns(*sums(part.table)).group_by(part.column)
    else:  # there is one row of sums for each day
        query = query.add_columns(*(part.table.c[name] for name in COUNTERS))
    return [(row[0], totals_of(row[1:])) for row in connection.execute(query)]


def total_of(connection: Connection, scope: Place, place: Place, days: Days) -> Totals:
    """The counters of a place over all days."""
    total = Totals()
    for part in parts_of(connection, place.level, days):
        query = sa.select(*sums(part.table)).where(*_rows_of(scope, place, part.table), part.is_asked)
        total += totals_of(connection.execute(query).one())
    return total


def _rows_of(scope: Place, place: Place, table: sa.Table) -> list[Condition]:
    """The rows of a place, in the table of its days or of its months."""
    match place.level:
        case Level.NATION:
            return [within.of_nation(scope)]
        case Level.PREFECTURE:
            code = table.c.prefecture_code
            return [code == place.key, within.of_prefectures(scope, code)]
        case Level.MUNICIPALITY:
            code = table.c.municipality_code
            return [code == place.key, within.of_municipalities(scope, code)]
        case Level.OFFICE:
            code, office = table.c.municipality_code, table.c.office_id
            leading = sa.select(offices.c.municipality_code).where(offices.c.id == number(place))
            return [code.in_(leading), office == number(place), within.of_offices_in(scope, code, office)]
        case _:
            return _of_desk_rows(sa.and_(within.of_desks(place), within.of_desks(scope)))


def _of_desk_rows(chosen: Condition) -> list[Condition]:
    """The rows of these desks: the municipality first, which leads the key."""
    codes = sa.select(desks.c.municipality_code).where(chosen)
    return [desk_days.c.municipality_code.in_(codes), desk_days.c.desk_id.in_(sa.select(desks.c.id).where(chosen))]


def children_of(connection: Connection, scope: Place, place: Place) -> list[tuple[Place, str]]:
    """The places directly below, as far as the scope reaches, whether anything is known of them or not."""
    child = below(place)
    match child:
        case Level.PREFECTURE:
            code = municipalities.c.prefecture_code
            query = (
                sa.select(code.label("key"), sa.func.min(municipalities.c.prefecture).label("name"))
                .where(within.of_prefectures(scope, code))
                .group_by(code)
            )
        case Level.MUNICIPALITY:
            code = municipalities.c.code
            query = sa.select(code.label("key"), municipalities.c.name).where(
                within.of_municipalities(place, code), within.of_municipalities(scope, code)
            )
        case Level.OFFICE:
            query = sa.select(offices.c.id.label("key"), offices.c.name).where(
                offices.c.municipality_code == place.key, within.of_offices(scope)
            )
        case _:
            query = sa.select(desks.c.id.label("key"), desks.c.name).where(
                within.of_desks(place), within.of_desks(scope)
            )
    return [(Place(child, str(row.key)), row.name) for row in connection.execute(query.order_by("key"))]


def children_totals(
    connection: Connection, scope: Place, place: Place, days: Days, among: Iterable[Place]
) -> dict[Place, Totals]:
    """The counters of those of the places directly below; one of which nothing is known is not in it.

    ``among``: each of them, as :func:`children_of` says. By their codes the days of each are a range of the key; by
    what they have in common, all years of all of them would be looked through.
    """
    child, asked = below(place), list(among)
    found: dict[Place, Totals] = {}
    for part in parts_of(connection, child, days):
        key, conditions = _rows_of_children(scope, place, asked, part.table)
        query = sa.select(key.label(CHILD), *sums(part.table)).where(*conditions, part.is_asked).group_by(key)
        for row in connection.execute(query):
            one, totals = Place(child, str(row[0])), totals_of(row[1:])
            found[one] = found[one] + totals if one in found else totals
    return found


def _rows_of_children(
    scope: Place, place: Place, among: Sequence[Place], table: sa.Table
) -> tuple[sa.Column[Any], list[Condition]]:
    """Which column says whose a row is, and which rows are theirs, in the table of days or of months."""
    match below(place):
        case Level.PREFECTURE:
            key = table.c.prefecture_code
            return key, [key.in_([one.key for one in among]), within.of_prefectures(scope, key)]
        case Level.MUNICIPALITY:
            key = table.c.municipality_code
            # that they are of the prefecture is known; said twice, PostgreSQL expects a few rows and sorts them
            return key, [key.in_([one.key for one in among]), within.of_municipalities(scope, key)]
        case Level.OFFICE:
            key = table.c.office_id
            return key, [
                table.c.municipality_code == place.key,
                key.in_([number(one) for one in among]),
                within.of_offices_in(scope, table.c.municipality_code, key),
            ]
        case _:
            return table.c.desk_id, _of_desk_rows(sa.and_(within.of_desks(place), within.of_desks(scope)))


def hours_of(connection: Connection, scope: Place, place: Place, days: Days) -> dict[tuple[datetime.date, int], int]:
    """The visits of a place by day and hour, as far as desks tell of them; of offices and desks from the facts."""
    match place.level:
        case Level.NATION:
            conditions = [visit_hours.c.code == "", within.of_nation(scope)]
        case Level.PREFECTURE:
            conditions = [visit_hours.c.code == place.key, within.of_prefectures(scope, visit_hours.c.code)]
        case Level.MUNICIPALITY:
            conditions = [visit_hours.c.code == place.key, within.of_municipalities(scope, visit_hours.c.code)]
        case _:
            return _hours_of_desks(connection, sa.and_(within.of_desks(place), within.of_desks(scope)), days)
    query = sa.select(visit_hours.c.day, visit_hours.c.hour, visit_hours.c.visits).where(
        *conditions, visit_hours.c.day.between(*days)
    )
    return {(row.day, row.hour): int(row.visits) for row in connection.execute(query)}


def _hours_of_desks(connection: Connection, chosen: Condition, days: Days) -> dict[tuple[datetime.date, int], int]:
    facts = visit_facts.c
    query = (
        sa.select(facts.day, facts.hour, sa.func.count().label("visits"))
        .where(
            facts.municipality_code.in_(sa.select(desks.c.municipality_code).where(chosen)),
            facts.desk_id.in_(sa.select(desks.c.id).where(chosen)),
            facts.day.between(*days),
        )
        .group_by(facts.day, facts.hour)
    )
    return {(row.day, row.hour): int(row.visits) for row in connection.execute(query)}


def desks_telling(
    connection: Connection, scope: Place, place: Place, days: Days, most_named: int
) -> tuple[int, int, list[tuple[str, str, str]]]:
    """How many desks of a place tell of visits within these days, and how many there are.

    Where they are few also which: office, name, number. Where none tells, the number of all is 0 as well.
    """
    chosen = sa.and_(within.of_desks(place), within.of_desks(scope))
    telling = sa.and_(
        visit_desks.c.municipality_code == desks.c.municipality_code,
        visit_desks.c.desk_id == desks.c.id,
        visit_desks.c.first_day <= days.last,
        visit_desks.c.last_day >= days.first,
    )
    counted = sa.select(sa.func.count()).select_from(visit_desks.join(desks, telling)).where(chosen)
    told = int(connection.execute(counted).scalar_one())
    if not told:  # as with most: then nobody asks how many there are
        return 0, 0, []
    everyone = int(connection.execute(sa.select(sa.func.count()).select_from(desks).where(chosen)).scalar_one())
    named: list[tuple[str, str, str]] = []
    if told <= most_named:
        query = (
            sa.select(desks.c.id, desks.c.name, offices.c.name.label("office"))
            .join(visit_desks, telling)
            .join(offices, offices.c.id == desks.c.office_id)
            .where(chosen)
            .order_by(desks.c.municipality_code, offices.c.id, desks.c.id)
        )
        named = [(one.office, one.name, str(one.id)) for one in connection.execute(query)]
    return told, everyone, named


def below(place: Place) -> Level:
    """The level of a place's children. Raises ValueError for a desk."""
    if place.level is Level.DESK:
        raise ValueError("a desk has nothing below it")
    return list(Level)[list(Level).index(place.level) + 1]


def desks_of(
    connection: Connection,
    scope: Place,
    place: Place,
    last_heard_before_ms: int | None = None,
    open_hours: Collection[str] = (),
    most: int | None = None,
) -> Sequence[Row[Any]]:
    """The desks of a place with their office.

    Where a moment is said only those silent since then whose office is open: it has one of ``open_hours``; at most so
    many of them, those that were heard of longest ago.
    """
    query = (
        sa.select(desks, offices.c.name.label("office"), offices.c.opening_hours)
        .join(offices, offices.c.id == desks.c.office_id)
        .where(within.of_desks(place), within.of_desks(scope))
        .order_by(desks.c.municipality_code, desks.c.office_id, desks.c.name, desks.c.id)
    )
    if last_heard_before_ms is not None:
        query = query.where(_last_heard() < last_heard_before_ms, offices.c.opening_hours.in_(open_hours))
    if most is not None:
        query = query.order_by(None).order_by(_last_heard(), desks.c.id).limit(most)
    return connection.execute(query).all()


def count_desks(
    connection: Connection,
    scope: Place,
    place: Place,
    last_heard_before_ms: int,
    open_hours: Collection[str],
    closed_hours: Collection[str],
) -> tuple[int, int, int]:
    """How many desks there are, how many of them are silent since then in open offices, and how many are in such.

    Most offices have the usual hours: it is the others that are looked for, and looked at by themselves.
    """
    usual_is_open = "" in open_hours
    others = closed_hours if usual_is_open else open_hours
    silent = sa.func.count(sa.case((_last_heard() < last_heard_before_ms, 1)))
    query = sa.select(sa.func.count(), silent).select_from(desks)
    query = query.where(within.of_desks(place), within.of_desks(scope))
    everyone, everyone_silent = map(int, connection.execute(query).one())
    some = some_silent = 0
    if others and everyone:
        offices_of = sa.select(offices.c.id).where(offices.c.opening_hours.in_(others))
        some, some_silent = map(int, connection.execute(query.where(desks.c.office_id.in_(offices_of))).one())
    return (
        (everyone, everyone_silent - some_silent, everyone - some) if usual_is_open else (everyone, some_silent, some)
    )


def _last_heard() -> sa.ColumnElement[int]:
    return sa.func.coalesce(desks.c.reported_at_ms, desks.c.enrolled_at_ms)


def alarms_of(
    connection: Connection, scope: Place, place: Place, only: Collection[int] | None = None
) -> dict[int, dict[str, int]]:
    """Of the desks of a place, or of some of them: desk → kind of alarm → how many."""
    query = (
        sa.select(alarms.c.desk_id, alarms.c.kind, sa.func.count().label("times"))
        .join(desks, desks.c.id == alarms.c.desk_id)
        .where(within.of_desks(place), within.of_desks(scope))
        .group_by(alarms.c.desk_id, alarms.c.kind)
        .order_by(alarms.c.kind)
    )
    if only is not None:
        query = query.where(alarms.c.desk_id.in_(only))
    found: dict[int, dict[str, int]] = {}
    for row in connection.execute(query):
        found.setdefault(row.desk_id, {})[row.kind] = row.times
    return found


def alarm_rows(connection: Connection, scope: Place, place: Place, most: int | None) -> Sequence[RowMapping]:
    """The alarms of a place with their desks, the newest first; at most so many."""
    query = (
        sa.select(
            alarms.c.kind,
            alarms.c.desk_id,
            alarms.c.first_at_ms,
            alarms.c.last_at_ms,
            alarms.c.times,
            alarms.c.subject,
            alarms.c.detail,
            desks.c.name.label("desk"),
            offices.c.name.label("office"),
            municipalities.c.name.label("municipality"),
        )
        .join(desks, desks.c.id == alarms.c.desk_id)
        .join(offices, offices.c.id == desks.c.office_id)
        .join(municipalities, municipalities.c.code == desks.c.municipality_code)
        .where(within.of_desks(place), within.of_desks(scope))
        .order_by(alarms.c.last_at_ms.desc(), alarms.c.id.desc())
    )
    return connection.execute(query if most is None else query.limit(most)).mappings().all()


def municipality_names(connection: Connection, codes: Iterable[str]) -> dict[str, str]:
    """What these are called, with their prefecture."""
    query = sa.select(municipalities).where(municipalities.c.code.in_(set(codes)))
    return {row.code: f"{row.prefecture} {row.name}" for row in connection.execute(query)}
