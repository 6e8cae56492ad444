"""A reader of the PC's input that is told what to see."""

from __future__ import annotations

import time

from kiosk_agent.sensors.input.reading import InputUnreadableError, Reading


class FakeReader:
    """Nobody has touched anything yet. ``broken``: why it cannot be read."""

    def __init__(self) -> None:
        self._last_s = time.monotonic() - 100.0
        self._pointer = (100, 100)
        self.broken = ""
        self.closed = 0

    def move(self, x: int = 300, y: int = 0) -> None:
        """Somebody moves the mouse, by so much."""
        self._last_s = time.monotonic()
        self._pointer = (self._pointer[0] + x, self._pointer[1] + y)

    def read(self) -> Reading:
        if self.broken:
            raise InputUnreadableError(self.broken)
        return Reading(self._last_s, time.monotonic() - self._last_s, self._pointer)

    def close(self) -> None:
        self.closed += 1
