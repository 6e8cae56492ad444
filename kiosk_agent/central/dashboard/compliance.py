"""Compliance as four plain numbers, made of the ledgers' counts. Pure.

Each is a number of visits, split into *yes*, *no* and *unknown*, which together are all the visits that it is about.
What is unknown is neither good nor bad; it is shown beside the other two, and can lift no place in a ranking.

``begun`` are the visits that the days know of: ``visits``, or ``outcomes`` where that is more, because a visit over
midnight begins on one day and ends on the next. The names are the counts of ``docs/ledger.md``.

``signed_in``: visits in which somebody signed in
    of: ``begun``
    yes: ``sign_ins``
    no: ``proof.not_needed``
    unknown: no outcome yet, or cut off before a sign-in could be recorded
``unforced``: visits that a person ended, not the agent
    of: ``begun``
    yes: ``ended.own_logout`` + ``ended.worker_ended`` + ``ended.nudge_accepted``
    no: all other ``ended.…`` but ``ended.found_unfinished``
    unknown: ``ended.found_unfinished``, whose end nobody saw, and those without an outcome yet
``proved``: logouts that were proved
    of: ``begun`` less ``proof.not_needed``
    yes: ``proof.revoked`` + ``proof.cleared`` + ``revised.revoked`` + ``revised.cleared``
    no: ``proof.half``
    unknown: ``proof.unproven`` as far as no retry has settled it, and those without an outcome yet
``confirmed``: desks that the support worker confirmed to be clean in time, which is before the next visit: none can
begin otherwise
    of: ``begun``
    yes: ``confirmations``
    no: ``overrides``, as far as there are visits without a confirmation: a supervisor released the desk instead
    unknown: nobody has confirmed yet, or ever
"""

from __future__ import annotations

import enum
import math
import operator

import msgspec
from msgspec.structs import astuple

Z = 1.959964  # 95 % of a normal distribution lie within this many deviations
# Below it the interval of a middling share is wider than 35 points: such a place has no rank.
FEWEST_VISITS = 30


class Figure(enum.StrEnum):
    """The four numbers."""

    SIGNED_IN = "signed_in"
    UNFORCED = "unforced"
    PROVED = "proved"
    CONFIRMED = "confirmed"


class Totals(msgspec.Struct, frozen=True):
    """Counters of a place added up; each is named as its column."""

    visits: int = 0
    sign_ins: int = 0
    outcomes: int = 0
    ended_own_logout: int = 0
    ended_worker_ended: int = 0
    ended_nudge_accepted: int = 0
    ended_found_unfinished: int = 0
    proof_revoked: int = 0
    proof_cleared: int = 0
    proof_half: int = 0
    proof_unproven: int = 0
    proof_not_needed: int = 0
    revised_revoked: int = 0
    revised_cleared: int = 0
    confirmations: int = 0
    overrides: int = 0
    incidents: int = 0

    def __add__(self, other: Totals) -> Totals:
        return Totals(*map(operator.add, astuple(self), astuple(other)))


class Share(msgspec.Struct, frozen=True):
    """A number of visits out of ``total`` = ``yes`` + ``no`` + ``unknown``."""

    total: int
    yes: int
    no: int
    unknown: int

    @property
    def yes_share(self) -> float | None:
        """Of all, the unknown among them, from 0 to 1; None where there are none."""
        return self.yes / self.total if self.total else None

    @property
    def unknown_share(self) -> float | None:
        """Of all, from 0 to 1; None where there are none."""
        return self.unknown / self.total if self.total else None

    @property
    def is_enough(self) -> bool:
        """Whether there are enough visits for a rate to say something."""
        return self.total >= FEWEST_VISITS

    @property
    def interval(self) -> tuple[float, float]:
        """Where the true share of *yes* lies, with 95 % confidence, whatever the unknown ones were."""
        return wilson(self.yes, self.total)[0], wilson(self.yes + self.unknown, self.total)[1]


class Compliance(msgspec.Struct, frozen=True):
    """The four numbers."""

    signed_in: Share
    unforced: Share
    proved: Share
    confirmed: Share

    def of(self, figure: Figure) -> Share:
        """One of them."""
        share: Share = getattr(self, figure)  # which is called as it is
        return share


def compliance(totals: Totals) -> Compliance:
    """The four numbers of these counters, as the table above says."""
    begun = max(totals.visits, totals.outcomes)
    unforced = totals.ended_own_logout + totals.ended_worker_ended + totals.ended_nudge_accepted
    forced = totals.outcomes - unforced - totals.ended_found_unfinished
    proved = totals.proof_revoked + totals.proof_cleared + totals.revised_revoked + totals.revised_cleared
    # a supervisor also releases desks that no visit is waiting at: overrides never take away from confirmations
    confirmed = min(totals.confirmations, begun)
    return Compliance(
        signed_in=_share(begun, totals.sign_ins, totals.proof_not_needed),
        unforced=_share(begun, unforced, forced),
        proved=_share(begun - totals.proof_not_needed, proved, totals.proof_half),
        confirmed=_share(begun, confirmed, min(totals.overrides, begun - confirmed)),
    )


def wilson(count: int, total: int) -> tuple[float, float]:
    """The Wilson score interval of ``count`` out of ``total``, 95 %; all from 0 to 1 where there is nothing.

    E. B. Wilson, Journal of the American Statistical Association 22 (1927), 209-212. Unlike the usual formula it holds
    for small numbers and for shares near 0 and 1.
    """
    if total == 0:
        return 0.0, 1.0
    share, weight = count / total, Z * Z / total
    middle = (share + weight / 2) / (1 + weight)
    reach = Z * math.sqrt(share * (1 - share) / total + weight / (4 * total)) / (1 + weight)
    return max(0.0, middle - reach) if count else 0.0, min(1.0, middle + reach) if count < total else 1.0


def _share(total: int, yes: int, no: int) -> Share:
    """Where a day's end cuts a visit in two, more can be said than there are visits: *no* is kept before *yes*."""
    total = max(0, total)
    no = min(max(0, no), total)
    yes = min(yes, total - no)
    return Share(total, yes, no, total - yes - no)
