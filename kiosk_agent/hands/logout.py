"""The portal's own logout, and the question whether it was a whole one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from playwright.async_api import BrowserContext, Page
from playwright.async_api import Error as BrowserError

from kiosk_agent.hands.pages import Pages
from kiosk_agent.hands.ports import LogoutReport
from kiosk_agent.hands.reach import Reach, reach
from kiosk_agent.hands.signin import SignIn
from kiosk_agent.hands.steps import Front, StepResult, find, run_steps
from kiosk_agent.hands.underway import Underway
from kiosk_agent.portal.globs import matches
from kiosk_agent.portal.profile import Isolation, Profile, Replay

ANSWER_LIMIT_S = 1.0  # a page that needs longer for nothing at all hangs
SETTLE_LIMIT_S = 3.0
HALF_LIMIT_S = 10.0  # measured: 0.6 s; a consent on a slow PC takes ten times that
CONTROL_LIMIT_S = 6.0


class Logout:
    """Logs out in the visit's own browser. To be run beneath the cover."""

    def __init__(
        self,
        context: BrowserContext,
        profile: Profile,
        pages: Pages,
        sign_in: SignIn,
        on_step: Callable[[StepResult], None] = lambda _result: None,
    ) -> None:
        self._context = context
        self._profile = profile
        self._pages = pages
        self._sign_in = sign_in
        self._on_step = on_step
        self._steps: list[tuple[str, bool, float, str]] = []

    async def run(self, *, steps: bool) -> LogoutReport:
        """Note and check the credentials, log out (where ``steps``), and look whether the portal lets us in again."""
        await self._sign_in.settle()
        page = await self._answering_page()
        if steps:
            await self._control(page)
        front = Front(self._context, page, everywhere=True)
        try:
            with Underway(self._context) as underway:
                steps_ok = not steps or await run_steps(
                    front,
                    self._profile.logout.steps,
                    limit_s=self._profile.logout.timeout_s,
                    on_step=self._note,
                    before_step=self._sign_in.noted.before_step,
                )
                signed_out_seen = await self._wait_for_signed_out(front)
                await underway.wait(SETTLE_LIMIT_S)  # a page may say goodbye before the portal knows of it
            # a pop-up window that came after the goodbye is not where the session was
            page = front.look() if front.page.is_closed() or not signed_out_seen else front.page
        finally:
            front.release()
        half = await self._is_half(page)
        return LogoutReport(steps_ok, signed_out_seen, half, tuple(self._steps))

    def _note(self, result: StepResult) -> None:
        self._steps.append((result.step, result.ok, result.ms, result.detail))
        self._on_step(result)

    async def _control(self, page: Page) -> None:
        """See that the noted credentials open the protected page, while they still should."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(CONTROL_LIMIT_S):
                opened = await self._sign_in.noted.control_beneath_cover(page, CONTROL_LIMIT_S)
            detail = "" if opened else "the protected page does not open before the logout: nothing can be proved"
        except (BrowserError, TimeoutError) as error:
            opened, detail = False, type(error).__name__
        if self._profile.proof.replay is not Replay.NONE:
            self._note(
                StepResult("open the protected page", opened, round((time.monotonic() - began) * 1000, 1), detail)
            )

    async def _answering_page(self) -> Page:
        """The page in front, or where it hangs, another one that shows the portal."""
        page = self._pages.front
        if page is not None and not page.is_closed():
            try:
                async with asyncio.timeout(ANSWER_LIMIT_S):
                    await page.evaluate("1")
                    return page
            except (BrowserError, TimeoutError):
                pass  # it hangs or is gone: the portal is opened anew
        fresh = await self._context.new_page()
        try:
            async with asyncio.timeout(self._profile.logout.timeout_s):
                await fresh.goto(self._profile.portal.start_url, wait_until="domcontentloaded")
        except (BrowserError, TimeoutError):
            pass  # its steps will say what is not there
        return fresh

    async def _wait_for_signed_out(self, front: Front) -> bool:
        """Whether the portal shows its signed-out page, as soon as it does. A hint, not the proof."""
        marks = self._profile.signed_out
        try:
            async with asyncio.timeout(SETTLE_LIMIT_S):
                if marks.selector is not None:
                    await find(front, marks.selector)
                elif marks.url is not None:
                    await front.look().wait_for_url(lambda url: matches(marks.url or "", url))
        except (BrowserError, TimeoutError):
            pass  # not in front; it may be in another window
        try:
            async with asyncio.timeout(ANSWER_LIMIT_S):
                return await self._sign_in.signs.signed_out(self._context.pages)
        except (BrowserError, TimeoutError):
            return False

    async def _is_half(self, page: Page) -> bool | None:
        """Ask for the protected page in the same browser, in the same tab: its session storage goes on."""
        # with an extension in the browser, "sign in" may open the card's program
        presses = self._profile.portal.isolation is Isolation.MEMORY
        answer = await reach(page, self._profile.proof, limit_s=HALF_LIMIT_S, press_if_refused=presses)
        if answer is Reach.OPENED and await self._sign_in.noted.opens_for_strangers():
            return None  # it is not protected at all
        return {Reach.OPENED: True, Reach.REFUSED: False, Reach.UNKNOWN: None}[answer]
