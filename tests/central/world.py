"""The server's application, without a network."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx

from kiosk_agent.central.app import create_app
from kiosk_agent.central.database.engine import Database, read_url, sqlite_url
from kiosk_agent.central.database.migrate import migrate
from kiosk_agent.clock import ManualClock
from tests.central.nation import NOW, DeskOfTests
from tests.central.serving import bearer


class World:
    """The application without a network: its client, database and clock."""

    def __init__(self, client: httpx.AsyncClient, database: Database, clock: ManualClock) -> None:
        self.client, self.database, self.clock = client, database, clock

    async def report(self, desk: DeskOfTests, content: bytes, **headers: str) -> httpx.Response:
        return await self.client.post("/v1/report", content=content, headers={**bearer(desk), **headers})


@contextlib.asynccontextmanager
async def open_world(folder: Path, url: str | None = None) -> AsyncIterator[World]:
    """On SQLite in ``folder``, or on another database, until the block is left."""
    database = Database(sqlite_url(folder) if url is None else read_url(url))
    clock = ManualClock(wall=NOW)
    migrate(database)
    app = create_app(database, clock)
    transport = httpx.ASGITransport(app)
    started, stop = asyncio.Event(), asyncio.Event()

    async def live() -> None:  # in one task: begun and ended by two, Litestar's lifespan fails
        async with app.lifespan():
            started.set()
            await stop.wait()

    living = asyncio.create_task(live())
    await started.wait()
    async with httpx.AsyncClient(transport=transport, base_url="http://central") as client:
        yield World(client, database, clock)
    stop.set()
    await living
    database.close()
