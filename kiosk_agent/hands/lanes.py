"""Lanes: work of one kind, done one after another, without holding up work of another kind.

A gate page that takes seconds to answer must never keep the cover from coming up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

Work = Callable[[], Awaitable[None]]


class Lane:
    """Carries out its work in order. ``failed`` hears of every exception that a piece of work let out."""

    def __init__(self, name: str, failed: Callable[[str, BaseException], None]) -> None:
        self.name = name
        self._failed = failed
        self._queue: asyncio.Queue[Work] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    def put(self, work: Work) -> None:
        """Add a piece of work."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name=f"lane-{self.name}")
        self._queue.put_nowait(work)

    async def drained(self, limit_s: float) -> bool:
        """Wait until nothing is left to do; returns false when ``limit_s`` seconds were not enough."""
        try:
            async with asyncio.timeout(limit_s):
                await self._queue.join()
        except TimeoutError:
            return False
        return True

    async def close(self) -> None:
        """Stop, leaving undone what was not begun."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _run(self) -> None:
        while True:
            work = await self._queue.get()
            try:
                await work()
            except Exception as error:  # noqa: BLE001 - reported; one failure must not stop the lane
                self._failed(self.name, error)
            finally:
                self._queue.task_done()
