"""How a row of measurements is summed up."""

from __future__ import annotations

import statistics
from dataclasses import dataclass


@dataclass(frozen=True)
class Goal:
    """What a figure should stay below; ``p95`` true: its p95, else its median."""

    limit: float
    p95: bool = True


@dataclass(frozen=True)
class Figure:
    """Measurements of one thing, in ``unit``."""

    name: str
    unit: str
    values: tuple[float, ...]
    goal: Goal | None = None
    note: str = ""

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.values)

    @property
    def p95(self) -> float:
        """The 95th percentile, by the nearest rank."""
        ordered = sorted(self.values)
        return ordered[max(0, -(-95 * len(ordered) // 100) - 1)]

    def line(self) -> str:
        """One row of the table."""
        met = ""
        if self.goal is not None:
            value = self.p95 if self.goal.p95 else self.median
            which = "p95" if self.goal.p95 else "median"
            verdict = "met" if value <= self.goal.limit else "MISSED"
            met = f"goal {which} ≤ {self.goal.limit:g} {self.unit}: {verdict}"
        numbers = f"{self.median:10.2f} {self.p95:10.2f} {max(self.values):10.2f}"
        return f"{self.name:52} {self.unit:4} {len(self.values):4} {numbers}  {met}  {self.note}".rstrip()


HEADER = f"{'':52} {'':4} {'n':>4} {'median':>10} {'p95':>10} {'max':>10}"
