"""Reading the portal: is somebody signed in, which account does it show, is an operation finished?"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata
from collections.abc import Sequence

from playwright.async_api import BrowserContext, Frame, Locator, Page
from playwright.async_api import Error as BrowserError

from kiosk_agent.hands.steps import Front, run_steps, shows
from kiosk_agent.portal.globs import matches
from kiosk_agent.portal.profile import Account, Operation, Profile, Verb

REVEAL_LIMIT_S = 5.0
READ_LIMIT_MS = 1000.0


class AccountTagger:
    """Turns account texts into tags that can be compared within one visit, and are worth nothing outside it."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def tag(self, text: str) -> str:
        """HMAC-SHA256 of the normalised text, in hex."""
        return hmac.new(self._key, normalise(text).encode(), hashlib.sha256).hexdigest()


def normalise(text: str) -> str:
    """The account as it is compared: NFKC, runs of white space as one, trimmed, case-folded."""
    return " ".join(unicodedata.normalize("NFKC", text).split()).casefold()


def mask(text: str) -> str:
    """A hint that its owner recognises and nobody else can use: the first character."""
    shown = " ".join(unicodedata.normalize("NFKC", text).split())
    return f"{shown[0]}＊＊＊" if shown else ""


class Signs:
    """What the pages of one visit show, by the marks that the profile names."""

    def __init__(self, context: BrowserContext, profile: Profile) -> None:
        self._context = context
        self._profile = profile

    async def signed_in(self, pages: Sequence[Page]) -> bool:
        """Whether all marks of a sign-in hold, each on one of ``pages`` at least."""
        marks = self._profile.signed_in
        if marks.url is not None and not any(matches(marks.url, page.url) for page in pages):
            return False
        if marks.cookie is not None and not await self._has_cookie(marks.cookie):
            return False
        if marks.storage is not None and not await self._any_has_item(pages, marks.storage):
            return False
        return marks.selector is None or await any_shows(pages, marks.selector)

    async def signed_out(self, pages: Sequence[Page]) -> bool:
        """Whether the portal shows what it shows after a logout. A hint, not the proof."""
        marks = self._profile.signed_out
        if marks.url is None and marks.selector is None:
            return False
        if marks.url is not None and not any(matches(marks.url, page.url) for page in pages):
            return False
        return marks.selector is None or await any_shows(pages, marks.selector)

    async def has_lost_credentials(self, pages: Sequence[Page]) -> bool:
        """Whether what carries the sign-in is gone: its cookie, or its item in web storage."""
        marks = self._profile.signed_in
        if marks.cookie is not None and not await self._has_cookie(marks.cookie):
            return True
        return marks.storage is not None and not await self._any_has_item(pages, marks.storage)

    async def asks_to_sign_in(self, pages: Sequence[Page]) -> bool:
        """Whether a page shows what the portal shows to those whom it refuses."""
        refused = self._profile.proof.refused
        if refused.redirect is not None and any(matches(refused.redirect, page.url) for page in pages):
            return True
        return refused.selector is not None and await any_shows(pages, refused.selector)

    async def account_texts(self, pages: Sequence[Page]) -> list[str]:
        """The texts that name the account, one for each frame of each page that shows it."""
        account = self._profile.account
        return await texts_of(pages, account.selector) if account is not None else []

    async def reveal_account(self, page: Page, account: Account) -> str | None:
        """Open what hides the account, read it, and close that again: with Escape, or as it was opened."""
        front = Front(self._context, page)
        try:
            await run_steps(front, account.reveal, limit_s=REVEAL_LIMIT_S)
            texts = await texts_of([page], account.selector)
            await page.keyboard.press("Escape")
            if account.reveal[-1].verb is Verb.CLICK and await shows(page, account.selector):
                await run_steps(front, account.reveal[-1:], limit_s=REVEAL_LIMIT_S)
        finally:
            front.release()
        return texts[0] if texts else None

    async def finished(self, pages: Sequence[Page]) -> list[Operation]:
        """The operations that a page shows as done."""
        return [
            operation
            for operation in self._profile.operations
            if await any_shows([page for page in pages if matches(operation.url, page.url)], operation.done)
        ]

    async def _has_cookie(self, name: str) -> bool:
        cookies = await self._context.cookies()  # of all addresses: it may hold for a part of the portal only
        return any(cookie.get("name") == name and cookie.get("value") for cookie in cookies)

    async def _any_has_item(self, pages: Sequence[Page], where: str) -> bool:
        kind, _, key = where.partition(":")
        store = "localStorage" if kind == "local" else "sessionStorage"
        for page in pages:
            if any(matches(glob, page.url) for glob in self._profile.portal.allowed):
                value = await page.evaluate(f"key => {store}.getItem(key)", key)
                if value:
                    return True
        return False


async def any_shows(pages: Sequence[Page], selector: str) -> bool:
    """Whether ``selector`` is visible on one of ``pages``, frames included."""
    for page in pages:
        if await shows(page, selector):
            return True
    return False


async def texts_of(pages: Sequence[Page], selector: str) -> list[str]:
    """What stands at ``selector``, the first one in each frame of each of ``pages``; empty ones are left out."""
    found = [await _text(frame, selector) for page in pages for frame in page.frames]
    return [text for text in found if text and text.strip()]


async def _text(frame: Frame, selector: str) -> str | None:
    try:
        found = frame.locator(selector)
        if await found.count() == 0:
            return None
        text = await found.first.text_content(timeout=READ_LIMIT_MS)
        if text and text.strip():
            return text
        return await _value(found.first)
    except BrowserError:
        return None


async def _value(found: Locator) -> str | None:
    try:
        return await found.input_value(timeout=READ_LIMIT_MS)
    except BrowserError:  # no field
        return await found.get_attribute("value", timeout=READ_LIMIT_MS)
