"""The staff pages: ``/login``, ``/logout``, ``/account``, ``/stay``."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from typing import Any

from litestar import Request, Response, get, post
from litestar.response import Redirect

from kiosk_agent.central.addresses import address_of
from kiosk_agent.central.pages.leaving import leave
from kiosk_agent.central.pages.rendering import language, page
from kiosk_agent.central.pages.sent import sent_form
from kiosk_agent.central.pages.words import words
from kiosk_agent.central.services import Given
from kiosk_agent.central.staff import service, sessions
from kiosk_agent.central.staff.guards import (
    ANYONE,
    LOGIN,
    Signed,
    cookie,
    cookie_name,
    form_token,
    session_token,
)
from kiosk_agent.central.staff.passwords import LONGEST, SHORTEST
from kiosk_agent.central.staff.schemas import Locked, Role
from kiosk_agent.errors import CentralError

ACCOUNT = "/account"
HOME = "/"


@get(LOGIN, opt={"needs": ANYONE})
async def login_page(request: Request[Any, Any, Any]) -> Response[Any]:
    """Asks for name and password, or leads to the provider; whoever is signed in is led on."""
    if request.state.staff is not None:
        return Redirect(HOME, status_code=303)
    told = next((word for word in ("changed", "idle", "still_there") if word in request.query_params), None)
    return login_again(request, notice="" if told is None else _words(request)(told))


@post(LOGIN, status_code=200, opt={"needs": ANYONE})
async def login(request: Request[Any, Any, Any], services: Given) -> Response[Any]:
    """Begin a session. A former one of this browser ends: nobody can have planted it."""
    form = await sent_form(request)
    name, password, code = (_text(form.get(field)) for field in ("name", "password", "code"))
    now, address = services.clock.wall(), address_of(request)
    done = await asyncio.to_thread(service.sign_in, services.database, name, password, code, now, address)
    if done is None:
        return login_again(request, status=403, message=_words(request)("wrong"))
    if isinstance(done, Locked):
        return locked(request, done)
    if request.state.staff is not None:
        former, token = request.state.staff, session_token(request)
        await asyncio.to_thread(sessions.end, services.database, token, former, now, address)
    cookies = [cookie(request, cookie_name(request), done), cookie(request, cookie_name(request, "kiosk-form"), None)]
    return Redirect(HOME, status_code=303, cookies=cookies)


@post("/logout", status_code=200, opt={"needs": Role.VIEWER})
async def logout(request: Request[Any, Any, Any], services: Given, staff: Signed) -> Response[Any]:
    """End the session, here and in the database; at the provider, too, where one has opened it.

    The script that ends idle sessions finds in the page where the browser is to go for that. (A header that long would
    be too much for the proxy in front.)
    """
    now, address, token = services.clock.wall(), address_of(request), session_token(request)
    hint = None
    if services.provider is not None:
        hint = await asyncio.to_thread(sessions.provider_hint, services.database, token)
    await asyncio.to_thread(sessions.end, services.database, token, staff, now, address)
    gone = cookie(request, cookie_name(request), None)
    if services.provider is None or hint is None:
        return Redirect(LOGIN, status_code=303, cookies=[gone])
    further = await services.provider.sign_out_address(hint)
    if further is None:
        return Redirect(f"{LOGIN}?still_there=1", status_code=303, cookies=[gone])
    shown = leave(request, further, "leaving_provider", name=services.provider.name)
    shown.set_cookie(gone)
    return shown


@get(ACCOUNT, opt={"needs": Role.VIEWER})
async def account(request: Request[Any, Any, Any]) -> Response[str]:
    """Who I am."""
    return _account(request)


@post("/account/password", status_code=200, opt={"needs": Role.VIEWER})
async def password(request: Request[Any, Any, Any], services: Given, staff: Signed) -> Response[Any]:
    """Change my password; all my sessions end."""
    t, form = _words(request), await sent_form(request)
    old, new, again = (_text(form.get(field)) for field in ("old", "new", "again"))
    if new != again:
        return _account(request, status=400, message=t("not_the_same"))
    now, address = services.clock.wall(), address_of(request)
    try:
        done = await asyncio.to_thread(service.change_password, services.database, staff, old, new, now, address)
    except CentralError:
        return _account(request, status=400, message=t("not_usable", shortest=SHORTEST, longest=LONGEST))
    if isinstance(done, Locked):
        return _locked(_account(request, status=429, message=_locked_text(request, done)), done)
    if not done:
        return _account(request, status=403, message=t("old_wrong"))
    return Redirect(f"{LOGIN}?changed=1", status_code=303, cookies=[cookie(request, cookie_name(request), None)])


@post("/stay", status_code=204, opt={"needs": Role.VIEWER})
async def stay() -> None:
    """Keep the session: that it was asked for is enough."""


PAGES = [login_page, login, logout, account, password, stay]


def login_again(
    request: Request[Any, Any, Any], *, status: int = 200, message: str = "", notice: str = ""
) -> Response[str]:
    """The page that asks who somebody is, with what there is to say."""
    token = form_token(request) or secrets.token_urlsafe(32)
    csrf = sessions.csrf_of(token)
    shown = page(
        request,
        "login.html",
        status=status,
        csrf=csrf,
        message=message,
        notice=notice,
        provider=request.app.state.get("provider_name", ""),
    )
    shown.set_cookie(cookie(request, cookie_name(request, "kiosk-form"), token))
    return shown


def locked(request: Request[Any, Any, Any], how: Locked) -> Response[str]:
    """The same page, for somebody who must wait."""
    return _locked(login_again(request, status=429, message=_locked_text(request, how)), how)


def _account(request: Request[Any, Any, Any], *, status: int = 200, message: str = "") -> Response[str]:
    return page(request, "account.html", status=status, message=message, shortest=SHORTEST)


def _locked(response: Response[str], locked: Locked) -> Response[str]:
    response.headers["Retry-After"] = str(locked.wait_s)
    return response


def _locked_text(request: Request[Any, Any, Any], locked: Locked) -> str:
    return _words(request)("locked", minutes=-(-locked.wait_s // 60))


def _words(request: Request[Any, Any, Any]) -> Callable[..., str]:
    return words(language(request))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
