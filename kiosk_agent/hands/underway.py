"""Requests that the pages of a visit are still waiting for: leaving a page cuts its own ones off."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from playwright.async_api import BrowserContext, Request

STREAMS = ("eventsource", "websocket", "media")  # they go on for ever


class Underway:
    """Notes the requests of ``context`` while it is entered."""

    def __init__(self, context: BrowserContext) -> None:
        self._context = context
        self._open: set[Request] = set()
        self._answered = asyncio.Event()

    def __enter__(self) -> Self:
        self._context.on("request", self._asked)
        self._context.on("requestfinished", self._done)
        self._context.on("requestfailed", self._done)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._context.remove_listener("request", self._asked)
        self._context.remove_listener("requestfinished", self._done)
        self._context.remove_listener("requestfailed", self._done)

    def _asked(self, request: Request) -> None:
        if request.resource_type not in STREAMS:
            self._open.add(request)

    def _done(self, request: Request) -> None:
        self._open.discard(request)
        self._answered.set()

    async def wait(self, limit_s: float) -> None:
        """Wait for what is under way now, but not for what is asked meanwhile; at most ``limit_s``."""
        awaited = set(self._open)
        try:
            async with asyncio.timeout(limit_s):
                while awaited & self._open:
                    self._answered.clear()
                    await self._answered.wait()
        except TimeoutError:
            pass  # it hangs
