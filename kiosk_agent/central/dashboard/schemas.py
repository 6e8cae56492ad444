"""What the dashboard's queries take and give."""

from __future__ import annotations

import datetime
import enum
from typing import NamedTuple

import msgspec

from kiosk_agent.central.alarms.schemas import AlarmKind
from kiosk_agent.central.dashboard.compliance import Compliance, Totals
from kiosk_agent.central.dashboard.silence import Silence
from kiosk_agent.central.places.schemas import Place
from kiosk_agent.wire import v1

USUAL_DAY = range(8, 18)


class Days(NamedTuple):
    """A range of the desks' local days, both ends included. ``first`` after ``last`` is an empty one."""

    first: datetime.date
    last: datetime.date


class NamedPlace(msgspec.Struct, frozen=True):
    """A place with what it is called. ``above``: the places around it as far as the scope lets them be seen."""

    place: Place
    name: str
    above: tuple[tuple[Place, str], ...] = ()


class Ranked(msgspec.Struct, frozen=True):
    """One of the children of a place.

    ``rank`` from 1, equal shares equal; None where there are too few visits to say anything. ``best`` and ``worst``:
    between which ranks its intervals leave it.
    """

    child: NamedPlace
    totals: Totals
    compliance: Compliance
    rank: int | None
    best: int | None
    worst: int | None


class HourMap(msgspec.Struct, frozen=True):
    """Visits by weekday (0 Monday … 6 Sunday) and hour of the desk's day, of the desks that tell of their visits.

    ``begun``: the visits that the counts of all desks know of; ``visits``: those of them that are in the map.
    ``names``: office, name and number of the telling desks, where they are few.
    """

    cells: dict[tuple[int, int], int]
    visits: int
    begun: int
    telling: int
    desks: int
    names: tuple[tuple[str, str, str], ...]

    @property
    def hours(self) -> range:
        """Which hours there are to show: the usual day, and whatever is beyond it."""
        seen = [hour for (_, hour), visits in self.cells.items() if visits]
        return range(min([USUAL_DAY.start, *seen]), max([USUAL_DAY.stop, *(hour + 1 for hour in seen)]))


class Step(enum.StrEnum):
    """What one point of a trend covers. A week begins on Monday (ISO 8601)."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class TrendPoint(msgspec.Struct, frozen=True):
    """What happened from ``first`` to ``last``, both included and cut at the ends of the range."""

    first: datetime.date
    last: datetime.date
    totals: Totals
    compliance: Compliance


class DeskNow(msgspec.Struct, frozen=True):
    """How a desk stands. ``severity``: of its worst warning in the newest report; None where it never reported.

    ``alarms``: kind → how many different findings. An old health says nothing of now: look at ``silence`` as well.
    """

    place: Place
    name: str
    office: str
    municipality_code: str
    enrolled_at: datetime.datetime
    reported_at: datetime.datetime | None
    agent_version: str
    severity: v1.Severity | None
    health: tuple[v1.HealthItem, ...]
    alarms: dict[AlarmKind, int]
    clock_ahead_ms: int | None
    dropped_days: int
    set_aside: int
    silence: Silence


class DeskAlarm(msgspec.Struct, frozen=True):
    """One alarm, and whose it is. ``times``: how often it was seen. ``subject``, ``detail``: as they are kept."""

    kind: AlarmKind
    desk: Place
    name: str
    office: str
    municipality: str
    first_at: datetime.datetime
    last_at: datetime.datetime
    times: int
    subject: str
    detail: str


class Guarded(msgspec.Struct, frozen=True):
    """How many desks there are in a place, how many are unprotected now, and how many are in open offices."""

    desks: int
    unprotected: int
    in_hours: int
