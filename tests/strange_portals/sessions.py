"""Portals whose sessions, answers or ways in and out are strange, each in one way."""

from __future__ import annotations

import secrets
from typing import Self

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from kiosk_agent.portal.profile import Account, Expect, Opened, Profile, ProofOf, Refused, Replay, SignedIn, Step
from tests.strange_portals.portal import ACCOUNT, COOKIE, PORTAL_HOST, Portal, click, fill, goto, html, login_form, wait
from tests.strange_portals.strange import OnlyDropsTheCookie


class RefreshesItself(Portal):
    """Strangers get a page that leads to the sign-in by itself, a second later."""

    async def account(self, request: Request) -> Response:
        who = self.session(request)
        if who is None:
            return html("<p>しばらくお待ちください</p>", head='<meta http-equiv="refresh" content="1; url=/login">')
        return html(self.account_body(who))


class RefreshesByHeader(Portal):
    """The same, and it is a header that leads there."""

    async def account(self, request: Request) -> Response:
        who = self.session(request)
        if who is not None:
            return html(self.account_body(who))
        response = html("<p>しばらくお待ちください</p>")
        response.headers["Refresh"] = "1; url=/login"
        return response


class Challenges(Portal):
    """401, with the challenge that makes browsers ask for a name and a password themselves."""

    async def account(self, request: Request) -> Response:
        who = self.session(request)
        if who is not None:
            return html(self.account_body(who))
        response = html("<p>401</p>", status=401)
        response.headers["WWW-Authenticate"] = 'Basic realm="desk"'
        return response

    def refused(self) -> Refused:
        return Refused(status=(401, 403))


class HidesItself(Portal):
    """404: strangers shall not even learn that there is such a page."""

    async def account(self, request: Request) -> Response:
        who = self.session(request)
        return html("<p>404</p>", status=404) if who is None else html(self.account_body(who))

    def refused(self) -> Refused:
        return Refused(status=(404,))


class Lies(Portal):
    """Says that one is logged out, and does nothing."""

    proof = "half"

    async def logout(self, request: Request) -> Response:
        return RedirectResponse("/bye", 303)


class WantsDocuments(OnlyDropsTheCookie):
    """Answers browsers alone: what does not ask for a document is led to the sign-in, whoever asks."""

    async def account(self, request: Request) -> Response:
        if request.headers.get("sec-fetch-dest") != "document":
            return RedirectResponse("/login", 303)
        return await super().account(request)


class ClearsEverything(Portal):
    """Its logout has the browser throw everything away."""

    async def logout(self, request: Request) -> Response:
        response = await super().logout(request)
        response.headers["Clear-Site-Data"] = '"*"'
        return response


class MayBeKept(Portal):
    """Browsers may keep the account's page for ten minutes."""

    async def account(self, request: Request) -> Response:
        response = await super().account(request)
        if response.status_code == 200:
            response.headers["Cache-Control"] = "private, max-age=600"
        return response


class SignInInPopup(Portal):
    """The sign-in is in a window of its own, which closes itself."""

    async def home(self, request: Request) -> Response:
        return html(
            "<button id=\"to-login\" onclick=\"window.open('/login', '', 'width=500,height=400')\">ログイン</button>"
            "<script>new BroadcastChannel('in').onmessage = () => location.replace('/account')</script>"
        )

    async def logged_in(self, request: Request) -> Response:
        response = await super().logged_in(request)
        response.headers["location"] = "/in"
        return response

    def routes(self) -> list[Route]:
        return [*super().routes(), Route("/in", self.came_in)]

    async def came_in(self, request: Request) -> Response:
        return html("<script>new BroadcastChannel('in').postMessage(1); setTimeout(() => close(), 100)</script>")


class SpeaksUp(Portal):
    """Native boxes greet and say goodbye."""

    def account_body(self, who: str) -> str:
        return super().account_body(who) + "<script>alert('ようこそ')</script>"

    async def bye(self, request: Request) -> Response:
        return html('<script>alert("ログアウトしました")</script><p id="bye">ログアウトしました</p>')


class NeverKeepsStill(Portal):
    """Its logout pulses for ever, to be noticed."""

    def account_body(self, who: str) -> str:
        pulse = "@keyframes pulse { to { transform: scale(1.2) translateX(4px) } }"
        style = f"{pulse} #log-out {{ animation: pulse .4s linear infinite alternate }}"
        return super().account_body(who) + f"<style>{style}</style>"


