"""When to try again: later and later, and never all desks at the same moment."""

from __future__ import annotations

from collections.abc import Callable

FIRST_S = 15.0  # a server that is restarted is back by then
LONGEST_S = 900.0  # an outage over lunch is noticed as over before the next visit is
MOST_ASKED_S = 3600.0  # who asks for a longer silence is no central, or a wrong one
LEAST_EVERY_S = 10.0
BACKLOG_S = (0.5, 2.0)  # central takes one report of a desk every two seconds, and 60 at once

Chance = Callable[[], float]  # from 0 to 1, evenly


def first_wait_s(every_s: float, chance: Chance) -> float:
    """All desks are switched on at the same hour: each picks its own second of the interval."""
    return chance() * bounded_every_s(every_s)


def regular_wait_s(every_s: float, chance: Chance) -> float:
    """Until the next report when all is well."""
    return bounded_every_s(every_s) * (0.9 + 0.2 * chance())


def backlog_wait_s(chance: Chance) -> float:
    """Until the next report when more is waiting."""
    return BACKLOG_S[0] + (BACKLOG_S[1] - BACKLOG_S[0]) * chance()


def failed_wait_s(failures: int, asked_s: float | None, chance: Chance) -> float:
    """After ``failures`` in a row, at least 1. ``asked_s``: what central asked for (Retry-After)."""
    longest_s = min(LONGEST_S, FIRST_S * 2.0 ** min(failures - 1, 10))
    wait_s = longest_s * (0.5 + 0.5 * chance())
    if asked_s is None:
        return wait_s
    asked_s = min(MOST_ASKED_S, max(0.0, asked_s))
    return max(wait_s, asked_s + chance() * max(5.0, asked_s / 4))


def bounded_every_s(every_s: float) -> float:
    """The interval that central asks for, within reason."""
    return min(MOST_ASKED_S, max(LEAST_EVERY_S, every_s))
