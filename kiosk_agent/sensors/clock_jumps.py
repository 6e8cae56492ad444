"""Notices that the PC slept, and that somebody turned its wall clock."""

from __future__ import annotations

from collections.abc import Callable

from kiosk_agent.clock import Clock
from kiosk_agent.session.events import ChangeSignalled, Post
from kiosk_agent.session.vocabulary import Signal

# Two clocks are not read at the same instant, and a busy PC may come between; the shortest real suspend takes longer.
SUSPEND_S = 2.0
# Network time corrects by parts of a second at a time; more is a person, or a battery that is empty.
WALL_JUMP_S = 5.0


class ClockWatch:
    """Told to look at least once a second (:meth:`tick`, some microseconds).

    Posts ChangeSignalled(RESUMED). ``wall_jumped`` hears of seconds forwards (+) or backwards (-).
    """

    def __init__(self, clock: Clock, post: Post, wall_jumped: Callable[[float], None] = lambda _seconds: None) -> None:
        self._clock = clock
        self._post = post
        self._wall_jumped = wall_jumped
        self._now_s = clock.now()
        self._running_s = clock.running()
        self._wall_s = clock.wall().timestamp()

    def tick(self) -> None:
        """Compare the clocks with how they stood the last time."""
        now_s, running_s, wall_s = self._clock.now(), self._clock.running(), self._clock.wall().timestamp()
        passed_s = now_s - self._now_s
        asleep_s = passed_s - (running_s - self._running_s)
        turned_s = (wall_s - self._wall_s) - passed_s
        self._now_s, self._running_s, self._wall_s = now_s, running_s, wall_s
        if asleep_s > SUSPEND_S:
            self._post(ChangeSignalled(Signal.RESUMED))
        if abs(turned_s) > WALL_JUMP_S:
            self._wall_jumped(turned_s)
