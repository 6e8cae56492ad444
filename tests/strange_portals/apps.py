"""Portals that are programs in the page, each strange in one way."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from kiosk_agent.portal.profile import Expect, Opened, ProofOf, Refused, Replay, SignedIn
from tests.strange_portals.portal import ACCOUNT, COOKIE, PASSWORD, USER, Portal, html
from tests.strange_portals.strange import StorageApp

PARTS = """
const app = document.getElementById('app');
const of = id => document.getElementById(id).value;
const post = (path, body, token) => fetch(path, {method: 'POST', body: JSON.stringify(body || {}),
  headers: {Authorization: 'Bearer ' + (token || '')}});
const FORM = '<form id="login"><input id="user"><input id="password" type="password">'
  + '<button id="sign-in">ログイン</button></form>';
const form = then => { app.innerHTML = FORM; document.getElementById('login').onsubmit = async e => {
  e.preventDefault(); const a = await post('/api/login', {user: of('user'), password: of('password')});
  if (a.ok) then(await a.json()); }; };
const account = (name, leave) => { app.innerHTML = '<p id="who"></p><button id="log-out">ログアウト</button>';
  document.getElementById('who').textContent = name; document.getElementById('log-out').onclick = leave; };
const bye = () => { app.innerHTML = '<p id="bye">ログアウトしました</p>'; };
"""


def program(script: str) -> str:
    return f'<div id="app"></div><script>{PARTS}{script}</script>'


class HashRoutes(StorageApp):
    """Its addresses differ only behind the #; to go from one to the next loads nothing."""

    async def home(self, request: Request) -> Response:
        return html(
            program("""
const show = async () => {
  const token = localStorage.getItem('token');
  const a = await fetch('/api/me', {headers: {Authorization: 'Bearer ' + token}});
  if (location.hash === '#/bye') return bye();
  if (!a.ok) { if (location.hash !== '#/login') { location.hash = '#/login'; return; }
    return form(({token}) => { localStorage.setItem('token', token); location.hash = '#/account'; }); }
  if (location.hash !== '#/account') { location.hash = '#/account'; return; }
  account((await a.json()).name, async () => { await post('/api/logout', {}, token);
    localStorage.removeItem('token'); location.hash = '#/bye'; });
};
addEventListener('hashchange', show); show();
""")
        )

    def proof_of(self) -> ProofOf:
        refused, opened = Refused(redirect=f"{self.url}/#/login*"), Opened(status=(200,))
        return ProofOf(f"{self.url}/#/account", refused, opened, Replay.STORAGE, self.expect)


class TokenInDatabase(StorageApp):
    """The token is in an IndexedDB; what is in localStorage says nothing."""

    async def home(self, request: Request) -> Response:
        return html(
            program("""
localStorage.setItem('language', 'ja');
const db = f => new Promise(done => { const o = indexedDB.open('auth', 1);
  o.onupgradeneeded = () => o.result.createObjectStore('keys');
  o.onsuccess = () => { const r = f(o.result.transaction('keys', 'readwrite').objectStore('keys'));
    r.onsuccess = () => { o.result.close(); done(r.result); }; }; });
const show = async () => { const token = await db(s => s.get('token'));
  const a = await fetch('/api/me', {headers: {Authorization: 'Bearer ' + token}});
  if (!a.ok) return form(async ({token}) => { await db(s => s.put(token, 'token')); show(); });
  account((await a.json()).name, async () => { await post('/api/logout', {}, token);
    await db(s => s.delete('token')); bye(); }); };
show();
""")
        )

    def signed_in(self) -> SignedIn:
        return SignedIn(selector="#who")


class TokenLeftInDatabase(TokenInDatabase):
    """... and the logout does not end it at the server."""

    proof = "cleared"

    async def api_logout(self, request: Request) -> Response:
        return JSONResponse({})


class TokenInMemory(StorageApp):
    """The token lives as long as the page; a cookie that changes with each use fetches another."""

    def routes(self) -> list[Route]:
        return [*super().routes(), Route("/api/refresh", self.refresh, methods=["POST"])]

    def __init__(self) -> None:
        super().__init__()
        self.refreshing: set[str] = set()

    async def home(self, request: Request) -> Response:
        return html(
            program("""
const show = async token => { const a = await fetch('/api/me', {headers: {Authorization: 'Bearer ' + token}});
  account((await a.json()).name, async () => { await post('/api/logout', {}, token); bye(); }); };
post('/api/refresh').then(async a => a.ok ? show((await a.json()).token) : form(({token}) => show(token)));
""")
        )

    def give(self) -> Response:
        token, again = secrets.token_urlsafe(16), secrets.token_urlsafe(16)
        self.sessions[token] = ACCOUNT
        self.refreshing.add(again)
        response = JSONResponse({"token": token})
        response.set_cookie("refresh", again, httponly=True, path="/api", samesite="strict")
        return response

    async def api_login(self, request: Request) -> Response:
        right = await request.json() == {"user": USER, "password": PASSWORD}
        return self.give() if right else JSONResponse({}, 403)

    async def refresh(self, request: Request) -> Response:
        again = request.cookies.get("refresh", "")
        if again not in self.refreshing:
            return JSONResponse({}, 401)
        self.refreshing.discard(again)
        return self.give()

    async def api_logout(self, request: Request) -> Response:
        self.refreshing.discard(request.cookies.get("refresh", ""))
        return await super().api_logout(request)

    def signed_in(self) -> SignedIn:
        return SignedIn(selector="#who")

    def proof_of(self) -> ProofOf:
        refused, opened = Refused(selector="#login"), Opened(selector="#who")
        return ProofOf(f"{self.url}/", refused, opened, Replay.COOKIES, Expect.REVOKED)


