"""Talking to the provider. It is asked anew each time: sign-ins are few, and so its keys may change at any moment."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import urllib.parse
from collections.abc import AsyncIterator
from typing import Any, TypeVar

import httpx
import msgspec
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from kiosk_agent.central.oidc.flows import Flow
from kiosk_agent.central.oidc.schemas import SCOPES, Metadata, ProviderError, Reason, RefusedError, Settings, Tokens
from kiosk_agent.central.trust import trusted

ANSWER_S = 5.0  # for each step of an answer
WHOLE_S = 10.0  # for all that is asked in one go; who waits longer takes central for broken
AT_ONCE = 8  # conversations; the rest of central goes on whatever they wait for
LARGEST_BYTES = 1_000_000
DISCOVERY = "/.well-known/openid-configuration"
LOOPBACK = ("127.0.0.1", "::1", "localhost")
log = logging.getLogger(__name__)
Read = TypeVar("Read")


def is_safe(url: str) -> bool:
    """Whether nobody on the way can read or change it: https, or a server on this machine."""
    try:
        parts = urllib.parse.urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK))


class Provider:
    """The provider, as one server process knows it."""

    def __init__(self, settings: Settings) -> None:
        """Raises CentralError where the file of authorities cannot be read. The provider itself may be down."""
        self.settings = settings
        self._trusted = trusted(settings.ca, "--oidc-ca")
        self._few = asyncio.Semaphore(AT_ONCE)
        self._is_down = False

    @property
    def name(self) -> str:
        """What people know it by."""
        return self.settings.name or str(urllib.parse.urlsplit(self.settings.issuer).hostname)

    async def sign_in_address(self, flow: Flow) -> str:
        """Where the browser goes to sign in. Raises ProviderError."""
        async with self._conversation() as client:
            found = await self._discover(client)
        return str(
            prepare_grant_uri(
                found.authorization_endpoint,
                self.settings.client_id,
                "code",
                redirect_uri=self.settings.return_address,
                scope=SCOPES,
                state=flow.state,
                nonce=flow.nonce,
                code_challenge=create_s256_code_challenge(flow.verifier),
                code_challenge_method="S256",
                # never the person before: the provider asks who is there, and says when it was told
                prompt="login",
                max_age="0",
                **({"acr_values": " ".join(self.settings.acr_values)} if self.settings.acr_values else {}),
            )
        )

    async def redeem(self, code: str, issuer: str | None, flow: Flow) -> tuple[Tokens, KeySet, Metadata]:
        """What the provider gives for a code, with its keys as they are now, and what it says of itself.

        ``issuer``: who has answered, as the answer says (RFC 9207). Raises RefusedError, ProviderError.
        """
        async with self._conversation() as client:
            found = await self._discover(client)
            if issuer != self.settings.issuer and (
                issuer is not None or found.authorization_response_iss_parameter_supported
            ):
                raise RefusedError(Reason.STATE, "iss")
            tokens = await self._exchange(client, found, code, flow)
            keys = _keys(await self._get(client, found.jwks_uri, dict[str, Any]))
        return tokens, keys, found

    async def userinfo(self, found: Metadata, tokens: Tokens, subject: str) -> dict[str, Any]:
        """What it says of a person beside the ID token; nothing where it has no such page. Raises ProviderError."""
        if not found.userinfo_endpoint:
            return {}
        async with self._conversation() as client:
            headers = {"Authorization": f"Bearer {tokens.access_token}"}
            told = await self._get(client, found.userinfo_endpoint, dict[str, Any], headers)
        if told.get("sub") != subject:  # Core 1.0, 5.3.2
            raise ProviderError("userinfo is of another person")
        return told

    async def sign_out_address(self, id_token: str) -> str | None:
        """Where the browser goes to sign out there, too; None where there is no such page, or it cannot be asked."""
        try:
            async with self._conversation() as client:
                found = await self._discover(client)
        except ProviderError:
            return None  # logged; signing out of central goes on
        if not found.end_session_endpoint:
            return None
        told = {
            "id_token_hint": id_token,
            "client_id": self.settings.client_id,
            "post_logout_redirect_uri": self.settings.after_logout_address,
        }
        joint = "&" if urllib.parse.urlsplit(found.end_session_endpoint).query else "?"
        return f"{found.end_session_endpoint}{joint}{urllib.parse.urlencode(told)}"

    @contextlib.asynccontextmanager
    async def _conversation(self) -> AsyncIterator[httpx.AsyncClient]:
        """What fails in it is a ProviderError, and logged once, as is that it works again."""
        try:
            async with asyncio.timeout(WHOLE_S), self._few, self._client() as client:
                yield client
        except TimeoutError as error:
            raise self._failed("it did not answer in time") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._failed(f"{type(error).__name__}: {error}") from error
        except ProviderError as error:
            raise self._failed(str(error)) from error
        if self._is_down:
            self._is_down = False
            log.warning("the OpenID provider %s answers again", self.settings.issuer)

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(verify=self._trusted, timeout=ANSWER_S, follow_redirects=False)

    def _failed(self, reason: str) -> ProviderError:
        if not self._is_down:
            self._is_down = True
            log.warning("the OpenID provider %s cannot be used: %s", self.settings.issuer, reason)
        return ProviderError(reason)

    async def _discover(self, client: httpx.AsyncClient) -> Metadata:
        found = await self._get(client, self.settings.issuer.rstrip("/") + DISCOVERY, Metadata)
        if found.issuer != self.settings.issuer:  # Discovery 1.0, 4.3
            raise ProviderError(f"it calls itself {found.issuer!r}: --oidc-issuer must be exactly that")
        named = (found.authorization_endpoint, found.token_endpoint, found.jwks_uri)
        unsafe = [
            url for url in (*named, found.userinfo_endpoint, found.end_session_endpoint) if url and not is_safe(url)
        ]
        if unsafe or not all(named):
            raise ProviderError("it names addresses that are not https")
        return found

    async def _exchange(self, client: httpx.AsyncClient, found: Metadata, code: str, flow: Flow) -> Tokens:
        settings, form = (
            self.settings,
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": self.settings.return_address,
                "code_verifier": flow.verifier,
            },
        )
        headers = {"Accept": "application/json"}
        auth: httpx.BasicAuth | None = None
        supported = found.token_endpoint_auth_methods_supported
        if "client_secret_basic" in supported or "client_secret_post" not in supported:
            # RFC 6749, 2.3.1: encoded as in a form
            auth = httpx.BasicAuth(*map(urllib.parse.quote_plus, (settings.client_id, settings.client_secret)))
        else:
            form |= {"client_id": settings.client_id, "client_secret": settings.client_secret}
        request = client.build_request("POST", found.token_endpoint, data=form, headers=headers)
        status, content = await _answer(client, request, auth)
        if status == httpx.codes.BAD_REQUEST and _error_of(content) == "invalid_grant":
            raise RefusedError(Reason.CODE)
        if status != httpx.codes.OK:
            raise ProviderError(f"its token endpoint answers {status} {_error_of(content)}".rstrip())
        return _read(content, Tokens, "token endpoint")

    async def _get(
        self, client: httpx.AsyncClient, url: str, kind: type[Read], headers: dict[str, str] | None = None
    ) -> Read:
        status, content = await _answer(client, client.build_request("GET", url, headers=headers), None)
        path = urllib.parse.urlsplit(url).path
        if status != httpx.codes.OK:
            raise ProviderError(f"{path} answers {status}")
        return _read(content, kind, path)


async def _answer(client: httpx.AsyncClient, request: httpx.Request, auth: httpx.Auth | None) -> tuple[int, bytes]:
    response = await client.send(request, stream=True, auth=auth)
    try:
        content = b""
        async for piece in response.aiter_bytes():
            content += piece
            if len(content) > LARGEST_BYTES:
                raise ProviderError(f"{request.url.path} answers with more than {LARGEST_BYTES} bytes")
        return response.status_code, content
    finally:
        await response.aclose()


def _read(content: bytes, kind: type[Read], where: str) -> Read:
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:  # a page of a proxy, for example
        told = str(error) if isinstance(error, msgspec.ValidationError) else "it is not JSON"
        raise ProviderError(f"what {where} answers cannot be read: {told}") from error


def _keys(told: dict[str, Any]) -> KeySet:
    try:
        return KeySet.import_key_set({"keys": told["keys"]})
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ProviderError(f"its keys cannot be read: {type(error).__name__}") from error


def _error_of(content: bytes) -> str:
    """The error's code (RFC 6749, 5.2), which is one of a few words; empty where it is none."""
    try:
        told = msgspec.json.decode(content, type=dict[str, Any]).get("error")
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    return told if isinstance(told, str) and told.isascii() and told.replace("_", "").isalpha() else ""
