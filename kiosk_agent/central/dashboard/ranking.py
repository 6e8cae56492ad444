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
    shares = [whole.of(figure) for _, _, whole in numbers]
    intervals = [share.interval if share.is_enough else None for share in shares]
    field = _Field(shares, intervals)
    ranked = [
        Ranked(*number, None, None, None) if interval is None else field.ranked(*number, share, *interval)
        for number, share, interval in zip(numbers, shares, intervals, strict=True)
    ]
    return sorted(ranked, key=lambda one: (one.rank is None, one.rank or 0, one.child.name, one.child.place.key))


class _Field:
    """All that are compared, in the orders that are asked for: a prefecture has many places, a city many offices."""

    def __init__(self, shares: Sequence[Share], intervals: Sequence[tuple[float, float] | None]) -> None:
        """``intervals``: of the shares; None for those that have too few visits to be compared."""
        compared = [(share, *interval) for share, interval in zip(shares, intervals, strict=True) if interval]
        self._size = len(compared)
        # below 90 million visits two shares that differ do so as floating-point numbers, and equal ones are equal
        self._shares = sorted(share.yes / share.total for share, _, _ in compared)
        self._lows = sorted(low for _, low, _ in compared)
        self._highs = sorted(high for _, _, high in compared)

    def ranked(
        self, child: NamedPlace, totals: Totals, whole: Compliance, share: Share, low: float, high: float
    ) -> Ranked:
        """One of them. ``low``, ``high``: the interval of its share."""
        before = self._size - bisect_right(self._shares, share.yes / share.total)
        surely_before = self._size - bisect_right(self._lows, high)  # intervals that begin above
        surely_after = bisect_left(self._highs, low)  # intervals that end below
        return Ranked(child, totals, whole, 1 + before, 1 + surely_before, self._size - surely_after)
