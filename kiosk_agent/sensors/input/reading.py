"""One look at the PC's input, and where looks come from."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class Reading(NamedTuple):
    """When somebody last used mouse, keyboard or touch screen; not what for.

    ``stamp_s`` is the moment of the last input on a clock of the reader's own: another stamp is another input.
    ``idle_s`` is how long ago it was. ``pointer`` is where the pointer is on the screen, in pixels.
    """

    stamp_s: float
    idle_s: float
    pointer: tuple[int, int]


class Reader(Protocol):
    """Looks when it is asked to. Used in one thread."""

    def read(self) -> Reading:
        """One look. Raises InputUnreadableError."""
        ...

    def close(self) -> None:
        """Let go of what it holds."""
        ...


class InputUnreadableError(Exception):
    """The PC's input cannot be looked at (any more). ``hopeless``: not even later."""

    def __init__(self, why: str, *, hopeless: bool = False) -> None:
        super().__init__(why)
        self.hopeless = hopeless
