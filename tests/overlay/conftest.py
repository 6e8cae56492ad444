"""One signed-in visit in a real browser for all tests of a module; each gets a page of its own in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from playwright.async_api import Page

from kiosk_agent.hands.ports import WarningView
from kiosk_agent.hands.visit_language import VisitLanguage
from kiosk_agent.practice.portal import PracticePortal
from kiosk_agent.practice.switches import Quirk, Switches
from kiosk_agent.session import events as ev
from kiosk_agent.session.vocabulary import WarningKind
from tests.browser.conftest import Visit, visiting
from tests.support.closed_root import middle_of

LIMIT_S = 30.0  # for anything to happen: fails, never times
SIZE = {"width": 1024, "height": 768}


async def until(condition: Callable[[], Awaitable[Any]], what: str) -> None:
    """Ask again and again until it holds."""
    try:
        async with asyncio.timeout(LIMIT_S):
            while not await condition():
                await asyncio.sleep(0.03)
    except TimeoutError:
        pytest.fail(f"this did not happen: {what}")


class Warned:
    """A page of a visit, and the agent's overlay in it."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.fights = 0

    @property
    def page(self) -> Page:
        return self.visit.page

    async def open(self, *quirks: Quirk, **switches: Any) -> Page:
        """The account page, with these quirks."""
        self.visit.portal.switches = Switches(quirks=frozenset(quirks), **switches)
        await self.page.goto(f"{self.visit.portal.url}/account")
        return self.page

    def view(self, **changes: Any) -> WarningView:
        """An ordinary warning, with changes."""
        plain = WarningView(
            kind=WarningKind.IDLE,
            seconds=60.0,
            worker_only=False,
            can_extend=True,
            needs_mark=False,
            hint=self.visit.browser.hint,
        )
        return msgspec.structs.replace(plain, **changes)

    async def warn(self, **changes: Any) -> Page:
        """Show the warning, and wait until what is pressed counts."""
        view = self.view(**changes)
        await until(lambda: self.visit.browser.show_warning(view, self._fought), "the warning is shown")
        await until(self._armed, "the warning is armed")
        return self.page

    async def nudge(self) -> Page:
        """Show the nudge, and wait until what is pressed counts."""
        await self.visit.browser.show_nudge("an operation")
        await until(self._armed, "the nudge is armed")
        return self.page

    @property
    def language(self) -> VisitLanguage:
        """What the visit's resident reads."""
        return self.visit.language

    def _fought(self) -> None:
        self.fights += 1

    async def _armed(self) -> bool:
        return bool((await self.state())["armed"])

    async def state(self) -> dict[str, Any]:
        """What the overlay says of itself, in its own world."""
        pages = self.visit.browser._pages
        assert pages is not None
        watched = next(one for one in pages.watched if one.page is self.page)
        return dict(await pages.call(watched, "state"))

    async def holds(self) -> bool:
        """Whether the warning can be seen and pressed."""
        return bool((await self.state())["warning"])

    async def click(self, selector: str, index: int = 0) -> None:
        await self.page.mouse.click(*await middle_of(self.page, selector, index))

    async def tap(self, selector: str, index: int = 0) -> None:
        """With a finger."""
        x, y = await middle_of(self.page, selector, index)
        session = await self.page.context.new_cdp_session(self.page)
        await session.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
        await session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
        await session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        await session.detach()

    async def answered(self) -> ev.WarningAnswered:
        """The only answer."""
        answer = await self.visit.until(ev.WarningAnswered)
        assert self.visit.of(ev.WarningAnswered) == [answer]
        return answer


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_visit(browser_path: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Visit]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KIOSK_AGENT_BROWSER", browser_path)
        async with PracticePortal() as portal, visiting(portal, tmp_path_factory.mktemp("visit")) as visit:
            await visit.sign_in()
            await visit.until(ev.AccountSeen)
            yield visit


@pytest_asyncio.fixture(loop_scope="module")
async def warned(shared_visit: Visit) -> AsyncIterator[Warned]:
    """A fresh page, with the account in it."""
    context = shared_visit.browser._context  # the last test may have closed its page
    assert context is not None
    before = context.pages
    page = await context.new_page()
    for old in before:
        await old.close()
    await page.set_viewport_size(SIZE)
    warned = Warned(shared_visit)

    async def is_watched() -> bool:
        pages = shared_visit.browser._pages
        return pages is not None and [one.page for one in pages.watched] == [page]

    await until(is_watched, "the new page is watched")
    await warned.open()
    shared_visit.events.clear()
    yield warned
    await shared_visit.browser.hide_warning()
    warned.language.go_back()
