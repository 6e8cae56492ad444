"""The way in for every request: outages, who is asking, form tokens, the journal, headers."""

from __future__ import annotations

import asyncio
import hmac
import secrets
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from urllib.parse import urlencode

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from kiosk_agent.practice.journal import Kind
from kiosk_agent.practice.records import ID_BYTES, Records, Session
from kiosk_agent.practice.switches import Credentials, Outage, Quirk

SESSION_COOKIE = "practice_session"
FORM_COOKIE = "practice_form"  # ties a sign-in form to the browser that asked for it
FORM_FIELD = "form_token"

Handler = Callable[[Request, Session], Awaitable[Response]]
GuestHandler = Callable[[Request, Session | None], Awaitable[Response]]


class Door:
    """What all pages of the portal share."""

    def __init__(self, records: Records) -> None:
        self.records = records
        loader = jinja2.PackageLoader("kiosk_agent.practice", "templates")
        self._templates = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)

    def guest(self, path: str, handler: GuestHandler, *, method: str = "GET") -> Route:
        """A page that anybody may open."""

        async def endpoint(request: Request) -> Response:
            broken = await self._outage(request)
            if broken is not None:
                return broken
            session = self.session_of(request)
            if request.method == "POST" and not await self._form_is_ours(request, session):
                return self._noted(request, self._forbidden(), Kind.REFUSED, session)
            response = await handler(request, session)
            return self._noted(request, response, Kind.OPEN, session)

        return Route(path, endpoint, methods=[method])

    def member(self, path: str, handler: Handler, kind: Kind, *, method: str = "GET") -> Route:
        """A page for whoever is signed in; anybody else is sent to the sign-in."""

        async def endpoint(request: Request) -> Response:
            broken = await self._outage(request)
            if broken is not None:
                return broken
            session = self.session_of(request)
            if session is None:
                return self._noted(request, self._ask_to_sign_in(request), Kind.REFUSED, None)
            if request.method == "POST" and not await self._form_is_ours(request, session):
                return self._noted(request, self._forbidden(), Kind.REFUSED, session)
            response = await handler(request, session)
            return self._noted(request, response, kind, session)

        return Route(path, endpoint, methods=[method])

    def session_of(self, request: Request) -> Session | None:
        """Whose session the request carries, by the credentials that the switches name."""
        if self.records.switches.credentials is Credentials.STORAGE:
            scheme, _, token = request.headers.get("authorization", "").partition(" ")
            return self.records.sessions.get(token) if scheme.lower() == "bearer" else None
        return self.records.sessions.get(request.cookies.get(SESSION_COOKIE, ""))

    def page(self, name: str, session: Session | None = None, *, status: int = 200, **fields: object) -> Response:
        """A page made from a template."""
        switches = self.records.switches
        html = self._templates.get_template(name).render(
            session=session,
            person=session.person if session is not None else None,
            form_token=session.form_token if session is not None else "",
            quirks=switches.quirks,
            switches=switches,
            provider_url=self.records.provider_url,
            **fields,
        )
        return HTMLResponse(html, status_code=status)

    def guest_form(self, name: str, *, status: int = 200, **fields: object) -> Response:
        """A form for somebody who is not signed in: its token is also in a cookie of this browser."""
        token = secrets.token_urlsafe(ID_BYTES)
        response = self.page(name, None, status=status, guest_token=token, **fields)
        response.set_cookie(FORM_COOKIE, token, httponly=True, samesite="lax", max_age=3600)
        return response

    async def hang(self, request: Request) -> Response:
        """Answer nothing until whoever asked gives up or the portal stops."""
        gone = asyncio.create_task(_disconnected(request))
        stopping = asyncio.create_task(self.records.stopping.wait())
        _, pending = await asyncio.wait({gone, stopping}, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        return Response(status_code=HTTPStatus.SERVICE_UNAVAILABLE)

    async def wait(self, seconds: float) -> None:
        """Let ``seconds`` pass, or less where the portal stops."""
        try:
            await asyncio.wait_for(self.records.stopping.wait(), seconds)
        except TimeoutError:
            return

    async def _outage(self, request: Request) -> Response | None:
        outage = self.records.switches.outage
        if outage is Outage.NONE:
            await self.wait(self.records.switches.answers_after_s)
            return None
        if outage is Outage.HANGS:
            response = await self.hang(request)
        else:
            response = self.page("failed.html", status=HTTPStatus.SERVICE_UNAVAILABLE)
        return self._noted(request, response, Kind.FAILED, None)

    async def _form_is_ours(self, request: Request, session: Session | None) -> bool:
        if self.records.switches.credentials is Credentials.STORAGE:
            return True  # no browser sends a bearer token by itself
        expected = session.form_token if session is not None else request.cookies.get(FORM_COOKIE, "")
        sent = str((await request.form()).get(FORM_FIELD, ""))
        return bool(expected) and hmac.compare_digest(sent.encode(), expected.encode())

    def _forbidden(self) -> Response:
        return self.page("forbidden.html", status=HTTPStatus.FORBIDDEN)

    def _ask_to_sign_in(self, request: Request) -> Response:
        if request.url.path.startswith("/api/"):
            return JSONResponse({"error": "sign in"}, status_code=HTTPStatus.UNAUTHORIZED)
        return see_other("/sign-in", next=request.url.path if request.method == "GET" else "/account")

    def _noted(self, request: Request, response: Response, kind: Kind, session: Session | None) -> Response:
        if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            kind = Kind.FAILED
        elif response.status_code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            kind = Kind.REFUSED
        self.records.note(request.method, request.url.path, kind, session)
        return self.dressed(response)

    def dressed(self, response: Response) -> Response:
        """With the headers that every page of the portal has."""
        provider = self.records.provider_url
        # form-action also rules where a form's answer may lead: the logout goes on at the provider.
        policy = f"frame-src {provider}; form-action 'self' {provider}; object-src 'none'; base-uri 'none'"
        if Quirk.STRICT_CSP in self.records.switches.quirks:
            policy = (
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
                f"frame-src {provider}; form-action 'self' {provider}; base-uri 'none'; frame-ancestors 'none'; "
                "require-trusted-types-for 'script'; trusted-types 'none'"
            )
        response.headers["Content-Security-Policy"] = policy
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        return response


def see_other(path: str, **query: str) -> Response:
    """Lead to another page, with GET."""
    return RedirectResponse(f"{path}?{urlencode(query)}" if query else path, status_code=HTTPStatus.SEE_OTHER)


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
