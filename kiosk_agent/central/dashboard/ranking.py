"""Places put in order, with the caution that small numbers ask for. Pure."""

from __future__ import annotations

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
    compared = [whole.of(figure) for _, _, whole in numbers if whole.of(figure).is_enough]
    ranked = [_ranked(child, totals, whole, whole.of(figure), compared) for child, totals, whole in numbers]
    return sorted(ranked, key=lambda one: (one.rank is None, one.rank or 0, one.child.name, one.child.place.key))


def _ranked(child: NamedPlace, totals: Totals, whole: Compliance, share: Share, compared: Sequence[Share]) -> Ranked:
    if not share.is_enough:
        return Ranked(child, totals, whole, None, None, None)
    low, high = share.interval
    # whole numbers compare exactly where quotients would not: a/b > c/d
    before = sum(other.yes * share.total > share.yes * other.total for other in compared)
    surely_before = sum(other.interval[0] > high for other in compared)
    surely_after = sum(other.interval[1] < low for other in compared)
    return Ranked(child, totals, whole, 1 + before, 1 + surely_before, len(compared) - surely_after)
