"""Rate limits: buckets that fill up steadily. Each server process has its own."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable

MOST_KEYS = 100_000  # about 20 MB; five times the desks of the nation


class Buckets:
    """A bucket for each key: ``burst`` tokens at most, ``per_s`` new ones each second."""

    def __init__(self, burst: float, per_s: float, now: Callable[[], float]) -> None:
        """``now``: seconds on a clock that never goes back."""
        self._burst = burst
        self._per_s = per_s
        self._now = now
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()  # key → tokens, when

    def _level(self, key: str, now: float) -> float:
        level, then = self._levels.get(key, (self._burst, now))
        return min(self._burst, level + (now - then) * self._per_s)

    def wait_s(self, key: str) -> int:
        """Whole seconds until ``key`` has a token; 0 where it has one."""
        return self._wait_s(self._level(key, self._now()))

    def take(self, key: str) -> int:
        """Take a token; returns 0, or the seconds to wait where there is none."""
        now = self._now()
        level = self._level(key, now)
        if level < 1:
            return self._wait_s(level)
        self._levels[key] = (level - 1, now)
        self._levels.move_to_end(key)
        if len(self._levels) > MOST_KEYS:
            self._levels.popitem(last=False)  # the one unused for longest: its bucket is the fullest
        return 0

    def _wait_s(self, level: float) -> int:
        return 0 if level >= 1 else math.ceil((1 - level) / self._per_s)


class Limits:
    """What one desk and one address may do.

    A whole municipality, or all of them, may come from one address behind a gateway. So an address may send a lot, but
    may be wrong only seldom; and where it was wrong too often, desks that have shown a good token get through all the
    same.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self.desk = Buckets(60, 0.5, now)  # a report a minute, and a backlog of 60 reports at once
        self.address = Buckets(3_000, 1_000, now)
        self.wrong = Buckets(30, 0.2, now)  # unknown tokens and codes, from one address
        self._good: OrderedDict[str, None] = OrderedDict()

    def is_good(self, token_hash: str) -> bool:
        """Whether this token was accepted lately."""
        return token_hash in self._good

    def note_good(self, token_hash: str) -> None:
        """This token was accepted."""
        self._good[token_hash] = None
        self._good.move_to_end(token_hash)
        if len(self._good) > MOST_KEYS:
            self._good.popitem(last=False)
