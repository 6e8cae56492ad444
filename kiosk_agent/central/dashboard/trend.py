"""Days put together to weeks and months. Pure."""

from __future__ import annotations

import datetime
import functools
import operator
from collections.abc import Sequence

from kiosk_agent.central.dashboard.compliance import Totals, compliance
from kiosk_agent.central.dashboard.schemas import Days, Step, TrendPoint
from kiosk_agent.central.months.spans import last_day

ONE = datetime.timedelta(days=1)


def points(found: Sequence[tuple[datetime.date, Totals]], days: Days, step: Step) -> list[TrendPoint]:
    """A point for each step of the range. A step of which nothing is known is there with zeros: a gap is to be seen."""
    sums: dict[datetime.date, Totals] = {}
    for day, totals in found:
        begin = _begin(day, step)
        sums[begin] = sums.get(begin, Totals()) + totals
    told = []
    first = days.first
    while first <= days.last:
        last = min(_end(first, step), days.last)
        totals = sums.get(_begin(first, step), Totals())
        told.append(TrendPoint(first, last, totals, compliance(totals)))
        if last == datetime.date.max:
            break
        first = last + ONE
    return told


def whole(told: Sequence[TrendPoint]) -> Totals:
    """All points together."""
    return functools.reduce(operator.add, (one.totals for one in told), Totals())


def _begin(day: datetime.date, step: Step) -> datetime.date:
    if step is Step.MONTH:
        return day.replace(day=1)
    return day - ONE * day.weekday() if step is Step.WEEK else day


def _end(day: datetime.date, step: Step) -> datetime.date:
    if step is Step.MONTH:
        return last_day(day)
    if step is Step.WEEK:
        return day + min(ONE * (6 - day.weekday()), datetime.date.max - day)
    return day
