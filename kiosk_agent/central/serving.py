"""Running the server: uvicorn on uvloop and httptools where the system has them."""

from __future__ import annotations

import asyncio
import datetime
import gc
import logging
import socket
import sys
from collections.abc import Callable
from typing import cast

import uvicorn
from sqlalchemy.exc import DBAPIError

from kiosk_agent import reasons
from kiosk_agent.central.alerts.sender import Alerting
from kiosk_agent.central.app import create_app
from kiosk_agent.central.dashboard.silence import JAPAN
from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.large_pages import use_large_pages
from kiosk_agent.central.months.service import settle_next
from kiosk_agent.central.oidc.provider import Provider
from kiosk_agent.clock import SystemClock
from kiosk_agent.errors import CentralError
from kiosk_agent.text import Text

log = logging.getLogger(__name__)

BACKLOG = 4096  # connections that may wait while all desks come back at once
KEEP_ALIVE_S = 75  # longer than the minute between two reports, so that a desk keeps its connection
STOP_S = 10  # for what is under way
# A group of reports is tens of thousands of objects that go by themselves: Python's collector would look through them,
# and through everything that was ever imported, again and again, and find nothing.
COLLECT_AFTER = 100_000
SETTLE_EVERY_S = 3600.0
GATHER_MEMORY_EVERY_S = 60.0  # takes a millisecond where nothing was allocated meanwhile


def serve(
    database: Database,
    host: str,
    port: int,
    trusted_proxies: str,
    ready: Callable[[str], None] = lambda _url: None,
    alerting: Alerting | None = None,
    provider: Provider | None = None,
) -> None:
    """Serve until told to stop. ``ready`` is given the address once requests are taken. Raises CentralError."""
    listening = _listen(host, port)
    shown = f"[{host}]" if ":" in host else host
    url = f"http://{shown}:{listening.getsockname()[1]}"
    app = create_app(database, SystemClock(), alerting, provider)
    config = uvicorn.Config(
        app,
        loop="asyncio" if sys.platform == "win32" else "uvloop",
        http=cast("type[asyncio.Protocol]", app.protocol),
        ws="none",
        lifespan="on",
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=trusted_proxies or None,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=STOP_S,
        backlog=BACKLOG,
    )
    app.resting.watch(listening.fileno())
    server = _Server(config, database, lambda: ready(url))
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)
    try:
        server.run(sockets=[listening])
    finally:
        listening.close()
    if not server.started:
        raise CentralError(Text("The server could not start."), Text("The lines above say why."))


class _Server(uvicorn.Server):
    """Says when it is ready, and keeps house meanwhile."""

    def __init__(self, config: uvicorn.Config, database: Database, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready
        self._database = database
        self._keeping: list[asyncio.Task[None]] = []

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._keeping = [asyncio.create_task(_gather_memory()), asyncio.create_task(_settle(self._database))]
            await asyncio.to_thread(self._ready)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for task in self._keeping:
            task.cancel()
        await super().shutdown(sockets)


async def _gather_memory() -> None:
    while True:
        await asyncio.to_thread(use_large_pages)
        await asyncio.sleep(GATHER_MEMORY_EVERY_S)


async def _settle(database: Database) -> None:
    while True:
        try:
            while await asyncio.to_thread(settle_next, database, datetime.datetime.now(JAPAN).date()) is not None:
                pass  # one by one: reports come between them, and the server may be told to end
        except DBAPIError as error:  # pages read days until then
            log.warning("months could not be settled, trying again in an hour: %s", type(error.orig).__name__)
        await asyncio.sleep(SETTLE_EVERY_S)


def _reason(error: OSError) -> str | Text:
    is_name = isinstance(error, socket.gaierror)
    return Text("this name is not known") if is_name else reasons.of_system(error)


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
        listening = socket.socket(family, socket.SOCK_STREAM)
        try:
            if sys.platform != "win32":  # there it would let two programs share a port
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((host, port))
        except BaseException:
            listening.close()
            raise
    except OSError as error:
        raise CentralError(
            Text("{host}:{port} cannot be listened on: {reason}.", host=host, port=port, reason=_reason(error)),
            Text("Choose another --host or --port."),
        ) from error
    return listening
