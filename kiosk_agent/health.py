"""Warnings as data: what does not work at this desk, how bad it is, and since when.

Every part that can fail reports here under a code; the tray, the gate, ``status`` and ``doctor`` render the same list.
"""

from __future__ import annotations

import datetime
import enum
from collections.abc import Callable
from typing import Protocol

import msgspec


class Severity(enum.StrEnum):
    """How much a warning matters."""

    GREEN = "green"
    AMBER = "amber"  # the desk runs with less protection or less comfort
    RED = "red"  # the desk must not run


class HealthWarning(msgspec.Struct, frozen=True):
    """One thing that does not work. ``code`` is stable and documented; ``detail`` never holds a resident's data."""

    code: str
    severity: Severity
    detail: str
    since: datetime.datetime
    remedy: str = ""


class Report(Protocol):
    """How one sense says how it is. Any thread may say it; the same thing twice is no news.

    ``why`` and ``remedy`` are for whoever looks after the PC: whole sentences, nothing of a resident in them.
    """

    def working(self) -> None:
        """It notices all that it should."""
        ...

    def degraded(self, why: str, remedy: str = "") -> None:
        """It notices less than it should, or later."""
        ...

    def absent(self, why: str, remedy: str = "") -> None:
        """It notices nothing."""
        ...


class Health:
    """The warnings that hold now. ``changed`` is called once when one appears and once when it is gone."""

    def __init__(self, wall: Callable[[], datetime.datetime], changed: Callable[[], None] = lambda: None) -> None:
        self._wall = wall
        self._listeners = [changed]
        self._warnings: dict[str, HealthWarning] = {}

    def on_change(self, listener: Callable[[], None]) -> None:
        """``listener`` is called too whenever something stops working, or works again."""
        self._listeners.append(listener)

    def _changed(self) -> None:
        for listener in self._listeners:
            listener()

    def fail(self, code: str, severity: Severity, detail: str, remedy: str = "") -> bool:
        """Note that something does not work; returns whether that is news."""
        known = self._warnings.get(code)
        if known is not None and (known.severity, known.detail) == (severity, detail):
            return False
        since = known.since if known is not None else self._wall()
        self._warnings[code] = HealthWarning(code, severity, detail, since, remedy)
        self._changed()
        return True

    def recover(self, code: str) -> bool:
        """Note that it works again; returns whether that is news."""
        if self._warnings.pop(code, None) is None:
            return False
        self._changed()
        return True

    @property
    def warnings(self) -> list[HealthWarning]:
        """What does not work now, worst first, then oldest first."""
        order = {Severity.RED: 0, Severity.AMBER: 1, Severity.GREEN: 2}
        return sorted(self._warnings.values(), key=lambda warning: (order[warning.severity], warning.since))

    @property
    def worst(self) -> Severity:
        """The severity to show in one colour."""
        return self.warnings[0].severity if self._warnings else Severity.GREEN
