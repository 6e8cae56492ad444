"""Which desks are unprotected: silent while their office is open. Pure.

A desk that is switched off reports nothing, and so does one whose agent was ended. In opening hours somebody may be
sitting at it, so it counts as unprotected; at night it does not.
"""

from __future__ import annotations

import datetime
import enum
import functools
import itertools
from collections.abc import Mapping
from typing import NamedTuple

import holidays

# Japan has one time zone, and no summer time since 1951: no time-zone data is needed, which Windows lacks.
JAPAN = datetime.timezone(datetime.timedelta(hours=9), "JST")
# A desk reports every minute and waits up to a quarter of an hour between tries when the network fails.
SILENT_AFTER = datetime.timedelta(minutes=20)
MOST_DAYS = 366  # looked back; who was silent for longer needs no exact figure
ONE_DAY, NO_TIME = datetime.timedelta(days=1), datetime.timedelta()


class Period(NamedTuple):
    """From when to when an office is open, in Japan's time; ``end`` after ``begin``."""

    begin: datetime.time
    end: datetime.time


WEEKDAY = Period(datetime.time(8, 30), datetime.time(17, 15))


class OpeningHours(NamedTuple):
    """When an office is open. ``week``: weekday (0 Monday … 6 Sunday) → its period; closed on all others.

    ``on_holidays``: the period on days when offices are closed, whatever weekday they are; None: closed.
    """

    week: Mapping[int, Period] = dict.fromkeys(range(5), WEEKDAY)
    on_holidays: Period | None = None


USUAL_HOURS = OpeningHours()


class State(enum.StrEnum):
    """Whether a desk is heard of."""

    HEARD = "heard"  # it has reported lately
    CLOSED = "closed"  # it is silent, and its office is closed or has just opened
    UNPROTECTED = "unprotected"  # it is silent while its office is open


class Silence(NamedTuple):
    """``open_s``: seconds of opening hours without a report, of the last year at most."""

    state: State
    open_s: float


def is_holiday(day: datetime.date) -> bool:
    """Whether municipal offices are closed on this day whatever weekday it is.

    National holidays (国民の祝日に関する法律), and 29 December to 3 January (行政機関の休日に関する法律, which the
    ordinances of municipalities follow: 地方自治法 4条の2).
    """
    return (day.month, day.day) in {(12, 29), (12, 30), (12, 31), (1, 1), (1, 2), (1, 3)} or day in _national(day.year)


@functools.cache
def _national(year: int) -> frozenset[datetime.date]:
    return frozenset(holidays.country_holidays("JP", years=year))


def opening(day: datetime.date, hours: OpeningHours) -> tuple[datetime.datetime, datetime.datetime] | None:
    """From when to when an office is open on a day in Japan; None where it is closed."""
    period = hours.on_holidays if is_holiday(day) else hours.week.get(day.weekday())
    if period is None:
        return None
    return datetime.datetime.combine(day, period.begin, JAPAN), datetime.datetime.combine(day, period.end, JAPAN)


def silent_before(now: datetime.datetime, hours: OpeningHours = USUAL_HOURS) -> datetime.datetime | None:
    """Desks that were last heard of before this moment are unprotected; None: nobody is, the office is closed.

    Also None for a while after it opens: PCs are switched on only then.
    """
    today = opening(now.astimezone(JAPAN).date(), hours)
    if today is None or not today[0] + SILENT_AFTER < now <= today[1]:
        return None
    return now - SILENT_AFTER


def silence(last_heard: datetime.datetime, now: datetime.datetime, hours: OpeningHours = USUAL_HOURS) -> Silence:
    """How a desk stands that was last heard of at ``last_heard``: its last report, or its enrolment."""
    limit = silent_before(now, hours)
    if limit is not None and last_heard < limit:
        state = State.UNPROTECTED
    else:
        state = State.HEARD if last_heard >= now - SILENT_AFTER else State.CLOSED
    return Silence(state, _open_between(last_heard, now, hours).total_seconds())


def _open_between(since: datetime.datetime, now: datetime.datetime, hours: OpeningHours) -> datetime.timedelta:
    last = now.astimezone(JAPAN).date()
    day = max(since.astimezone(JAPAN).date(), last - ONE_DAY * MOST_DAYS)
    total = _open_on(day, since, now, hours)
    if day < last:
        before = _open_before(last, tuple(hours.week.items()), hours.on_holidays)
        total += before[(last - day).days - 1] + _open_on(last, since, now, hours)
    return total


def _open_on(
    day: datetime.date, since: datetime.datetime, now: datetime.datetime, hours: OpeningHours
) -> datetime.timedelta:
    """How much of the time between them an office is open on one day."""
    period = opening(day, hours)
    return NO_TIME if period is None else max(NO_TIME, min(period[1], now) - max(period[0], since))


@functools.lru_cache(maxsize=1000)
def _open_before(
    last: datetime.date, week: tuple[tuple[int, Period], ...], on_holidays: Period | None
) -> tuple[datetime.timedelta, ...]:
    """How long an office is open on the days before ``last``: none of them, the last one, the last two, and so on.

    Desks that were silent for a year, as hundreds are that were put away, would have each of its days looked at.
    """
    hours = OpeningHours(dict(week), on_holidays)
    periods = (opening(last - ONE_DAY * back, hours) for back in range(1, MOST_DAYS + 1))
    lengths = (NO_TIME if period is None else period[1] - period[0] for period in periods)
    return tuple(itertools.accumulate(lengths, initial=NO_TIME))
