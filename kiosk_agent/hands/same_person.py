"""The same-person guard: a form about the resident stays in the browser until its name, or the card, was found right.

The hold is at the browser's own network door, before anything leaves it. So it does not matter what sends the form, and
what goes on later is the very request that the resident made: nothing is pressed, filled in or sent a second time.
Names are compared and dropped; nothing here writes one down.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from importlib import resources
from typing import Any
from weakref import WeakKeyDictionary

from playwright.async_api import Error as BrowserError
from playwright.async_api import Page, Request, Route

from kiosk_agent.hands.pages import Pages
from kiosk_agent.hands.ports import Post
from kiosk_agent.hands.signs import texts_of
from kiosk_agent.portal.globs import matches
from kiosk_agent.portal.names import joined, plain_name
from kiosk_agent.portal.profile import Profile, SamePerson
from kiosk_agent.session import events as ev
from kiosk_agent.session.vocabulary import Check

log = logging.getLogger(__name__)

NO_CONTENT = 204  # RFC 9110, 15.3.5: the page stays as it is
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")  # RFC 9110, 9.2.1: they change nothing
NAMES_LIMIT_S = 2.0  # measured: some ms; a page that needs longer hangs, and then its name counts as unreadable
BLANK = ("", "about:blank")  # a tab that the form itself opens


class SamePersonGuard:
    """Answers every request of the visit's context. ``is_portal``: whether the profile allows an address."""

    def __init__(
        self,
        profile: Profile,
        post: Post,
        is_portal: Callable[[str], bool],
    ) -> None:
        self._rules = profile.same_person
        self._account = profile.account.selector if profile.account is not None else None
        self._post = post
        self._is_portal = is_portal
        self._pages: Pages | None = None
        self._forms: WeakKeyDictionary[Page, dict[tuple[str, int], str]] = WeakKeyDictionary()  # by document and rule
        self._names: dict[str, str] = {}  # selector → the plain name last shown there
        self._right: set[tuple[int, str]] = set()  # names that the support worker has called the same person's
        self._turn = asyncio.Lock()
        self._asking: dict[tuple[str, ...], asyncio.Future[bool]] = {}
        self._asked: asyncio.Future[bool] | None = None
        self._never: set[tuple[str, str]] = set()  # what was held at the visit's end, and must not be tried again
        self._ended = False

    def script(self) -> str:
        """What must run in each document's world of ours; empty where the profile has no rule with fields."""
        if not any(rule.fields for rule in self._rules):
            return ""
        source = resources.files("kiosk_agent.hands.web").joinpath("same_person.js").read_text(encoding="utf-8")
        return source.replace("__RULES__", json.dumps([rule.fields for rule in self._rules]))

    def watch(self, pages: Pages) -> None:
        """The pages in which it reads."""
        self._pages = pages

    # the names at the portal

    async def note_names(self, pages: Sequence[Page]) -> None:
        """Remember the names that ``pages`` show now: the page with the form may show none."""
        for selector in {rule.account or self._account for rule in self._rules if rule.fields}:
            if selector is not None and (text := (await texts_of(pages, selector))[-1:]):
                self._names[selector] = plain_name(text[0])

    async def _names_of(self, rule: SamePerson, *, can_be_asked: bool) -> str:
        """The plain name at the portal, empty where no page has shown it. Where pages differ, the newest counts."""
        selector = rule.account or self._account
        if selector is None or self._pages is None:
            return ""
        if selector not in self._names and can_be_asked:
            try:
                async with asyncio.timeout(NAMES_LIMIT_S):
                    await self.note_names([one.page for one in self._pages.watched if one.dialog is None])
            except (BrowserError, TimeoutError) as error:
                log.info("the account's name could not be read: %s", type(error).__name__)
        return self._names.get(selector, "")

    # the names in the forms

    def heard(self, page: Page, said: Mapping[str, Any]) -> None:
        """A document tells what stands in the fields of a rule, or that it begins or is gone."""
        match said:
            case {"begins": True}:
                self._forms[page] = {}
            case {"document": str(document), "gone": True}:
                for key in [key for key in self._forms.get(page, {}) if key[0] == document]:
                    del self._forms[page][key]
            case {"document": str(document), "rule": int(number), "texts": list(texts)}:
                name = plain_name(joined(str(text) for text in texts))
                self._forms.setdefault(page, {})[document, number] = name

    async def _forms_in(self, number: int, page: Page, *, can_be_asked: bool) -> set[str]:
        """The plain names in the fields now; where that is nothing, or the page is being left, when last told."""
        told = {name for (_, rule), name in self._forms.get(page, {}).items() if rule == number}
        now: set[str] = set()
        if can_be_asked and self._pages is not None:
            answers = await self._pages.ask_everywhere(page, f"globalThis.__kiosk_form?.read({number})")
            now = {plain_name(joined(map(str, texts))) for texts in answers if isinstance(texts, list)}
        return (now - {""}) or (told - {""})

    # the door

    async def route(self, route: Route) -> None:
        """Answer one request of the context: at once where no rule is about it."""
        request = route.request
        if not self._rules or not self._is_portal(request.url):
            await route.continue_()
            return
        passes = await self._passes(request)
        try:
            if passes:
                await route.continue_()
            elif request.is_navigation_request():
                await route.fulfill(status=NO_CONTENT)  # the page stays: the logout may need its controls
            else:
                await route.abort("blockedbyclient")
        except BrowserError as error:  # its page has given it up meanwhile
            log.info("a request that was held is gone: %s", type(error).__name__)

    async def _passes(self, request: Request) -> bool:
        for number, rule in enumerate(self._rules):
            pages = self._pages_of(rule, request)
            if pages is not None and not await self._holds(number, rule, request, pages):
                return False
        return True

    def _pages_of(self, rule: SamePerson, request: Request) -> list[Page] | None:
        """Where to look for the fields; None: the rule is not about this request."""
        if rule.sends is not None:
            # what is loaded is not sent, even from the same address; a form that is sent with GET has a query
            is_sent = request.method not in SAFE_METHODS or "?" in rule.sends
            if not is_sent or not matches(rule.sends, request.url):
                return None
        elif request.method in SAFE_METHODS:
            return None
        own = _page_of(request)
        open_pages = [one.page for one in self._pages.watched] if self._pages is not None else []
        with_form = [page for page in open_pages if any(matches(rule.url, frame.url) for frame in page.frames)]
        if own is not None and own in with_form:
            return [own]
        is_new_tab = request.is_navigation_request() and (own is None or own.url in BLANK)
        if rule.sends is None and not (is_new_tab and with_form):
            return None
        return list(dict.fromkeys(([own] if own is not None else []) + with_form))

    async def _holds(self, number: int, rule: SamePerson, request: Request, pages: list[Page]) -> bool:
        """Whether the request may go on, once everything that ``rule`` asks was answered."""
        if self._ended:
            return _what(request) not in self._never
        if rule.fields:
            name, check = await self._compare(number, rule, request, pages)
            key = (str(number), name) if name else (str(number), "", _digest(request))
            if check is not None and not await self._ask(check, key, request, name and (number, name)):
                return False
        if rule.confirm_card:
            return await self._ask(Check.CARD_WANTED, (str(number), "card", _digest(request)), request)
        return True

    async def _compare(
        self, number: int, rule: SamePerson, request: Request, pages: list[Page]
    ) -> tuple[str, Check | None]:
        """The plain name in the form, and what is wrong with it."""
        leaves = request.is_navigation_request()  # Chromium asks nothing of a page that is being left
        own = _page_of(request)
        forms: set[str] = set()
        for page in pages:
            if not forms:  # the page that sends comes first
                forms = await self._forms_in(number, page, can_be_asked=not (leaves and page is own))
        name = await self._names_of(rule, can_be_asked=not leaves)
        if not forms or not name:
            return "", Check.NAME_UNREADABLE
        form = "\n".join(sorted(forms))
        return form, None if form == name or (number, form) in self._right else Check.NAME_DIFFERENT

    # the question

    async def _ask(
        self, check: Check, key: tuple[str, ...], request: Request, right: tuple[int, str] | str = ""
    ) -> bool:
        """Hold until it is answered. The same form, pressed twice, is one question; others wait for their turn."""
        if key not in self._asking:
            asking = asyncio.get_running_loop().create_task(self._ask_in_turn(check, right))
            self._asking[key] = asking
            asking.add_done_callback(lambda _asked: self._asking.pop(key, None))
        self._never.add(_what(request))
        if await asyncio.shield(self._asking[key]):
            self._never.discard(_what(request))
            return True
        return False

    async def _ask_in_turn(self, check: Check, right: tuple[int, str] | str) -> bool:
        async with self._turn:
            if self._ended:
                return False
            if right in self._right:
                return True  # it was asked about while this one waited
            self._asked = asyncio.get_running_loop().create_future()
            self._post(ev.FormHeld(check))
            passes = await self._asked
        if passes and isinstance(right, tuple):
            self._right.add(right)
        return passes

    def let_go(self) -> None:
        """The answer was "the same": what is held goes on."""
        if self._asked is not None and not self._asked.done():
            self._asked.set_result(True)

    def end(self) -> None:
        """The visit ends: what is held is never sent. The logout's own requests are another matter."""
        self._ended = True
        if self._asked is not None and not self._asked.done():
            self._asked.set_result(False)

    def forget(self) -> None:
        """Drop the names."""
        self.end()
        self._forms.clear()
        self._names.clear()
        self._right.clear()


def _page_of(request: Request) -> Page | None:
    """The page that asks; None for the first request of a new tab."""
    try:
        return request.frame.page
    except BrowserError:
        return None


def _what(request: Request) -> tuple[str, str]:
    return request.method, request.url


def _digest(request: Request) -> str:
    """The same request, sent once more, has the same one. In memory only."""
    body = request.post_data_buffer or b""  # itself a keyed digest: bodies do not leave the driver
    return hashlib.sha256(b"\n".join((request.method.encode(), request.url.encode(), body))).hexdigest()
