"""Notices that the PC slept, and that somebody turned its wall clock."""

from __future__ import annotations

import threading
from collections.abc import Callable

from kiosk_agent.clock import Clock
from kiosk_agent.session.events import ChangeSignalled, Post
from kiosk_agent.session.vocabulary import Signal

# Two clocks are not read at the same instant, and a busy PC may come between; the shortest real suspend takes longer.
SUSPEND_S = 2.0
# Network time corrects by parts of a second at a time; more is a person, or a battery that is empty.
WALL_JUMP_S = 5.0
# The operating system tells of the same waking within this time, counted while the PC runs; its services wake up too.
SAME_WAKING_S = 30.0


class ClockWatch:
    """Told to look at least once a second (:meth:`tick`, some microseconds), and when the PC says that it wakes.

    Posts ChangeSignalled(RESUMED), once for each suspend whoever notices it first. ``wall_jumped`` hears of seconds
    forwards (+) or backwards (-).
    """

    def __init__(self, clock: Clock, post: Post, wall_jumped: Callable[[float], None] = lambda _seconds: None) -> None:
        self._clock = clock
        self._post = post
        self._wall_jumped = wall_jumped
        self._lock = threading.Lock()
        self._now_s = clock.now()
        self._running_s = clock.running()
        self._wall_s = clock.wall().timestamp()
        self._untold_s: float | None = None  # when the clocks showed a suspend that nobody has told of yet

    def tick(self) -> None:
        """Compare the clocks with how they stood the last time."""
        with self._lock:
            slept, turned_s = self._compare()
            if slept:
                self._untold_s = self._running_s
        if slept:
            self._post(ChangeSignalled(Signal.RESUMED))
        if abs(turned_s) > WALL_JUMP_S:
            self._wall_jumped(turned_s)

    def woken(self) -> None:
        """The operating system says that the PC wakes, which the clocks may have shown already. From any thread."""
        with self._lock:
            _, turned_s = self._compare()  # what they show of this suspend is told now, and not by the next tick
            known = self._untold_s is not None and self._running_s - self._untold_s < SAME_WAKING_S
            self._untold_s = None
        if not known:
            self._post(ChangeSignalled(Signal.RESUMED))
        if abs(turned_s) > WALL_JUMP_S:
            self._wall_jumped(turned_s)

    def _compare(self) -> tuple[bool, float]:
        """Whether the PC slept since the last comparison, and by how many seconds its wall clock was turned."""
        now_s, running_s, wall_s = self._clock.now(), self._clock.running(), self._clock.wall().timestamp()
        passed_s = now_s - self._now_s
        asleep_s = passed_s - (running_s - self._running_s)
        turned_s = (wall_s - self._wall_s) - passed_s
        self._now_s, self._running_s, self._wall_s = now_s, running_s, wall_s
        return asleep_s > SUSPEND_S, turned_s
