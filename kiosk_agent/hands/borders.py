"""Where a visit may go: the addresses that the profile allows; everything else is refused and counted.

Every request of the browser passes one door, in the browser's own process: those of pages and frames from their first
moment on, of workers, and what a server redirects any of them to. Two ways lead past that door. What no request is made
for, such as ``data:`` or ``file:``, is seen when the page shows it. WebSockets are held back by a content security
policy (CSP, Level 3), which the browser itself enforces: on pages it is put before their first script runs, on workers
with the answer that brings their script; a policy knows hosts and ports, not paths. What an extension's own worker asks
for does not come to the door: it is the extension's affair.
"""

from __future__ import annotations

import base64
import json
from collections import deque
from collections.abc import Callable, Coroutine
from importlib import resources
from typing import Any
from weakref import WeakKeyDictionary

import msgspec
from playwright.async_api import Browser, BrowserContext, CDPSession, Page

from kiosk_agent.hands.visit_language import VisitLanguage
from kiosk_agent.locale import SPOKEN, speaker
from kiosk_agent.portal.globs import matches_any, socket_source

MOST_REPLACED = 20  # refusals whose page has not come yet
DOOR = {
    "patterns": [
        # files of the browser and its extensions, such as the viewer of PDFs, are no addresses, and hundreds
        {"urlPattern": "http*"},
        # among them the scripts of workers
        {"urlPattern": "http*", "resourceType": "Other", "requestStage": "Response"},
    ],
}
REPORTS = "https://refused.invalid/"  # where a worker's policy tells what it held back: the door, and nobody behind it


class Borders:
    """The addresses of one visit. ``refused`` is called for each navigation and once for each origin of the rest.

    ``start`` runs what answers one request.
    """

    def __init__(
        self,
        allowed: tuple[str, ...],
        language: VisitLanguage,
        refused: Callable[[], None],
        start: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        self._allowed = allowed
        self._refused = refused
        self._start = start
        self._refused_origins: set[str] = set()
        self._replaced: deque[str] = deque(maxlen=MOST_REPLACED)
        self._ours: WeakKeyDictionary[Page, str] = WeakKeyDictionary()
        self._language = language
        sources = dict.fromkeys(map(socket_source, allowed))
        self._policy = f"connect-src http: https: data: blob: filesystem: {' '.join(sources)}"

    async def close(self, browser: Browser, context: BrowserContext) -> None:
        """Close them around everything that is asked for from now on. Raises BrowserError."""
        await context.add_init_script(script=_script("sockets.js", self._policy))
        session = await browser.new_browser_cdp_session()
        session.on("Fetch.requestPaused", lambda message: self._start(self._paused(session, message)))
        await session.send("Fetch.enable", DOOR)

    def script(self) -> str:
        """What must run in each document's world of ours; it tells what :meth:`heard` is to be given."""
        return _script("refusals.js", self._policy)

    def heard(self, url: str) -> None:
        """A document tells that its policy has held back a WebSocket to ``url``."""
        self._count(url)

    def is_portal(self, url: str) -> bool:
        """Whether ``url`` is one that the profile allows."""
        return matches_any(self._allowed, url)

    def may_stay(self, page: Page) -> bool:
        """Whether ``page`` may stay where it is: at the portal, at the browser's own words, or at ours."""
        url = page.url
        if url.startswith(("about:blank", "chrome-error:")) or self.is_portal(url.removeprefix("blob:")):
            return True
        bare = url.partition("#")[0]
        if bare in self._replaced:  # one refusal is good for one page: the next may have come there another way
            self._replaced.remove(bare)
            self._ours[page] = bare
        return self._ours.get(page) == bare

    async def _paused(self, session: CDPSession, message: dict[str, Any]) -> None:
        """Answer for one request: before it leaves, and once more when a script of a worker has come."""
        paused = {"requestId": message["requestId"]}
        url = message["request"]["url"]
        if "responseStatusCode" in message or "responseErrorReason" in message:
            await self._answered(session, message)
        elif url == REPORTS:
            self._count(_held_back(message["request"].get("postData", "")))
            await session.send("Fetch.failRequest", {**paused, "errorReason": "BlockedByClient"})
        elif self.is_portal(url):
            await session.send("Fetch.continueRequest", paused)
        elif message["resourceType"] == "Document":
            self._replaced.append(url.partition("#")[0])
            self._refused()
            page = base64.b64encode(refusal_page(self._language).encode()).decode()
            headers = [{"name": "Content-Type", "value": "text/html; charset=utf-8"}]
            answer = {"responseCode": 403, "responseHeaders": headers, "body": page}
            await session.send("Fetch.fulfillRequest", {**paused, **answer})
        else:
            self._count(url)
            await session.send("Fetch.failRequest", {**paused, "errorReason": "BlockedByClient"})

    async def _answered(self, session: CDPSession, message: dict[str, Any]) -> None:
        paused = {"requestId": message["requestId"]}
        if message.get("responseStatusCode") != 200:  # no script comes with any other
            await session.send("Fetch.continueRequest", paused)
            return
        policy = {"name": "Content-Security-Policy", "value": f"{self._policy}; report-uri {REPORTS}"}
        headers = [*message.get("responseHeaders", ()), policy]
        await session.send("Fetch.continueResponse", {**paused, "responseCode": 200, "responseHeaders": headers})

    def _count(self, url: str) -> None:
        """What a portal asks for a thousand times is counted once."""
        origin = "/".join(url.split("/", 3)[:3])
        if origin not in self._refused_origins:
            self._refused_origins.add(origin)
            self._refused()


def _held_back(report: str) -> str:
    """The address that a policy's report names."""
    try:
        return str(msgspec.json.decode(report)["csp-report"]["blocked-uri"])
    except (msgspec.DecodeError, LookupError, TypeError):
        return report  # a page can write its own, and gets it counted


def _script(name: str, policy: str) -> str:
    source = resources.files("kiosk_agent.hands.web").joinpath(name).read_text(encoding="utf-8")
    return source.replace("__POLICY__", json.dumps(policy))


def refusal_page(language: VisitLanguage) -> str:
    """The page in the place of a refused one, in every language, because it can tell the agent nothing.

    It stands in the portal's own window, where every page is a stranger: its language button works for it alone.
    """
    folder = resources.files("kiosk_agent.hands.web")
    text = folder.joinpath("refused.html").read_text(encoding="utf-8")
    texts = {}
    for code in dict.fromkeys((language.chosen, *language.offered)):
        speak = speaker(code)
        texts[code] = {
            "tag": SPOKEN[code].tag,
            "name": SPOKEN[code].name,
            "words": speak("This page cannot be opened at this desk."),
            "advice": speak("Please go back to the portal."),
            "back": speak("Back"),
        }
    for name, value in (
        ("chosen", language.chosen),
        ("offered", json.dumps(language.offered)),
        ("texts", json.dumps(texts)),
        ("tokens", folder.joinpath("tokens.css").read_text(encoding="utf-8")),
        ("style", folder.joinpath("gate.css").read_text(encoding="utf-8")),
    ):
        text = text.replace("{" + name + "}", value)
    return text
