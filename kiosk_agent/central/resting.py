"""Where reports come one by one and all the time, the event loop rests for moments, so that it meets several at once.

A server that answers three hundred small requests a second is asleep most of the time, is woken for each of them, and
finds the processor's caches and mappings cold each time: a request costs several times what it costs in a flood.
Network cards meet the same by gathering their interrupts. A desk does not mind the moment; whoever waits for a page
does, so nothing rests while a page is being made.
"""

from __future__ import annotations

import asyncio
import time

REST_S = 0.02  # nobody notices as much before a page
AWAKE_S = 0.005  # between two rests: new connections are taken one by one, each in a turn of the loop
FEWEST = 2  # reports from one rest to the next; fewer would be woken for singly in any case
MOST = 25  # more come by themselves at once: all desks are back, and the loop has no time to lose


class Resting:
    """Rests of one event loop, which tells it what comes. Not thread-safe: for that loop alone."""

    def __init__(self) -> None:
        self._reports = 0  # since the last rest
        self._others = 0  # requests under way that are no reports
        self._is_on = False

    def report_came(self) -> None:
        """A report is being taken."""
        self._reports += 1
        if not self._is_on:
            self._is_on = True
            asyncio.get_running_loop().call_later(AWAKE_S, self._turn)

    def other_came(self) -> None:
        """Another request begins; tell :meth:`other_ended` of it as well."""
        self._others += 1

    def other_ended(self) -> None:
        """It is answered."""
        self._others -= 1

    @property
    def is_worth_while(self) -> bool:
        """Whether a rest now would bring reports together, and keep nobody waiting."""
        return FEWEST <= self._reports <= MOST and not self._others

    def _turn(self) -> None:
        if not self._reports:
            self._is_on = False
            return
        if self.is_worth_while:
            time.sleep(REST_S)  # blocks the loop, which is what it is for; other threads go on
        self._reports = 0
        asyncio.get_running_loop().call_later(AWAKE_S, self._turn)
