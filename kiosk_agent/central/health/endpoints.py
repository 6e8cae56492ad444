"""``GET /healthz``: for load balancers and whoever watches the server."""

from __future__ import annotations

import asyncio
import logging

from litestar import Response, get

from kiosk_agent.central.database.migrate import check_tables
from kiosk_agent.central.refusals import NOT_KEPT
from kiosk_agent.central.services import Given
from kiosk_agent.errors import DatabaseError

log = logging.getLogger(__name__)


@get("/healthz")
async def healthz(services: Given) -> Response[dict[str, str]]:
    """200 where reports can be taken, 503 where they cannot."""
    try:
        await asyncio.to_thread(check_tables, services.database)
    except DatabaseError as error:
        log.warning("not healthy: %s", error)  # the answer is anybody's; the reason is not
        return Response({"status": "database"}, status_code=503, headers=NOT_KEPT)
    return Response({"status": "ok"}, headers=NOT_KEPT)
