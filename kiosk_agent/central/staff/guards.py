"""What stands before every staff page: the session, the role, the form's token; and the headers of every answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, cast

from litestar import Request, Response, Router
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie, MutableScopeHeaders
from litestar.di import NamedDependency, Provide
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.response import Redirect
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from sqlalchemy.exc import DataError, DBAPIError

from kiosk_agent.central.addresses import client_of
from kiosk_agent.central.dashboard.service import PlaceUnknownError, named
from kiosk_agent.central.pages.rendering import PageError, error_page
from kiosk_agent.central.pages.sent import sent_form
from kiosk_agent.central.services import Services
from kiosk_agent.central.staff import audit, sessions
from kiosk_agent.central.staff.schemas import Action, Role, Staff

LOGIN = "/login"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LARGEST_FORM_BYTES = 20_000
LONGEST_ASKED = 500  # of an address in the audit log
ANYONE = "anyone"  # a page that needs nobody to be signed in says so
# Nothing but our own style sheet, pictures and script, and forms that come back to us.
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",  # for browsers that do not know frame-ancestors
    # not no-referrer: with that browsers send Origin: null with our own forms
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",  # also not by the browser's back button after logging out
}
HSTS = "max-age=31536000"

Signed = NamedDependency[Staff]  # how a handler names who is asking


class NotSignedInError(Exception):
    """There is no session, or it has ended."""


class NotAllowedError(Exception):
    """The form's token is wrong (``forged``), or the role too low."""

    def __init__(self, *, forged: bool) -> None:
        super().__init__("a form that is not ours" if forged else "a role that is too low")
        self.forged = forged


def cookie_name(request: ASGIConnection[Any, Any, Any, Any], what: str = "kiosk-staff") -> str:
    """``__Host-``: only this very host over https can have set it (RFC 6265bis, 4.1.3.2)."""
    return f"__Host-{what}" if is_https(request) else what


def is_https(request: ASGIConnection[Any, Any, Any, Any]) -> bool:
    """Whether the browser came over https, as far as the trusted proxy says."""
    return request.url.scheme == "https"


def cookie(request: Request[Any, Any, Any], name: str, value: str | None) -> Cookie:
    """A cookie that ends with the browser; None takes it away."""
    return Cookie(
        key=name,
        value=value or "",
        path="/",
        secure=is_https(request),
        httponly=True,
        samesite="strict",
        max_age=0 if value is None else None,
    )


def session_token(request: ASGIConnection[Any, Any, Any, Any]) -> str:
    """What the browser brings; empty where nothing."""
    return request.cookies.get(cookie_name(request), "")


def form_token(request: ASGIConnection[Any, Any, Any, Any]) -> str:
    """The random value behind the form on a page before signing in."""
    return request.cookies.get(cookie_name(request, "kiosk-form"), "")