class CountsPresses(Portal):
    """Its menu opens and closes with each press, and hears of it before anything else in the page does."""

    def account_body(self, who: str) -> str:
        menu = '<button id="menu-button">メニュー</button><div id="menu" hidden>'
        toggles = (
            "addEventListener('click', event => {"
            " if (event.target.id === 'menu-button') menu.hidden = !menu.hidden; }, true);"
        )
        return f"{menu}{super().account_body(who)}</div><p>{who}</p><script>{toggles}</script>"

    def sign_in_steps(self) -> tuple[Step, ...]:
        return (*super().sign_in_steps()[:-1], wait("#menu-button"))

    def signed_in(self) -> SignedIn:
        return SignedIn(cookie=COOKIE, selector="#menu-button")

    def logout_steps(self) -> tuple[Step, ...]:
        return (goto(f"{self.url}/account"), click("#menu-button"), click("#log-out"), wait("#bye"))


class BehindMenuAndQuestion(Portal):
    """Menu, link, question, and a token that is good for one answer."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens: set[str] = set()

    def account_body(self, who: str) -> str:
        return (
            f'<details id="menu"><summary id="menu-button">メニュー</summary><p id="who">{who}</p>'
            '<a id="log-out" href="/ask">ログアウト</a></details>'
        )

    def routes(self) -> list[Route]:
        return [*super().routes(), Route("/ask", self.ask)]

    async def ask(self, request: Request) -> Response:
        token = secrets.token_urlsafe(8)
        self.tokens.add(token)
        return html(
            f'<form method="post" action="/logout"><input type="hidden" name="token" value="{token}">'
            '<button id="really">ログアウトする</button></form><a href="/account">戻る</a>'
        )

    async def logout(self, request: Request) -> Response:
        token = str((await request.form()).get("token", ""))
        if token not in self.tokens:
            return html("<p>不正な操作です</p>", status=403)
        self.tokens.discard(token)
        return await super().logout(request)

    def signed_in(self) -> SignedIn:
        return SignedIn(cookie=COOKIE, selector="#menu")

    def sign_in_steps(self) -> tuple[Step, ...]:
        return (*super().sign_in_steps()[:-1], wait("#menu"))

    def logout_steps(self) -> tuple[Step, ...]:
        return (goto(f"{self.url}/account"), click("#menu-button"), click("#log-out"), click("#really"), wait("#bye"))


class SameCookieForAll(Portal):
    """Everybody has the cookie from the first page on, and keeps it after the logout."""

    async def home(self, request: Request) -> Response:
        response = await super().home(request)
        response.set_cookie(COOKIE, secrets.token_urlsafe(16), httponly=True)
        return response

    def begin(self, response: Response) -> Response:
        return response

    async def logged_in(self, request: Request) -> Response:
        response = await super().logged_in(request)
        if response.status_code == 303:
            self.sessions[request.cookies[COOKIE]] = ACCOUNT
        return response

    async def logout(self, request: Request) -> Response:
        self.sessions.pop(request.cookies.get(COOKIE, ""), None)
        return RedirectResponse("/bye", 303)


class NameThenPassword(Portal):
    """One page asks for the name, the next for the password; the first is where strangers are led."""

    async def login(self, request: Request) -> Response:
        return html('<form action="/password"><input id="user" name="user"><button id="next">次へ</button></form>')

    def routes(self) -> list[Route]:
        return [*super().routes(), Route("/password", self.password)]

    async def password(self, request: Request) -> Response:
        user = request.query_params.get("user", "")
        form = login_form().replace('id="user" name="user"', f'type="hidden" name="user" value="{user}"')
        return html(form)

    def sign_in_steps(self) -> tuple[Step, ...]:
        return (
            click("#to-login"),
            fill("#user", "${KIOSK_TEST_USER}"),
            click("#next"),
            fill("#password", "${KIOSK_TEST_PASSWORD}"),
            click("#sign-in"),
            wait("#who"),
        )


class OnlySaysExpired(Portal):
    """Strangers get a page with nothing but a link to the sign-in."""

    def routes(self) -> list[Route]:
        return [*super().routes(), Route("/expired", self.expired)]

    async def expired(self, request: Request) -> Response:
        return html('<p>有効期限が切れました</p><a href="/login">もう一度ログインする</a>')

    async def account(self, request: Request) -> Response:
        who = self.session(request)
        return RedirectResponse("/expired", 303) if who is None else html(self.account_body(who))

    def refused(self) -> Refused:
        return Refused(redirect=f"{self.url}/expired*")


class NothingToReplay(Portal):
    """Its profile says that nothing can be sent again; the proof stays open, whatever the portal does."""

    proof = "unproven"

    def proof_of(self) -> ProofOf:
        return ProofOf(f"{self.url}/account", self.refused(), Opened(status=(200,)), Replay.NONE, Expect.REVOKED)


class NeverAnswersTheLogout(Portal):
    """The logout's step is not there any more, after an update of the portal."""

    steps_ok = False
    says_goodbye = False
    proof = "half"

    def account_body(self, who: str) -> str:
        return f'<p id="who">{who}</p>'

    def logout_steps(self) -> tuple[Step, ...]:
        return (Step(click("#x").verb, "#gone", optional=True), click("#log-out"))


