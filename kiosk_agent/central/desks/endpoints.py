"""``POST /v1/enrol``."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from litestar import Request, Response, post
from sqlalchemy.exc import DBAPIError

from kiosk_agent.central.addresses import address_of
from kiosk_agent.central.bodies import read_json_body
from kiosk_agent.central.desks import service
from kiosk_agent.central.refusals import RefusedError, answer, come_again
from kiosk_agent.central.services import Given
from kiosk_agent.wire import v1

_request = msgspec.json.Decoder(v1.EnrolRequest)


@post(f"{v1.PREFIX}/enrol", status_code=200, request_max_body_size=None)
async def enrol(request: Request[Any, Any, Any], services: Given) -> Response[bytes]:
    """Trade a code for the right to report."""
    address = address_of(request)
    if wait_s := services.limits.address.take(address) or services.limits.wrong.wait_s(address):
        raise come_again(wait_s)
    body = await read_json_body(request.scope, request.receive, v1.LARGEST_ENROLMENT_BYTES)
    try:
        wanted = _request.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise RefusedError(400, "invalid", str(error)) from error
    try:
        enrolled = await asyncio.to_thread(service.enrol, services.database, wanted, services.clock.wall())
    except RefusedError:
        services.limits.wrong.take(address)
        raise
    except DBAPIError as error:
        raise RefusedError(503, "database", "Come again later.", {"Retry-After": "30"}) from error
    return answer(enrolled)
