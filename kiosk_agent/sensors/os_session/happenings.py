"""What can happen to the session at the operating system, and how reports of it that come twice are told apart."""

from __future__ import annotations

import enum


class Happening(enum.StrEnum):
    """What happened, whichever operating system it was."""

    LOCKED = "locked"  # nobody can see what is beneath; whoever comes back may be somebody else
    USER_CHANGED = "user_changed"  # another user of the operating system has the screen
    WOKEN = "woken"  # from suspend
    LOGGED_OFF = "logged_off"  # the session ends, or the PC is switched off


class InFront(enum.StrEnum):
    """Whose session the screen shows."""

    OURS = "ours"
    NOBODYS = "nobodys"  # a sign-in screen, a text console, or what cannot be told
    ANOTHERS = "anothers"


class OwnSession:
    """What is known of the agent's own session; each report of a change returns what has happened, if anything.

    A lock is reported twice where the screen locker plays along: first it is asked for (the signal ``Lock``), then the
    locker says that it is on (``LockedHint``). Lockers that never say so are known by the request alone, and each of
    their requests counts, because nobody says when such a lock is over.
    """

    def __init__(self) -> None:
        self._asked = False
        self._locked = False
        self._in_front = InFront.OURS
        self._over = False

    def lock_asked(self) -> Happening | None:
        """Somebody wants the session locked."""
        if self._locked:
            return None
        self._asked = True
        return Happening.LOCKED

    def unlock_asked(self) -> None:
        """Somebody wants it unlocked."""
        self._asked = False

    def locked(self, is_locked: bool) -> Happening | None:
        """The screen locker says whether it is on."""
        was_told = self._locked or self._asked
        self._locked = is_locked
        self._asked = False
        return Happening.LOCKED if is_locked and not was_told else None

    def in_front(self, who: InFront) -> Happening | None:
        """The screen shows this session, or another one."""
        before, self._in_front = self._in_front, who
        if who is before or who is InFront.OURS:
            return None
        if who is InFront.ANOTHERS:
            return Happening.USER_CHANGED
        # back at the sign-in screen after another user: that one is noted already
        return Happening.LOCKED if before is InFront.OURS and not self._locked else None

    def ended(self) -> Happening | None:
        """It ends; said in several ways, heard once."""
        before, self._over = self._over, True
        return None if before else Happening.LOGGED_OFF