class AccountInMenu(Portal):
    """The account shows in a menu that is filled when it opens, and that only its own button closes."""

    def account_body(self, who: str) -> str:
        return (
            f'<button id="menu-button">メニュー</button><div id="menu"></div><script>let open = false;'
            "const menu = document.getElementById('menu');"
            "document.getElementById('menu-button').onclick = () => { open = !open; menu.innerHTML = open"
            f' ? \'<p id="who">{who}</p><a id="log-out" href="/logout">ログアウト</a>\' : \'\' }}</script>'
        )

    def profile(self) -> Profile:
        account = Account("#who", reveal=(click("#menu-button"),))
        return msgspec.structs.replace(super().profile(), account=account)

    def signed_in(self) -> SignedIn:
        return SignedIn(cookie=COOKIE, selector="#menu-button")

    def sign_in_steps(self) -> tuple[Step, ...]:
        return (*super().sign_in_steps()[:-1], wait("#menu-button"))

    def logout_steps(self) -> tuple[Step, ...]:
        return (click("#menu-button"), click("#log-out"), wait("#bye"))


class ByManyRoads(OnlyDropsTheCookie):
    """A dozen addresses lie between the protected page and the answer, for those who are signed in."""

    ROADS = 12

    def routes(self) -> list[Route]:
        return [*super().routes(), Route("/road/{number:int}", self.road)]

    async def road(self, request: Request) -> Response:
        number = request.path_params["number"]
        return RedirectResponse("/account?there" if number == self.ROADS else f"/road/{number + 1}", 303)

    async def account(self, request: Request) -> Response:
        if self.session(request) is not None and "there" not in request.query_params:
            return RedirectResponse("/road/1", 303)
        return await super().account(request)


class ByTheQueryAlone(Portal):
    """One address for all pages: which one is meant stands behind the question mark."""

    start = "/index.php"

    def routes(self) -> list[Route]:
        return [Route("/index.php", self.any_page, methods=["GET", "POST"])]

    async def any_page(self, request: Request) -> Response:
        pages = {"login": self.login, "account": self.account, "logout": self.logout, "bye": self.bye}
        if request.method == "POST":
            pages["login"] = self.logged_in
        return await pages.get(request.query_params.get("page", ""), self.home)(request)

    async def home(self, request: Request) -> Response:
        return html('<a id="to-login" href="?page=login">ログイン</a>')

    async def login(self, request: Request) -> Response:
        return html(login_form("?page=login"))

    def begin(self, response: Response) -> Response:
        return super().begin(RedirectResponse("?page=account", 303))

    async def account(self, request: Request) -> Response:
        who = self.session(request)
        return RedirectResponse("?page=login", 303) if who is None else html(self.account_body(who))

    def account_body(self, who: str) -> str:
        return super().account_body(who).replace("/logout", "?page=logout")

    async def logout(self, request: Request) -> Response:
        response = await super().logout(request)
        response.headers["location"] = "?page=bye"
        return response

    def logout_steps(self) -> tuple[Step, ...]:
        return (goto(f"{self.url}/index.php?page=account"), click("#log-out"), wait("#bye"))

    def proof_of(self) -> ProofOf:
        return msgspec.structs.replace(super().proof_of(), protected_url=f"{self.url}/index.php?page=account")

    def refused(self) -> Refused:
        return Refused(redirect=f"{self.url}/index.php?page=login*")


class ByTheQueryAloneAndLies(ByTheQueryAlone):
    """The same, and its logout does nothing."""

    proof = "half"

    async def logout(self, request: Request) -> Response:
        return RedirectResponse("?page=bye", 303)


class OnlyTheBrowserFindsIt(Portal):
    """The way there is the browser's alone to know, as with the system's proxy: no other request gets through."""

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        self.url = self.url.replace(PORTAL_HOST, "madoguchi.localhost")  # no resolver knows it; browsers do
        return self


class OnlyTheBrowserFindsItStillOpen(OnlyTheBrowserFindsIt):
    """The same, and its logout only drops the cookie."""

    proof = "cleared"

    async def logout(self, request: Request) -> Response:
        response = RedirectResponse("/bye", 303)
        response.delete_cookie(COOKIE)
        return response
