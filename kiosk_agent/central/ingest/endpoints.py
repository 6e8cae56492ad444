"""``POST /v1/report`` over ASGI: for every server, other methods, and other ways to write its path.

A nation's desks ask for nothing else as often, and the framework's way from a request to a handler and back took ten
times as long as reading the report. So it is a plain ASGI function that the server is asked for first. Under uvicorn
even that is for the rare requests: see :mod:`kiosk_agent.central.ingest.protocol`.
"""

from __future__ import annotations

import asyncio

from litestar import asgi
from litestar.exceptions import MethodNotAllowedException
from litestar.handlers import ASGIRouteHandler
from litestar.types import ASGIApp, Receive, Scope, Send

from kiosk_agent.central.bodies import read_body
from kiosk_agent.central.ingest.taking import LARGEST_BYTES, PATH, Answer, answer_to, begin
from kiosk_agent.central.services import Services


def report_of(services: Services) -> ASGIApp:
    """What takes a report; its answer goes out once the report is durable, and whatever goes wrong is answered."""

    async def report(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            answer = await _taken(scope, receive, services)
        except Exception as error:  # noqa: BLE001 - the answer says what it is, or the log
            answer = answer_to(error)
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        await send({"type": "http.response.body", "body": answer.body, "more_body": False})

    return report


def report_route(report: ASGIApp) -> ASGIRouteHandler:
    """The same as a route of the framework's."""

    @asgi(PATH, copy_scope=False)
    async def route(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":  # type: ignore[typeddict-item]  # of HTTP; nothing else comes here
            raise MethodNotAllowedException(headers={"Allow": "POST"})
        await report(scope, receive, send)

    return route


async def _taken(scope: Scope, receive: Receive, services: Services) -> Answer:
    """Raises RefusedError."""
    taking = begin(scope, services)
    taken = taking.submit(await read_body(receive, LARGEST_BYTES))
    await asyncio.wait([taken])  # whoever stops waiting for it must not stop it
    return taking.answer(taken)
