"""Portals as they are found in the world, each strange in one way."""

from __future__ import annotations

import asyncio
import secrets

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from kiosk_agent.portal.profile import Expect, Opened, Profile, ProofOf, Refused, Replay, SignedIn, SignedOut, Step
from tests.strange_portals.portal import (
    ACCOUNT,
    COOKIE,
    FILL_IN,
    PASSWORD,
    USER,
    Portal,
    click,
    goto,
    html,
    login_form,
    wait,
)

STORAGE_APP = """<div id="app"></div><script>
const app = document.getElementById('app'), store = %(store)s;
const ask = (path, body) => fetch(path, {method: body ? 'POST' : 'GET', body: body && JSON.stringify(body),
  headers: {Authorization: 'Bearer ' + (store.getItem('token') || '')}});
const form = () => {
  app.innerHTML = '<form id="login"><input id="user"><input id="password" type="password">'
    + '<button id="sign-in">ログイン</button></form>';
  document.getElementById('login').onsubmit = async e => { e.preventDefault();
    const of = id => document.getElementById(id).value;
    const a = await ask('/api/login', {user: of('user'), password: of('password')});
    if (a.ok) { store.setItem('token', (await a.json()).token); account(); } };
};
const account = async () => {
  const a = await ask('/api/me');
  if (!a.ok) return form();
  app.innerHTML = '<p id="who"></p><button id="log-out">ログアウト</button>';
  document.getElementById('who').textContent = (await a.json()).name;
  document.getElementById('log-out').onclick = async () => { await ask('/api/logout', {}); store.removeItem('token');
    app.innerHTML = '<p id="bye">ログアウトしました</p>'; };
};
account();
</script>"""


class StorageApp(Portal):
    """A program in the page: the token is in web storage, no cookie, every address answers 200."""

    store = "localStorage"

    def routes(self) -> list[Route]:
        return [
            Route("/", self.home),
            Route("/api/login", self.api_login, methods=["POST"]),
            Route("/api/me", self.api_me),
            Route("/api/logout", self.api_logout, methods=["POST"]),
        ]

    async def home(self, request: Request) -> Response:
        return html(STORAGE_APP % {"store": self.store})

    def _token(self, request: Request) -> str:
        return request.headers.get("authorization", "").removeprefix("Bearer ")

    async def api_login(self, request: Request) -> Response:
        if await request.json() != {"user": USER, "password": PASSWORD}:
            return JSONResponse({}, 403)
        token = secrets.token_urlsafe(16)
        self.sessions[token] = ACCOUNT
        return JSONResponse({"token": token})

    async def api_me(self, request: Request) -> Response:
        who = self.sessions.get(self._token(request))
        return JSONResponse({}, 401) if who is None else JSONResponse({"name": who})

    async def api_logout(self, request: Request) -> Response:
        self.sessions.pop(self._token(request), None)
        return JSONResponse({})

    def signed_in(self) -> SignedIn:
        return SignedIn(storage=f"{self.store.removesuffix('Storage')}:token")

    def sign_in_steps(self) -> tuple[Step, ...]:
        return (*FILL_IN, wait("#who"))

    def logout_steps(self) -> tuple[Step, ...]:
        return (click("#log-out"), wait("#bye"))

    def proof_of(self) -> ProofOf:
        refused, opened = Refused(selector="#login"), Opened(selector="#who")
        return ProofOf(f"{self.url}/", refused, opened, Replay.STORAGE, Expect.REVOKED)


class SessionStorageApp(StorageApp):
    """The same in sessionStorage, which no other tab shares."""

    store = "sessionStorage"


