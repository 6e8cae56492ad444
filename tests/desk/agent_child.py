"""An agent under a real supervisor, told by a test what the people at its desk do.

``python -m tests.desk.agent_child CONFIG SOCKET``: connects to SOCKET and takes one JSON line for each thing to do;
answers each with ``{"ok": true, …}`` or ``{"ok": false, "why": …}``.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import psutil

from kiosk_agent.app import Desk, guard
from kiosk_agent.config_load import load_config
from kiosk_agent.demo.people import Hall, PlayError, Resident, SupportWorker
from kiosk_agent.hands.runner import Watchers
from kiosk_agent.portal.load import load_profile
from kiosk_agent.session.vocabulary import StateName


async def at_once() -> None:
    """People in tests do not dawdle."""


class Child:
    """Does what the test says."""

    def __init__(self, socket_path: str) -> None:
        self._socket_path = socket_path
        self._hall = Hall()
        self._looping: asyncio.Future[Any] | None = None
        self.watchers = Watchers(observe=self._hall.observe, state_changed=self._hall.state_changed)

    async def beside(self, desk: Desk) -> None:
        """The conversation with the test."""
        reader, writer = await asyncio.open_unix_connection(self._socket_path)
        writer.write(json.dumps({"hello": os.getpid()}).encode() + b"\n")
        while line := await reader.readline():
            try:
                answer = {"ok": True, **(await self._do(desk, json.loads(line)))}
            except PlayError as error:
                answer = {"ok": False, "why": str(error)}
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()

    async def _do(self, desk: Desk, wish: dict[str, Any]) -> dict[str, Any]:
        worker = SupportWorker(desk, self._hall, at_once)
        match wish:
            case {"do": "start"}:
                await worker.start_visit()
            case {"do": "sign_in", "user": user}:
                await Resident(desk, self._hall, at_once, user).sign_in()
            case {"do": "next_person"}:
                await worker.next_person()
            case {"do": "confirm"}:
                await worker.confirm()
            case {"do": "wait", "states": states}:
                await self._hall.until(*(StateName(state) for state in states), limit_s=wish.get("limit_s", 30.0))
            case {"do": "goto", "url": url} if desk.visit is not None:
                await desk.visit.page.goto(url, wait_until="commit")
            case {"do": "loop"} if desk.visit is not None:  # its renderer hangs for ever
                self._looping = asyncio.ensure_future(desk.visit.page.evaluate("for (;;);"))
            case {"do": "hang"}:  # the agent's own event loop hangs for ever
                while True:
                    pass
            case {"do": "look"}:
                browsers = [one.pid for one in psutil.Process().children(recursive=True)]
                return {"state": desk.runner.state.value, "processes": browsers, "covered": desk.cover.visible}
            case _:
                raise PlayError(f"nobody knows how to {wish}")
        return {"state": desk.runner.state.value}


def main() -> int:
    """Guard the desk of CONFIG."""
    config = load_config(Path(sys.argv[1]))
    child = Child(sys.argv[2])
    return guard(config, load_profile(config.profile), child.watchers, child.beside)


if __name__ == "__main__":
    sys.exit(main())
