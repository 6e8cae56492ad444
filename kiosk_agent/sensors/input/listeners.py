"""Where nothing else tells: pynput listens to mouse and keyboard, and only the time is kept. A wake-up an event."""

from __future__ import annotations

from typing import Any

from kiosk_agent.clock import Clock
from kiosk_agent.sensors.input.reading import InputUnreadableError, Reading


class Listeners:
    """Not for Windows, where listening to the mouse is a hook."""

    def __init__(self, clock: Clock) -> None:
        try:
            from pynput import keyboard, mouse  # without a display the import itself fails
        except Exception as error:
            raise InputUnreadableError(f"pynput: {type(error).__name__}: {error}") from error
        self._clock = clock
        self._last_s = clock.running()
        self._pointer = (0, 0)
        # their arguments say which key, button or wheel it was: they are not looked at
        self._listeners: list[Any] = [
            mouse.Listener(on_move=self._moved, on_click=self._used, on_scroll=self._used),
            keyboard.Listener(on_press=self._used),
        ]
        for listener in self._listeners:
            listener.daemon = True
            listener.start()

    def _moved(self, x: int, y: int, *_: object) -> None:
        self._last_s = self._clock.running()
        self._pointer = (int(x), int(y))

    def _used(self, *_: object) -> None:
        self._last_s = self._clock.running()

    def read(self) -> Reading:
        if not all(listener.is_alive() for listener in self._listeners):
            raise InputUnreadableError("pynput's listener has ended")
        last_s = self._last_s
        return Reading(last_s, max(0.0, self._clock.running() - last_s), self._pointer)

    def close(self) -> None:
        for listener in self._listeners:
            if listener.is_alive():
                listener.stop()