class DrawsLate(StorageApp):
    """Heavy, on a busy PC: what tells that it is open comes late; opened again beside, not within the limits."""

    FIRST_MS, BESIDE_MS = 1500, 30_000

    def __init__(self) -> None:
        super().__init__()
        self.drawn = 0

    async def home(self, request: Request) -> Response:
        logout = "document.getElementById('log-out')"
        late = (
            "setTimeout(() => { if (document.getElementById('who'))"
            " app.insertAdjacentHTML('beforeend', '<b id=\"ready\">口座</b>') }, +a.headers.get('late'));"
        )
        return html((STORAGE_APP % {"store": self.store}).replace(logout, late + logout, 1))

    async def api_me(self, request: Request) -> Response:
        response = await super().api_me(request)
        response.headers["late"] = str(self.BESIDE_MS if self.drawn else self.FIRST_MS)
        self.drawn += response.status_code == 200
        return response

    def proof_of(self) -> ProofOf:
        return msgspec.structs.replace(super().proof_of(), opened=Opened(selector="#ready"))


class StorageForgotten(StorageApp):
    """Its logout only drops the token."""

    proof = "cleared"

    async def api_logout(self, request: Request) -> Response:
        return JSONResponse({})

    def proof_of(self) -> ProofOf:
        refused, opened = Refused(selector="#login"), Opened(selector="#who")
        return ProofOf(f"{self.url}/", refused, opened, Replay.STORAGE, Expect.CLEARED)


class RotatesCookies(Portal):
    """A new session id with every answer. An old one is taken for theft, and ends the session."""

    def __init__(self) -> None:
        super().__init__()
        self.old: dict[str, str] = {}  # old id → the id that came after it
        self.thefts = 0

    async def account(self, request: Request) -> Response:
        sid = request.cookies.get(COOKIE, "")
        if sid in self.old:
            self.thefts += 1
            self.sessions.clear()
        who = self.sessions.pop(sid, None)
        if who is None:
            return RedirectResponse("/login", 303)
        response = self.begin(html(self.account_body(who)))
        self.old[sid] = response.headers["set-cookie"]
        return response


class FormInPlace(Portal):
    """Whoever is not signed in gets 200 and a form at the protected address itself."""

    async def account(self, request: Request) -> Response:
        who = self.session(request)
        return html(login_form()) if who is None else html(self.account_body(who))

    def refused(self) -> Refused:
        return Refused(selector="#login")

    def opened(self) -> Opened:
        return Opened(selector="#who")


class InFrames(Portal):
    """Form, account and logout are in frames."""

    def routes(self) -> list[Route]:
        return [*super().routes(), Route("/desk", self.desk), Route("/bar", self.bar)]

    start = "/desk"

    async def desk(self, request: Request) -> Response:
        inner = "/login" if self.session(request) is None else "/account"
        return html(f'<iframe src="/bar" height="60"></iframe><iframe id="inner" src="{inner}"></iframe>')

    async def bar(self, request: Request) -> Response:
        return html("<p>窓口</p>")

    def sign_in_steps(self) -> tuple[Step, ...]:
        return (*FILL_IN, wait("#who"))

    def logout_steps(self) -> tuple[Step, ...]:
        return (click("#log-out"), wait("#bye"))


class Slow(Portal):
    """Every answer takes its time, and the account is filled in later still."""

    async def account(self, request: Request) -> Response:
        await asyncio.sleep(1.2)
        who = self.session(request)
        if who is None:
            back = "<script>setTimeout(() => location.replace('/login'), 900)</script>"
            return html("<p>しばらくお待ちください</p>" + back)
        button = "<button id='log-out'>ログアウト</button>"
        later = f"<p id='who'>{who}</p><form method='post' action='/logout'>{button}</form>"
        return html(
            f'<div id="app">読み込み中</div><script>setTimeout(() => {{document.getElementById("app").innerHTML = '
            f'"{later}"}}, 900)</script>'
        )

    async def login(self, request: Request) -> Response:
        await asyncio.sleep(0.8)
        return await super().login(request)

    def refused(self) -> Refused:
        return Refused(redirect=f"{self.url}/login*")

    def opened(self) -> Opened:
        return Opened(selector="#who")


