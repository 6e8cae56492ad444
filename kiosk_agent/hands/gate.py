"""The gate: the agent's own start page, in a browser of its own that can open nothing else.

It is served with no port: an offline context answers one address from memory. The page draws what it is given and
decides nothing.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec
from playwright.async_api import Browser, BrowserContext, Page, Playwright, Route
from playwright.async_api import Error as BrowserError

from kiosk_agent.config import WindowMode
from kiosk_agent.errors import BrowserLostError
from kiosk_agent.hands.gate_words import gate_words
from kiosk_agent.hands.guard import Guard, guard
from kiosk_agent.hands.launch import launch_options
from kiosk_agent.hands.launched import Launched, let_go
from kiosk_agent.hands.ports import GateView, Post
from kiosk_agent.hands.visit_language import VisitLanguage, Voices
from kiosk_agent.hands.window import place_window
from kiosk_agent.locale import LANGUAGES, worker_language
from kiosk_agent.session import events as ev
from kiosk_agent.session.vocabulary import EndSource, Signal

log = logging.getLogger(__name__)

ADDRESS = "https://desk.invalid/"  # RFC 6761: no such name will ever be resolved
RETRY_PAUSES_S = (0.0, 0.5, 2.0, 5.0)
RENDER_LIMIT_S = 5.0


class DeskGate:
    """Implements :class:`kiosk_agent.hands.ports.Gate`.

    ``bulletin_read`` is told the number of a bulletin that the support worker has read.
    ``language`` is the desk's; ``residents``: what the visit's resident chooses at the start page, for all the others.
    """

    def __init__(
        self,
        playwright: Playwright,
        post: Post,
        *,
        executable: Path,
        data_dir: Path,
        headless: bool,
        window: WindowMode,
        language: str,
        residents: VisitLanguage | None = None,
        bulletin_read: Callable[[int], None] = lambda _number: None,
    ) -> None:
        self._playwright = playwright
        self._post = post
        self._bulletin_read = bulletin_read
        self._data_dir = data_dir
        self._launched = Launched(playwright, data_dir)
        self._executable = executable
        self._headless = headless
        # nothing else is wanted while the gate is up: it needs no tabs and no address
        self._window = WindowMode.FULLSCREEN if window is WindowMode.MAXIMIZED else window
        self._worker = worker_language(language)
        self._residents = residents or VisitLanguage(language)
        self._residents.on_change(self._language_chosen)
        self._browser: Browser | None = None
        self._context: BrowserContext | None = None
        self._page: Page | None = None
        self._guard: Guard | None = None
        self._view: GateView | None = None
        self._closing = False
        self._restarting: asyncio.Task[None] | None = None
        self._lock = asyncio.Lock()

    @property
    def page(self) -> Page:
        """The gate's page. Raises BrowserLostError while there is none."""
        if self._page is None or self._page.is_closed():
            raise BrowserLostError("The gate has no page.")
        return self._page

    async def open(self) -> None:
        """Start the gate's browser. Raises BrowserLostError."""
        options = launch_options(self._executable, headless=self._headless, proxy=None)
        viewport: dict[str, Any] = {} if self._headless else {"no_viewport": True}
        try:
            self._launched = Launched(self._playwright, self._data_dir)
            self._browser = await self._launched.start(options)
            self._browser.on("disconnected", self._lost)
            self._context = await self._browser.new_context(
                service_workers="block", accept_downloads=False, offline=True, **viewport
            )
            self._guard = await guard(self._browser, self._foreign_window)
            await self._context.route("**/*", self._answer)
            await self._context.expose_binding("kioskAct", self._acted)
            self._context.on("page", self._page_opened)
            await self._open_page()
        except BrowserError as error:
            raise BrowserLostError("The gate's browser did not start.") from error

    async def show(self, view: GateView, *, front: bool) -> None:
        self._view = msgspec.structs.replace(view, language=self._worker)
        if self._page is None or self._page.is_closed():
            return  # it is being opened again, and shows the newest view then
        await self._render()
        if front:
            await self._to_front()

    async def close(self) -> None:
        self._closing = True
        if self._restarting is not None:
            self._restarting.cancel()
        await self._close_browser()

    async def _close_browser(self) -> None:
        """Also where it is lost already: nothing of it is left. What cannot be removed, the log says."""
        await let_go(self._launched.close())
        await self._launched.wipe()

    # the page

    async def _open_page(self) -> None:
        if self._context is None:
            raise BrowserLostError("The gate has no browser.")
        page = await self._context.new_page()
        self._page = page
        page.on("close", lambda _page: self._lost())
        page.on("crash", lambda _page: self._lost())
        await page.goto(ADDRESS)
        await self._render()
        await self._to_front()

    async def _render(self) -> None:
        if self._view is None or self._page is None:
            return
        words = gate_words(self._view, Voices(self._worker, self._residents))
        try:
            async with asyncio.timeout(RENDER_LIMIT_S):
                await self._page.evaluate("words => globalThis.render(words)", words)
        except (BrowserError, TimeoutError) as error:
            log.warning("the gate's page cannot be drawn: %s", type(error).__name__)
            self._lost()

    async def _to_front(self) -> None:
        if self._page is not None:
            await place_window(self._page, self._window, headless=self._headless)

    def _page_opened(self, page: Page) -> None:
        if page is not self._page and self._page is not None and not self._page.is_closed():
            self._forget(page)

    def _forget(self, page: Page) -> None:
        async def close() -> None:
            if page is not self._page:
                await page.close()

        self._later(close())

    def _later(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        task.add_done_callback(lambda done: None if done.cancelled() else done.exception())

    async def _answer(self, route: Route) -> None:
        if route.request.url == ADDRESS and route.request.is_navigation_request():
            nonce = secrets.token_urlsafe(16)
            policy = (
                f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; base-uri 'none'; "
                "form-action 'none'; frame-ancestors 'none'"
            )
            headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy}
            await route.fulfill(status=200, body=page_source(nonce), headers=headers)
        else:
            await route.abort()

    # what happens to it

    def _foreign_window(self, closed: bool) -> None:
        self._post(ev.ChangeSignalled(Signal.FOREIGN_WINDOW_CLOSED if closed else Signal.FOREIGN_WINDOW_STUCK))

    def _language_chosen(self) -> None:
        if self._page is not None and not self._page.is_closed():
            self._later(self._render())

    def _lost(self, _browser: Browser | None = None) -> None:
        if not self._closing and (self._restarting is None or self._restarting.done()):
            self._restarting = asyncio.get_running_loop().create_task(self._restart())

    async def _restart(self) -> None:
        """First another page; where the browser is gone, another browser."""
        try:
            async with asyncio.timeout(RENDER_LIMIT_S):
                if self._browser is not None and self._browser.is_connected():
                    await self._open_page()
                    return
        except (BrowserError, BrowserLostError, TimeoutError) as error:
            log.warning("the gate's page cannot be opened again: %s", type(error).__name__)
        self._post(ev.GateFailed())
        attempt = 0
        while not self._closing:
            await asyncio.sleep(RETRY_PAUSES_S[min(attempt, len(RETRY_PAUSES_S) - 1)])
            attempt += 1
            try:
                await self._close_browser()
                await self.open()
            except (BrowserError, BrowserLostError) as error:
                log.warning("the gate cannot be opened again: %s", type(error).__name__)
            else:
                self._post(ev.GateRecovered())
                return

    # what is pressed

    async def _acted(self, source: dict[str, Any], said: dict[str, Any]) -> None:
        page: Page = source["page"]
        if page is not self._page or source["frame"] != page.main_frame or page.url != ADDRESS:
            log.warning("something that is not the gate called its binding")
            return
        match said:
            case {"do": "start"}:
                self._post(ev.StartRequested(secrets.token_hex(16)))
            case {"do": "end"}:
                self._post(ev.EndRequested(EndSource.GATE))
            case {"do": "next_person"}:
                self._post(ev.ChangeSignalled(Signal.NEXT_PERSON))
            case {"do": "confirm"}:
                self._post(
                    ev.Confirmed(
                        said.get("card_returned") is True,
                        said.get("printouts_taken") is True,
                        said.get("signed_out_seen") is True,
                        str(said.get("mark", ""))[:16],
                    )
                )
            case {"do": "bulletin_read", "bulletin": str(number)} if number.isascii() and number.isdigit():
                self._bulletin_read(int(number[:16]))
            case {"do": "language", "language": str(language)}:
                self._residents.choose(language)
            case {"do": "worker_language"} if self._view is not None:
                self._worker = LANGUAGES[1 - LANGUAGES.index(self._worker)]
                self._view = msgspec.structs.replace(self._view, language=self._worker)
                await self._render()


def page_source(nonce: str) -> str:
    """The whole page: one answer, nothing to fetch."""
    folder = resources.files("kiosk_agent.hands.web")
    parts = {
        name: folder.joinpath(file).read_text(encoding="utf-8")
        for name, file in (("tokens", "tokens.css"), ("style", "gate.css"), ("script", "gate.js"))
    }
    page = folder.joinpath("gate.html").read_text(encoding="utf-8").replace("{nonce}", nonce)
    for name, text in parts.items():
        page = page.replace(f"{{{name}}}", text)
    return page
