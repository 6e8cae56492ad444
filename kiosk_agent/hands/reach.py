"""Does the protected page open, or does the portal ask to sign in? The page decides nothing; the profile does.

A silent return through an identity provider, a consent, an account chooser or a bare "sign in" button is no sign-in:
nobody had to show who they are. So where the protected page does not open at once, what leads on is pressed
(:mod:`kiosk_agent.hands.ways_on`), a few times at most. Where something asks for a name, a password or a code, that is
only what leads to another way of signing in.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import re
import time
from collections.abc import AsyncIterator

from playwright.async_api import Error as BrowserError
from playwright.async_api import Page, Request, Response

from kiosk_agent.hands.steps import shows
from kiosk_agent.hands.ways_on import Ways, asks_who
from kiosk_agent.portal.globs import matches
from kiosk_agent.portal.profile import ProofOf

MOST_WALKS = 3  # from the protected page on, each time another way
MOST_PRESSES = 3  # on one such walk
QUIET_S = 0.5  # without a request or a change of address: redirects by script come sooner
QUIET_UNKNOWN_S = 1.5  # a page that shows neither mark by then may be a consent; if nothing leads on, it gets more time
QUIET_FORM_S = 0.15  # a form that asks who it is goes away only where a silent sign-in is already under way
OLD_REQUEST_S = 3.0  # one that is open for longer is a portal's long poll, and says nothing about redirects
JUDGE_LIMIT_S = 5.0
REFRESH = re.compile(r"\s*(\d+(?:\.\d*)?)\s*[;,]\s*url", re.IGNORECASE)  # HTML, 4.2.5.3: "5; url=…"
LOOK_PAUSE_S = 0.1  # no event tells when something in any of the frames becomes visible


class Reach(enum.StrEnum):
    """What asking for the protected page came to."""

    OPENED = "opened"
    REFUSED = "refused"
    UNKNOWN = "unknown"


async def reach(page: Page, proof: ProofOf, *, limit_s: float, press_if_refused: bool = True) -> Reach:
    """Ask for the protected page in ``page`` and judge where it leads. Never raises for what the portal does.

    ``press_if_refused`` false: a portal that asks to sign in is left at that, as "sign in" may start a program beside
    the browser.
    """
    deadline = time.monotonic() + limit_s
    ways = Ways()
    answer = Reach.UNKNOWN
    try:
        async with asyncio.timeout(limit_s):
            for _ in range(MOST_WALKS):
                verdict, pressed = await _walk(page, proof, ways, deadline, press_if_refused=press_if_refused)
                if verdict is not Reach.UNKNOWN:
                    answer = verdict
                if verdict is Reach.OPENED or not pressed:
                    break
    except (BrowserError, TimeoutError):
        pass  # judged by the walks that came to an end
    return answer


async def opens_at_once(page: Page, proof: ProofOf, *, limit_s: float) -> bool:
    """Whether the protected page opens in ``page`` without a press. Never raises for what the portal does."""
    deadline = time.monotonic() + limit_s
    try:
        async with asyncio.timeout(limit_s), _Watch(page).watching() as watch:
            await watch.ask(proof.protected_url)
            return await _judge(page, proof, watch, deadline, patient=True) is Reach.OPENED
    except (BrowserError, TimeoutError):
        return False


async def is_open(page: Page, proof: ProofOf) -> bool:
    """Whether ``page`` shows the protected page now, as far as that can be seen without asking the portal."""
    if proof.opened.selector is None or not is_same_page(page.url, proof.protected_url):
        return False
    refused = proof.refused.selector
    return await shows(page, proof.opened.selector) and not (refused is not None and await shows(page, refused))


async def comes_open(page: Page, proof: ProofOf, *, limit_s: float) -> bool:
    """Whether ``page`` is the protected page and shows it within ``limit_s``: it may still be drawing itself.

    Never raises for what the page does. False as soon as the page is another one, or asks to sign in.
    """
    opened, refused = proof.opened.selector, proof.refused.selector
    try:
        async with asyncio.timeout(limit_s):
            while opened is not None and is_same_page(page.url, proof.protected_url):
                if refused is not None and await shows(page, refused):
                    break
                if await shows(page, opened):
                    return True
                await asyncio.sleep(LOOK_PAUSE_S)
    except (BrowserError, TimeoutError):
        pass  # it hangs, went away, or shows something else
    return False


def is_same_page(url: str, protected_url: str) -> bool:
    """Whether both are the same page, whatever stands behind ``?`` and ``#``."""
    return _bare(url) == _bare(protected_url)


def _bare(url: str) -> str:
    return url.partition("#")[0].partition("?")[0].rstrip("/")


async def _walk(
    page: Page, proof: ProofOf, ways: Ways, deadline: float, *, press_if_refused: bool
) -> tuple[Reach, bool]:
    """Ask for the page and press what leads on; returns the last verdict, and whether anything was pressed."""
    async with _Watch(page).watching() as watch:
        await watch.ask(proof.protected_url)
        verdict = await _judge(page, proof, watch, deadline, patient=False)
        pressed = patient = False
        for _ in range(MOST_PRESSES + 1):  # one turn may be spent on waiting
            if verdict is Reach.OPENED or watch.is_in_trouble:  # what a portal in trouble shows means nothing
                break
            if verdict is Reach.REFUSED and not press_if_refused:
                break
            if await ways.press_on(page, away_from=proof.protected_url):
                pressed = True
                verdict = await _judge(page, proof, watch, deadline, patient=False)
            elif verdict is Reach.UNKNOWN and not patient:
                patient = True  # nothing leads on: its marks, or what leads on, may still come
                verdict = await _judge(page, proof, watch, deadline, patient=True)
            else:
                break
        return verdict, pressed