class RefreshedAfterLogout(TokenInMemory):
    """Its logout forgets the cookie that fetches another token: whoever loads the page again is in."""

    proof = "half"

    async def api_logout(self, request: Request) -> Response:
        return await StorageApp.api_logout(self, request)


class SaysGoodbyeTooEarly(Portal):
    """The page says goodbye at once, while the logout is still on its way."""

    def account_body(self, who: str) -> str:
        return (
            f'<div id="app"><p id="who">{who}</p><button id="log-out">ログアウト</button></div><script>'
            "document.getElementById('log-out').onclick = () => { fetch('/logout', {method: 'POST'});"
            ' document.getElementById("app").innerHTML = "<p id=bye>ログアウトしました</p>"; }</script>'
        )

    async def logout(self, request: Request) -> Response:
        await asyncio.sleep(1.5)
        if await request.is_disconnected():
            return html("", status=499)
        return await super().logout(request)


class AsksAllTheTime(Portal):
    """The account's page asks the server several times a second, and listens to it without end."""

    def routes(self) -> list[Route]:
        return [*super().routes(), Route("/ping", self.ping), Route("/events", self.events)]

    async def ping(self, request: Request) -> Response:
        return JSONResponse({})

    async def events(self, request: Request) -> Response:
        async def beat() -> AsyncIterator[bytes]:
            while not await request.is_disconnected():
                yield b": beat\n\n"
                await asyncio.sleep(0.2)

        return StreamingResponse(beat(), media_type="text/event-stream")

    def account_body(self, who: str) -> str:
        script = "<script>setInterval(() => fetch('/ping'), 200); new EventSource('/events')</script>"
        return super().account_body(who) + script


class InShadow(Portal):
    """Form, account and logout are in shadow roots."""

    SHADOW = """<div id="host"></div><script>
document.getElementById('host').attachShadow({mode: 'open'}).innerHTML = `%s`</script>"""

    async def login(self, request: Request) -> Response:
        response = await super().login(request)
        return self.in_shadow(response)

    async def account(self, request: Request) -> Response:
        who = self.session(request)
        if who is None:
            return await self.login(request)
        return self.in_shadow(html(self.account_body(who)))

    def in_shadow(self, response: Response) -> Response:
        body = bytes(response.body).decode().split("<body>")[1].split("</body>")[0]
        return html(self.SHADOW % body)

    def refused(self) -> Refused:
        return Refused(selector="#login")

    def opened(self) -> Opened:
        return Opened(selector="#who")


class WorksOffline(Portal):
    """A service worker answers for the account's page with a shell of its own, whoever is there."""

    WORKER = """
addEventListener('install', e => { skipWaiting();
  e.waitUntil(caches.open('shell').then(c => c.add('/shell'))); });
addEventListener('activate', e => e.waitUntil(clients.claim()));
addEventListener('fetch', e => { if (new URL(e.request.url).pathname === '/account')
  e.respondWith(caches.match('/shell')); });
"""

    def routes(self) -> list[Route]:
        return [
            *super().routes(),
            Route("/shell", self.shell),
            Route("/worker.js", self.worker),
            Route("/me", self.me),
        ]

    async def worker(self, request: Request) -> Response:
        return Response(self.WORKER, media_type="text/javascript")

    async def me(self, request: Request) -> Response:
        who = self.session(request)
        return JSONResponse({}, 401) if who is None else JSONResponse({"name": who})

    async def shell(self, request: Request) -> Response:
        return html(
            program("""
try { Promise.resolve(navigator.serviceWorker.register('/worker.js')).catch(() => {}); } catch {}
fetch('/me').then(async a => { if (!a.ok) return location.replace('/login');
  account((await a.json()).name, () => post('/logout').then(bye)); });
""")
        )

    async def account(self, request: Request) -> Response:
        return await self.shell(request)

    def signed_in(self) -> SignedIn:
        return SignedIn(cookie=COOKIE, selector="#who")

    def opened(self) -> Opened:
        return Opened(selector="#who")
