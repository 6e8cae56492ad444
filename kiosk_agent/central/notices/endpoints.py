"""``POST /v1/notices``."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from litestar import Request, Response, post
from sqlalchemy.exc import DBAPIError

from kiosk_agent.central.bodies import read_json_body
from kiosk_agent.central.desks.admission import admit
from kiosk_agent.central.notices import service
from kiosk_agent.central.refusals import RefusedError, answer
from kiosk_agent.central.services import Given
from kiosk_agent.wire import v1
from kiosk_agent.wire.notices import LARGEST_READ_BYTES, NoticesRequest

_request = msgspec.json.Decoder(NoticesRequest)


@post(f"{v1.PREFIX}/notices", status_code=200, request_max_body_size=None)
async def notices(request: Request[Any, Any, Any], services: Given) -> Response[bytes]:
    """Take which notices were read at a desk, and give those that are to be shown there."""
    asking = admit(request.scope, services.limits)
    body = await read_json_body(request.scope, request.receive, LARGEST_READ_BYTES)
    try:
        read = _request.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise RefusedError(400, "invalid", str(error)) from error
    now = services.clock.wall()
    try:
        given = await asyncio.to_thread(service.exchange, services.database, asking.token_hash, read, now)
    except DBAPIError as error:
        raise RefusedError(503, "database", "Come again later.", {"Retry-After": "30"}) from error
    if given is None:
        raise asking.is_unknown()
    asking.is_known()
    return answer(given)
