"""A portal profile: what the agent must know of one portal. The format is documented in ``docs/profiles.md``."""

from __future__ import annotations

import enum
from pathlib import Path

import msgspec


class Isolation(enum.StrEnum):
    """How a visit's browser is kept apart from all others."""

    MEMORY = "memory"  # launch() and one in-memory context: nothing on disk, no extensions
    TEMPLATE = "template"  # a throw-away copy of a template profile, for portals that need an extension


class Replay(enum.StrEnum):
    """What carries the portal's credentials."""

    COOKIES = "cookies"
    STORAGE = "storage"
    NONE = "none"


class Expect(enum.StrEnum):
    """The best proof that the portal can give."""

    REVOKED = "revoked"
    CLEARED = "cleared"


class Verb(enum.StrEnum):
    """What a step does."""

    CLICK = "click"
    FILL = "fill"
    PRESS = "press"
    GOTO = "goto"
    WAIT = "wait"


class Step(msgspec.Struct, frozen=True):
    """One action on the portal's own controls. ``target`` is a selector, a key or an address, as the verb says."""

    verb: Verb
    target: str
    value: str | None = None  # of ``fill``; ${NAME} comes from the environment when the step runs
    optional: bool = False


class PortalInfo(msgspec.Struct, frozen=True):
    """Where the portal is, what it is called, and which addresses belong to it."""

    name: str
    title: dict[str, str]
    start_url: str
    allowed: tuple[str, ...]  # URL globs
    isolation: Isolation = Isolation.MEMORY
    extensions: tuple[str, ...] = ()


class SignedIn(msgspec.Struct, frozen=True):
    """All that are given must hold for somebody to count as signed in."""

    selector: str | None = None
    cookie: str | None = None
    storage: str | None = None  # "local:KEY" or "session:KEY"
    url: str | None = None  # URL glob


class Account(msgspec.Struct, frozen=True):
    """Where the account's name shows; ``reveal``: what to do first, where it shows only in an opened menu."""

    selector: str
    reveal: tuple[Step, ...] = ()


class Logout(msgspec.Struct, frozen=True):
    """The portal's own logout; ``timeout_s`` for all steps together."""

    steps: tuple[Step, ...] = ()
    timeout_s: float = 10.0


class SignedOut(msgspec.Struct, frozen=True):
    """All that are given show that the portal says goodbye. A hint only, never the proof."""

    selector: str | None = None
    url: str | None = None


class Refused(msgspec.Struct, frozen=True):
    """Any one of these means that the portal asked to sign in."""

    redirect: str | None = None  # URL glob of the address it leads to
    status: tuple[int, ...] = ()
    selector: str | None = None


class Opened(msgspec.Struct, frozen=True):
    """All that are given mean that the protected page opened."""

    status: tuple[int, ...] = ()
    selector: str | None = None


class ProofOf(msgspec.Struct, frozen=True):
    """How to find out whether the portal still knows somebody."""

    protected_url: str  # opens only for somebody who is signed in
    refused: Refused
    opened: Opened
    replay: Replay
    expect: Expect


class CardUse(enum.StrEnum):
    """Whether an operation asks for the card."""

    UNEXPECTED = "unexpected"
    EXPECTED = "expected"  # it is put on the reader again, to sign


class Operation(msgspec.Struct, frozen=True):
    """Something that residents finish: once ``done`` shows on a page of ``url``, they are urged to log out."""

    name: str
    url: str  # URL glob
    done: str  # selector
    card: CardUse = CardUse.UNEXPECTED


class SamePerson(msgspec.Struct, frozen=True):
    """What must hold before a form on a page of ``url`` is sent: the same name, the same card, or both."""

    url: str  # URL glob
    fields: tuple[str, ...] = ()  # CSS selectors of what together is the name in the form
    account: str | None = None  # selector of the account's name in the same writing; None: that of ``[account]``
    sends: str | None = None  # URL glob of the request that carries the form; None: each one that changes something
    confirm_card: bool = False


class Profile(msgspec.Struct, frozen=True):
    """One portal. ``path`` is the file it was read from."""

    path: Path
    portal: PortalInfo
    signed_in: SignedIn
    proof: ProofOf
    account: Account | None = None
    sign_in: tuple[Step, ...] = ()
    logout: Logout = Logout()
    signed_out: SignedOut = SignedOut()
    operations: tuple[Operation, ...] = ()
    same_person: tuple[SamePerson, ...] = ()
