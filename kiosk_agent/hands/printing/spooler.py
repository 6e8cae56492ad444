"""What the agent needs of an operating system's print queues. Numbers and times only: no titles, no documents."""

from __future__ import annotations

import sys
from typing import Protocol

import msgspec

from kiosk_agent.errors import HandError


class SpoolerError(HandError):
    """The print queues gave no answer, or refused: what is in them is not known, or stays there."""


class SpoolerMissingError(SpoolerError):
    """Nothing on this PC takes print jobs."""


class PrintJob(msgspec.Struct, frozen=True):
    """One job of this desk's user. ``submitted_at``: seconds since 1970, by the queue's clock.

    ``is_over``: nothing of it is to be printed any more, but the system keeps its title, and perhaps its pages.
    """

    queue: str  # as far as it takes to name the job; empty where its number alone does
    number: int
    submitted_at: float
    is_over: bool = False

    @property
    def key(self) -> tuple[str, int]:
        """What tells it from all others."""
        return self.queue, self.number


class Spooler(Protocol):
    """The print queues of one PC. All calls block, for ``limit_s`` at most each as far as the system lets them."""

    def jobs(self) -> list[PrintJob]:
        """This user's jobs: those that wait or print, and those that are over. Raises SpoolerError."""
        ...

    def remove(self, job: PrintJob) -> None:
        """Ask for ``job`` to be taken out, with what is kept of it; one that is gone is fine. Raises SpoolerError."""
        ...


def spooler_here(limit_s: float) -> Spooler:
    """This system's print queues."""
    if sys.platform == "win32":
        from kiosk_agent.hands.printing.windows import WindowsSpooler

        return WindowsSpooler()
    from kiosk_agent.hands.printing.cups import CupsSpooler, find_server

    return CupsSpooler(find_server(), limit_s)
