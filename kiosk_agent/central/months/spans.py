"""Which part of a range of days whole settled months can stand for. Pure."""

from __future__ import annotations

import calendar
import datetime
from typing import NamedTuple

from kiosk_agent.central.dashboard.schemas import Days

ONE_DAY = datetime.timedelta(days=1)


class Span(NamedTuple):
    """``months``: first days of the first and the last month that are whole; None where there is none.

    ``days``: what is left, before and after them.
    """

    months: Days | None
    days: tuple[Days, ...]


def span(days: Days, settled_to: datetime.date | None) -> Span:
    """``settled_to``: the last day of the last settled month."""
    if settled_to is None or days.last < days.first:
        return Span(None, (days,))
    begin = days.first if days.first.day == 1 else _after(last_day(days.first))
    end = min(days.last, settled_to)
    if end != last_day(end):
        end = end.replace(day=1) - ONE_DAY if end > datetime.date(1, 1, 31) else datetime.date.min
    if end < begin:
        return Span(None, (days,))
    left = []
    if days.first < begin:
        left.append(Days(days.first, begin - ONE_DAY))
    if end < days.last:
        left.append(Days(_after(end), days.last))
    return Span(Days(begin, end.replace(day=1)), tuple(left))


def _after(day: datetime.date) -> datetime.date:
    return day if day == datetime.date.max else day + ONE_DAY


def last_day(day: datetime.date) -> datetime.date:
    """Of its month."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])
