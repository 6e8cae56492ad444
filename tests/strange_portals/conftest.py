"""The agent's own live checks of many portals, in browsers without a window, a few at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from kiosk_agent.hands.check import LiveCheck, LiveReport
from kiosk_agent.hands.driver import driver
from tests.strange_portals.portal import PASSWORD, USER, Portal

AT_ONCE = 2  # each waits more than it works; more of them would only make each other late


class Checks:
    """Begins with the checks of all portals that will be asked for."""

    def __init__(self) -> None:
        self._tasks: dict[type[Portal], asyncio.Task[tuple[Portal, LiveReport]]] = {}

    def begin(self, kind: type[Portal], check: asyncio.Task[tuple[Portal, LiveReport]]) -> None:
        self._tasks[kind] = check

    async def of(self, kind: type[Portal]) -> tuple[Portal, LiveReport]:
        """The portal, and what was found."""
        return await self._tasks[kind]

    async def stop(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def checks(
    request: pytest.FixtureRequest, browser_path: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Checks]:
    """Of the portals that this run's tests are about."""
    data_dir = tmp_path_factory.mktemp("strange-portals")
    turn = asyncio.Semaphore(AT_ONCE)
    wanted = [item.callspec.params["kind"] for item in request.session.items if hasattr(item, "callspec")
              and item.path == request.path]  # fmt: skip
    async with driver(data_dir) as playwright:

        async def check(kind: type[Portal]) -> tuple[Portal, LiveReport]:
            async with turn, kind() as portal:
                live = LiveCheck(
                    portal.profile(),
                    executable=Path(browser_path),
                    headless=True,
                    on_step=lambda _step: None,
                    variables={"KIOSK_TEST_USER": USER, "KIOSK_TEST_PASSWORD": PASSWORD},
                )
                return portal, await live.run_with(playwright, data_dir)

        running = Checks()
        for kind in wanted:
            running.begin(kind, asyncio.create_task(check(kind)))
        yield running
        await running.stop()
