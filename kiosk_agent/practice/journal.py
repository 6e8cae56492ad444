"""What the portal saw: enough to prove, afterwards, what was done in whose name and when."""

from __future__ import annotations

import enum
from typing import NamedTuple


class Kind(enum.StrEnum):
    """What a request came to."""

    OPEN = "open"  # a page that is nobody's
    SIGN_IN = "sign-in"
    VIEW = "view"  # something of the person was sent
    ACT = "act"  # something was changed in the person's name
    SIGN_OUT = "sign-out"  # the logout, or the question before it
    REFUSED = "refused"  # asked to sign in, or the form's token was wrong
    FAILED = "failed"  # an outage or a logout that went wrong


class Entry(NamedTuple):
    """One answered request. ``at_s`` is on the agent's monotonic clock; ``tag`` is a short digest of the session's id.

    ``tag`` and ``user`` are empty where the server knew of no session.
    """

    at_s: float
    tag: str
    user: str
    method: str
    path: str
    kind: Kind


class Journal(list[Entry]):
    """Entries in the order of their answers. Only the portal's own thread adds to it; reading is safe from any."""

    def of(self, user: str, since_s: float = 0.0) -> list[Entry]:
        """Everything that was asked in ``user``'s name at or after ``since_s``."""
        return [entry for entry in list(self) if entry.user == user and entry.at_s >= since_s]

    def seen_as(self, user: str, since_s: float = 0.0) -> list[Entry]:
        """What was shown to, or changed by, whoever held ``user``'s session at or after ``since_s``.

        The agent's own checks (the protected page opened before and after the logout) look like anybody else's: ask
        from the moment on at which they are over.
        """
        return [entry for entry in self.of(user, since_s) if entry.kind in {Kind.VIEW, Kind.ACT}]
