"""``POST /v1/report`` under uvicorn: taken from the parser, without a task and the messages of ASGI.

Of what a report costs in the server's main thread, where desks report each minute, a fifth to a third was the way of a
request through ASGI and back. Only the plain form is taken here; all other requests, and reports that are written in
another way, go the way of uvicorn's own protocol, to the same end.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

from litestar.types import Scope
from uvicorn.config import Config
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from kiosk_agent.central.bodies import Body
from kiosk_agent.central.ingest.taking import LARGEST_BYTES, PATH, Answer, Taken, Taking, answer_to, begin
from kiosk_agent.central.precedence import is_page
from kiosk_agent.central.resting import Resting
from kiosk_agent.central.services import Services

URL = PATH.encode()
Got = TypeVar("Got")


class Exchange(RequestResponseCycle):
    """A report on its way and its answer; what the protocol asks of a cycle, and nothing for an application."""

    message_event = asyncio.Event()  # the protocol sets it; nobody waits for it

    def __init__(self, keep_alive: bool) -> None:
        self.keep_alive = keep_alive
        self.disconnected = False
        self.response_complete = False
        self.taking: Taking | None = None
        self.told = Body(LARGEST_BYTES)


class ReportProtocol(HttpToolsProtocol):
    """One connection."""

    def __init__(
        self,
        services: Services,
        resting: Resting,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._services = services
        self._resting = resting
        self._file = 0
        self._is_watched = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's says so, too
        """It is open."""
        super().connection_made(transport)
        self._file = transport.get_extra_info("socket").fileno()
        self._watch(True)

    def connection_lost(self, exc: Exception | None) -> None:
        """It ends."""
        self._watch(False)
        super().connection_lost(exc)

    def _watch(self, is_watched: bool) -> None:
        """Whether the event loop may rest while something comes here."""
        if is_watched != self._is_watched:
            self._is_watched = is_watched
            (self._resting.watch if is_watched else self._resting.unwatch)(self._file)

    def on_headers_complete(self) -> None:
        """A request begins."""
        is_report = self._is_plain_report()
        asks_for_page = not is_report and is_page(self.url.decode("latin-1"))
        self._watch(asks_for_page)
        if asks_for_page:
            self._resting.page_asked_for()
        if not is_report:
            super().on_headers_complete()
            return
        self._resting.report_came()
        exchange = self.cycle = Exchange(self.parser.get_http_version() != "1.0" and self.parser.should_keep_alive())
        exchange.taking = self._attempt(exchange, self._begin)

    def _begin(self) -> Taking:
        self.scope["client"] = self._client()
        return begin(cast("Scope", self.scope), self._services)

    def _is_plain_report(self) -> bool:
        return (
            self.url == URL
            and self.parser.get_method() == b"POST"
            and (self.cycle is None or self.cycle.response_complete)  # type: ignore[redundant-expr]  # None at first
            and not self.expect_100_continue
            and not self.parser.should_upgrade()
        )

    def on_body(self, body: bytes) -> None:
        """A piece of it."""
        exchange = self.cycle
        if not isinstance(exchange, Exchange):
            super().on_body(body)
        elif not exchange.response_complete:
            self._attempt(exchange, exchange.told.add, body)

    def on_message_complete(self) -> None:
        """All of it."""
        exchange = self.cycle
        if not isinstance(exchange, Exchange):
            super().on_message_complete()
        elif not exchange.response_complete and (taking := exchange.taking) is not None:
            taken = self._attempt(exchange, taking.submit, exchange.told.whole())
            if taken is not None:
                taken.add_done_callback(functools.partial(self._answer_taken, exchange, taking))

    def _answer_taken(self, exchange: Exchange, taking: Taking, taken: Taken) -> None:
        answer = self._attempt(exchange, taking.answer, taken)
        if answer is not None:
            self._answer(exchange, answer)

    def _attempt(self, exchange: Exchange, step: Callable[..., Got], *given: object) -> Got | None:
        """What ``step`` gives; where it fails, that is the answer: the parser would make nonsense sent of it."""
        try:
            return step(*given)
        except Exception as error:  # noqa: BLE001 - the answer says what it is, or the log
            self._answer(exchange, answer_to(error))
            return None

    def _answer(self, exchange: Exchange, answer: Answer) -> None:
        exchange.response_complete = True
        if self.transport.is_closing():
            return
        content = [STATUS_LINE[answer.status]]
        for name, value in (*self.server_state.default_headers, *answer.headers):
            content += (name, b": ", value, b"\r\n")
        if not exchange.keep_alive:
            content.append(b"connection: close\r\n")
        content += (b"\r\n", answer.body)
        self.transport.write(b"".join(content))
        if not exchange.keep_alive:
            self.transport.close()
        self.on_response_complete()

    def _client(self) -> tuple[str, int] | None:
        """As the middleware of uvicorn finds it for applications."""
        app = self.app
        if (
            not isinstance(app, ProxyHeadersMiddleware)
            or self.client is None
            or self.client[0] not in app.trusted_hosts
        ):
            return self.client
        told = b", ".join(value for name, value in self.headers if name == b"x-forwarded-for").decode("latin1")
        client = app.trusted_hosts.get_trusted_client_address(told)
        return client if client[0] else self.client
