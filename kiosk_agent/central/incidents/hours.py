"""How sums of visits by hour follow from the facts. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

Growth = Mapping[tuple[str, str, int], int]  # (code, day, hour) → by how much


class Known(NamedTuple):
    """What is stored of a visit."""

    seq: int
    day: str
    hour: int


def grown(known: Mapping[tuple[Any, ...], Known], told: Mapping[tuple[Any, ...], Mapping[str, Any]]) -> Growth:
    """By how much the sums of municipality, prefecture and nation grow once ``told`` is stored.

    A visit counts once, however often it is told. Where a later telling moves it, it moves in the sums as well.
    """
    growth: Counter[tuple[str, str, int]] = Counter()
    for key, visit in told.items():
        before = known.get(key)
        if before is not None and visit["seq"] <= before.seq:
            continue
        municipality = visit["municipality_code"]
        for code in ("", municipality[:2], municipality):
            growth[code, visit["day"], visit["hour"]] += 1
            if before is not None:
                growth[code, before.day, before.hour] -= 1
    return growth
