"""Where reports come one by one and all the time, the event loop rests for moments, so that it meets several at once.

A server that answers three hundred small requests a second is asleep most of the time, is woken for each of them, and
finds the processor's caches and mappings cold each time: a request costs several times what it costs in a flood.
Network cards meet the same by gathering their interrupts. A desk does not mind the moment; whoever waits for a page
does, so nothing rests while a page is being made, and a rest ends at once when something comes over a connection that
is not a desk's: one that is new, or over which a page was asked for last.
"""

from __future__ import annotations

import asyncio
import select
from collections.abc import Callable
from typing import Protocol

from kiosk_agent.central.precedence import Precedence

REST_S = 0.02
AWAKE_S = 0.005  # between two rests: new connections are taken one by one, each in a turn of the loop
FEWEST = 2  # reports from one rest to the next; fewer would be woken for singly in any case
MOST = 25  # more come by themselves at once: all desks are back, and the loop has no time to lose
READABLE = 0x001  # EPOLLIN, by number: the name is not there on Windows


class Watched(Protocol):
    """Of ``select.epoll``, which is not there on Windows either."""

    def register(self, fd: int, eventmask: int) -> None: ...

    def unregister(self, fd: int) -> None: ...

    def poll(self, timeout: float) -> list[tuple[int, int]]: ...


class Resting:
    """Rests of one event loop, which tells it what comes. Not thread-safe: for that loop alone.

    Only on Linux, which can wait for any number of connections; elsewhere nothing rests.
    """

    def __init__(self, precedence: Precedence) -> None:
        self._precedence = precedence
        self._reports = 0  # since the last rest
        self._is_asked = False  # since then, for a page
        self._is_on = False
        self._watched = _watched()

    def watch(self, file: int) -> None:
        """A socket for which no rest goes on: what comes there may be somebody who waits for a page."""
        if self._watched is not None:
            self._watched.register(file, READABLE)

    def unwatch(self, file: int) -> None:
        """It can wait, or it ends."""
        if self._watched is not None:
            self._watched.unregister(file)

    def report_came(self) -> None:
        """A report is being taken."""
        self._reports += 1
        if not self._is_on and self._watched is not None:
            self._is_on = True
            asyncio.get_running_loop().call_later(AWAKE_S, self._turn)

    def page_asked_for(self) -> None:
        """A request for one was read. It begins to be made only after the rest that would begin just now."""
        self._is_asked = True

    @property
    def is_worth_while(self) -> bool:
        """Whether a rest now would bring reports together, and keep nobody waiting."""
        return FEWEST <= self._reports <= MOST and not self._is_asked and not self._precedence.pages

    def _turn(self) -> None:
        if not self._reports:
            self._is_on = False
            return
        if self.is_worth_while and self._watched is not None:
            self._watched.poll(REST_S)  # blocks the loop, which is what it is for; other threads go on
        self._reports, self._is_asked = 0, False
        asyncio.get_running_loop().call_later(AWAKE_S, self._turn)


def _watched() -> Watched | None:
    epoll: Callable[[], Watched] | None = getattr(select, "epoll", None)
    return None if epoll is None else epoll()
