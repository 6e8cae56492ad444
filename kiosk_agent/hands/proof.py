"""The replay: do the portal's servers still accept the credentials that the visit's browser held?

Plain requests answer in milliseconds, where redirects and status tell. Where only the page itself tells, or the way
leads to another site, a browser of its own is asked, with nothing in it but the noted credentials.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from playwright.async_api import APIRequestContext, APIResponse, Browser, Playwright
from playwright.async_api import Error as BrowserError

from kiosk_agent.hands.credentials import Credentials, Pairs
from kiosk_agent.hands.launch import context_options, launch_options
from kiosk_agent.hands.launched import Launched, let_go
from kiosk_agent.hands.reach import Reach, is_same_page, reach
from kiosk_agent.portal.globs import matches
from kiosk_agent.portal.profile import ProofOf, Replay

HTTP_LIMIT_MS = 4000.0
BROWSER_LIMIT_S = 8.0
LAUNCH_LIMIT_S = 10.0
MOST_HOPS = 10
MOST_BY_BROWSER = 2  # each takes a second or two
REDIRECTS = (301, 302, 303, 307, 308)
TOO_MANY_REQUESTS = 429
SERVER_ERRORS = range(500, 600)  # RFC 9110, 15.6: the portal is in trouble, and has not refused
DISTRUST = ("certificate", "ssl", "tls", "self-signed", "self signed", "issuer")


class ElsewhereError(Exception):
    """The answer lies in the page, or with another origin: only a browser can find it."""


class Replayer:
    """Asks for the protected page with noted credentials and nothing else."""

    def __init__(
        self, playwright: Playwright, proof: ProofOf, executable: Path, data_dir: Path, proxy: str | None
    ) -> None:
        self._playwright = playwright
        self._proof = proof
        self._executable = executable
        self._data_dir = data_dir
        self._proxy = proxy
        self._stranger: Reach | None = None  # what plain requests without credentials come to; None: not known
        self.requests_tell = False  # whether a plain request was let in: only then does it mean anything if one is not

    async def replay(self, credentials: Sequence[Credentials]) -> Reach:
        """What the portal says to ``credentials``, asked in this order. Never raises; no answer is ``unknown``.

        ``opened`` as soon as one of them is accepted; ``refused`` only where each one is refused.
        """
        wanted = [one for one in credentials if not one.is_empty]
        if self._proof.replay is Replay.NONE or not wanted:
            return Reach.UNKNOWN
        if self._may_request:
            try:
                answer = await self._each_by_request(wanted)
                if answer is Reach.OPENED or self.requests_tell:
                    return answer
            except ElsewhereError:
                pass  # the browser below goes all the way
            except (BrowserError, TimeoutError):
                if self.requests_tell:
                    return Reach.UNKNOWN
                # no request ever got through: the system's proxy or names may be the browser's alone to know
        try:
            return await self._each_by_browser(wanted[:MOST_BY_BROWSER])
        except (BrowserError, TimeoutError):
            return Reach.UNKNOWN

    async def control(self, request: APIRequestContext) -> Reach:
        """The same question from within the visit, sharing its cookies. Raises ElsewhereError where that can't tell."""
        if not self._may_request:
            raise ElsewhereError
        try:
            # where strangers are turned away by an address or a status, another answer needs no look at the page
            tells = self._proof.refused.selector is None and await self._ask_as_stranger() is Reach.REFUSED
            answer = await self._walk(request, believe_status=tells)
            if answer is Reach.OPENED and await self._is_blind():
                raise ElsewhereError
        except (BrowserError, TimeoutError):
            return Reach.UNKNOWN
        self.requests_tell |= answer is Reach.OPENED
        return answer

    async def opens_for_strangers(self) -> bool:
        """Whether the protected page opens with no credentials at all: then it proves nothing. Never raises."""
        nobody = [Credentials()]
        try:
            if self._may_request and not await self._is_blind():
                return False
            return await self._each_by_browser(nobody, ask_stranger=False) is Reach.OPENED
        except (BrowserError, TimeoutError, ElsewhereError):
            return False

    # by plain requests

    @property
    def _may_request(self) -> bool:
        return self._proof.replay is Replay.COOKIES and self._stranger is not Reach.OPENED

    async def _is_blind(self) -> bool:
        """Whether plain requests see the same page for everybody."""
        return await self._ask_as_stranger() is Reach.OPENED

    async def _ask_as_stranger(self) -> Reach:
        if self._stranger is None:
            try:
                self._stranger = await self._by_request(Credentials(), stop_at_refusal=True)
            except ElsewhereError:
                self._stranger = Reach.UNKNOWN
        return self._stranger

    async def _each_by_request(self, credentials: Sequence[Credentials]) -> Reach:
        answers = []
        for one in credentials:
            answers.append(await self._by_request(one))
            if answers[-1] is Reach.OPENED:
                if await self._is_blind():
                    raise ElsewhereError
                return Reach.OPENED
        return _together(answers)

    async def _by_request(self, credentials: Credentials, *, stop_at_refusal: bool = False) -> Reach:
        request = await self._playwright.request.new_context(
            storage_state=credentials.storage_state(),
            user_agent=credentials.user_agent or None,
            proxy={"server": self._proxy} if self._proxy else None,
        )
        try:
            return await self._walk(request, stop_at_refusal=stop_at_refusal)
        finally:
            await let_go(request.dispose())

    async def _walk(
        self, request: APIRequestContext, *, stop_at_refusal: bool = False, believe_status: bool = False
    ) -> Reach:
        """Follow the portal's own redirects and judge where they end.

        ``stop_at_refusal``: at the address that asks to sign in; nobody without credentials gets past it silently.
        """
        url = self._proof.protected_url
        home = urlsplit(url)[:2]
        asked_to_sign_in = False
        for _ in range(MOST_HOPS):
            response = await self._get(request, url)
            if response.status not in REDIRECTS:
                return self._verdict(response, asked_to_sign_in=asked_to_sign_in, believe_status=believe_status)
            url = urljoin(url, response.headers.get("location", ""))
            await response.dispose()
            if self._proof.refused.redirect is not None and matches(self._proof.refused.redirect, url):
                if stop_at_refusal:
                    return Reach.REFUSED
                asked_to_sign_in = True
            if urlsplit(url)[:2] != home:
                raise ElsewhereError
        return Reach.UNKNOWN

    async def _get(self, request: APIRequestContext, url: str) -> APIResponse:
        try:
            return await request.get(url, max_redirects=0, timeout=HTTP_LIMIT_MS)
        except BrowserError as error:
            # requests come from the driver, which does not know the certificate authorities that the PC trusts
            if any(word in error.message.lower() for word in DISTRUST):
                raise ElsewhereError from error
            raise

    def _verdict(self, response: APIResponse, *, asked_to_sign_in: bool, believe_status: bool) -> Reach:
        refused, opened = self._proof.refused, self._proof.opened
        if response.status in refused.status:
            return Reach.REFUSED
        if response.status == TOO_MANY_REQUESTS or response.status in SERVER_ERRORS:
            return Reach.UNKNOWN
        if refused.redirect is not None and matches(refused.redirect, response.url):
            return Reach.REFUSED  # before the addresses are compared: the query alone may tell the two pages apart
        if is_same_page(response.url, self._proof.protected_url):
            if (opened.selector is not None or refused.selector is not None) and not believe_status:
                raise ElsewhereError
            return Reach.OPENED if response.status in (opened.status or (200,)) else Reach.UNKNOWN
        return Reach.REFUSED if asked_to_sign_in else Reach.UNKNOWN

    # by a browser of its own

    async def _each_by_browser(self, credentials: Sequence[Credentials], *, ask_stranger: bool = True) -> Reach:
        options = launch_options(self._executable, headless=True, proxy=self._proxy)
        launched = Launched(self._playwright, self._data_dir)
        answers = []
        try:
            async with asyncio.timeout(LAUNCH_LIMIT_S):
                browser = await launched.start(options)
            for one in credentials:
                answers.append(await self._by_browser(browser, one))
                if answers[-1] is Reach.OPENED:
                    stranger = ask_stranger and await self._by_browser(browser, Credentials()) is Reach.OPENED
                    return Reach.UNKNOWN if stranger else Reach.OPENED
        finally:
            await let_go(launched.close())
            await launched.wipe()  # ends it, where it is still there
        return _together(answers)

    async def _by_browser(self, browser: Browser, credentials: Credentials) -> Reach:
        context = await browser.new_context(
            **context_options(headless=True),
            storage_state=credentials.storage_state(),
            user_agent=credentials.user_agent or None,
        )
        for origin, pairs in credentials.session.items():
            await context.add_init_script(_fill_session_storage(origin, pairs))
        try:
            return await reach(await context.new_page(), self._proof, limit_s=BROWSER_LIMIT_S)
        finally:
            await let_go(context.close())


def _together(answers: Sequence[Reach]) -> Reach:
    return Reach.REFUSED if all(answer is Reach.REFUSED for answer in answers) else Reach.UNKNOWN


def _fill_session_storage(origin: str, pairs: Pairs) -> str:
    items = json.dumps(dict(pairs))
    return (
        f"if (location.origin === {json.dumps(origin)} && sessionStorage.length === 0)"
        f" for (const [k, v] of Object.entries({items})) sessionStorage.setItem(k, v);"
    )
