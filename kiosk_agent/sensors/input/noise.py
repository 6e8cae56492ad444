"""Telling people from devices that make input by themselves. Pure: it is told each look and the time.

A hand that moves the mouse gets somewhere. A mouse on a bad surface trembles around one place; a stuck key, a book on
the keyboard or a game controller (which Windows counts as input) gives input while the pointer stands still, either
without a break or to a regular beat. People who type do neither. While a mouse trembles, typing cannot be told from it.
"""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Sequence
from itertools import pairwise
from math import hypot
from typing import NamedTuple

from kiosk_agent.sensors.input.reading import Reading

SAME_INPUT_S = 0.05  # two looks at one input differ by the clocks' steps: 16 ms on Windows
REACH_PX = 12.0  # trembling stays within a few pixels; a hand that means something goes much further
SPAN_S = 3.0  # within this time
STEADY_S = 0.1  # an input in the last 0.1 s at every look: ten a second or more, which nobody types for long
BEAT_S = 0.19  # the quickest regular beat that the looks can tell from typing
STEADY_LOOKS = 8
STILL_S = 30.0  # inputs without movement are judged by the last half minute
STILL_FEW = 5  # fewer than this do not say whose they are
NOISE_S = 60.0  # noise is told after a minute without a person
NOISE_SHARE = 0.75  # of the looks, or
NOISE_BEATS = 6  # so many to a regular beat
QUIET_S = 300.0  # looked at, before the device counts as quiet again
LONGEST_LOOK_S = 10.0  # further apart, two looks say nothing of what was between them


class Sign(enum.Enum):
    """What one look shows."""

    NOTHING = "nothing"  # no input since the last look
    PERSON = "person"
    UNSURE = "unsure"  # too little to tell
    TREMBLING = "trembling"  # the pointer trembles around one place
    STILL = "still"  # input to a machine's beat, and the pointer stands


NOISE = (Sign.TREMBLING, Sign.STILL)


class Look(NamedTuple):
    """``at``: of the input that it found; ``late``: so long before the look."""

    now: float
    sign: Sign
    at: float
    late: float


class Judge:
    """Judges look by look. ``noise`` is what a device does, once that is certain."""

    def __init__(self) -> None:
        self._stamp: float | None = None
        self._looked_at: float | None = None
        self._trail: deque[tuple[float, tuple[int, int]]] = deque()  # where the pointer was
        self._still: deque[Look] = deque()
        self._trembled_at: float | None = None
        self._recent: deque[Look] = deque()  # since somebody was here
        self._quiet_s = 0.0
        self.noise: Sign | None = None

    def somebody_is_here(self) -> None:
        """It is known otherwise: what has been seen until now was no device alone."""
        self._recent.clear()

    @property
    def wants_to_know(self) -> bool:
        """Whether something was seen lately that closer looks would explain."""
        return any(look.sign is not Sign.NOTHING for look in self._recent)

    def look(self, reading: Reading, now: float) -> Sign:
        """What this look shows; ``now`` in seconds, never going back."""
        passed_s = now - self._looked_at if self._looked_at is not None else 0.0
        if passed_s > LONGEST_LOOK_S:
            self._trail.clear()
            self._still.clear()
            self._recent.clear()
            self._trembled_at = None
        sign = self._sign(reading, now)
        self._looked_at = now
        self._remember(reading, now)
        self._recent.append(Look(now, sign, now - reading.idle_s, reading.idle_s))
        if sign is Sign.PERSON:
            self._recent.clear()
        while self._recent and now - self._recent[0].now > NOISE_S + LONGEST_LOOK_S:
            self._recent.popleft()
        self._note_noise(sign, min(passed_s, LONGEST_LOOK_S))
        return sign

    def _sign(self, reading: Reading, now: float) -> Sign:
        known, self._stamp = self._stamp, reading.stamp_s
        if known is None or not self._trail or abs(reading.stamp_s - known) <= SAME_INPUT_S:
            return Sign.NOTHING
        if distance(reading.pointer, self._trail[0][1]) >= REACH_PX:
            self._still.clear()
            self._trembled_at = None
            return Sign.PERSON
        if reading.pointer != self._trail[-1][1]:
            self._trembled_at = now
        if self._trembled_at is not None and now - self._trembled_at <= STILL_S:
            return Sign.TREMBLING  # also where the pointer happens to be where it was
        self._still.append(Look(now, Sign.STILL, now - reading.idle_s, reading.idle_s))
        while now - self._still[0].now > STILL_S:
            self._still.popleft()
        if len(self._still) < STILL_FEW:
            return Sign.UNSURE
        return Sign.STILL if is_machine(self._still) else Sign.PERSON

    def _remember(self, reading: Reading, now: float) -> None:
        """The trail: the last look before the span, and what is in it."""
        self._trail.append((now, reading.pointer))
        while len(self._trail) > 1 and now - self._trail[1][0] >= SPAN_S:
            self._trail.popleft()

    def _note_noise(self, sign: Sign, passed_s: float) -> None:
        found = self._found_noise()
        if found is not None:
            self.noise = found
        self._quiet_s = 0.0 if sign in NOISE else self._quiet_s + passed_s
        if self._quiet_s >= QUIET_S:
            self.noise = None

    def _found_noise(self) -> Sign | None:
        """For a minute nobody, and yet input again and again."""
        if not self._recent or self._recent[-1].now - self._recent[0].now < NOISE_S:
            return None
        noisy = [look for look in self._recent if look.sign in NOISE]
        if len(noisy) < NOISE_SHARE * len(self._recent) and not (
            len(noisy) >= NOISE_BEATS and is_regular([look.at for look in noisy])
        ):
            return None
        return noisy[-1].sign


def distance(one: tuple[int, int], other: tuple[int, int]) -> float:
    """In pixels."""
    return hypot(one[0] - other[0], one[1] - other[1])


def is_machine(looks: Sequence[Look]) -> bool:
    """Whether inputs without movement come without a break, or to a beat."""
    breaks = sum(look.late >= STEADY_S for look in list(looks)[-STEADY_LOOKS:])
    return breaks <= 1 or is_regular([look.at for look in looks])  # one: the device has just stopped


def is_regular(moments: Sequence[float]) -> bool:
    """Whether all are beats of one period. A look sees the last beat before it alone, so that some are missing."""
    pauses = [later - earlier for earlier, later in pairwise(moments)]
    shortest = min(pauses, default=0.0)
    periods = [shortest / parts for parts in range(1, 7)]
    return any(period >= BEAT_S and _fits(pauses, period) for period in periods)


def _fits(pauses: Sequence[float], period: float) -> bool:
    tolerance_s = min(0.08, 0.15 * period)
    return all(abs(pause - period * round(pause / period)) <= tolerance_s for pause in pauses)
