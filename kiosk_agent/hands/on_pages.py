"""What the agent itself shows in the portal's pages: the warning and the nudge, in each page and in each new one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import msgspec
from playwright.async_api import Error as BrowserError
from playwright.async_api import Page

from kiosk_agent.clock import Clock
from kiosk_agent.hands.overlay import nudge_view, overlay_view
from kiosk_agent.hands.pages import Dialogs, Pages, Watched
from kiosk_agent.hands.ports import Post, WarningView
from kiosk_agent.hands.visit_language import Voices
from kiosk_agent.portal.globs import matches
from kiosk_agent.portal.profile import Operation
from kiosk_agent.session import events as ev
from kiosk_agent.session.vocabulary import Answer, Answerer, EndSource

log = logging.getLogger(__name__)

SHOWN_LIMIT_S = 1.0
WARN_AGAIN_PAUSE_S = 0.2


class OnPages:
    """The warning and the nudge of one visit. ``start`` runs what nobody waits for."""

    def __init__(
        self,
        operations: Sequence[Operation],
        voices: Voices,
        clock: Clock,
        post: Post,
        start: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        self._operations = operations
        self._voices = voices
        self._clock = clock
        self._post = post
        self._start = start
        self._pages: Pages | None = None
        self._warning: WarningView | None = None
        self._warned_until = 0.0
        self._fought: Callable[[], None] = lambda: None
        self._nudged_for: Operation | None = None
        self._warned: dict[Page, asyncio.Event] = {}
        self._forget_language = voices.residents.on_change(self._language_chosen)

    def watch(self, pages: Pages) -> None:
        """The pages in which it shows something."""
        self._pages = pages

    def end(self) -> None:
        """The visit ends: nobody chooses a language in its pages any more."""
        self._forget_language()

    def heard(self, page: Page, said: dict[str, Any]) -> None:
        """What somebody answers there, and how the page takes it."""
        match said:
            case {"k": "warning_shown"}:
                self._warned.setdefault(page, asyncio.Event()).set()
            case {"k": "warning_fought"} if self._warning is not None:
                self._fought()
            case {"k": "warning_answer", "answer": answer} if self._warning is not None:
                by = Answerer.WORKER if self._warning.worker_only else Answerer.RESIDENT
                self._post(ev.WarningAnswered(Answer(answer), by, str(said.get("mark", ""))))
            case {"k": "language", "language": str(language)}:
                self._voices.residents.choose(language)
            case {"k": "nudge_logout"}:
                self._post(ev.EndRequested(EndSource.NUDGE))
            case {"k": "nudge_closed"}:
                self._nudged_for = None
                self._start(self._everywhere("unnudge"))  # also in the visit's other pages

    async def warn(self, view: WarningView, fought: Callable[[], None]) -> bool:
        """Show the warning in each page; whether each one shows it. ``fought``: a page removed it again and again."""
        if self._pages is None:
            return False
        self._fought = fought
        self._nudged_for = None
        self._warning, self._warned_until = view, self._clock.now() + view.seconds
        await self._pages.answer_dialogs(Dialogs.DISMISSED)  # one would lie above the warning, and stop its count
        shown = await asyncio.gather(*(self._warn_page(one, view) for one in self._pages.watched))
        return bool(shown) and all(shown)

    async def stop_warning(self) -> None:
        """Take it away."""
        self._warning = None
        await self._everywhere("hide")

    async def nudge(self, operation: str) -> None:
        """Urge the resident to log out, as the operation of this name is done."""
        self._nudged_for = next((one for one in self._operations if one.name == operation), None)
        await self._everywhere("nudge", nudge_view(self._voices.residents))

    def again(self, watched: Watched) -> None:
        """A page that was opened, or went elsewhere, while the warning runs or the nudge is shown."""
        if self._warning is not None:
            self._start(self._warn_until_shown(watched, self._warning))
        elif self._nudged_for is not None:
            self._start(self._nudge_again(watched, self._nudged_for))

    async def _nudge_again(self, watched: Watched, operation: Operation) -> None:
        """Where the finished operation is still shown; whoever has gone on to something else is left in peace."""
        if self._pages is not None and matches(operation.url, watched.page.url):
            await self._pages.call(watched, "nudge", nudge_view(self._voices.residents))

    async def _warn_until_shown(self, watched: Watched, warning: WarningView) -> None:
        """A document that has only just come may be busy, or give way to the next one."""
        while self._warning is warning:
            left_s = max(0.0, self._warned_until - self._clock.now())
            if await self._warn_page(watched, msgspec.structs.replace(warning, seconds=left_s)):
                return
            await asyncio.sleep(WARN_AGAIN_PAUSE_S)

    async def _warn_page(self, watched: Watched, view: WarningView) -> bool:
        if self._pages is None:
            return False
        shown = self._warned.setdefault(watched.page, asyncio.Event())
        shown.clear()
        try:
            await self._pages.call(watched, "show", overlay_view(view, self._voices))
            async with asyncio.timeout(SHOWN_LIMIT_S):
                await shown.wait()
        except (BrowserError, TimeoutError):
            return watched.page.is_closed()  # a page that is gone needs no warning
        return True

    def _language_chosen(self) -> None:
        self._start(self._everywhere("language", self._voices.residents.chosen))

    async def _everywhere(self, function: str, *arguments: object) -> None:
        if self._pages is None:
            return
        for watched in self._pages.watched:
            try:
                await self._pages.call(watched, function, *arguments)
            except (BrowserError, TimeoutError) as error:
                log.info("a page did not answer to %s: %s", function, type(error).__name__)
