"""The server's application: without a network, or as uvicorn serves it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Literal, cast

import httpx
import uvicorn

from kiosk_agent.central.app import create_app
from kiosk_agent.central.database.engine import Database, read_url, sqlite_url
from kiosk_agent.central.database.migrate import migrate
from kiosk_agent.central.front import Front
from kiosk_agent.clock import ManualClock
from tests.central.nation import NOW, DeskOfTests
from tests.central.serving import bearer

Way = Literal["application", "server"]


class World:
    """The application: its client, database and clock."""

    def __init__(self, client: httpx.AsyncClient, database: Database, clock: ManualClock) -> None:
        self.client, self.database, self.clock = client, database, clock

    async def report(self, desk: DeskOfTests, content: bytes, **headers: str) -> httpx.Response:
        return await self.client.post("/v1/report", content=content, headers={**bearer(desk), **headers})


@contextlib.asynccontextmanager
async def open_world(folder: Path, url: str | None = None, way: Way = "application") -> AsyncIterator[World]:
    """On SQLite in ``folder``, or on another database, until the block is left."""
    database = Database(sqlite_url(folder) if url is None else read_url(url))
    clock = ManualClock(wall=NOW)
    migrate(database)
    app = create_app(database, clock)
    async with served(app) if way == "server" else lived(app) as client:
        yield World(client, database, clock)
    database.close()


@contextlib.asynccontextmanager
async def lived(app: Front) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application itself."""
    started, stop = asyncio.Event(), asyncio.Event()

    async def live() -> None:  # in one task: begun and ended by two, Litestar's lifespan fails
        async with app.lifespan():
            started.set()
            await stop.wait()

    living = asyncio.create_task(live())
    await started.wait()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://central") as client:
        yield client
    stop.set()
    await living


@contextlib.asynccontextmanager
async def served(app: Front, **options: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server on loopback. ``options``: of uvicorn's."""
    protocol = cast("type[asyncio.Protocol]", app.protocol)
    given = {"http": protocol, "server_header": False, "log_level": "warning", "log_config": None, **options}
    config = uvicorn.Config(app, lifespan="on", **given)
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{listening.getsockname()[1]}") as client:
        yield client
    server.should_exit = True
    await serving
    listening.close()
