"""Opening hours as text: ``mon-fri 08:30-17:15; sat 09:00-12:00``; days that are not named are closed. Pure.

``hol`` stands for the days on which offices are closed whatever weekday they are (holidays, the turn of the year).
Japanese is read as well: ``月-金 8:30-17:15、土 9:00-12:00、祝 10:00-15:00``. An empty text is the usual hours.
"""

from __future__ import annotations

import datetime
import functools
import re
import unicodedata

from kiosk_agent.central.dashboard.silence import USUAL_HOURS, OpeningHours, Period
from kiosk_agent.errors import CentralError
from kiosk_agent.text import Text

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOLIDAY = "hol"
CLOSED = "closed"
JAPANESE = {**dict(zip("月火水木金土日", DAYS, strict=True)), "祝": HOLIDAY, "休": CLOSED}
LONGEST_TEXT = 300
EXAMPLE = "mon-fri 08:30-17:15; sat 09:00-12:00"
ENTRY = re.compile(r"(?P<days>[a-z]+(?:-[a-z]+)?(?:/[a-z]+(?:-[a-z]+)?)*) (?P<begin>[0-9:]+)-(?P<end>[0-9:]+)")
SHUT = re.compile(rf"(?P<days>[a-z/-]+) {CLOSED}")
TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})")


class HoursError(CentralError):
    """Opening hours cannot be read."""

    def __init__(self, text: str, why: Text) -> None:
        super().__init__(
            Text("Opening hours {hours!r}: {why}.", hours=text[:LONGEST_TEXT], why=why),
            Text("Write for example: {example}", example=EXAMPLE),
        )
        self.why = why


@functools.lru_cache(maxsize=1000)
def read_hours(text: str) -> OpeningHours:
    """The hours that a text says. Raises HoursError."""
    if len(text) > LONGEST_TEXT:
        raise HoursError(text, Text("longer than {most} characters", most=LONGEST_TEXT))
    tidy = " ".join(_plain(text).split())
    if not tidy:
        return USUAL_HOURS
    week: dict[int, Period] = {}
    on_holidays: Period | None = None
    if tidy == CLOSED:
        return OpeningHours({}, None)
    as_written = re.split("[;,；，、]", text)
    entries = re.split("[;,]", tidy)
    for number, entry in enumerate(part.strip() for part in entries):
        if (shut := SHUT.fullmatch(entry)) is not None:  # said once more: what is not named is closed
            _days(text, shut["days"])
            continue
        found = ENTRY.fullmatch(entry)
        if found is None:
            told = as_written[number].strip() if len(as_written) == len(entries) else entry
            raise HoursError(text, Text("{entry!r} is not days, a space, and from when to when", entry=told))
        period = Period(_time(text, found["begin"]), _time(text, found["end"]))
        if period.begin >= period.end:
            raise HoursError(text, Text("{entry!r} ends before it begins", entry=entry))
        for day in _days(text, found["days"]):
            if day in week or (day == len(DAYS) and on_holidays is not None):
                raise HoursError(text, Text("{day} stands there twice", day=(*DAYS, HOLIDAY)[day]))
            if day == len(DAYS):
                on_holidays = period
            else:
                week[day] = period
    return OpeningHours(week, on_holidays)


def written(hours: OpeningHours) -> str:
    """The one text for these hours; empty for the usual ones."""
    if (dict(hours.week), hours.on_holidays) == (dict(USUAL_HOURS.week), USUAL_HOURS.on_holidays):
        return ""
    parts: list[str] = []
    day = 0
    while day < len(DAYS):
        last = day
        while last + 1 < len(DAYS) and hours.week.get(last + 1) == hours.week.get(day):
            last += 1
        if (period := hours.week.get(day)) is not None:
            named = DAYS[day] if last == day else f"{DAYS[day]}-{DAYS[last]}"
            parts.append(f"{named} {between(period)}")
        day = last + 1
    if hours.on_holidays is not None:
        parts.append(f"{HOLIDAY} {between(hours.on_holidays)}")
    return "; ".join(parts) or CLOSED


def between(period: Period) -> str:
    """From when to when."""
    return f"{period.begin:%H:%M}-{period.end:%H:%M}"


def _plain(text: str) -> str:
    """Width, case, the many dashes, and Japanese names of days make no difference."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    plain = re.sub("[‐-―−ー~〜～]", "-", plain).replace("、", ",").replace("・", "/")
    plain = re.sub("曜日?|(?<=祝)日|(?<=休)み", "", plain)  # 月曜日, 月曜, 祝日 and 休み are 月, 祝 and 休
    return "".join(JAPANESE.get(mark, mark) for mark in plain).replace("- ", "-").replace(" -", "-")


def _days(text: str, named: str) -> list[int]:
    order = (*DAYS, HOLIDAY)
    found: list[int] = []
    for part in named.split("/"):
        first, _, last = part.partition("-")
        if not {first, last or first} <= set(order):
            raise HoursError(text, Text("{part!r} is no weekday ({days})", part=part, days=", ".join(order)))
        begin, end = order.index(first), order.index(last or first)
        if end < begin:
            raise HoursError(text, Text("{part!r} goes backwards", part=part))
        found += range(begin, end + 1)
    return found


def _time(text: str, told: str) -> datetime.time:
    found = TIME.fullmatch(told)
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        raise HoursError(text, Text("{told!r} is no time of day", told=told))
    return datetime.time(int(found[1]), int(found[2]))
