"""``POST /v1/report``.

A plain ASGI function: a nation's desks ask for nothing else as often, and the framework's way from a request to a
handler and back took ten times as long as reading the report.
"""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, asgi
from litestar.exceptions import MethodNotAllowedException
from litestar.handlers import ASGIRouteHandler
from litestar.types import Receive, Scope, Send

from kiosk_agent.central.bodies import read_json_body
from kiosk_agent.central.desks.admission import admit
from kiosk_agent.central.ingest.grouping import TooBusyError
from kiosk_agent.central.ingest.schemas import Arrived
from kiosk_agent.central.refusals import NOT_KEPT, RefusedError
from kiosk_agent.central.services import Services
from kiosk_agent.errors import DatabaseError
from kiosk_agent.wire import v1

BUSY_S = "5"  # a full queue is taken within seconds
DOWN_S = "30"  # a database that restarts is back within half a minute
HEADERS = [
    *((name.lower().encode(), value.encode()) for name, value in NOT_KEPT.items()),
    (b"content-type", b"application/json"),
]
_encoder = msgspec.json.Encoder()


def report_of(services: Services) -> ASGIRouteHandler:
    """The handler; what it raises is answered as everywhere."""

    @asgi(f"{v1.PREFIX}/report", copy_scope=False)
    async def report(scope: Scope, receive: Receive, send: Send) -> None:
        """Take a report; the answer goes out once it is durable."""
        if scope["method"] != "POST":  # type: ignore[typeddict-item]  # of HTTP; nothing else comes here
            raise MethodNotAllowedException(headers={"Allow": "POST"})
        body = _encoder.encode(await _taken(Request(scope, receive), services))
        length = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [*HEADERS, length]})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    return report


async def _taken(request: Request[Any, Any, Any], services: Services) -> v1.ReportAnswer:
    """Raises RefusedError."""
    asking = admit(request, services.limits)
    body = await read_json_body(request, v1.LARGEST_REPORT_BYTES)
    try:
        read = v1.read_report(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise RefusedError(400, "invalid", str(error)) from error
    try:
        taken = await services.reports.submit(Arrived(asking.token_hash, read, services.clock.wall()))
    except TooBusyError as error:
        raise RefusedError(503, "busy", "Come again in a moment.", {"Retry-After": BUSY_S}) from error
    except DatabaseError as error:
        raise RefusedError(503, "database", str(error), {"Retry-After": DOWN_S}) from error
    if taken is None:
        raise asking.is_unknown()
    asking.is_known()
    return taken
