"""``POST /v1/report``.

A nation's desks ask for nothing else as often, and the framework's way from a request to a handler and back took ten
times as long as reading the report. So it is a plain ASGI function that the server is asked for first.
"""

from __future__ import annotations

import logging

import msgspec
from litestar import asgi
from litestar.exceptions import MethodNotAllowedException
from litestar.handlers import ASGIRouteHandler
from litestar.types import ASGIApp, Receive, Scope, Send

from kiosk_agent.central.bodies import read_json_body
from kiosk_agent.central.desks.admission import admit
from kiosk_agent.central.ingest.grouping import TooBusyError
from kiosk_agent.central.ingest.schemas import Sent
from kiosk_agent.central.refusals import FAILED, NOT_KEPT, RefusedError
from kiosk_agent.central.services import Services
from kiosk_agent.errors import DatabaseError
from kiosk_agent.wire import v1

log = logging.getLogger(__name__)

PATH = f"{v1.PREFIX}/report"
BUSY_S = "5"  # a full queue is taken within seconds
DOWN_S = "30"  # a database that restarts is back within half a minute
HEADERS = [
    *((name.lower().encode(), value.encode()) for name, value in NOT_KEPT.items()),
    (b"content-type", b"application/json"),
]
_encoder = msgspec.json.Encoder()


def report_of(services: Services) -> ASGIApp:
    """What takes a report; its answer goes out once the report is durable, and whatever goes wrong is answered."""

    async def report(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body, status = await _taken(scope, receive, services), 200
            more: list[tuple[bytes, bytes]] = []
        except RefusedError as error:
            body, status = _encoder.encode(v1.Refusal(error.code, error.detail)), error.status
            more = [(name.lower().encode(), value.encode()) for name, value in error.headers.items()]
        except Exception:
            log.exception("a report failed")  # a mistake of ours: the log has it, the desk does not
            body, status, more = _encoder.encode(FAILED), 500, []
        headers = [*HEADERS, *more, (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    return report


def report_route(report: ASGIApp) -> ASGIRouteHandler:
    """The same as a route of the framework's: for other methods, and other ways to write its path."""

    @asgi(PATH, copy_scope=False)
    async def route(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":  # type: ignore[typeddict-item]  # of HTTP; nothing else comes here
            raise MethodNotAllowedException(headers={"Allow": "POST"})
        await report(scope, receive, send)

    return route


async def _taken(scope: Scope, receive: Receive, services: Services) -> bytes:
    """Raises RefusedError."""
    asking = admit(scope, services.limits)
    body = await read_json_body(scope, receive, v1.LARGEST_REPORT_BYTES)
    try:
        taken = await services.reports.submit(Sent(asking.token_hash, body, services.clock.wall()), len(body))
    except TooBusyError as error:
        raise RefusedError(503, "busy", "Come again in a moment.", {"Retry-After": BUSY_S}) from error
    except DatabaseError as error:
        raise RefusedError(503, "database", str(error), {"Retry-After": DOWN_S}) from error
    if taken is None:
        raise asking.is_unknown()
    if isinstance(taken, RefusedError):
        raise taken
    asking.is_known()
    return taken
