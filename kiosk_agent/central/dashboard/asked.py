"""What the address of a page asks for: which place, days, number and step."""

from __future__ import annotations

import datetime
from typing import Any, NamedTuple

from litestar import Request

from kiosk_agent.central.dashboard.compliance import Figure
from kiosk_agent.central.dashboard.schemas import Days, Step
from kiosk_agent.central.pages.rendering import PageError
from kiosk_agent.central.places.schemas import NATION, Level, Place

USUAL_DAYS = 28  # four whole weeks, so that each weekday counts alike
LONGEST = datetime.timedelta(days=3660)
WHOLE = "all"  # the nation's key in an address
DAYS_BY_DAY, DAYS_BY_WEEK = 35, 190  # up to so many a point of a trend is a day, or a week


class Asked(NamedTuple):
    """``preset``: how many days up to today, where that was chosen."""

    days: Days
    preset: int | None
    figure: Figure
    step: Step


def read_asked(request: Request[Any, Any, Any], today: datetime.date) -> Asked:
    """Raises PageError."""
    given = request.query_params
    try:
        figure = Figure(given.get("figure", Figure.CONFIRMED))
        wanted = given.get("step")
        preset, days = _read_days(given.get("days"), given.get("from"), given.get("to"), today)
        step = _usual_step(days) if wanted is None else Step(wanted)
    except ValueError as error:
        raise PageError("bad_choice") from error
    if figure is Figure.SIGNED_IN:  # it says how many came, not how well a desk is kept
        raise PageError("bad_choice")
    return Asked(days, preset, figure, step)


def _read_days(
    preset: str | None, first: str | None, last: str | None, today: datetime.date
) -> tuple[int | None, Days]:
    if first is None and last is None:
        number = USUAL_DAYS if preset is None else int(preset)
        if not 1 <= number <= LONGEST.days:
            raise PageError("bad_range")
        return number, Days(today - datetime.timedelta(days=number - 1), today)
    try:
        days = Days(datetime.date.fromisoformat(first or ""), datetime.date.fromisoformat(last or ""))
    except ValueError as error:
        raise PageError("bad_range") from error
    if days.last < days.first or days.last - days.first > LONGEST:
        raise PageError("bad_range")
    return None, days


def _usual_step(days: Days) -> Step:
    number = (days.last - days.first).days + 1
    return Step.DAY if number <= DAYS_BY_DAY else Step.WEEK if number <= DAYS_BY_WEEK else Step.MONTH


def read_month(text: str | None, today: datetime.date) -> Days:
    """The days of a month as it is written in an address: 2026-04. Raises PageError, also where it has not begun."""
    try:
        first = today.replace(day=1) if text is None else datetime.date.fromisoformat(f"{text}-01")
        following = (first + datetime.timedelta(days=31)).replace(day=1)
    except (ValueError, OverflowError) as error:
        raise PageError("bad_month") from error
    if first == datetime.date.min:  # a report compares its month with the one before
        raise PageError("bad_month")
    if first > today:  # its zeros would look like a month in which nothing went wrong
        raise PageError("month_to_come")
    return Days(first, following - datetime.timedelta(days=1))


def read_place(level: str, key: str) -> Place:
    """The place of an address. Raises PageError where it cannot be one."""
    is_number = key.isascii() and key.isdigit()
    if level not in set(Level) or not (key == WHOLE if level == Level.NATION else is_number):
        raise PageError("not_there", 404)
    return NATION if level == Level.NATION else Place(Level(level), key)


def address(place: Place) -> str:
    """Where a place is shown."""
    return f"/places/{place.level.value}/{place.key or WHOLE}"
