"""The identity provider: on another origin, with a session of its own that outlives the portal's.

It knows one portal only, and leads back nowhere else.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from kiosk_agent.practice.door import FORM_FIELD, Door, see_other
from kiosk_agent.practice.records import ID_BYTES, Person, Session, person_for
from kiosk_agent.practice.switches import Provider

PROVIDER_COOKIE = "provider_session"
PROVIDER_FORM_COOKIE = "provider_form"


class IdentityProvider:
    """Its pages. A page in a frame, for portals that show one, is here too: it is the other origin."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._records = door.records

    def routes(self) -> list[Route]:
        """Where each page is."""
        return [
            self._route("/authorize", self._authorize),
            self._route("/sign-in", self._sign_in),
            self._route("/sign-in", self._signed_in, method="POST"),
            self._route("/consent", self._consented, method="POST"),
            self._route("/end", self._end),
            self._route("/frame", self._frame),
        ]

    def _route(self, path: str, handler: Callable[[Request], Awaitable[Response]], method: str = "GET") -> Route:
        async def endpoint(request: Request) -> Response:
            response = await handler(request)
            response.headers["Cache-Control"] = "no-store"
            return response

        return Route(path, endpoint, methods=[method])

    def _session(self, request: Request) -> Session | None:
        return self._records.provider_sessions.get(request.cookies.get(PROVIDER_COOKIE, ""))

    async def _authorize(self, request: Request) -> Response:
        session = self._session(request)
        target = request.query_params.get("next", "")
        if session is None:
            return see_other("/sign-in", next=target)
        if self._records.switches.provider is Provider.CONSENT:
            return self._door.page("provider_consent.html", session, next=target)
        return self._back(session.person, target)

    async def _sign_in(self, request: Request) -> Response:
        return self._form(request.query_params.get("next", ""), wrong=False)

    def _form(self, target: str, *, wrong: bool) -> Response:
        token = secrets.token_urlsafe(ID_BYTES)
        status = HTTPStatus.FORBIDDEN if wrong else HTTPStatus.OK
        response = self._door.page("provider_sign_in.html", guest_token=token, next=target, wrong=wrong, status=status)
        response.set_cookie(PROVIDER_FORM_COOKIE, token, httponly=True, samesite="lax", max_age=3600)
        return response

    async def _signed_in(self, request: Request) -> Response:
        form = await request.form()
        if not _same(str(form.get(FORM_FIELD, "")), request.cookies.get(PROVIDER_FORM_COOKIE, "")):
            return self._door.page("forbidden.html", status=HTTPStatus.FORBIDDEN)
        target = str(form.get("next", ""))
        person = person_for(str(form.get("user", "")), str(form.get("password", "")))
        if person is None:
            return self._form(target, wrong=True)
        session = self._records.provider_sessions.begin(person)
        response = self._back(person, target)
        response.set_cookie(PROVIDER_COOKIE, session.id, httponly=True, samesite="lax")
        return response

    async def _consented(self, request: Request) -> Response:
        session = self._session(request)
        form = await request.form()
        if session is None or not _same(str(form.get(FORM_FIELD, "")), session.form_token):
            return self._door.page("forbidden.html", status=HTTPStatus.FORBIDDEN)
        return self._back(session.person, str(form.get("next", "")))

    def _back(self, person: Person, target: str) -> Response:
        query = urlencode({"code": self._records.sign_in_codes.issue(person), "next": target})
        return RedirectResponse(f"{self._records.portal_url}/callback?{query}", HTTPStatus.SEE_OTHER)

    async def _end(self, request: Request) -> Response:
        """The portal's logout goes on here; its code shows that the portal, not some page, asks for it."""
        person = self._records.logout_codes.redeem(request.query_params.get("code", ""))
        session = self._session(request)
        if person is None:
            return self._door.page("forbidden.html", status=HTTPStatus.FORBIDDEN)
        if session is not None and session.person == person:
            self._records.provider_sessions.end(session)
        response = RedirectResponse(f"{self._records.portal_url}/signed-out", HTTPStatus.SEE_OTHER)
        response.delete_cookie(PROVIDER_COOKIE, httponly=True, samesite="lax")
        return response

    async def _frame(self, request: Request) -> Response:
        return self._door.page("provider_frame.html")


def _same(sent: str, expected: str) -> bool:
    return bool(expected) and hmac.compare_digest(sent.encode(), expected.encode())