class AsksBeforeLogout(Portal):
    """A native confirm() before the logout, and one more question on leaving the page."""

    def account_body(self, who: str) -> str:
        return (
            f'<p id="who">{who}</p>'
            '<a id="log-out" href="/logout" onclick="return confirm(\'よろしいですか\')">ログアウト</a>'
            "<script>addEventListener('beforeunload', e => { if (!window.sure) e.preventDefault(); })</script>"
        )

    def logout_steps(self) -> tuple[Step, ...]:
        return (click("#log-out"), wait("#bye"))


class LogoutInNewTab(Portal):
    """The logout's question comes in a new tab, which then closes itself; the first one says that it is done."""

    def account_body(self, who: str) -> str:
        return (
            f'<p id="who">{who}</p><a id="log-out" href="/ask" target="_blank">ログアウト</a>'
            "<script>new BroadcastChannel('done').onmessage = () => location.replace('/bye')</script>"
        )

    def routes(self) -> list[Route]:
        return [*super().routes(), Route("/ask", self.ask), Route("/closing", self.closing)]

    async def ask(self, request: Request) -> Response:
        return html('<form method="post" action="/logout"><button id="really">はい</button></form>')

    async def logout(self, request: Request) -> Response:
        response = await super().logout(request)
        response.headers["location"] = "/closing"
        return response

    async def closing(self, request: Request) -> Response:
        return html("<script>new BroadcastChannel('done').postMessage(1); setTimeout(() => close(), 100)</script>")

    def logout_steps(self) -> tuple[Step, ...]:
        return (click("#log-out"), click("#really"), wait("#bye"))


class OpensWindows(Portal):
    """At every press windows come to the front that have nothing to do with it; its goodbye has an address only."""

    def account_body(self, who: str) -> str:
        return (
            f'<p id="who">{who}</p><button id="menu" onclick="question.hidden = false">メニュー</button>'
            '<form id="question" method="post" action="/logout" hidden><button id="log-out">ログアウト</button></form>'
            "<script>addEventListener('click', () => { open('/'); open('about:blank'); }, true)</script>"
        )

    def logout_steps(self) -> tuple[Step, ...]:
        return (goto(f"{self.url}/account"), click("#menu"), click("#log-out"))

    def profile(self) -> Profile:
        return msgspec.structs.replace(super().profile(), signed_out=SignedOut(url=f"{self.url}/bye"))


class CookieOnPath(Portal):
    """The cookie is only for a part of the portal, so the start page has none."""

    def routes(self) -> list[Route]:
        return [
            Route("/", self.home),
            Route("/in/login", self.login),
            Route("/in/login", self.logged_in, methods=["POST"]),
            Route("/in/account", self.account),
            Route("/in/logout", self.logout, methods=["POST"]),
            Route("/bye", self.bye),
        ]

    async def home(self, request: Request) -> Response:
        return html('<a id="to-login" href="/in/login">ログイン</a>')

    async def login(self, request: Request) -> Response:
        return html(login_form("/in/login"))

    def begin(self, response: Response) -> Response:
        sid = secrets.token_urlsafe(16)
        self.sessions[sid] = ACCOUNT
        response.set_cookie(COOKIE, sid, httponly=True, path="/in")
        response.headers["location"] = "/in/account"
        return response

    async def account(self, request: Request) -> Response:
        who = self.session(request)
        if who is None:
            return RedirectResponse("/in/login", 303)
        return html(self.account_body(who).replace("/logout", "/in/logout"))

    async def logout(self, request: Request) -> Response:
        self.sessions.pop(request.cookies.get(COOKIE, ""), None)
        response = RedirectResponse("/bye", 303)
        response.delete_cookie(COOKIE, path="/in")
        return response

    def signed_in(self) -> SignedIn:
        return SignedIn(cookie=COOKIE)

    def logout_steps(self) -> tuple[Step, ...]:
        return (goto(f"{self.url}/in/account"), click("#log-out"), wait("#bye"))

    def proof_of(self) -> ProofOf:
        return ProofOf(
            f"{self.url}/in/account",
            Refused(redirect=f"{self.url}/in/login*"),
            Opened(status=(200,)),
            Replay.COOKIES,
            Expect.REVOKED,
        )


