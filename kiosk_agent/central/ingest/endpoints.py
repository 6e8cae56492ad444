"""``POST /v1/report``."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, post

from kiosk_agent.central.bodies import read_json_body
from kiosk_agent.central.desks.admission import admit
from kiosk_agent.central.ingest.grouping import TooBusyError
from kiosk_agent.central.ingest.schemas import Arrived
from kiosk_agent.central.refusals import RefusedError, answer
from kiosk_agent.central.services import Given
from kiosk_agent.errors import DatabaseError
from kiosk_agent.wire import v1

BUSY_S = "5"  # a full queue is taken within seconds
DOWN_S = "30"  # a database that restarts is back within half a minute


@post(f"{v1.PREFIX}/report", status_code=200, request_max_body_size=None)
async def report(request: Request[Any, Any, Any], services: Given) -> Response[bytes]:
    """Take a report; the answer goes out once it is durable."""
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
    return answer(taken)