def staff_pages(services: Services, handlers: Sequence[HTTPRouteHandler]) -> Router:
    """Staff pages with everything that stands before them.

    Each handler says ``opt={"needs": Role…}``, or ``ANYONE``. Raises TypeError where one does not: a page that was
    forgotten must not be open to all.
    """
    for handler in handlers:
        needs = (handler.opt or {}).get("needs")
        if not isinstance(needs, Role) and needs != ANYONE:
            raise TypeError(f"{handler}: say who may use it: opt={{'needs': Role.VIEWER}}")

    async def stand_before(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        request = cast("Request[Any, Any, Any]", connection)
        # the framework's own answer to OPTIONS, which methods there are, is nobody's in particular
        needs: Any = ANYONE if request.method == "OPTIONS" else handler.opt["needs"]
        token, found = session_token(request), None
        if token:
            found, request.state.scope_name = await asyncio.to_thread(_whose, services, token)
        request.state.csrf = "" if found is None else sessions.csrf_of(token)
        if needs != ANYONE and found is None:
            raise NotSignedInError
        request.state.staff = found
        if request.method not in SAFE_METHODS:
            await _check_form(request, form_token(request) if needs == ANYONE else token)
        if found is not None and needs != ANYONE and found.role < needs:
            raise NotAllowedError(forged=False)

    return Router(
        "/",
        route_handlers=handlers,
        guards=[stand_before],
        dependencies={"staff": Provide(_provide_staff)},
        middleware=[_with_headers, _telling_of_files(services)],
        exception_handlers={
            NotSignedInError: _to_login,
            NotAllowedError: _refuse,
            PageError: _answer_page_error,
            PlaceUnknownError: _answer_unknown_place,
            HTTPException: _answer_http,
            DataError: _cannot_be_kept,
            DBAPIError: _come_again,
        },
        request_max_body_size=LARGEST_FORM_BYTES,
    )


def _whose(services: Services, token: str) -> tuple[Staff | None, str]:
    """Whose session it is, and what their places are called."""
    found = sessions.find(services.database, token, services.clock.wall())
    return found, "" if found is None else named(services.database, found.scope, found.scope).name


async def _check_form(request: Request[Any, Any, Any], token: str) -> None:
    """The form comes from our own page, which this browser was given. Raises NotAllowedError."""
    given = request.headers.get("x-csrf-token") or (await sent_form(request)).get("csrf", "")
    from_us = request.headers.get("sec-fetch-site", "same-origin") == "same-origin"
    if not from_us or not token or not isinstance(given, str) or not sessions.is_csrf(token, given):
        raise NotAllowedError(forged=True)


async def _provide_staff(request: Request[Any, Any, Any]) -> Staff:
    found: Staff | None = request.state.staff
    if found is None:
        raise NotSignedInError
    return found


def _with_headers(app: ASGIApp) -> ASGIApp:
    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableScopeHeaders.from_message(message)
                for name, value in HEADERS.items():
                    headers[name] = value
                if scope["scheme"] == "https":
                    headers["Strict-Transport-Security"] = HSTS
            await send(message)

        await app(scope, receive, send_with_headers)

    return wrapped


def _telling_of_files(services: Services) -> Callable[[ASGIApp], ASGIApp]:
    """Whatever leaves the pages as a file stands in the audit log, before it leaves; where it cannot, nothing does."""

    def note(scope: Scope) -> None:
        staff: Staff = scope["state"]["staff"]
        asked = f"{scope['path']}?{scope['query_string'].decode('latin-1')}".rstrip("?")[:LONGEST_ASKED]
        with services.database.writing() as connection:
            now, address = services.clock.wall(), client_of(scope)
            audit.add(connection, now, Action.FILE_TAKEN, actor=staff.name, detail=asked, address=address)

    def around(app: ASGIApp) -> ASGIApp:
        async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
            refused = False

            async def send_when_noted(message: Message) -> None:
                nonlocal refused
                if _begins_a_file(message):
                    try:
                        await asyncio.to_thread(note, scope)
                    except DBAPIError:
                        refused = True
                        request: Request[Any, Any, Any] = Request(scope, receive)
                        instead = error_page(request, "busy", 503).to_asgi_response(None, request)
                        await instead(scope, receive, send)
                if not refused:
                    await send(message)

            await app(scope, receive, send_when_noted)

        return wrapped

    return around


def _begins_a_file(message: Message) -> bool:
    is_start = message["type"] == "http.response.start"
    return is_start and "content-disposition" in MutableScopeHeaders.from_message(message)


def _to_login(request: Request[Any, Any, Any], _error: Exception) -> Response[Any]:
    cookies = [cookie(request, cookie_name(request), None)] if session_token(request) else []
    return Redirect(LOGIN, status_code=303, cookies=cookies)


def _refuse(request: Request[Any, Any, Any], error: NotAllowedError) -> Response[str]:
    return error_page(request, "forged" if error.forged else "not_allowed", 403)


def _answer_page_error(request: Request[Any, Any, Any], error: PageError) -> Response[str]:
    return error_page(request, error.reason, error.status)


def _answer_unknown_place(request: Request[Any, Any, Any], _error: Exception) -> Response[str]:
    return error_page(request, "not_there", 404)


def _answer_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[str]:
    return error_page(request, "not_understood", error.status_code)


def _cannot_be_kept(request: Request[Any, Any, Any], _error: Exception) -> Response[str]:
    """A sign that PostgreSQL has no place for, such as U+0000: the same again cannot go better."""
    return error_page(request, "not_understood", 400)


def _come_again(request: Request[Any, Any, Any], _error: Exception) -> Response[str]:
    return error_page(request, "busy", 503)
