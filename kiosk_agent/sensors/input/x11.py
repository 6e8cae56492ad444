"""X11: the server itself knows how long nobody has touched anything (the extension MIT-SCREEN-SAVER)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from Xlib import display, error

from kiosk_agent.clock import Clock
from kiosk_agent.sensors.input.reading import InputUnreadableError, Reading

EXTENSION = "MIT-SCREEN-SAVER"


@contextmanager
def _told() -> Iterator[None]:
    """What python-xlib raises, as ours."""
    try:
        yield
    except (error.DisplayError, error.ConnectionClosedError, error.XError, OSError) as problem:
        raise InputUnreadableError(f"the X server does not answer ({type(problem).__name__}: {problem})") from problem


def has_screen_saver() -> bool:
    """Whether this server can be asked. Raises InputUnreadableError where there is none."""
    with _told():
        connection = display.Display()
        try:
            return bool(connection.has_extension(EXTENSION))
        finally:
            connection.close()


class ScreenSaverInfo:
    """Two questions a look, about 0.1 ms; nothing in between, and no event is asked for."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        with _told():
            self._display: Any = display.Display()
            self._root: Any = self._display.screen().root

    def read(self) -> Reading:
        with _told():
            before_s = self._clock.running()
            idle_s = self._root.screensaver_query_info().idle / 1000
            # the server's clock stands still during suspend, as this one does
            asked_s = (before_s + self._clock.running()) / 2
            pointer = self._root.query_pointer()
            while self._display.pending_events():  # news of the keyboard's layout comes unasked
                self._display.next_event()
        return Reading(asked_s - idle_s, idle_s, (pointer.root_x, pointer.root_y))

    def close(self) -> None:
        with _told():
            self._display.close()
