"""Places put in order, with the caution that small numbers ask for. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from kiosk_agent.central.dashboard.compliance import Compliance, Figure, Share, Totals, compliance
from kiosk_agent.central.dashboard.schemas import NamedPlace, Ranked

Child = tuple[NamedPlace, Totals]


def rank(children: Sequence[Child], figure: Figure) -> list[Ranked]:
    """The children by their share of *yes* of ``figure``, the largest first; those with too few visits at the end.

    Unknown visits are in the share's total, so that a place can't rise by being silent. ``best`` and ``worst`` say how
    little a rank means: places whose intervals overlap may as well stand the other way round. Raises ValueError for
    ``signed_in``, which says how many residents came, not how well a desk is kept.
    """
    if figure is Figure.SIGNED_IN:
        raise ValueError("signed_in is not a merit: rank by unforced, proved or confirmed")
    numbers = [(child, totals, compliance(totals)) for child, totals in children]
    field = _Field([whole.of(figure) for _, _, whole in numbers if whole.of(figure).is_enough])
    ranked = [_ranked(child, totals, whole, whole.of(figure), field) for child, totals, whole in numbers]
    return sorted(ranked, key=lambda one: (one.rank is None, one.rank or 0, one.child.name, one.child.place.key))


class _Field:
    """All that are compared, in the orders that are asked for: a prefecture has many places, a city many offices."""

    def __init__(self, shares: Sequence[Share]) -> None:
        self.size = len(shares)
        # below 90 million visits two shares that differ do so as floating-point numbers, and equal ones are equal
        self._shares = sorted(share.yes / share.total for share in shares)
        intervals = [share.interval for share in shares]
        self._lows = sorted(low for low, _ in intervals)
        self._highs = sorted(high for _, high in intervals)

    def before(self, share: Share) -> int:
        """How many have a larger share."""
        return self.size - bisect_right(self._shares, share.yes / share.total)

    def surely_before(self, high: float) -> int:
        """How many have an interval that begins above ``high``."""
        return self.size - bisect_right(self._lows, high)

    def surely_after(self, low: float) -> int:
        """How many have an interval that ends below ``low``."""
        return bisect_left(self._highs, low)


def _ranked(child: NamedPlace, totals: Totals, whole: Compliance, share: Share, field: _Field) -> Ranked:
    if not share.is_enough:
        return Ranked(child, totals, whole, None, None, None)
    low, high = share.interval
    best, worst = 1 + field.surely_before(high), field.size - field.surely_after(low)
    return Ranked(child, totals, whole, 1 + field.before(share), best, worst)
