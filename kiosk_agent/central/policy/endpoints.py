"""``GET /v1/policy``."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

import msgspec
from litestar import Request, Response, get
from sqlalchemy.exc import DBAPIError

from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.desks.admission import admit
from kiosk_agent.central.policy import repository, service
from kiosk_agent.central.refusals import RefusedError
from kiosk_agent.central.services import Given
from kiosk_agent.wire import v1
from kiosk_agent.wire.policy import PolicyAnswer

# A desk may keep its own copy, and must ask whether it still holds.
KEPT_BY_THE_DESK = {"Cache-Control": "private, no-cache", "Vary": "Authorization"}


@get(f"{v1.PREFIX}/policy")
async def policy(request: Request[Any, Any, Any], services: Given) -> Response[bytes]:
    """What holds at the desk that asks; 304 where it has that already."""
    asking = admit(request.scope, services.limits)
    try:
        found = await asyncio.to_thread(_find, services.database, asking.token_hash)
    except DBAPIError as error:
        raise RefusedError(503, "database", "Come again later.", {"Retry-After": "30"}) from error
    if found is None:
        raise asking.is_unknown()
    asking.is_known()
    body = msgspec.json.encode(found)
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {**KEPT_BY_THE_DESK, "ETag": tag}
    if is_among(tag, request.headers.get("if-none-match", "")):
        return Response(b"", status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


def _find(database: Database, token_hash: str) -> PolicyAnswer | None:
    with database.reading() as connection:
        desk = repository.find_desk(connection, token_hash)
        return None if desk is None else service.policy_for(connection, desk)


def is_among(tag: str, wanted: str) -> bool:
    """Whether an ``If-None-Match`` names the tag; a proxy may have made it weak (RFC 9110, 13.1.2)."""
    return any(one.strip().removeprefix("W/") in (tag, "*") for one in wanted.split(","))