class _Watch:
    """The status of the last document in a page, and how long nothing has happened in it."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._open: dict[Request, float] = {}
        self._stirred_at = time.monotonic()
        self.status: int | None = None
        self.refresh = ""  # the header of that name, which browsers follow as the element that is named after it
        self.passed: list[str] = []  # every address that the page itself was led to

    @contextlib.asynccontextmanager
    async def watching(self) -> AsyncIterator[_Watch]:
        """Listen meanwhile."""
        handlers = {
            "request": self._asked,
            "requestfinished": self._done,
            "requestfailed": self._done,
            "response": self._answered,
            "framenavigated": self._stir,
        }
        for event, handler in handlers.items():
            self._page.on(event, handler)  # type: ignore[call-overload]  # one overload for each event's name
        try:
            yield self
        finally:
            for event, handler in handlers.items():
                self._page.remove_listener(event, handler)

    async def ask(self, url: str) -> None:
        """Open ``url``. Raises BrowserError."""
        response = await self._page.goto(url, wait_until="domcontentloaded", timeout=0)
        if response is not None:
            self._take(response)

    @property
    def is_in_trouble(self) -> bool:
        """Whether the portal has trouble of its own (RFC 9110, 15.6)."""
        return self.status is not None and self.status >= 500

    @property
    def quiet_s(self) -> float:
        """Seconds without anything happening; none while an answer is waited for."""
        now = time.monotonic()
        waiting = any(now - since < OLD_REQUEST_S for since in self._open.values())
        return 0.0 if waiting else now - self._stirred_at

    def _stir(self, _what: object) -> None:
        self._stirred_at = time.monotonic()

    def _asked(self, request: Request) -> None:
        self._stir(request)
        with contextlib.suppress(BrowserError):  # a request of a page that is gone has no frame any more
            if request.is_navigation_request() and request.frame == self._page.main_frame:
                self.passed.append(request.url)
        self._open[request] = self._stirred_at

    def _done(self, request: Request) -> None:
        self._stir(request)
        self._open.pop(request, None)

    def _answered(self, response: Response) -> None:
        with contextlib.suppress(BrowserError):  # a request of a page that is gone has no frame any more
            if response.request.is_navigation_request() and response.frame == self._page.main_frame:
                self._take(response)

    def _take(self, response: Response) -> None:
        self.status, self.refresh = response.status, response.headers.get("refresh", "")


async def _judge(page: Page, proof: ProofOf, watch: _Watch, deadline: float, *, patient: bool) -> Reach:
    """What the profile's marks say, once the page has come to rest.

    ``patient``: one without any of the marks gets all the time there is.
    """
    until = min(deadline, time.monotonic() + JUDGE_LIMIT_S)
    awaited = proof.opened.selector is not None or proof.refused.selector is not None
    while True:
        verdict = await _look(page, proof, watch)
        quiet_s = watch.quiet_s
        if verdict is Reach.REFUSED and quiet_s >= QUIET_FORM_S and await asks_who(page):
            return verdict
        is_told = quiet_s >= QUIET_S and (verdict is not Reach.UNKNOWN or not awaited or await asks_who(page))
        rests = verdict is Reach.UNKNOWN and quiet_s >= QUIET_UNKNOWN_S and not patient
        if (is_told or rests) and not await _is_leaving(page, watch.refresh):
            return verdict
        if time.monotonic() >= until:
            return verdict
        await asyncio.sleep(LOOK_PAUSE_S)


async def _is_leaving(page: Page, refresh: str) -> bool:
    """Whether the page is going to lead elsewhere by itself, soon, without a script.

    ``refresh``: its header of that name (HTML, 7.5.1), empty where it has none.
    """
    try:
        content = await page.evaluate("document.querySelector('meta[http-equiv=refresh i]')?.content ?? ''")
    except BrowserError:
        return True  # it just does
    delays = [found for found in (REFRESH.match(content), REFRESH.match(refresh)) if found is not None]
    return any(float(delay[1]) < JUDGE_LIMIT_S for delay in delays)


async def _look(page: Page, proof: ProofOf, watch: _Watch) -> Reach:
    refused, opened, status = proof.refused, proof.opened, watch.status
    if refused.selector is not None and await shows(page, refused.selector):
        return Reach.REFUSED
    if refused.redirect is not None and matches(refused.redirect, page.url):
        return Reach.REFUSED
    if status in refused.status:
        return Reach.REFUSED
    if opened.selector is None and not is_same_page(page.url, proof.protected_url):
        return await _elsewhere(page, proof, watch)  # a status alone says nothing about another page
    if opened.selector is not None and not await shows(page, opened.selector):
        return await _elsewhere(page, proof, watch)
    if opened.status and status not in opened.status:
        return Reach.UNKNOWN
    return Reach.OPENED


async def _elsewhere(page: Page, proof: ProofOf, watch: _Watch) -> Reach:
    """The way may lead through the address that the profile names, to where a provider asks who is there."""
    redirect = proof.refused.redirect
    if redirect is None or watch.is_in_trouble or not any(matches(redirect, url) for url in watch.passed):
        return Reach.UNKNOWN
    return Reach.REFUSED if await asks_who(page) else Reach.UNKNOWN
