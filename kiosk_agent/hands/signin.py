"""One visit's sign-in: noticing it, binding it to an account, and noticing its end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from playwright.async_api import BrowserContext, Page, Response
from playwright.async_api import Error as BrowserError

from kiosk_agent.hands.noted import Noted
from kiosk_agent.hands.pages import Pages
from kiosk_agent.hands.ports import Post
from kiosk_agent.hands.proof import Replayer
from kiosk_agent.hands.signs import AccountTagger, Signs, mask
from kiosk_agent.portal.profile import Operation, Profile
from kiosk_agent.session import events as ev

log = logging.getLogger(__name__)

LOOK_PAUSE_S = 0.2  # several signs of a change come together; one look answers them all
LOOK_LIMIT_S = 10.0  # a page that hangs answers nothing; opening a menu to read the account takes up to five
READING = ("GET", "HEAD", "OPTIONS")  # these change nothing (RFC 9110, 9.2.1)
TELLING = ("document", "xhr", "fetch")  # answers that may give or take a cookie, or change what a page shows


class SignIn:
    """Looks at the pages whenever something may have changed, and posts what is new.

    ``also`` looks at them too, while somebody is signed in.
    """

    def __init__(
        self,
        context: BrowserContext,
        profile: Profile,
        pages: Pages,
        replayer: Replayer,
        post: Post,
        also: Callable[[Sequence[Page]], Awaitable[None]],
    ) -> None:
        self._context = context
        self._profile = profile
        self._pages = pages
        self._post = post
        self._also = also
        self.signs = Signs(context, profile)
        self.noted = Noted(context, profile, pages, replayer)
        self._tagger = AccountTagger()
        self._tag: str | None = None  # of the account that was seen first
        self._told: set[str] = set()
        self._revealed = False
        self._sent = 0  # requests that changed something at the portal
        self._done_at: dict[str, int] = {}  # of each operation that was shown as done: how many had been sent then
        self._shown_done: set[str] = set()
        self._looking: asyncio.Task[None] | None = None
        self._again = False
        self._is_settled = False
        self._asked_at: tuple[str, ...] = ()
        self.seen = False
        self.hint = ""

    # looking

    def look(self) -> None:
        """Something may have changed: look soon. Safe to call often."""
        if self._is_settled:
            return
        if self._looking is not None and not self._looking.done():
            self._again = True
            return
        self._looking = asyncio.get_running_loop().create_task(self._look())

    def answered(self, response: Response) -> None:
        """The portal answered. Whether it set a cookie would cost a question each time: the look finds out."""
        if response.request.resource_type in TELLING:
            self._sent += response.request.method not in READING
            self.look()

    async def _look(self) -> None:
        while True:
            self._again = False
            await asyncio.sleep(LOOK_PAUSE_S)
            try:
                async with asyncio.timeout(LOOK_LIMIT_S):
                    await self._look_once()
            except (BrowserError, TimeoutError) as error:
                log.debug("a page went away or hung while it was read: %s", type(error).__name__)
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
        self._asked_at = ()
        await self._read_account(pages)
        await self._also(pages)
        self._note_done(await self.signs.finished(pages))
        await self.noted.note()

    def _note_done(self, finished: Sequence[Operation]) -> None:
        """A page that says "done" once more, and nothing was sent meanwhile, is looked at again, not done again."""
        for name in (operation.name for operation in finished):
            if name not in self._shown_done and self._sent > self._done_at.get(name, -1):
                self._post(ev.OperationFinished(name))
            self._done_at[name] = self._sent
        self._shown_done = {operation.name for operation in finished}

    async def _is_over(self, pages: list[Page]) -> bool:
        """The marks of the sign-in are gone. Has the resident logged out, or is this just another page?"""
        if await self.signs.signed_out(pages) or await self.signs.has_lost_credentials(pages):
            return True
        where = tuple(page.url for page in pages)
        if where == self._asked_at:
            return False  # the same pages as when the portal was last asked
        self._asked_at = where
        return await self.noted.is_refused() is True or await self.signs.asks_to_sign_in(pages)

    async def _read_account(self, pages: list[Page]) -> None:
        account = self._profile.account
        if account is None:
            return
        texts = await self.signs.account_texts(pages)
        if not texts and account.reveal and not self._revealed and self._pages.front is not None:
            self._revealed = True
            text = await self.signs.reveal_account(self._pages.front, account)
            texts = [text] if text else []
        for text in texts:  # every page and frame: the other account may show in one of them alone
            self._note_account(text)

    def _note_account(self, text: str) -> None:
        tag = self._tagger.tag(text)
        if tag in self._told:
            return
        self._told.add(tag)
        if self._tag is None:
            self._tag, self.hint = tag, mask(text)
        else:
            self.noted.begin_anew()
        self._post(ev.AccountSeen(tag))

    @property
    def account_seen(self) -> bool:
        """Whether a page has shown an account."""
        return self._tag is not None

    async def settle(self) -> None:
        """Before the logout: from here on nothing is looked at, so that nothing is noted of what comes after it."""
        self._is_settled = True
        if self._looking is not None and not self._looking.done():
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        await self.noted.settle()

    def forget(self) -> None:
        """Drop everything that is the resident's, and look at nothing more."""
        self._is_settled = True
        if self._looking is not None:
            self._looking.cancel()
        self.noted.forget()
        self._tag = None
        self._told.clear()
        self.hint = ""
