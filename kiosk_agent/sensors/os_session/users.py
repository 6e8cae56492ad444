"""Who is logged in at this PC's own screens, for systems without logind. It tells of other users, not of a lock."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Sequence
from typing import Protocol

import psutil


class Login(Protocol):
    """One line of ``who``."""

    @property
    def name(self) -> str: ...

    @property
    def host(self) -> str | None: ...


def logins() -> Sequence[Login]:
    """As the system keeps them (utmp); empty where it keeps none, as in containers and from Debian 13 on."""
    return psutil.users()


class Users:
    """Looks who is there. ``look`` is None where that cannot be told, else whether another user has come."""

    def __init__(self, logins: Callable[[], Sequence[Login]] = logins, own: str | None = None) -> None:
        self._logins = logins
        self._own = own
        self._others: frozenset[str] | None = None

    def look(self) -> bool | None:
        """True once for each user who has logged in since the last look."""
        own = self._own = self._own or getpass.getuser()
        here = {login.name for login in self._logins() if is_local(login)}
        if own not in here:
            return None  # not even we are listed: the list is worth nothing
        before, self._others = self._others, frozenset(here - {own})
        return before is not None and bool(self._others - before)


def is_local(login: Login) -> bool:
    """At this PC's own screens and consoles: remote ones name the other host."""
    host = login.host or ""
    return host in ("", "localhost") or host.startswith((":", "tty", "login screen"))
