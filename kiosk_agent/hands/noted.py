"""What is noted of a visit's credentials, whether they ever opened the protected page, and what they are worth later.

A portal may give new cookies with every answer, and then the old ones are refused although the session lives. So the
credentials are noted again before each step of the logout, and the newest are asked about first.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

from playwright.async_api import BrowserContext, Page
from playwright.async_api import Error as BrowserError

from kiosk_agent.hands.credentials import Credentials, note_credentials
from kiosk_agent.hands.pages import Pages
from kiosk_agent.hands.proof import ElsewhereError, Replayer
from kiosk_agent.hands.reach import Reach, comes_open, is_open, opens_at_once
from kiosk_agent.portal.profile import Profile, Replay
from kiosk_agent.session.vocabulary import Proof

log = logging.getLogger(__name__)

MOST_KEPT = 6  # the newest; more than a logout has steps that change them
NOTE_LIMIT_S = 1.0  # measured: 1.3 ms for cookies
SIBLING_LIMIT_S = 1.0
PAGE_LIMIT_S = 0.5  # measured: 2 ms; a page that needs longer hangs
RETRY_PAUSES_S = (5.0, 15.0, 45.0, 120.0, 300.0)  # a portal that restarts is back by then
PROOF_OF = {Reach.REFUSED: Proof.REVOKED, Reach.OPENED: Proof.CLEARED, Reach.UNKNOWN: Proof.UNPROVEN}


class Noted:
    """One sign-in's credentials, oldest first, in memory alone."""

    def __init__(self, context: BrowserContext, profile: Profile, pages: Pages, replayer: Replayer) -> None:
        self._context = context
        self._profile = profile
        self._pages = pages
        self._replayer = replayer
        self._kept: list[Credentials] = []
        self._opened: Credentials | None = None  # what the protected page was last seen to open with
        self.half: bool | None = None  # after the logout the visit's own browser still got in; None: not known
        self._user_agent = ""
        self._is_forgotten = False
        self._controlling: asyncio.Task[None] | None = None

    async def note(self) -> None:
        """Note what the browser holds now. Where it is of another kind than before, see whether the portal takes it."""
        await self._keep()
        if not self.is_controlled and (self._controlling is None or self._controlling.done()):
            self._controlling = asyncio.get_running_loop().create_task(self._control_quietly())

    async def before_step(self) -> None:
        """Note what the browser holds now: this step may be the one that logs out. Never raises."""
        try:
            async with asyncio.timeout(NOTE_LIMIT_S):
                await self._keep(covered=True)
        except (BrowserError, TimeoutError) as error:
            log.info("the credentials could not be noted again: %s", type(error).__name__)

    async def _keep(self, *, covered: bool = False) -> Credentials:
        noted = await note_credentials(self._context, self._profile, self._pages.sessions, covered=covered)
        if not self._user_agent and self._pages.front is not None:
            self._user_agent = await _user_agent(self._pages.front)
        credentials = replace(noted, user_agent=self._user_agent)
        if self._is_forgotten:
            return Credentials()
        if not self._kept or not self._kept[-1].is_same_as(credentials):
            self._kept = [*self._kept[1 - MOST_KEPT :], credentials]
        return credentials

    # the positive control: without it a later refusal proves nothing

    @property
    def is_controlled(self) -> bool:
        """Whether the protected page was seen to open with credentials of the kind that is held now."""
        return self._opened is not None and bool(self._kept) and self._opened.kind == self._kept[-1].kind

    def begin_anew(self) -> None:
        """Another account: what the last one's credentials opened says nothing about these."""
        self._opened = None
        self._kept = self._kept[-1:]

    def _note_opened(self, credentials: Credentials) -> None:
        if self._is_forgotten:
            return
        self._opened = credentials
        self._kept = [credentials]  # what came before has been replaced

    async def _control_quietly(self) -> None:
        try:
            await self.control()
        except (BrowserError, TimeoutError) as error:
            log.debug("the browser went away during the check: %s", type(error).__name__)

    async def control(self) -> bool:
        """See whether the protected page opens, without anything that the resident could notice.

        Never from another browser: a portal may take that for theft while the session lives.
        """
        if self._profile.proof.replay is Replay.NONE:
            return False
        for watched in self._pages.watched:
            if watched.dialog is None and await self._shows_it_open(watched.page):
                self._note_opened(await self._keep())
                return True
        return await self._control_by_request()

    async def _shows_it_open(self, page: Page) -> bool:
        try:
            async with asyncio.timeout(PAGE_LIMIT_S):
                return await is_open(page, self._profile.proof)
        except (BrowserError, TimeoutError):
            return False  # it hangs or went away: the portal is asked instead

    async def _one_comes_open(self, limit_s: float) -> bool:
        """See whether the protected page is in one of the tabs and only still draws itself.

        Asking for it a second time meanwhile would only slow it down.
        """
        pages = [watched.page for watched in self._pages.watched if watched.dialog is None]
        proof = self._profile.proof
        found = any(await asyncio.gather(*(comes_open(page, proof, limit_s=limit_s) for page in pages)))
        if found:
            self._note_opened(await self._keep())
        return found

    async def _control_by_request(self) -> bool:
        try:
            answer = await self._replayer.control(self._context.request)
        except ElsewhereError:
            return False
        if answer is Reach.OPENED:
            self._note_opened(await self._keep())  # the portal may have changed the cookies with this very answer
        return answer is Reach.OPENED

    async def control_beneath_cover(self, page: Page, limit_s: float) -> bool:
        """The same, in a tab beside ``page`` where nothing less can tell. Raises BrowserError, TimeoutError."""
        if self._profile.proof.replay is Replay.NONE:
            return False
        if await self.control():
            if not self._replayer.requests_tell:
                await self._control_by_request()
            return self._opened is not None
        if await self._one_comes_open(limit_s / 2):
            return True
        sibling = await self._open_sibling(page)
        try:
            if await opens_at_once(sibling, self._profile.proof, limit_s=limit_s):
                self._note_opened(await self._keep())
        finally:
            await sibling.close()
        return self._opened is not None

    async def _open_sibling(self, page: Page) -> Page:
        """A tab that shares the session storage of ``page``, which only a tab opened by that page does."""
        try:
            async with asyncio.timeout(SIBLING_LIMIT_S), page.expect_popup() as opening:
                await page.evaluate("() => { window.open('about:blank') }")
            return await opening.value
        except (BrowserError, TimeoutError):
            return await self._context.new_page()

    async def is_refused(self) -> bool | None:
        """Whether the portal asks the visit's own browser to sign in; None: cannot be told unseen."""
        try:
            answer = await self._replayer.control(self._context.request)
        except ElsewhereError:
            return None
        return answer is Reach.REFUSED if self._replayer.requests_tell else None

    async def opens_for_strangers(self) -> bool:
        """Whether the protected page opens without any credentials."""
        return await self._replayer.opens_for_strangers()

    async def settle(self) -> None:
        """Before the logout: no check may go on beside it."""
        if self._controlling is not None and not self._controlling.done():
            self._controlling.cancel()
            await asyncio.gather(self._controlling, return_exceptions=True)

    # afterwards

    async def prove(self) -> Proof:
        """Replay what was noted, newest first. What was never seen to open proves nothing by being refused.

        What is accepted was cleared only if the visit's own browser was asked: else the logout may have been half.
        """
        answer = await self._replayer.replay(list(reversed(self._kept)))
        if answer is Reach.OPENED and self.half is None:
            return Proof.UNPROVEN
        is_whole = bool(self._kept) and self._kept[-1].databases is not None
        proves = self._opened is not None and is_whole
        return Proof.UNPROVEN if answer is Reach.REFUSED and not proves else PROOF_OF[answer]

    @property
    def can_retry(self) -> bool:
        """Whether a later answer could settle anything."""
        return bool(self._kept) and self._profile.proof.replay is not Replay.NONE

    async def prove_later(self) -> Proof:
        """Ask again for a while; the portal may only have been down."""
        for pause_s in RETRY_PAUSES_S:
            await asyncio.sleep(pause_s)
            proof = await self.prove()
            if proof is not Proof.UNPROVEN:
                return proof
        return Proof.UNPROVEN

    def forget(self) -> None:
        """Drop everything that is the resident's, and note nothing more."""
        if self._controlling is not None:
            self._controlling.cancel()
        self._is_forgotten = True
        self._kept, self._opened = [], None


async def _user_agent(page: Page) -> str:
    """What the browser calls itself; empty where the page hangs, whose credentials are noted all the same."""
    try:
        async with asyncio.timeout(PAGE_LIMIT_S):
            return str(await page.evaluate("navigator.userAgent"))
    except (BrowserError, TimeoutError):
        return ""