class RedirectsByScript(Portal):
    """A shell for everybody; a program in it asks who is there, and leads strangers to the sign-in."""

    def routes(self) -> list[Route]:
        return [*super().routes(), Route("/me", self.me)]

    async def me(self, request: Request) -> Response:
        who = self.session(request)
        return JSONResponse({}, 401) if who is None else JSONResponse({"name": who})

    async def account(self, request: Request) -> Response:
        return html(
            '<p id="who" hidden></p><form method="post" action="/logout">'
            '<button id="log-out">ログアウト</button></form>'
            "<script>fetch('/me').then(async a => { if (!a.ok) return location.replace('/login');"
            " const who = document.getElementById('who'); who.textContent = (await a.json()).name;"
            " who.hidden = false; })</script>"
        )

    def signed_in(self) -> SignedIn:
        return SignedIn(cookie=COOKIE)


class OnlyDropsTheCookie(Portal):
    """The server goes on accepting the session."""

    proof = "cleared"

    async def logout(self, request: Request) -> Response:
        response = RedirectResponse("/bye", 303)
        response.delete_cookie(COOKIE)
        return response


class RemembersTheDevice(Portal):
    """A second cookie signs the same person in again, silently."""

    proof = "half"

    def begin(self, response: Response) -> Response:
        super().begin(response)
        response.set_cookie("remember", ACCOUNT.encode().hex(), httponly=True)
        return response

    async def account(self, request: Request) -> Response:
        if self.session(request) is None and "remember" in request.cookies:
            return self.begin(RedirectResponse("/account", 303))
        return await super().account(request)


class InTroubleAfterwards(Portal):
    """After the logout the protected page answers 503: nothing is known."""

    proof = "unproven"

    def __init__(self) -> None:
        super().__init__()
        self.in_trouble = False

    async def logout(self, request: Request) -> Response:
        self.in_trouble = True
        return await super().logout(request)

    async def account(self, request: Request) -> Response:
        return html("しばらくお待ちください", status=503) if self.in_trouble else await super().account(request)


class TooManyRequestsAfterwards(InTroubleAfterwards):
    """After the logout the protected page answers 429, with a form on it."""

    async def account(self, request: Request) -> Response:
        return html(login_form(), status=429) if self.in_trouble else await Portal.account(self, request)


class OpensForEverybody(Portal):
    """What the profile calls protected is not: it opens for everybody, so that it can prove nothing."""

    proof = "unproven"

    async def account(self, request: Request) -> Response:
        who = self.session(request) or "どなたでも"
        return html(self.account_body(who))

    def signed_in(self) -> SignedIn:
        return SignedIn(cookie=COOKIE)


class RotatesAndForgets(RotatesCookies):
    """New ids all the time, and a logout that ends nothing: the last id is still good, and only that one."""

    proof = "cleared"

    async def logout(self, request: Request) -> Response:
        sid = request.cookies.get(COOKIE, "")
        if sid in self.old:
            self.thefts += 1
            self.sessions.clear()
        return await OnlyDropsTheCookie.logout(self, request)  # type: ignore[arg-type]  # it uses nothing of its own


class AnonymousAfterwards(Portal):
    """The same cookie goes on with another value after a logout that ended nothing."""

    proof = "cleared"

    async def logout(self, request: Request) -> Response:
        response = RedirectResponse("/bye", 303)
        response.set_cookie(COOKIE, secrets.token_urlsafe(16), httponly=True)
        return response

    def logout_steps(self) -> tuple[Step, ...]:
        return (goto(f"{self.url}/account"), click("#log-out"), wait("#bye"), goto(f"{self.url}/bye"))
