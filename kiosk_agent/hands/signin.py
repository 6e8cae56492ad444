"""One visit's sign-in: noticing it, binding it to an account, noting its credentials, and asking about them later."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from playwright.async_api import BrowserContext, Response
from playwright.async_api import Error as BrowserError

from kiosk_agent.hands.credentials import Credentials, note_credentials
from kiosk_agent.hands.pages import Pages
from kiosk_agent.hands.ports import Post
from kiosk_agent.hands.proof import Elsewhere, Replayer
from kiosk_agent.hands.reach import Reach
from kiosk_agent.hands.signs import AccountTagger, Signs, mask
from kiosk_agent.portal.profile import Profile, Replay
from kiosk_agent.session import events as ev
from kiosk_agent.session.vocabulary import Proof

log = logging.getLogger(__name__)

LOOK_PAUSE_S = 0.2  # several signs of a change come together; one look answers them all
RETRY_PAUSES_S = (5.0, 15.0, 45.0, 120.0, 300.0)  # a portal that restarts is back by then
PROOF_OF = {Reach.REFUSED: Proof.REVOKED, Reach.OPENED: Proof.CLEARED, Reach.UNKNOWN: Proof.UNPROVEN}


class SignIn:
    """Looks at the pages whenever something may have changed, and posts what is new."""

    def __init__(
        self, context: BrowserContext, profile: Profile, pages: Pages, replayer: Replayer, post: Post
    ) -> None:
        self._context = context
        self._profile = profile
        self._pages = pages
        self._replayer = replayer
        self._post = post
        self.signs = Signs(context, profile)
        self._tagger = AccountTagger()
        self._tag: str | None = None
        self._revealed = False
        self._done_operations: set[str] = set()
        self._looking: asyncio.Task[None] | None = None
        self._again = False
        self._controlling: asyncio.Task[None] | None = None
        self._credentials = Credentials()
        self._controlled = False
        self.seen = False
        self.hint = ""

    # looking

    def look(self) -> None:
        """Something may have changed: look soon. Safe to call often."""
        if self._looking is not None and not self._looking.done():
            self._again = True
            return
        self._looking = asyncio.get_running_loop().create_task(self._look())

    def answered(self, response: Response) -> None:
        """The portal answered: it may have given or taken a cookie."""
        if response.headers.get("set-cookie") is not None:
            self.look()

    async def _look(self) -> None:
        while True:
            self._again = False
            await asyncio.sleep(LOOK_PAUSE_S)
            try:
                await self._look_once()
            except BrowserError as error:
                log.debug("a page went away while it was read: %s", type(error).__name__)
            if not self._again:
                return

    async def _look_once(self) -> None:
        pages = [watched.page for watched in self._pages.watched if watched.dialog is None]
        if not pages:
            return
        signed_in = await self.signs.signed_in(pages)
        if signed_in and not self.seen:
            self.seen = True
            self._post(ev.SignInSeen())
        elif self.seen and not signed_in and await self._is_over(pages):
            self.seen = False
            self._post(ev.SignOutSeen())
            return
        if not signed_in:
            return
        await self._read_account(pages)
        for operation in await self.signs.finished(pages):
            if operation.name not in self._done_operations:
                self._done_operations.add(operation.name)
                self._post(ev.OperationFinished(operation.name))
        await self.note()

    async def _is_over(self, pages: list[Any]) -> bool:
        """The marks of the sign-in are gone. Has the resident logged out, or is this just another page?"""
        if await self.signs.signed_out(pages):
            return True
        try:
            return await self._replayer.control(self._context.request) is Reach.REFUSED
        except Elsewhere:
            marks = self._profile.signed_in
            return marks.cookie is not None or marks.storage is not None

    async def _read_account(self, pages: list[Any]) -> None:
        account = self._profile.account
        if account is None:
            return
        text = await self.signs.account_text(pages)
        if text is None and account.reveal and not self._revealed and self._pages.front is not None:
            self._revealed = True
            text = await self.signs.reveal_account(self._pages.front, account)
        if text is None:
            return
        tag = self._tagger.tag(text)
        if tag != self._tag:
            self._tag = tag
            self.hint = mask(text)
            self._post(ev.AccountSeen(tag))

    @property
    def account_seen(self) -> bool:
        """Whether a page has shown an account."""
        return self._tag is not None

    # credentials

    async def note(self) -> None:
        """Note what the browser holds now; where that is new, see whether the portal takes it."""
        if await self._note_again() and (self._controlling is None or self._controlling.done()):
            self._controlling = asyncio.get_running_loop().create_task(self._control_quietly())

    async def note_and_control(self) -> bool:
        """The same at once, for the logout: only what is new has to be asked about."""
        await self._note_again()
        return self._controlled or await self.control()

    async def _note_again(self) -> bool:
        """Whether what the browser holds is new."""
        noted = await note_credentials(self._context, self._profile, self._pages.sessions)
        agent = self._credentials.user_agent or await self._user_agent()
        noted = Credentials(noted.cookies, noted.local, noted.session, agent)
        if noted == self._credentials:
            return False
        self._credentials, self._controlled = noted, False
        return True

    async def _user_agent(self) -> str:
        page = self._pages.front
        return str(await page.evaluate("navigator.userAgent")) if page is not None else ""

    async def _control_quietly(self) -> None:
        try:
            await self.control()
        except BrowserError as error:
            log.debug("the browser went away during the check: %s", type(error).__name__)

    async def control(self) -> bool:
        """The positive control: the protected page opens with the noted credentials."""
        if self._profile.proof.replay is Replay.NONE:
            return False
        try:
            answer = await self._replayer.control(self._context.request)
            if answer is Reach.OPENED:  # a portal may have changed the cookies with this very answer
                noted = await note_credentials(self._context, self._profile, self._pages.sessions)
                self._credentials = Credentials(
                    noted.cookies, noted.local, noted.session, self._credentials.user_agent
                )
        except Elsewhere:
            answer = await self._replayer.replay(self._credentials)
        self._controlled = answer is Reach.OPENED
        return self._controlled

    async def settle(self) -> None:
        """Before the logout: no look or check may go on beside it."""
        for task in (self._looking, self._controlling):
            if task is not None and not task.done():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    # afterwards

    async def prove(self) -> Proof:
        """Replay the noted credentials. What was never shown to open proves nothing by being refused."""
        answer = await self._replayer.replay(self._credentials)
        if answer is Reach.REFUSED and not self._controlled:
            return Proof.UNPROVEN
        return PROOF_OF[answer]

    @property
    def can_retry(self) -> bool:
        """Whether a later answer could settle anything."""
        return not self._credentials.is_empty and self._profile.proof.replay is not Replay.NONE

    async def prove_later(self) -> Proof:
        """Ask again for a while; the portal may only have been down."""
        for pause_s in RETRY_PAUSES_S:
            await asyncio.sleep(pause_s)
            proof = await self.prove()
            if proof is not Proof.UNPROVEN:
                return proof
        return Proof.UNPROVEN

    def forget(self) -> None:
        """Drop everything that is the resident's."""
        self._credentials = Credentials()
        self._controlled = False
        self._tag = None
        self.hint = ""
