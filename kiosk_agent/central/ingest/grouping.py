"""Grouped commits: reports that arrive while a transaction runs share the next one.

A durable commit costs the same for one report as for five hundred, and so does each statement before it. Where reports
come thick, groups begin at intervals, so that few arrive alone. The answer goes out after the commit.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from sqlalchemy.exc import InterfaceError, InternalError, OperationalError

from kiosk_agent.central.precedence import LONGEST_S, LOOK_EVERY_S
from kiosk_agent.errors import DatabaseError
from kiosk_agent.text import Text

log = logging.getLogger(__name__)

MOST_TOGETHER = 500  # a larger group gains nothing more, and holds its locks for longer
# Beyond these a client is better told to come again. Ordinary reports have 2 kB, and the largest a megabyte.
MOST_WAITING = 5_000
MOST_WAITING_BYTES = 64_000_000
# Between the beginnings of two groups, unless a full one is there, or nothing more comes. The desks of a nation, each
# once a minute, share transactions then by the hundred; a desk does not mind the wait, nobody looks at it.
GATHER_S = 1.5
QUIET_S = 0.05  # without a further report: all who would share a group are there
MOST_ANSWERED = 20  # in one turn of the loop
TRIES = 3  # a deadlock, or a connection that was lost: the next try has a new connection
UNAVAILABLE = (OperationalError, InterfaceError, InternalError)

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class TooBusyError(Exception):
    """More waits than can be taken in useful time."""


class Grouping(Generic[Item, Answer]):
    """Carries items to ``take`` in groups, in a thread of its own."""

    def __init__(
        self, take: Callable[[Sequence[Item]], Sequence[Answer]], gives_way: Callable[[], bool] = lambda: False
    ) -> None:
        """``take``: does a group in one transaction and answers each item; where it raises, nothing was done.

        ``gives_way``: whether something more urgent is under way, for which answers wait, but not for long.
        """
        self._take = take
        self._gives_way = gives_way
        self._waiting: deque[tuple[Item, asyncio.Future[Answer], int]] = deque()
        self._waiting_bytes = 0
        self._changed = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._work, name="ingest", daemon=True)

    def start(self) -> None:
        """Start."""
        self._thread.start()

    async def stop(self) -> None:
        """Finish what waits, and end."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        await asyncio.to_thread(self._thread.join)

    def submit(self, item: Item, size: int = 0) -> asyncio.Future[Answer]:
        """What has the answer to ``item`` once it is durable. ``size``: bytes that it keeps while it waits.

        Raises TooBusyError. It may fail with DatabaseError, where the database cannot be used, or with what ``take``
        raises for it alone.
        """
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        with self._changed:
            full = len(self._waiting) >= MOST_WAITING or self._waiting_bytes + size > MOST_WAITING_BYTES
            if full or self._stopping:
                raise TooBusyError
            self._waiting.append((item, future, size))
            self._waiting_bytes += size
            if len(self._waiting) in (1, MOST_TOGETHER):  # all that the thread waits for
                self._changed.notify()
        return future

    def _work(self) -> None:
        begun_at, count = time.monotonic(), 0
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._stopping)
                if not self._waiting:
                    return
                if count > 1:
                    self._gather(begun_at + GATHER_S)
                begun_at = time.monotonic()
                count = min(len(self._waiting), MOST_TOGETHER)
                group = [self._waiting.popleft() for _ in range(count)]
                self._waiting_bytes -= sum(size for _, _, size in group)
            results = self._answers([item for item, _, _ in group])
            futures = [future for _, future, _ in group]
            loop = futures[0].get_loop()
            settled = deque(zip(futures, results, strict=True))
            loop.call_soon_threadsafe(self._settle, loop, settled, time.monotonic() + LONGEST_S)

    def _gather(self, until: float) -> None:
        """Let reports come, as long as some do."""
        there = 0
        while there < len(self._waiting) < MOST_TOGETHER and not self._stopping and time.monotonic() < until:
            there = len(self._waiting)
            self._changed.wait(max(0.0, min(until - time.monotonic(), QUIET_S)))

    def _settle(
        self,
        loop: asyncio.AbstractEventLoop,
        settled: deque[tuple[asyncio.Future[Answer], Answer | Exception]],
        until: float,
    ) -> None:
        """Some of them, and the others in another turn of the loop: five hundred answers hold up everything else."""
        if self._gives_way() and time.monotonic() < until and not self._stopping:
            loop.call_later(LOOK_EVERY_S, self._settle, loop, settled, until)
            return
        for _ in range(min(len(settled), MOST_ANSWERED)):
            future, result = settled.popleft()
            if future.done():  # the client has gone away
                continue
            if isinstance(result, Exception):
                future.set_exception(result)
            else:
                future.set_result(result)
        if settled:
            loop.call_soon(self._settle, loop, settled, until)

    def _answers(self, items: Sequence[Item]) -> Sequence[Answer | Exception]:
        for left in reversed(range(TRIES)):
            try:
                return self._take(items)
            except UNAVAILABLE as error:
                log.warning("the database could not take a group of reports: %s", type(error.orig).__name__)
                if left == 0:
                    return [DatabaseError(Text("The database cannot be used at the moment."))] * len(items)
            except Exception as error:  # whatever it is: one item must not take the others with it
                if len(items) > 1:
                    return [answer for item in items for answer in self._answers([item])]
                log.exception("a report could not be taken")
                return [error]
        raise AssertionError("every try returns or goes on")
