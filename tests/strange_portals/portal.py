"""A small portal, plain in every way. The strange ones in this folder change what is strange about them."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path
from types import TracebackType
from typing import Self

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from kiosk_agent.portal.profile import (
    Account,
    Expect,
    Logout,
    Opened,
    PortalInfo,
    Profile,
    ProofOf,
    Refused,
    Replay,
    SignedIn,
    SignedOut,
    Step,
    Verb,
)
from kiosk_agent.practice.serving import Serving

PORTAL_HOST = "127.0.0.1"
PROVIDER_HOST = "127.0.0.2"  # another site
USER = "resident-a"
PASSWORD = "practice-a"
ACCOUNT = "利用者A"
COOKIE = "session"


def goto(url: str) -> Step:
    return Step(Verb.GOTO, url)


def click(selector: str, *, optional: bool = False) -> Step:
    return Step(Verb.CLICK, selector, optional=optional)


def fill(selector: str, value: str) -> Step:
    return Step(Verb.FILL, selector, value)


def wait(selector: str) -> Step:
    return Step(Verb.WAIT, selector)


FILL_IN = (
    fill("#user", "${KIOSK_TEST_USER}"),
    fill("#password", "${KIOSK_TEST_PASSWORD}"),
    click("#sign-in"),
)


def html(body: str, *, status: int = 200, head: str = "") -> HTMLResponse:
    return HTMLResponse(
        f'<!doctype html><html lang="ja"><head><meta charset="utf-8"><title>窓口</title>{head}</head>'
        f"<body>{body}</body></html>",
        status,
        {"Cache-Control": "no-store"},
    )


def login_form(action: str = "/login") -> str:
    return (
        f'<form id="login" method="post" action="{action}"><input id="user" name="user">'
        '<input id="password" name="password" type="password"><button id="sign-in">ログイン</button></form>'
    )


class Portal:
    """Sessions on the server, a cookie in the browser, one person who may sign in.

    Use as ``async with Portal() as portal:``. ``sessions``: what the server would accept now. ``seen``: every path
    that was asked for.
    """

    # what a check of it must say
    proof = "revoked"
    shows_account = True
    steps_ok = True
    says_goodbye = True
    start = "/"

    def __init__(self) -> None:
        self.sessions: dict[str, str] = {}
        self.provider_sessions: dict[str, str] = {}
        self.seen: list[str] = []
        self.url = ""
        self.provider_url = ""
        self._serving: Serving | None = None

    async def __aenter__(self) -> Self:
        apps = [
            (Starlette(routes=self.routes()), (PORTAL_HOST, 0)),
            (Starlette(routes=self.provider_routes()), (PROVIDER_HOST, 0)),
        ]
        self._serving = await asyncio.to_thread(Serving, apps, lambda: None)
        self.url, self.provider_url = self._serving.urls
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._serving is not None:
            await asyncio.to_thread(self._serving.stop)

    # what is asked of it

    def routes(self) -> list[Route]:
        return [
            Route("/", self.home),
            Route("/login", self.login),
            Route("/login", self.logged_in, methods=["POST"]),
            Route("/account", self.account),
            Route("/logout", self.logout, methods=["GET", "POST"]),
            Route("/bye", self.bye),
        ]

    def provider_routes(self) -> list[Route]:
        return [Route("/", self.bye)]

    async def home(self, request: Request) -> Response:
        return html('<a id="to-login" href="/login">ログイン</a>')

    async def login(self, request: Request) -> Response:
        return html(login_form())

    async def logged_in(self, request: Request) -> Response:
        form = await request.form()
        if (form.get("user"), form.get("password")) != (USER, PASSWORD):
            return html(f'<p id="wrong">違います</p>{login_form()}', status=403)
        return self.begin(RedirectResponse("/account", 303))

    def begin(self, response: Response) -> Response:
        sid = secrets.token_urlsafe(16)
        self.sessions[sid] = ACCOUNT
        response.set_cookie(COOKIE, sid, httponly=True, samesite="lax")
        return response

    def session(self, request: Request) -> str | None:
        return self.sessions.get(request.cookies.get(COOKIE, ""))

    async def account(self, request: Request) -> Response:
        who = self.session(request)
        return RedirectResponse("/login", 303) if who is None else html(self.account_body(who))

    def account_body(self, who: str) -> str:
        return (
            f'<p id="who">{who}</p><form method="post" action="/logout"><button id="log-out">ログアウト</button></form>'
        )

    async def logout(self, request: Request) -> Response:
        self.sessions.pop(request.cookies.get(COOKIE, ""), None)
        response = RedirectResponse("/bye", 303)
        response.delete_cookie(COOKIE)
        return response

    async def bye(self, request: Request) -> Response:
        return html('<p id="bye">ログアウトしました</p>')

    # what a profile says of it

    def profile(self) -> Profile:
        return Profile(
            path=Path(__file__),
            portal=PortalInfo(
                name="strange",
                title={"ja": "変わったポータル", "en": "A strange portal"},
                start_url=self.url + self.start,
                allowed=(f"{self.url}/*", f"{self.provider_url}/*"),
            ),
            signed_in=self.signed_in(),
            account=Account("#who"),
            sign_in=self.sign_in_steps(),
            logout=Logout(self.logout_steps(), timeout_s=10.0),
            signed_out=SignedOut(selector="#bye"),
            proof=self.proof_of(),
        )

    def signed_in(self) -> SignedIn:
        return SignedIn(cookie=COOKIE, selector="#who")

    def sign_in_steps(self) -> tuple[Step, ...]:
        return (click("#to-login"), *FILL_IN, wait("#who"))

    def logout_steps(self) -> tuple[Step, ...]:
        return (goto(f"{self.url}/account"), click("#log-out"), wait("#bye"))

    def proof_of(self) -> ProofOf:
        return ProofOf(
            protected_url=f"{self.url}/account",
            refused=self.refused(),
            opened=self.opened(),
            replay=Replay.COOKIES,
            expect=self.expect,
        )

    @property
    def expect(self) -> Expect:
        """The best that this portal can give."""
        return Expect.CLEARED if self.proof == "cleared" else Expect.REVOKED

    def refused(self) -> Refused:
        return Refused(redirect=f"{self.url}/login*")

    def opened(self) -> Opened:
        return Opened(status=(200,))
