"""Does the protected page open, or does the portal ask to sign in? The page decides nothing; the profile does.

A silent return through an identity provider, a consent, an account chooser or a bare "sign in" button is no sign-in:
nobody had to show who they are. So where the protected page does not open at once and nothing asks for a name, a
password or a code, the most likely button is pressed, at most :data:`MOST_PRESSES` times.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import re
import time
from collections.abc import Coroutine
from typing import Any

from playwright.async_api import Error as BrowserError
from playwright.async_api import Page, Response

from kiosk_agent.portal.globs import matches
from kiosk_agent.portal.profile import ProofOf

MOST_PRESSES = 3
SETTLE_S = 0.5  # without a request or a change of address: redirects by script come sooner
JUDGE_LIMIT_S = 5.0

CREDENTIAL_FIELDS = (
    "input:is([type=password],[type=email],[type=tel],[type=number],[type=text],:not([type])):visible, textarea:visible"
)
GO_ON = re.compile(
    r"continue|allow|accept|approve|agree|authori[sz]e|consent|grant|yes|ok\b|sign.?in|log.?in|proceed|next"
    r"|続|許可|同意|承認|はい|ログイン|サインイン|次へ|進む|確認",
    re.IGNORECASE,
)
GO_BACK = re.compile(
    r"cancel|deny|decline|reject|refuse|\bno\b|log.?out|sign.?out|back|register|create|forgot|help|language"
    r"|キャンセル|拒否|いいえ|ログアウト|戻る|登録|中止|やめる|忘れ",
    re.IGNORECASE,
)
BUTTONS = "button:visible, input[type=submit]:visible, input[type=button]:visible, [role=button]:visible, a[href]:visible"


class Reach(enum.StrEnum):
    """What asking for the protected page came to."""

    OPENED = "opened"
    REFUSED = "refused"
    UNKNOWN = "unknown"


async def reach(page: Page, proof: ProofOf, *, limit_s: float) -> Reach:
    """Ask for the protected page in ``page`` and judge where it leads. Never raises for what the portal does."""
    deadline = time.monotonic() + limit_s
    try:
        async with asyncio.timeout(limit_s):
            response = await page.goto(proof.protected_url, wait_until="domcontentloaded", timeout=limit_s * 1000)
    except (BrowserError, TimeoutError):
        return Reach.UNKNOWN
    status = _Status(page, response)
    try:
        verdict = await _judge(page, proof, status, deadline)
        for _ in range(MOST_PRESSES):
            if verdict is Reach.OPENED or status.is_server_error or await _asks_who(page):
                return verdict
            if not await _press_on(page, deadline):
                return verdict
            if await _judge(page, proof, status, deadline) is Reach.OPENED:
                return Reach.OPENED
        return verdict
    except (BrowserError, TimeoutError):
        return Reach.UNKNOWN
    finally:
        status.release()


class _Status:
    """The status of the last document in the page's main frame."""

    def __init__(self, page: Page, response: Response | None) -> None:
        self._page = page
        self.code = response.status if response is not None else None
        page.on("response", self._heard)

    def _heard(self, response: Response) -> None:
        with contextlib.suppress(BrowserError):  # a request of a page that is gone has no frame any more
            if response.request.is_navigation_request() and response.frame == self._page.main_frame:
                self.code = response.status

    @property
    def is_server_error(self) -> bool:
        """Whether the portal is in trouble: then nothing it shows means anything."""
        return self.code is not None and self.code >= 500  # noqa: PLR2004 - RFC 9110, 15.6

    def release(self) -> None:
        """Stop listening."""
        self._page.remove_listener("response", self._heard)


async def _judge(page: Page, proof: ProofOf, status: _Status, deadline: float) -> Reach:
    """What the profile's marks say, as soon as one of them is there and the page has settled."""
    waits: list[Coroutine[Any, Any, None]] = [_settled(page)]
    limit_ms = max(1.0, min(JUDGE_LIMIT_S, deadline - time.monotonic()) * 1000)
    for selector in (proof.opened.selector, proof.refused.selector):
        if selector is not None:
            waits.append(page.locator(selector).filter(visible=True).first.wait_for(timeout=limit_ms))
    tasks = [asyncio.create_task(wait) for wait in waits]
    try:
        async with asyncio.timeout(limit_ms / 1000):
            await tasks[0]
            verdict = await _look(page, proof, status)
            if verdict is not Reach.UNKNOWN or len(tasks) == 1:
                return verdict
            await asyncio.wait(tasks[1:], return_when=asyncio.FIRST_COMPLETED)
            await _settled(page)
    except TimeoutError:
        pass  # judged by what is there now
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return await _look(page, proof, status)


async def _look(page: Page, proof: ProofOf, status: _Status) -> Reach:
    refused, opened = proof.refused, proof.opened
    if refused.selector is not None and await _is_visible(page, refused.selector):
        return Reach.REFUSED
    if refused.redirect is not None and matches(refused.redirect, page.url):
        return Reach.REFUSED
    if status.code in refused.status:
        return Reach.REFUSED
    if opened.selector is not None and not await _is_visible(page, opened.selector):
        return Reach.UNKNOWN
    if opened.status and status.code not in opened.status:
        return Reach.UNKNOWN
    if opened.selector is None and not _is_same_page(page.url, proof.protected_url):
        return Reach.UNKNOWN  # a status alone says nothing about another page
    return Reach.OPENED


def _is_same_page(url: str, protected_url: str) -> bool:
    return url.split("#")[0].split("?")[0].rstrip("/") == protected_url.split("#")[0].split("?")[0].rstrip("/")


async def _is_visible(page: Page, selector: str) -> bool:
    return await page.locator(selector).filter(visible=True).count() > 0


async def _asks_who(page: Page) -> bool:
    return await page.locator(CREDENTIAL_FIELDS).count() > 0


async def _press_on(page: Page, deadline: float) -> bool:
    """Press what leads on; false where nothing does."""
    buttons = page.locator(BUTTONS)
    best = None
    submits = []
    for index in range(min(await buttons.count(), 40)):
        button = buttons.nth(index)
        words = ((await button.text_content()) or (await button.get_attribute("value")) or "").strip()
        if GO_BACK.search(words):
            continue
        if GO_ON.search(words):
            best = button
            break
        if await button.evaluate("e => e.matches('form button:not([type=button]), form input[type=submit]')"):
            submits.append(button)
    if best is None and len(submits) == 1:
        best = submits[0]
    left_s = deadline - time.monotonic()
    if best is None or left_s <= 0:
        return False
    await best.click(timeout=left_s * 1000)
    return True


async def _settled(page: Page) -> None:
    """Wait until the page has loaded and asked for nothing for a moment: redirects by script have then happened."""
    await page.wait_for_load_state("load")
    moved = asyncio.Event()

    def stir(_what: object) -> None:
        moved.set()

    page.on("framenavigated", stir)
    page.on("request", stir)
    try:
        while True:
            moved.clear()
            try:
                async with asyncio.timeout(SETTLE_S):
                    await moved.wait()
            except TimeoutError:
                return
            await page.wait_for_load_state("load")
    finally:
        page.remove_listener("framenavigated", stir)
        page.remove_listener("request", stir)
