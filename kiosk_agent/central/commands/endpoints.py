"""``POST /v1/commands``."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from litestar import Request, Response, post
from sqlalchemy.exc import DBAPIError

from kiosk_agent.central.bodies import read_json_body
from kiosk_agent.central.commands import service
from kiosk_agent.central.desks.admission import admit
from kiosk_agent.central.refusals import RefusedError, answer
from kiosk_agent.central.services import Given
from kiosk_agent.wire import v1
from kiosk_agent.wire.commands import LARGEST_RESULTS_BYTES, read_results


@post(f"{v1.PREFIX}/commands", status_code=200, request_max_body_size=None)
async def commands(request: Request[Any, Any, Any], services: Given) -> Response[bytes]:
    """Take what came of commands, and give those that are still to be carried out."""
    asking = admit(request.scope, services.limits)
    body = await read_json_body(request.scope, request.receive, LARGEST_RESULTS_BYTES)
    try:
        read = read_results(body)
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
