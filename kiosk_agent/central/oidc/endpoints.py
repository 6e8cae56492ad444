"""``/login/provider``: to the provider and back. These pages are there only where a provider is set."""

from __future__ import annotations

import asyncio
import datetime
from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.handlers import HTTPRouteHandler

from kiosk_agent.central.addresses import address_of
from kiosk_agent.central.oidc import flows, service
from kiosk_agent.central.oidc.id_tokens import read_id_token
from kiosk_agent.central.oidc.provider import Provider
from kiosk_agent.central.oidc.schemas import RETURN, ProviderError, Reason, RefusedError
from kiosk_agent.central.pages.leaving import leave
from kiosk_agent.central.pages.rendering import language
from kiosk_agent.central.pages.words import words
from kiosk_agent.central.services import Given, Services
from kiosk_agent.central.staff import sessions
from kiosk_agent.central.staff.endpoints import HOME, locked, login_again
from kiosk_agent.central.staff.guards import ANYONE, cookie, cookie_name, session_token
from kiosk_agent.central.staff.lockout import Attempt
from kiosk_agent.central.staff.schemas import Locked

FLOW = "kiosk-provider"
COME_AGAIN_S = 60


def pages(provider: Provider) -> list[HTTPRouteHandler]:
    """The handlers of this provider."""

    @post("/login/provider", status_code=200, opt={"needs": ANYONE})
    async def begin(request: Request[Any, Any, Any], services: Given) -> Response[Any]:
        """Send the browser to the provider. A former session of it ends: whoever comes back is somebody else."""
        now = services.clock.wall()
        if request.state.staff is not None:
            former, token = request.state.staff, session_token(request)
            await asyncio.to_thread(sessions.end, services.database, token, former, now, address_of(request))
        secret = flows.new_secret()
        try:
            address = await provider.sign_in_address(flows.flow_of(secret))
        except ProviderError:
            return _unusable(request, provider)
        await asyncio.to_thread(flows.begin, services.database, secret, now)
        shown = leave(request, address, "to_provider", name=provider.name)
        shown.set_cookie(_flow_cookie(request, secret))
        shown.set_cookie(cookie(request, cookie_name(request), None))
        return shown

    @get(RETURN, opt={"needs": ANYONE})
    async def come_back(request: Request[Any, Any, Any], services: Given) -> Response[Any]:
        """Whoever the provider has sent back: let in, or told why not."""
        shown = await _come_back(request, services, provider)
        shown.set_cookie(_flow_cookie(request, None))
        return shown

    return [begin, come_back]


async def _come_back(request: Request[Any, Any, Any], services: Services, provider: Provider) -> Response[Any]:
    now, address = services.clock.wall(), address_of(request)
    counted = await asyncio.to_thread(service.attempt, services.database, now, address)
    if isinstance(counted, Locked):
        return locked(request, counted)
    try:
        token = await _enter(request, services, provider, counted, now, address)
    except ProviderError:
        await asyncio.to_thread(service.give_back, services.database, counted)
        return _unusable(request, provider)
    except RefusedError as error:
        if error.reason not in service.NOTED:
            await asyncio.to_thread(service.refuse, services.database, error, counted, now, address)
        told = words(language(request))(f"provider_{error.reason}", name=provider.name)
        return login_again(request, status=403, message=told)
    # A page of our own leads on: the provider's redirect would not bring a cookie that is for us alone.
    shown = leave(request, HOME, "signed_in_now")
    shown.set_cookie(cookie(request, cookie_name(request), token))
    shown.set_cookie(cookie(request, cookie_name(request, "kiosk-form"), None))
    return shown


async def _enter(
    request: Request[Any, Any, Any],
    services: Services,
    provider: Provider,
    counted: Attempt,
    now: datetime.datetime,
    address: str,
) -> str:
    """The cookie of a new session. Raises RefusedError, ProviderError."""
    query, database, issuer = request.query_params, services.database, provider.settings.issuer
    secret = request.cookies.get(cookie_name(request, FLOW), "")
    begun = await asyncio.to_thread(flows.take, database, secret, query.get("state", ""), now)
    if begun is None:
        raise RefusedError(Reason.STATE)
    if "code" not in query:
        raise RefusedError(Reason.DECLINED, _word(query.get("error", "")))
    flow = flows.flow_of(secret)
    tokens, keys, found = await provider.redeem(query["code"], query.get("iss"), flow)
    claims = read_id_token(tokens, keys, provider.settings, flow.nonce, begun, now)
    claim = provider.settings.claim
    if claim not in claims and not await asyncio.to_thread(service.is_known, database, issuer, claims["sub"]):
        claims = {**await provider.userinfo(found, tokens, claims["sub"]), **claims}
    login = service.login_of(claims, claim)
    return await asyncio.to_thread(
        service.enter, database, issuer, claims["sub"], login, tokens.id_token, counted, now, address
    )


def _unusable(request: Request[Any, Any, Any], provider: Provider) -> Response[Any]:
    message = words(language(request))("provider_down", name=provider.name)
    shown = login_again(request, status=503, message=message)
    shown.headers["Retry-After"] = str(COME_AGAIN_S)
    return shown


def _flow_cookie(request: Request[Any, Any, Any], value: str | None) -> Cookie:
    """Lax: it comes along when the provider sends the browser back, and with nothing else from elsewhere."""
    made = cookie(request, cookie_name(request, FLOW), value)
    made.samesite = "lax"
    return made


def _word(error: str) -> str:
    """An error's code (OpenID Connect Core 1.0, 3.1.2.6): anybody can put anything into an address."""
    return error if len(error) <= 40 and error.isascii() and error.replace("_", "").isalpha() else ""
