"""A portal session's credentials, noted in memory: what a stranger would need to go on in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, CDPSession, Page
from playwright.async_api import Error as BrowserError

from kiosk_agent.portal.profile import Profile, Replay

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Credentials:
    """Never written anywhere. ``local`` and ``session``: web storage by origin. ``repr`` shows nothing.

    ``databases``: what IndexedDB holds, by origin, as Playwright gives it; None where there is some, but not noted.
    """

    cookies: tuple[Any, ...] = field(default=(), repr=False)
    local: dict[str, Pairs] = field(default_factory=dict, repr=False)
    session: dict[str, Pairs] = field(default_factory=dict, repr=False)
    user_agent: str = field(default="", repr=False)
    databases: dict[str, Any] | None = field(default_factory=dict, repr=False)

    @property
    def kind(self) -> frozenset[tuple[str, ...]]:
        """What there is, without its values: a portal may give new ones with every answer."""
        cookies = {("cookie", one["domain"], one["path"], one["name"]) for one in self.cookies}
        stores = (("local", self.local), ("session", self.session))
        items = {(kind, origin, name) for kind, store in stores for origin in store for name, _ in store[origin]}
        return frozenset(cookies | items)

    def is_same_as(self, other: Credentials) -> bool:
        """Whether a portal could tell no difference: when a cookie ends is not sent to it."""
        values = [tuple((c["domain"], c["path"], c["name"], c["value"]) for c in one.cookies) for one in (self, other)]
        stored = [(one.local, one.session, one.databases) for one in (self, other)]
        return values[0] == values[1] and stored[0] == stored[1]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to replay."""
        return not (self.cookies or self.local or self.session or self.databases)

    def storage_state(self) -> Any:
        """As Playwright's ``storage_state`` wants it."""
        databases = self.databases or {}
        origins: list[dict[str, Any]] = []
        for origin in {**self.local, **databases}:
            items = [{"name": name, "value": value} for name, value in self.local.get(origin, ())]
            origins.append({"origin": origin, "localStorage": items, "indexedDB": databases.get(origin, [])})
        return {"cookies": [dict(cookie) for cookie in self.cookies], "origins": origins}


async def note_credentials(
    context: BrowserContext, profile: Profile, sessions: dict[Page, CDPSession], *, covered: bool
) -> Credentials:
    """What the visit's browser holds now. Cheap, and invisible to the page (cookies: 1.3 ms).

    ``sessions``: an open CDP session for each page, for its web storage. Only ``covered`` are databases read, as
    Playwright may open a tab for that.
    """
    cookies = await context.cookies()
    local: dict[str, dict[str, str]] = {}
    session: dict[str, dict[str, str]] = {}
    databases: dict[str, Any] | None = {}
    if profile.proof.replay is Replay.STORAGE:
        for page, cdp in sessions.items():
            for origin in {_origin(frame.url) for frame in page.frames} - {""}:
                local.setdefault(origin, {}).update(await _items(cdp, origin, is_local=True))
                session.setdefault(origin, {}).update(await _items(cdp, origin, is_local=False))  # each tab has its own
                if databases == {} and await _has_database(cdp, origin):
                    databases = await _databases(context) if covered else None
    return Credentials(tuple(cookies), _pairs(local), _pairs(session), databases=databases)


async def _has_database(cdp: CDPSession, origin: str) -> bool:
    try:
        answer = await cdp.send("IndexedDB.requestDatabaseNames", {"storageKey": origin + "/"})
    except BrowserError:
        return False  # this page has no such origin any more
    return bool(answer["databaseNames"])


async def _databases(context: BrowserContext) -> dict[str, Any] | None:
    """None where there is something in them that cannot be copied, as a key that its owner alone can use."""
    try:
        state = await context.storage_state(indexed_db=True)
    except BrowserError:
        return None
    found: Any = state.get("origins", [])
    return {one["origin"]: one["indexedDB"] for one in found if one.get("indexedDB")}


def _pairs(store: dict[str, dict[str, str]]) -> dict[str, Pairs]:
    return {origin: tuple(sorted(items.items())) for origin, items in store.items() if items}


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") else ""


async def _items(cdp: CDPSession, origin: str, *, is_local: bool) -> Pairs:
    try:
        answer = await cdp.send(
            "DOMStorage.getDOMStorageItems",
            {"storageId": {"securityOrigin": origin, "storageKey": origin + "/", "isLocalStorage": is_local}},
        )
    except BrowserError:
        return ()  # this page has no such origin any more
    return tuple((name, value) for name, value in answer["entries"])
