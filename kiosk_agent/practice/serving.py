"""Two small web servers in one thread of their own, so that a stuck event loop of the agent does not stall them."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Sequence

import uvicorn
from starlette.types import ASGIApp

UP_LIMIT_S = 30.0  # takes 20 ms; two busy cores need longer
GRACE_S = 5  # for answers under way; those that hang are let go before


class _Server(uvicorn.Server):
    """Says when it answers."""

    def __init__(self, app: ASGIApp, up: threading.Barrier) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                lifespan="off",
                ws="none",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=GRACE_S,
            )
        )
        self._up = up

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        await asyncio.to_thread(self._up.wait, UP_LIMIT_S)


class Serving:
    """``apps`` by address (host, port); port 0 takes a free one. ``on_stop`` runs in the servers' loop."""

    def __init__(self, apps: Sequence[tuple[ASGIApp, tuple[str, int]]], on_stop: Callable[[], None]) -> None:
        self._sockets = [socket.create_server(address) for _, address in apps]
        self._on_stop = on_stop
        self._loop: asyncio.AbstractEventLoop | None = None
        up = threading.Barrier(len(apps) + 1)
        self._servers = [_Server(app, up) for app, _ in apps]
        self._thread = threading.Thread(target=self._run, name="practice portal", daemon=True)
        self._thread.start()
        up.wait(UP_LIMIT_S)

    @property
    def urls(self) -> list[str]:
        """Where each app answers, without a slash at the end."""
        names = [server.getsockname() for server in self._sockets]
        return [f"http://{host}:{port}" for host, port in names]

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        served = zip(self._servers, self._sockets, strict=True)
        await asyncio.gather(*(server.serve(sockets=[listening]) for server, listening in served))

    def stop(self) -> None:
        """End both; returns when nobody listens any more."""
        if self._loop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._on_stop)
        for server in self._servers:
            server.should_exit = True
        self._thread.join()
        for listening in self._sockets:
            listening.close()
