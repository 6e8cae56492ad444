"""What the portal and the identity provider remember. All of it in memory; gone when they stop."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

from kiosk_agent.clock import Clock, SystemClock
from kiosk_agent.practice.journal import Entry, Journal, Kind
from kiosk_agent.practice.switches import Switches

ID_BYTES = 32  # 256 bits: an id that cannot be guessed (OWASP asks for 64 bits at least)
TAG_DIGITS = 8


@dataclass(frozen=True)
class Person:
    """A made-up resident. ``notice`` stands on this person's pages and nowhere else, so that a leak can be seen.

    ``kana`` is how the name is read, written as old registers write it: half width, without small letters.
    """

    user: str
    password: str = field(repr=False)
    name: str
    kana: str
    notice: str


PEOPLE = {
    person.user: person
    for person in (
        Person("resident-a", "practice-a", "利用者A", "ﾘﾖｳｼﾔ ｴ-", "お知らせ番号 A-4821"),
        Person("resident-b", "practice-b", "利用者B", "ﾘﾖｳｼﾔ ﾋﾞ-", "お知らせ番号 B-7390"),
    )
}


@dataclass(frozen=True)
class BankAccount:
    """An account for public payments (公金受取口座), as registered."""

    bank: str
    branch: str
    number: str
    holder: str


@dataclass
class Session:
    """A signed-in session on the server. ``draft``: the registration that is being filled in."""

    id: str = field(repr=False)
    person: Person
    form_token: str = field(repr=False)
    draft: dict[str, str] = field(default_factory=dict)

    @property
    def tag(self) -> str:
        """A short name for the session that gives nothing of its id away."""
        return hashlib.sha256(self.id.encode()).hexdigest()[:TAG_DIGITS]


class Sessions:
    """Live sessions by id."""

    def __init__(self) -> None:
        self._live: dict[str, Session] = {}

    def begin(self, person: Person) -> Session:
        """A new session with an id that nobody had before."""
        session = Session(secrets.token_urlsafe(ID_BYTES), person, secrets.token_urlsafe(ID_BYTES))
        self._live[session.id] = session
        return session

    def get(self, key: str) -> Session | None:
        """The live session of this id."""
        return self._live.get(key)

    def end(self, session: Session) -> None:
        """From now on its id is refused. Ending one twice is no error."""
        self._live.pop(session.id, None)

    def by_user(self) -> dict[str, tuple[str, ...]]:
        """The tags of live sessions by user; who has none is not in it."""
        found: dict[str, tuple[str, ...]] = {}
        for session in list(self._live.values()):
            found[session.person.user] = (*found.get(session.person.user, ()), session.tag)
        return found


class Tickets:
    """One-time codes between the portal and the identity provider, each for one person."""

    def __init__(self) -> None:
        self._people: dict[str, Person] = {}

    def issue(self, person: Person) -> str:
        """A code that :meth:`redeem` accepts once."""
        code = secrets.token_urlsafe(ID_BYTES)
        self._people[code] = person
        return code

    def redeem(self, code: str) -> Person | None:
        """Whom it was issued for; None the second time."""
        return self._people.pop(code, None)


@dataclass
class Records:
    """Everything. ``stopping`` lets requests that hang go when the portal stops."""

    switches: Switches
    clock: Clock = field(default_factory=SystemClock)
    sessions: Sessions = field(default_factory=Sessions)
    provider_sessions: Sessions = field(default_factory=Sessions)
    sign_in_codes: Tickets = field(default_factory=Tickets)
    logout_codes: Tickets = field(default_factory=Tickets)
    registered: dict[str, list[BankAccount]] = field(default_factory=lambda: {user: [] for user in PEOPLE})
    journal: Journal = field(default_factory=Journal)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    portal_url: str = ""
    provider_url: str = ""

    def note(self, method: str, path: str, kind: Kind, session: Session | None) -> None:
        """Write one answered request into the journal."""
        tag, user = (session.tag, session.person.user) if session is not None else ("", "")
        self.journal.append(Entry(self.clock.now(), tag, user, method, path, kind))

    def register(self, session: Session, account: BankAccount) -> None:
        """Register ``account`` for whoever the session belongs to."""
        self.registered[session.person.user].append(dataclasses.replace(account))


def person_for(user: str, password: str) -> Person | None:
    """Who signs in with these; None where they do not fit."""
    person = PEOPLE.get(user)
    if person is None or not hmac.compare_digest(person.password.encode(), password.encode()):
        return None
    return person
