"""Portals whose people are signed in by an identity provider on another site."""

from __future__ import annotations

import secrets
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from kiosk_agent.portal.profile import Opened, Refused, Step
from tests.strange_portals.portal import ACCOUNT, FILL_IN, PASSWORD, USER, Portal, click, html, login_form, wait

PROVIDER_COOKIE = "provider"


class WithProvider(Portal):
    """Its logout ends the provider's session too."""

    def __init__(self) -> None:
        super().__init__()
        self.codes: set[str] = set()

    def routes(self) -> list[Route]:
        return [*super().routes(), Route("/callback", self.callback)]

    def provider_routes(self) -> list[Route]:
        return [
            Route("/authorize", self.authorize),
            Route("/authorize", self.identified, methods=["POST"]),
            Route("/go-on", self.go_on, methods=["GET", "POST"]),
            Route("/end", self.end),
        ]

    async def login(self, request: Request) -> Response:
        return RedirectResponse(f"{self.provider_url}/authorize?back={quote(self.url)}", 302)

    def known(self, request: Request) -> bool:
        return request.cookies.get(PROVIDER_COOKIE, "") in self.provider_sessions

    async def authorize(self, request: Request) -> Response:
        return self.back() if self.known(request) else html(login_form("/authorize"))

    async def identified(self, request: Request) -> Response:
        form = await request.form()
        if (form.get("user"), form.get("password")) != (USER, PASSWORD):
            return html(login_form("/authorize"), status=403)
        sid = secrets.token_urlsafe(16)
        self.provider_sessions[sid] = ACCOUNT
        response = self.back()
        response.set_cookie(PROVIDER_COOKIE, sid, httponly=True)
        return response

    def back(self) -> Response:
        code = secrets.token_urlsafe(8)
        self.codes.add(code)
        return RedirectResponse(f"{self.url}/callback?code={code}", 303)

    async def go_on(self, request: Request) -> Response:
        return self.back() if self.known(request) else RedirectResponse("/authorize", 303)

    async def callback(self, request: Request) -> Response:
        code = request.query_params.get("code", "")
        if code not in self.codes:
            return html("不正な呼び出しです", status=403)
        self.codes.discard(code)
        return self.begin(RedirectResponse("/account", 303))

    async def logout(self, request: Request) -> Response:
        response = await super().logout(request)
        response.headers["location"] = f"{self.provider_url}/end"
        return response

    async def end(self, request: Request) -> Response:
        self.provider_sessions.pop(request.cookies.get(PROVIDER_COOKIE, ""), None)
        return RedirectResponse(f"{self.url}/bye", 303)

    def sign_in_steps(self) -> tuple[Step, ...]:
        return (click("#to-login"), *FILL_IN, wait("#who"))

    def refused(self) -> Refused:
        # where a stranger ends; the portal's own /login is passed on the way back in as well
        return Refused(redirect=f"{self.provider_url}/*")

    def opened(self) -> Opened:
        return Opened(status=(200,), selector="#who")


class SilentProvider(WithProvider):
    """The portal's logout leaves the provider's session alone."""

    proof = "half"

    async def logout(self, request: Request) -> Response:
        return await Portal.logout(self, request)


class ConsentProvider(SilentProvider):
    """... and the provider asks for a consent, among other things that could be pressed."""

    QUESTION = (
        '<select id="language"><option>日本語</option><option>English</option></select><a href="/terms">利用規約</a>'
        '<form action="/refuse"><button id="deny">許可しない</button></form>'
        '<form method="post" action="/go-on"><input type="hidden" name="t" value="1"><input type="checkbox" name="all">'
        '<button id="allow">許可する</button></form>'
    )

    async def authorize(self, request: Request) -> Response:
        return html(self.QUESTION) if self.known(request) else html(login_form("/authorize"))


class AccountChooser(ConsentProvider):
    """... or which of the accounts it knows is meant."""

    QUESTION = (
        "<h1>アカウントを選んでください</h1>"
        '<ul><li><a id="first" href="/go-on">利用者A（resident-a）</a></li>'
        '<li><a id="another" href="/authorize?prompt=login">別のアカウントを使う</a></li></ul>'
    )


