"""The replay: do the portal's servers still accept the credentials that the visit's browser held?"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from playwright.async_api import APIRequestContext, APIResponse, Playwright
from playwright.async_api import Error as BrowserError

from kiosk_agent.hands.credentials import Credentials, Pairs
from kiosk_agent.hands.launch import context_options, launch_options
from kiosk_agent.hands.reach import Reach, reach
from kiosk_agent.portal.globs import matches
from kiosk_agent.portal.profile import ProofOf, Replay

HTTP_LIMIT_MS = 4000.0
BROWSER_LIMIT_S = 8.0
MOST_HOPS = 10
REDIRECTS = (301, 302, 303, 307, 308)


class Elsewhere(Exception):
    """The answer lies with another origin, or with script: only a browser can find it."""


class Replayer:
    """Asks for the protected page with noted credentials and nothing else."""

    def __init__(self, playwright: Playwright, proof: ProofOf, executable: Path, proxy: str | None) -> None:
        self._playwright = playwright
        self._proof = proof
        self._executable = executable
        self._proxy = proxy

    async def replay(self, credentials: Credentials) -> Reach:
        """What the portal says to ``credentials``. Never raises; no answer is ``unknown``."""
        if self._proof.replay is Replay.NONE or credentials.is_empty:
            return Reach.UNKNOWN
        if self._proof.replay is Replay.COOKIES and not (self._proof.opened.selector or self._proof.refused.selector):
            try:
                return await self._by_request(credentials)
            except Elsewhere:
                pass  # the browser below goes all the way
            except (BrowserError, TimeoutError):
                return Reach.UNKNOWN
        try:
            return await self._by_browser(credentials)
        except (BrowserError, TimeoutError):
            return Reach.UNKNOWN

    async def control(self, request: APIRequestContext) -> Reach:
        """The same question in the visit's own browser, sharing its cookies. Raises Elsewhere where that cannot tell."""
        if self._proof.replay is not Replay.COOKIES or self._proof.opened.selector or self._proof.refused.selector:
            raise Elsewhere
        try:
            return await self._walk(request)
        except (BrowserError, TimeoutError):
            return Reach.UNKNOWN

    async def _by_request(self, credentials: Credentials) -> Reach:
        request = await self._playwright.request.new_context(
            storage_state=credentials.storage_state(),
            user_agent=credentials.user_agent or None,
            proxy={"server": self._proxy} if self._proxy else None,
        )
        try:
            return await self._walk(request)
        finally:
            await request.dispose()

    async def _walk(self, request: APIRequestContext) -> Reach:
        """Follow the portal's own redirects and judge where they end."""
        url = self._proof.protected_url
        home = urlsplit(url)[:2]
        asked_to_sign_in = False
        for _ in range(MOST_HOPS):
            response = await request.get(url, max_redirects=0, timeout=HTTP_LIMIT_MS)
            if response.status not in REDIRECTS:
                return self._verdict(response, asked_to_sign_in=asked_to_sign_in)
            url = urljoin(url, response.headers.get("location", ""))
            await response.dispose()
            if urlsplit(url)[:2] != home:
                raise Elsewhere
            if self._proof.refused.redirect is not None and matches(self._proof.refused.redirect, url):
                asked_to_sign_in = True
        return Reach.UNKNOWN

    def _verdict(self, response: APIResponse, *, asked_to_sign_in: bool) -> Reach:
        refused, opened = self._proof.refused, self._proof.opened
        if response.status in refused.status:
            return Reach.REFUSED
        home = self._proof.protected_url.split("?")[0].split("#")[0].rstrip("/")
        is_home = response.url.split("?")[0].split("#")[0].rstrip("/") == home
        if opened.status and response.status in opened.status and is_home:
            return Reach.OPENED
        if response.status >= 500:  # noqa: PLR2004 - RFC 9110, 15.6: it is in trouble, and has not refused
            return Reach.UNKNOWN
        return Reach.REFUSED if asked_to_sign_in else Reach.UNKNOWN

    async def _by_browser(self, credentials: Credentials) -> Reach:
        options = launch_options(self._executable, headless=True, proxy=self._proxy)
        async with asyncio.timeout(BROWSER_LIMIT_S * 2):
            browser = await self._playwright.chromium.launch(**options)
            try:
                context = await browser.new_context(
                    **context_options(headless=True),
                    storage_state=credentials.storage_state(),
                    user_agent=credentials.user_agent or None,
                )
                for origin, pairs in credentials.session.items():
                    await context.add_init_script(_fill_session_storage(origin, pairs))
                return await reach(await context.new_page(), self._proof, limit_s=BROWSER_LIMIT_S)
            finally:
                await browser.close()


def _fill_session_storage(origin: str, pairs: Pairs) -> str:
    items = json.dumps(dict(pairs))
    return (
        f"if (location.origin === {json.dumps(origin)} && sessionStorage.length === 0)"
        f" for (const [k, v] of Object.entries({items})) sessionStorage.setItem(k, v);"
    )
