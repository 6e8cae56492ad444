"""The foreign-window guard: closes every page that belongs to nobody's visit.

Ctrl+N, Ctrl+Shift+N, F12 and typed ``chrome://`` addresses open windows in the browser's own default context. No
event of Playwright reports them, and they outlive the visit's context. A browser-level session sees them all
(measured: closed 134 ms after the key).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from playwright.async_api import Browser, CDPSession
from playwright.async_api import Error as BrowserError

CLOSE_LIMIT_S = 2.0


class Guard:
    """Watches one browser. ``on_foreign`` hears of each foreign window: true if closed, false if it remains."""

    def __init__(self, session: CDPSession, allowed: frozenset[str], on_foreign: Callable[[bool], None]) -> None:
        self._session = session
        self._allowed = allowed
        self._on_foreign = on_foreign
        self._closing: dict[str, asyncio.Task[None]] = {}
        self._gone: dict[str, asyncio.Event] = {}

    async def start(self) -> None:
        """Begin to watch; windows that are already there count too."""
        self._session.on("Target.targetCreated", self._seen)
        self._session.on("Target.targetInfoChanged", self._seen)
        self._session.on("Target.targetDestroyed", self._destroyed)
        await self._session.send("Target.setDiscoverTargets", {"discover": True})

    def stop(self) -> None:
        """Stop watching."""
        for task in self._closing.values():
            task.cancel()

    def _seen(self, message: dict[str, Any]) -> None:
        target = message["targetInfo"]
        target_id = target["targetId"]
        if target_id not in self._closing and self._is_foreign(target):
            self._gone[target_id] = asyncio.Event()
            self._closing[target_id] = asyncio.get_running_loop().create_task(self._close(target_id))

    def _is_foreign(self, target: dict[str, Any]) -> bool:
        if target["url"].startswith("devtools://"):
            return True
        return target["type"] == "page" and target.get("browserContextId") not in self._allowed

    def _destroyed(self, message: dict[str, Any]) -> None:
        gone = self._gone.get(message["targetId"])
        if gone is not None:
            gone.set()

    async def _close(self, target_id: str) -> None:
        try:
            async with asyncio.timeout(CLOSE_LIMIT_S):
                await self._session.send("Target.closeTarget", {"targetId": target_id})
                await self._gone[target_id].wait()
        except BrowserError as error:
            if "has been closed" in error.message:
                return  # the whole browser is gone, and all its windows with it
            closed = "No target" in error.message  # it was quicker than we were
        except TimeoutError:
            closed = False
        else:
            closed = True
        self._on_foreign(closed)
        if closed:  # should its number ever come back, it is looked at again
            self._closing.pop(target_id, None)
            self._gone.pop(target_id, None)


async def guard(browser: Browser, on_foreign: Callable[[bool], None]) -> Guard:
    """Guard ``browser``: the contexts that it has now are the only ones whose pages may stay.

    Where it has none, the visit runs in the browser's own (an extension that must not run in memory), and stays there.
    """
    session = await browser.new_browser_cdp_session()
    contexts = await session.send("Target.getBrowserContexts")
    allowed = frozenset(contexts["browserContextIds"] or [contexts["defaultBrowserContextId"]])
    watch = Guard(session, allowed, on_foreign)
    await watch.start()
    return watch