class AsksForPasswordAgain(SilentProvider):
    """The provider remembers the name, but wants the password: nobody gets in without it."""

    proof = "revoked"

    async def authorize(self, request: Request) -> Response:
        if not self.known(request):
            return html(login_form("/authorize"))
        return html(
            f'<p>{USER}</p><form method="post" action="/authorize"><input type="hidden" name="user" value="{USER}">'
            '<input id="password" name="password" type="password"><button>続ける</button></form>'
        )


class NamedByItsOwnAddress(WithProvider):
    """The profile names the portal's own address, which only leads on to the provider's form."""

    def refused(self) -> Refused:
        return Refused(redirect=f"{self.url}/login*")


class SilentByItsOwnAddress(SilentProvider):
    """The same where the provider signs the same person in again, past the very same address."""

    def refused(self) -> Refused:
        return Refused(redirect=f"{self.url}/login*")


class PostsItsAnswer(SilentProvider):
    """The provider's answer comes as a form that a script sends, as many do."""

    def routes(self) -> list[Route]:
        return [*super().routes(), Route("/callback", self.posted, methods=["POST"])]

    async def posted(self, request: Request) -> Response:
        code = str((await request.form()).get("code", ""))
        if code not in self.codes:
            return html("不正な呼び出しです", status=403)
        self.codes.discard(code)
        return self.begin(RedirectResponse("/account", 303))

    def back(self) -> Response:
        code = secrets.token_urlsafe(8)
        self.codes.add(code)
        return html(
            f'<form method="post" action="{self.url}/callback"><input type="hidden" name="code" value="{code}">'
            "<noscript><button>続ける</button></noscript></form>"
            "<script>setTimeout(() => document.forms[0].submit(), 300)</script>"
        )


class AsksInFrame(SilentProvider):
    """A program in the portal's page asks the provider in a frame that nobody sees, and then shows the account."""

    async def account(self, request: Request) -> Response:
        who = self.session(request)
        if who is not None:
            return html(self.account_body(who))
        return html(
            '<p id="wait">確認しています</p><iframe hidden src="' + self.provider_url + '/silent"></iframe><script>'
            "onmessage = async e => { const a = e.data && await fetch('/callback?code=' + e.data);"
            " location.replace(a && a.ok ? '/account' : '/login'); }</script>"
        )

    def provider_routes(self) -> list[Route]:
        return [*super().provider_routes(), Route("/silent", self.silent)]

    async def silent(self, request: Request) -> Response:
        code = ""
        if self.known(request):
            code = secrets.token_urlsafe(8)
            self.codes.add(code)
        return html(f"<script>setTimeout(() => parent.postMessage('{code}', '*'), 400)</script>")


class BesideAForm(SilentProvider):
    """The portal has a form of its own, and a button beside it for those whom the provider knows."""

    BUTTON = '<a id="sso" href="/sso">職員アカウントでログイン</a><a href="/register">新規登録</a>'

    def routes(self) -> list[Route]:
        return [*super().routes(), Route("/sso", super().login)]

    async def login(self, request: Request) -> Response:
        return html(login_form().replace('"user"', '"local"') + self.BUTTON)

    def sign_in_steps(self) -> tuple[Step, ...]:
        return (click("#to-login"), click("#sso"), *FILL_IN, wait("#who"))

    def refused(self) -> Refused:
        return Refused(redirect=f"{self.url}/login*")


class BesideAFormButEnded(BesideAForm):
    """The same, and the logout ends the provider's session too: the button leads to the provider's own form."""

    proof = "revoked"

    async def logout(self, request: Request) -> Response:
        return await WithProvider.logout(self, request)


class ConsentWithBox(ConsentProvider):
    """... which has to be ticked before it can be given."""

    QUESTION = (
        '<form method="post" action="/go-on">'
        '<label><input type="checkbox" name="agreed" required>規約に同意する</label>'
        '<button id="allow">許可する</button></form>'
    )
