"""Time for the agent: one monotonic clock that counts suspend, and wall time for people and the ledger.

Linux ``time.monotonic()`` stops while the PC sleeps, so a session left open over lunch would seem minutes old;
``CLOCK_BOOTTIME`` goes on. On Windows ``time.monotonic()`` counts sleep by itself (GetTickCount64, up to 3.12)
and QueryPerformanceCounter (from 3.13) goes on through sleep too.
"""

from __future__ import annotations

import datetime
import math
import sys
import time
from typing import Protocol


class Clock(Protocol):
    """What the agent knows of time. Everything that decides gets one passed in."""

    def now(self) -> float:
        """Seconds on a clock that never jumps and counts suspend; its zero means nothing."""
        ...

    def running(self) -> float:
        """Seconds on a clock that stands still during suspend: its lag behind :meth:`now` is time asleep."""
        ...

    def wall(self) -> datetime.datetime:
        """Local wall time, with its offset from UTC. For records and people, never for deciding."""
        ...


class SystemClock:
    """The PC's own clocks."""

    def now(self) -> float:
        if sys.platform == "win32" or not hasattr(time, "CLOCK_BOOTTIME"):
            return time.monotonic()
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def running(self) -> float:
        if sys.platform == "win32":
            import ctypes

            # in steps of 100 ns, without the time in which the PC slept (Windows 7 and later)
            ticks = ctypes.c_ulonglong()
            ctypes.windll.kernel32.QueryUnbiasedInterruptTime(ctypes.byref(ticks))
            return ticks.value / 1e7
        return time.monotonic()

    def wall(self) -> datetime.datetime:
        return datetime.datetime.now().astimezone()


class ManualClock:
    """A clock that moves only when told to; for tests and for replaying recorded events."""

    def __init__(self, now_s: float = 1000.0, wall: datetime.datetime | None = None) -> None:
        self._now_s = now_s
        self._running_s = now_s
        self._wall = wall or datetime.datetime(2026, 4, 1, 9, 0, tzinfo=datetime.UTC)

    def advance(self, seconds: float, *, asleep: bool = False, wall_seconds: float | None = None) -> None:
        """Let ``seconds`` pass; ``asleep`` as in suspend; ``wall_seconds`` where somebody turned the wall clock."""
        self._now_s += seconds
        if not asleep:
            self._running_s += seconds
        moved_s = seconds if wall_seconds is None else wall_seconds
        self._wall += datetime.timedelta(seconds=moved_s)

    def now(self) -> float:
        return self._now_s

    def running(self) -> float:
        return self._running_s

    def wall(self) -> datetime.datetime:
        return self._wall


def next_stroke(now_s: float, every_s: float) -> float:
    """When whatever happens every ``every_s`` is due next, on the strokes of the same clock for all.

    So several regular things wake the process once and not each by itself.
    """
    early = every_s / 20  # a timer may fire a moment before its stroke, and must not fire for it again
    return (math.floor((now_s + early) / every_s) + 1) * every_s
