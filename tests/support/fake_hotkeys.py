"""Keys that nobody has to press: a listener as pynput's, that is told what it hears."""

from __future__ import annotations

import threading
from collections.abc import Callable


class FakeListener(threading.Thread):
    """``failure``: what ended it."""

    def __init__(self, pressed: Callable[[], None]) -> None:
        super().__init__(daemon=True)
        self.pressed = pressed
        self.failure: Exception | None = None
        self._ready = threading.Event()
        self._over = threading.Event()

    def run(self) -> None:
        self._ready.set()
        self._over.wait()

    def wait(self) -> None:
        self._ready.wait()

    def stop(self) -> None:
        self._over.set()

    @property
    def hears(self) -> bool:
        return self._ready.is_set() and not self._over.is_set()


class FakeKeyboard:
    """``make_listener`` for the sense; a combination that somebody listens for is heard."""

    def __init__(self) -> None:
        self._listeners: list[tuple[str, FakeListener]] = []

    def make_listener(self, combination: str, pressed: Callable[[], None]) -> FakeListener:
        listener = FakeListener(pressed)
        self._listeners.append((combination, listener))
        return listener

    def is_heard(self, combination: str) -> bool:
        return any(wanted == combination and listener.hears for wanted, listener in self._listeners)

    def press(self, combination: str) -> None:
        for wanted, listener in self._listeners:
            if wanted == combination and listener.hears:
                listener.pressed()
