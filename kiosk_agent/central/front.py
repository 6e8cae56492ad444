"""What stands before the framework: the one request that comes more often than all others, and HEAD.

HEAD is answered everywhere where GET is: the same status and headers, and no body (RFC 9110, 9.3.2). Load balancers and
whoever checks links ask with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from litestar import Litestar
from litestar.datastructures import MutableScopeHeaders
from litestar.types import ASGIApp, Message, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from kiosk_agent.central.precedence import Precedence, is_page
from kiosk_agent.central.resting import Resting

TELL_METHODS = (204, 405)  # the answer to OPTIONS, and to a method that is not there


class Front(Litestar):
    """``posted``: path → what takes a POST to it without the framework. It answers by itself whatever goes wrong.
    ``protocol``: what makes uvicorn's part of a connection. ``precedence`` is told of each page.

    Litestar's handlers of GET do not take HEAD, and those of HEAD could not say how long the body would be.
    """

    def __init__(self, precedence: Precedence, *arguments: Any, **named: Any) -> None:
        self.posted: dict[str, ASGIApp] = {}
        self.precedence = precedence
        self.resting = Resting(precedence)
        self.protocol: Callable[..., asyncio.Protocol] = HttpToolsProtocol
        super().__init__(*arguments, **named)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One request. Whoever called keeps a scope that says HEAD: the server, too, goes by it."""
        if scope["type"] == "http":
            if scope["method"] == "POST" and (taking := self.posted.get(scope["path"])) is not None:
                self.resting.report_came()
                await taking(scope, receive, send)
                return
            send = _with_head_among_methods(send)
            if scope["method"] == "HEAD":
                scope, send = {**scope, "method": "GET"}, _without_body(send)
            if not is_page(scope["path"]):
                await super().__call__(scope, receive, send)
                return
            self.precedence.page_came()
            try:
                await super().__call__(scope, receive, send)
            finally:
                self.precedence.page_ended()
            return
        await super().__call__(scope, receive, send)


def _without_body(send: Send) -> Send:
    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.body":
            message["body"] = b""
        await send(message)

    return send_head


def _with_head_among_methods(send: Send) -> Send:
    async def send_with_head(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] in TELL_METHODS:
            headers = MutableScopeHeaders.from_message(message)
            methods = headers.get("allow", "").split(", ")
            if "GET" in methods and "HEAD" not in methods:
                headers["allow"] = ", ".join([*methods, "HEAD"])
        await send(message)

    return send_with_head
