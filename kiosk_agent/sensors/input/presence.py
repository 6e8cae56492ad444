"""Is somebody at the PC, in the portal or beside it? Pure: it is told what happens, and the time."""

from __future__ import annotations

import enum

from kiosk_agent.sensors.input.noise import Judge, Sign
from kiosk_agent.sensors.input.reading import Reading

CLOSE_LOOK_S = 1.0
GAP_LOOK_S = 2.0  # a gap may last for hours, and each look wakes a resting PC
LOOSE_LOOK_S = 5.0
TOLD_EVERY_S = 1.0  # the portal's pages tell of one input a second: what comes within it is theirs as well
ELSEWHERE_S = 10.0  # crossing the task bar, or answering a dialog of the browser's own, takes less


class Notice(enum.Enum):
    """What is told to the session."""

    RETURNED = "returned"  # input at the PC after a gap
    ELSEWHERE = "elsewhere"  # somebody uses the PC, and not the portal


class Presence:
    """While a portal session is on screen: who uses the PC? ``gap_s`` as in the policy.

    Input in the portal is told by :meth:`portal`; a return there is the session's own to notice. Both count as one
    person being here, so that one return is told once.
    """

    def __init__(self, gap_s: float) -> None:
        self._gap_s = gap_s
        self._judge = Judge()
        self._here_at = 0.0  # somebody
        self._portal_at = 0.0
        self._elsewhere_at: float | None = None  # since then, without the portal

    def keep_to(self, gap_s: float) -> None:
        """Another policy holds."""
        self._gap_s = gap_s

    def begin(self, now: float) -> None:
        """A portal session is on screen, because somebody has just signed in or given an answer."""
        self._judge.somebody_is_here()
        self._here_at = self._portal_at = now
        self._elsewhere_at = None

    def portal(self, now: float) -> None:
        """Input in the portal."""
        self.begin(now)

    def next_look_s(self, now: float) -> float:
        """Seconds until the next look is worth while: soon where something is to be explained, or a return seen."""
        if self._judge.wants_to_know:
            return CLOSE_LOOK_S
        return GAP_LOOK_S if now - self._here_at > self._gap_s else LOOSE_LOOK_S

    @property
    def noise(self) -> Sign | None:
        """What a device does by itself, if one does."""
        return self._judge.noise

    def look(self, reading: Reading, now: float) -> Notice | None:
        """What this look tells, if anything."""
        sign = self._judge.look(reading, now)
        return self.person(now - reading.idle_s) if sign is Sign.PERSON else None

    @property
    def here_at(self) -> float:
        """When somebody used the PC last."""
        return self._here_at

    def person(self, at: float) -> Notice | None:
        """Somebody has used the PC at ``at``, in the portal or not. What this tells, if anything."""
        gap_s, self._here_at = at - self._here_at, max(self._here_at, at)
        if at <= self._portal_at + TOLD_EVERY_S:
            return None
        if gap_s > self._gap_s:
            self._elsewhere_at = at
            return Notice.RETURNED
        if self._elsewhere_at is None:
            self._elsewhere_at = at
        elif at - self._elsewhere_at >= ELSEWHERE_S:
            return Notice.ELSEWHERE
        return None
