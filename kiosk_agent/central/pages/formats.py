"""Numbers, days and moments as people read them."""

from __future__ import annotations

import datetime
from collections.abc import Callable

from kiosk_agent.central.dashboard.silence import JAPAN
from kiosk_agent.central.pages.words import JAPANESE

Words = Callable[..., str]
NOTHING = "–"


class Formats:
    """For one language."""

    def __init__(self, language: str, t: Words) -> None:
        self._is_japanese = language == JAPANESE
        self._t = t

    def number(self, value: float) -> str:
        """With separators of thousands."""
        return f"{value:,}"

    def percent(self, share: float | None) -> str:
        """A share from 0 to 1, to a tenth of a percent. What is not all, or not none, never looks as if it were."""
        if share is None:
            return NOTHING
        tenths = round(share * 1000)
        if tenths == 1000 and share < 1:
            tenths = 999
        if tenths == 0 and share > 0:
            tenths = 1
        return f"{tenths / 10:.1f} %"

    def points(self, difference: float | None) -> str:
        """A difference of two shares, with its sign."""
        if difference is None:
            return NOTHING
        sign = "±" if round(difference * 1000) == 0 else "+" if difference > 0 else "−"
        return self._t("points", value=f"{sign}{abs(difference) * 100:.1f}")

    def day(self, day: datetime.date) -> str:
        """One day."""
        return f"{day.year}年{day.month}月{day.day}日" if self._is_japanese else f"{day.day} {day:%b} {day.year}"

    def days(self, first: datetime.date, last: datetime.date) -> str:
        """From a day to a day."""
        return self.day(first) if first == last else f"{self.day(first)}{NOTHING}{self.day(last)}"

    def month(self, day: datetime.date) -> str:
        """The month of a day."""
        return f"{day.year}年{day.month}月" if self._is_japanese else f"{day:%B} {day.year}"

    def moment(self, moment: datetime.datetime | None) -> str:
        """A moment, in Japan's time."""
        if moment is None:
            return self._t("never")
        try:
            local = moment.astimezone(JAPAN)
        except OverflowError:  # at either end of the calendar: a desk's clock may say anything
            local = moment
        return f"{self.day(local.date())} {local:%H:%M}"

    def duration(self, seconds: float) -> str:
        """Hours and minutes."""
        minutes = int(seconds // 60)
        hours, minutes = divmod(minutes, 60)
        if self._is_japanese:
            return f"{hours:,}時間{minutes}分" if hours else f"{minutes}分"
        return f"{hours:,} h {minutes} min" if hours else f"{minutes} min"
