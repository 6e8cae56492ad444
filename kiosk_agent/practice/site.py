"""The portal's pages: start, sign-in, account, menu and logout.

Stable for profiles and tests: ``#sign-in-form`` with ``#user``, ``#password``, ``#sign-in``; ``#account-name``;
``#account-kana``; ``#menu-button``, then ``#menu-account-name`` and ``#menu-log-out``; ``#confirm-log-out``;
``#signed-out``.
"""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from kiosk_agent.practice.door import SESSION_COOKIE, Door, see_other
from kiosk_agent.practice.journal import Kind
from kiosk_agent.practice.records import Person, Session, person_for
from kiosk_agent.practice.switches import Credentials, LogoutWay, Provider, Quirk

AFTER_SIGN_IN = ("/account", "/register", "/logout")  # a sign-in leads nowhere else


class Site:
    """Pages with a session in a cookie."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._records = door.records

    def routes(self) -> list[Route]:
        """Where each page is."""
        door = self._door
        return [
            door.guest("/", self._start),
            door.guest("/help", self._help),
            door.guest("/sign-in", self._sign_in),
            door.guest("/sign-in", self._signed_in, method="POST"),
            door.guest("/callback", self._callback),
            self._account_route(),
            door.member("/account/statement", self._statement, Kind.VIEW),
            door.member("/logout", self._ask_log_out, Kind.SIGN_OUT),
            door.member("/logout", self._log_out, Kind.SIGN_OUT, method="POST"),
            door.guest("/signed-out", self._signed_out),
        ]

    async def _start(self, request: Request, session: Session | None) -> Response:
        if self._records.switches.credentials is Credentials.STORAGE:
            return see_other("/app")
        return self._door.page("start.html", session)

    async def _help(self, request: Request, session: Session | None) -> Response:
        return self._door.page("help.html")

    async def _sign_in(self, request: Request, session: Session | None) -> Response:
        target = _inside(request.query_params.get("next", ""))
        if session is not None:
            return see_other(target)
        if self._records.switches.credentials is Credentials.STORAGE:
            return see_other("/app")
        if self._records.switches.provider is not Provider.NONE:
            query = urlencode({"next": target})
            return RedirectResponse(f"{self._records.provider_url}/authorize?{query}", HTTPStatus.SEE_OTHER)
        return self._door.guest_form("sign_in.html", next=target, wrong=False)

    async def _signed_in(self, request: Request, session: Session | None) -> Response:
        form = await request.form()
        target = _inside(str(form.get("next", "")))
        person = person_for(str(form.get("user", "")), str(form.get("password", "")))
        if person is None:
            return self._door.guest_form("sign_in.html", next=target, wrong=True, status=HTTPStatus.FORBIDDEN)
        return self._begin(person, target)

    async def _callback(self, request: Request, session: Session | None) -> Response:
        """Back from the identity provider, with a code that holds once."""
        person = self._records.sign_in_codes.redeem(request.query_params.get("code", ""))
        if person is None:
            return self._door.page("forbidden.html", status=HTTPStatus.FORBIDDEN)
        return self._begin(person, _inside(request.query_params.get("next", "")))

    def _begin(self, person: Person, target: str) -> Response:
        session = self._records.sessions.begin(person)
        self._records.note("POST", "/sign-in", Kind.SIGN_IN, session)
        response = see_other(target)
        # No max_age: closing the browser drops it, which is not the same as the server ending the session.
        response.set_cookie(SESSION_COOKIE, session.id, httponly=True, samesite="lax")
        return response

    def _account_route(self) -> Route:
        """The page itself, or a shell that is sent to anybody and fills itself."""
        page = self._door.member("/account", self._account, Kind.VIEW)
        shell = self._door.guest("/account", self._shell)

        async def endpoint(request: Request) -> Response:
            chosen = shell if Quirk.SCRIPTED in self._records.switches.quirks else page
            answer: Response = await chosen.endpoint(request)
            return answer

        return Route("/account", endpoint, methods=["GET"])

    async def _shell(self, request: Request, session: Session | None) -> Response:
        return self._door.page("scripted.html")

    async def _account(self, request: Request, session: Session) -> Response:
        registered = self._records.registered[session.person.user]
        return self._door.page("account.html", session, registered=registered)

    async def _statement(self, request: Request, session: Session) -> Response:
        accounts = self._records.registered[session.person.user]
        lines = [f"{account.bank},{account.branch},{account.number},{account.holder}" for account in accounts]
        text = "\n".join([session.person.name, session.person.notice, *lines, ""])
        headers = {"Content-Disposition": 'attachment; filename="practice-statement.csv"'}
        return Response(text, media_type="text/csv; charset=utf-8", headers=headers)

    async def _ask_log_out(self, request: Request, session: Session) -> Response:
        return self._door.page("logout.html", session)

    async def _log_out(self, request: Request, session: Session) -> Response:
        way = self._records.switches.logout
        if way is LogoutWay.HANGS:
            return await self._door.hang(request)
        if way is LogoutWay.ERROR:
            return self._door.page("failed.html", status=HTTPStatus.INTERNAL_SERVER_ERROR)
        if way is LogoutWay.SLOW:
            await self._door.wait(self._records.switches.logout_answers_after_s)
        if way is not LogoutWay.COOKIE_ONLY:
            self._records.sessions.end(session)
        response = self._after_log_out(session)
        response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="lax")
        return response

    def _after_log_out(self, session: Session) -> Response:
        if self._records.switches.provider is not Provider.FULL:
            return see_other("/signed-out")
        code = self._records.logout_codes.issue(session.person)
        query = urlencode({"code": code})
        return RedirectResponse(f"{self._records.provider_url}/end?{query}", HTTPStatus.SEE_OTHER)

    async def _signed_out(self, request: Request, session: Session | None) -> Response:
        return self._door.page("signed_out.html")


def _inside(target: str) -> str:
    """A page of this portal, so that a sign-in link cannot lead elsewhere."""
    return target if target in AFTER_SIGN_IN else AFTER_SIGN_IN[0]
