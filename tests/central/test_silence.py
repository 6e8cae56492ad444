"""Which desks are unprotected: opening hours, holidays, the days around them."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk_agent.central.dashboard.silence import (
    JAPAN,
    MOST_DAYS,
    NO_TIME,
    ONE_DAY,
    SILENT_AFTER,
    OpeningHours,
    Period,
    State,
    is_holiday,
    opening,
    silence,
    silent_before,
)

SUNDAYS_TOO = OpeningHours(dict.fromkeys(range(7), Period(datetime.time(9), datetime.time(17))))


def at(text: str) -> datetime.datetime:
    """A moment in Japan."""
    return datetime.datetime.fromisoformat(text).replace(tzinfo=JAPAN)


@pytest.mark.parametrize(
    ("day", "closed"),
    [
        ("2026-01-02", True),  # the turn of the year
        ("2026-12-29", True),
        ("2026-12-28", False),
        ("2026-01-04", False),
        ("2026-05-06", True),  # in place of 3 May, a Sunday (振替休日)
        ("2026-09-22", True),  # between two holidays (国民の休日)
        ("2026-03-20", True),  # the equinox
        ("2027-03-21", True),
        ("2021-07-23", True),  # moved for the Olympic games
        ("2021-10-11", False),
        ("2026-06-15", False),
    ],
)
def test_the_calendar_is_japans(day: str, closed: bool) -> None:
    assert is_holiday(datetime.date.fromisoformat(day)) is closed


# Monday 20 April 2026; 29 April is a holiday
@pytest.mark.parametrize(
    ("last_heard", "now", "state"),
    [
        ("2026-04-20T10:00", "2026-04-20T10:05", State.HEARD),
        ("2026-04-20T10:00", "2026-04-20T10:20", State.HEARD),
        ("2026-04-20T10:00", "2026-04-20T10:21", State.UNPROTECTED),
        ("2026-04-20T10:00", "2026-04-20T17:15", State.UNPROTECTED),
        ("2026-04-20T10:00", "2026-04-20T17:16", State.CLOSED),
        ("2026-04-17T17:10", "2026-04-20T08:40", State.CLOSED),  # over the weekend; PCs are just being switched on
        ("2026-04-17T17:10", "2026-04-20T08:51", State.UNPROTECTED),
        ("2026-04-24T17:10", "2026-04-25T11:00", State.CLOSED),  # Saturday
        ("2026-04-28T17:10", "2026-04-29T11:00", State.CLOSED),  # a holiday
        ("2025-12-26T17:10", "2026-01-02T11:00", State.CLOSED),  # Friday, at the turn of the year
        ("2025-12-26T17:10", "2026-01-05T11:00", State.UNPROTECTED),
        ("2026-04-20T10:30", "2026-04-20T10:00", State.HEARD),  # a clock that went back
    ],
)
def test_a_desk_is_unprotected_when_it_is_silent_in_opening_hours(last_heard: str, now: str, state: State) -> None:
    assert silence(at(last_heard), at(now)).state is state


def test_the_hours_are_the_offices_own() -> None:
    sunday = "2026-04-19T11:00"
    assert silence(at("2026-04-18T11:00"), at(sunday)).state is State.CLOSED
    assert silence(at("2026-04-18T11:00"), at(sunday), SUNDAYS_TOO).state is State.UNPROTECTED
    holiday = SUNDAYS_TOO._replace(on_holidays=Period(datetime.time(10), datetime.time(12)))
    states = [silence(at("2026-04-28T11:00"), at(f"2026-04-29T{hour}"), holiday).state for hour in ("11:00", "13:00")]
    assert states == [State.UNPROTECTED, State.CLOSED]


def test_the_hour_is_japans_wherever_the_server_stands() -> None:
    heard, now = at("2026-04-20T10:00").astimezone(datetime.UTC), at("2026-04-20T11:00").astimezone(datetime.UTC)
    assert silence(heard, now).state is State.UNPROTECTED
    assert now.hour == 2  # where offices would be closed


@pytest.mark.parametrize(
    ("last_heard", "now", "hours"),
    [
        ("2026-04-20T10:00", "2026-04-20T12:30", 2.5),
        ("2026-04-17T16:15", "2026-04-20T09:30", 1 + 1),
        ("2026-04-28T16:15", "2026-04-30T09:30", 1 + 1),  # a holiday between
        ("2026-04-18T10:00", "2026-04-19T12:00", 0),
        ("2026-04-20T10:30", "2026-04-20T10:00", 0),
    ],
)
def test_only_opening_hours_count_as_silence(last_heard: str, now: str, hours: float) -> None:
    assert silence(at(last_heard), at(now)).open_s == hours * 3600


MINUTES = 60 * 24 * 180
MOMENTS = st.integers(0, MINUTES).map(lambda minutes: at("2025-12-01T00:00") + datetime.timedelta(minutes=minutes))


@given(MOMENTS, st.timedeltas(datetime.timedelta(), datetime.timedelta(days=9)), st.booleans())
def test_the_limit_that_queries_use_says_the_same(
    now: datetime.datetime, ago: datetime.timedelta, sundays: bool
) -> None:
    hours = SUNDAYS_TOO if sundays else OpeningHours()
    limit = silent_before(now, hours)
    made = silence(now - ago, now, hours)
    assert (made.state is State.UNPROTECTED) is (limit is not None and now - ago < limit)
    if made.state is State.UNPROTECTED:
        assert made.open_s >= SILENT_AFTER.total_seconds()


@given(MOMENTS, st.timedeltas(datetime.timedelta(), datetime.timedelta(days=400)), st.booleans())
def test_a_long_silence_has_all_opening_hours_of_the_last_year(
    now: datetime.datetime, ago: datetime.timedelta, sundays: bool
) -> None:
    hours = SUNDAYS_TOO if sundays else OpeningHours()
    since, last = now - ago, now.astimezone(JAPAN).date()
    first = max(since.astimezone(JAPAN).date(), last - ONE_DAY * MOST_DAYS)
    periods = [opening(first + ONE_DAY * number, hours) for number in range((last - first).days + 1)]
    lengths = [min(one[1], now) - max(one[0], since) for one in periods if one is not None]
    total = sum((max(NO_TIME, one) for one in lengths), NO_TIME)
    assert silence(since, now, hours).open_s == total.total_seconds()
