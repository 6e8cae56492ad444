"""What the dashboard shows. Every function takes the scope of who asks; what lies beyond it does not exist for them."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy.engine import Connection, Row

from kiosk_agent.central.alarms.schemas import AlarmKind
from kiosk_agent.central.dashboard import repository, trend
from kiosk_agent.central.dashboard.compliance import Figure, Totals
from kiosk_agent.central.dashboard.ranking import rank
from kiosk_agent.central.dashboard.schemas import (
    Days,
    DeskAlarm,
    DeskNow,
    Guarded,
    HourMap,
    NamedPlace,
    Ranked,
    Step,
    TrendPoint,
)
from kiosk_agent.central.dashboard.silence import SILENT_AFTER, silence
from kiosk_agent.central.database.engine import Database, remembered
from kiosk_agent.central.opening.service import hours_now, open_now
from kiosk_agent.central.opening.written import read_hours
from kiosk_agent.central.places.schemas import NATION, Level, Place
from kiosk_agent.central.times import from_ms, to_ms
from kiosk_agent.errors import CentralError
from kiosk_agent.text import Text
from kiosk_agent.wire import v1

LEVELS = list(Level)
MOST_NAMED = 8  # desks in a sentence
MOST_NAMED_APART = 100  # desks in a query
SEVERITIES = list(v1.Severity)  # from green to red
_health = msgspec.json.Decoder(tuple[v1.HealthItem, ...])


class PlaceUnknownError(CentralError):
    """There is no such place within the scope; whether there is one beyond it is not said."""

    def __init__(self, place: Place) -> None:
        told = f"{place.level}:{place.key}".rstrip(":")
        super().__init__(Text("There is no {place} to be seen.", place=told), Text("Choose one of the list."))
        self.place = place


def named(database: Database, scope: Place, place: Place) -> NamedPlace:
    """A place with its name and those around it. Raises PlaceUnknownError."""
    with database.reading() as connection:
        return _named(connection, scope, place)


def totals(database: Database, scope: Place, place: Place, days: Days) -> Totals:
    """Its counters; :func:`~kiosk_agent.central.dashboard.compliance.compliance` makes the four numbers of them.

    Raises PlaceUnknownError.
    """
    with database.reading() as connection:
        _named(connection, scope, place)
        return _total(connection, scope, place, days)


def ranking(database: Database, scope: Place, place: Place, days: Days, figure: Figure) -> list[Ranked]:
    """The places directly below, in order. Raises PlaceUnknownError, and ValueError for a desk."""
    with database.reading() as connection:
        above = _named(connection, scope, place)
        around = (*above.above, (above.place, above.name))
        children = repository.children_of(connection, scope, place)
        known = repository.children_totals(connection, scope, place, days, (child for child, _ in children))
    return rank([(NamedPlace(child, name, around), known.get(child, Totals())) for child, name in children], figure)


def trends(database: Database, scope: Place, place: Place, days: Days, step: Step) -> list[TrendPoint]:
    """Its counters over time, with the steps in which nothing was reported. Raises PlaceUnknownError."""
    with database.reading() as connection:
        _named(connection, scope, place)
        of = repository.months_of if step is Step.MONTH else repository.days_of
        points = trend.points(of(connection, scope, place, days), days, step)
        remembered(connection)[_total, scope, place, days] = trend.whole(points)
    return points


def hours(database: Database, scope: Place, place: Place, days: Days) -> HourMap:
    """Its visits by weekday and hour, of the desks that tell of them. Raises PlaceUnknownError."""
    with database.reading() as connection:
        _named(connection, scope, place)
        found = repository.hours_of(connection, scope, place, days)
        telling, desks, names = repository.desks_telling(connection, scope, place, days, MOST_NAMED)
        known = _total(connection, scope, place, days)
    cells: dict[tuple[int, int], int] = {}
    for (day, hour), visits in found.items():
        key = (day.weekday(), hour)
        cells[key] = cells.get(key, 0) + visits
    total = sum(cells.values())
    begun = max(known.visits, known.outcomes, total)
    return HourMap(cells, total, begun, telling, desks, tuple(names))


def desks(database: Database, scope: Place, place: Place, now: datetime.datetime) -> list[DeskNow]:
    """The desks of a place as they stand now. Raises PlaceUnknownError."""
    with database.reading() as connection:
        _named(connection, scope, place)
        return _desks(connection, scope, place, repository.desks_of(connection, scope, place), now)


def unprotected(
    database: Database, scope: Place, place: Place, now: datetime.datetime, most: int | None = None
) -> list[DeskNow]:
    """Those of them that are silent while their office is open; at most so many, silent longest.

    Raises PlaceUnknownError.
    """
    with database.reading() as connection:
        _named(connection, scope, place)
        limit, open_hours = to_ms(now - SILENT_AFTER), open_now(connection, now)
        rows = repository.desks_of(connection, scope, place, limit, open_hours, most) if open_hours else []
        return _desks(connection, scope, place, rows, now)


def guarded(database: Database, scope: Place, place: Place, now: datetime.datetime) -> Guarded:
    """How many there are, and how many of them are unprotected. Raises PlaceUnknownError."""
    with database.reading() as connection:
        _named(connection, scope, place)
        limit, hours = to_ms(now - SILENT_AFTER), hours_now(connection, now)
        return Guarded(*repository.count_desks(connection, scope, place, limit, hours.open, hours.closed))


def alarms(database: Database, scope: Place, place: Place, most: int | None = None) -> list[DeskAlarm]:
    """The alarms of its desks, the newest first. Raises PlaceUnknownError."""
    with database.reading() as connection:
        _named(connection, scope, place)
        return [
            DeskAlarm(
                kind=AlarmKind(row["kind"]),
                desk=Place(Level.DESK, str(row["desk_id"])),
                name=row["desk"],
                office=row["office"],
                municipality=row["municipality"],
                first_at=from_ms(row["first_at_ms"]),
                last_at=from_ms(row["last_at_ms"]),
                times=row["times"],
                subject=row["subject"],
                detail=row["detail"],
            )
            for row in repository.alarm_rows(connection, scope, place, most)
        ]


def children(database: Database, scope: Place, place: Place) -> list[tuple[Place, str]]:
    """The places directly below with their names. Raises PlaceUnknownError."""
    with database.reading() as connection:
        _named(connection, scope, place)
        return repository.children_of(connection, scope, place)


def municipalities(database: Database, desks: Sequence[DeskNow]) -> dict[str, str]:
    """What the municipalities of these desks are called: code → name."""
    if not desks:
        return {}
    with database.reading() as connection:
        return repository.municipality_names(connection, (one.municipality_code for one in desks))


def _total(connection: Connection, scope: Place, place: Place, days: Days) -> Totals:
    key = (_total, scope, place, days)
    known = remembered(connection)
    if key not in known:
        known[key] = repository.total_of(connection, scope, place, days)
    found: Totals = known[key]
    return found


def _named(connection: Connection, scope: Place, place: Place) -> NamedPlace:
    known = remembered(connection)
    if (scope, place) not in known:
        known[scope, place] = _found(connection, scope, place)
    found: NamedPlace = known[scope, place]
    return found


def _found(connection: Connection, scope: Place, place: Place) -> NamedPlace:
    if place == scope == NATION:  # which is in no table
        return NamedPlace(NATION, "")
    row = repository.find_place(connection, scope, place)
    if row is None:
        raise PlaceUnknownError(place)
    around = [one for one in _around(row) if LEVELS.index(one[0].level) < LEVELS.index(place.level)]
    visible = tuple(one for one in around if LEVELS.index(one[0].level) >= LEVELS.index(scope.level))
    name = "" if place.level is Level.NATION else getattr(row, place.level)
    return NamedPlace(place, name, visible)


def _around(row: Row[Any]) -> list[tuple[Place, str]]:
    """The places that a row of ``find_place`` names, from the nation down; the nation has no name of its own."""
    columns = {
        Level.PREFECTURE: "prefecture_code",
        Level.MUNICIPALITY: "municipality_code",
        Level.OFFICE: "office_id",
    }
    values = row._mapping
    found = [(Place(level, str(values[key])), values[level]) for level, key in columns.items() if key in values]
    return [(NATION, ""), *found]


def _desks(connection: Connection, scope: Place, place: Place, rows: Any, now: datetime.datetime) -> list[DeskNow]:
    if not rows:
        return []
    few = [row.id for row in rows] if len(rows) <= MOST_NAMED_APART else None
    alarms = repository.alarms_of(connection, scope, place, few)
    return [_desk(row, alarms.get(row.id, {}), now) for row in rows]


def _desk(row: Row[Any], alarms: dict[str, int], now: datetime.datetime) -> DeskNow:
    enrolled_at = from_ms(row.enrolled_at_ms)
    reported_at = None if row.reported_at_ms is None else from_ms(row.reported_at_ms)
    health = _health.decode(row.health)
    worst = max((SEVERITIES.index(item.severity) for item in health), default=0)
    return DeskNow(
        place=Place(Level.DESK, str(row.id)),
        name=row.name,
        office=row.office,
        municipality_code=row.municipality_code,
        enrolled_at=enrolled_at,
        reported_at=reported_at,
        agent_version=row.agent_version,
        severity=None if reported_at is None else SEVERITIES[worst],
        health=health,
        alarms={AlarmKind(kind): count for kind, count in alarms.items()},
        clock_ahead_ms=row.clock_ahead_ms,
        dropped_days=row.dropped_days,
        set_aside=row.set_aside,
        silence=silence(reported_at or enrolled_at, now, read_hours(row.opening_hours)),
    )
