"""Where a visit may go: the addresses that the profile allows; everything else is refused and counted.

Three ways lead to an address. What pages and people ask for is seen by the context's route; what a server redirects to
is not (Playwright asks for the first address only), so documents are looked at once more in each page's own session;
and what no request is made for, such as ``data:`` or ``file:``, is seen when the page shows it.
"""

from __future__ import annotations

import base64
import json
from collections import deque
from collections.abc import Callable
from importlib import resources
from typing import Any
from weakref import WeakKeyDictionary

from playwright.async_api import CDPSession, Page, Route

from kiosk_agent.hands.visit_language import VisitLanguage
from kiosk_agent.locale import SPOKEN, speaker
from kiosk_agent.portal.globs import matches_any

INNER_SCHEMES = ("about:blank", "about:srcdoc", "data:", "blob:")  # inside a page of the portal
MOST_REPLACED = 20  # refusals whose page has not come yet
DOCUMENTS = {"patterns": [{"urlPattern": "*", "resourceType": "Document"}]}


class Borders:
    """The addresses of one visit. ``refused`` is called for each navigation and once for each origin of the rest."""

    def __init__(self, allowed: tuple[str, ...], language: VisitLanguage, refused: Callable[[], None]):
        self._allowed = allowed
        self._refused = refused
        self._refused_origins: set[str] = set()
        self._replaced: deque[str] = deque(maxlen=MOST_REPLACED)
        self._ours: WeakKeyDictionary[Page, str] = WeakKeyDictionary()
        self._language = language

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

    async def route(self, route: Route) -> None:
        """Answer one request of the context."""
        request = route.request
        url = request.url
        if url.startswith(INNER_SCHEMES) or self.is_portal(url):
            await route.continue_()
        elif request.is_navigation_request():
            self._replace(url)
            await route.fulfill(status=403, content_type="text/html; charset=utf-8", body=refusal_page(self._language))
        else:
            origin = "/".join(url.split("/", 3)[:3])
            if origin not in self._refused_origins:  # what a portal asks for a thousand times is counted once
                self._refused_origins.add(origin)
                self._refused()
            await route.abort("blockedbyclient")

    async def document_paused(self, session: CDPSession, message: dict[str, Any]) -> None:
        """Answer one paused request for a document; only those that a server redirected to are still undecided."""
        request_id = message["requestId"]
        url = message["request"]["url"]
        if "redirectedRequestId" not in message or url.startswith(INNER_SCHEMES) or self.is_portal(url):
            await session.send("Fetch.continueRequest", {"requestId": request_id})
            return
        self._replace(url)
        await session.send(
            "Fetch.fulfillRequest",
            {
                "requestId": request_id,
                "responseCode": 403,
                "responseHeaders": [{"name": "Content-Type", "value": "text/html; charset=utf-8"}],
                "body": base64.b64encode(refusal_page(self._language).encode()).decode(),
            },
        )

    def _replace(self, url: str) -> None:
        self._replaced.append(url.partition("#")[0])
        self._refused()


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
