"""The print jobs of one visit: those of this desk's user that were not there when it began."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Iterable

from kiosk_agent.hands.printing.spooler import PrintJob, Spooler, SpoolerError, SpoolerMissingError
from kiosk_agent.session.residue import Residue, ResidueKind

log = logging.getLogger(__name__)

LOOK_PAUSE_S = 0.1  # no event tells that a job is out of its queue; CUPS needs 1–20 ms
CLOCK_STEP_S = 1.0  # queues tell the time of a job in whole seconds

Key = tuple[str, int]


class VisitJobs:
    """``since``: when the visit began, in seconds since 1970; None: not known, so that no job can be called its own.

    All methods block. Not for two threads at once.
    """

    def __init__(self, spooler: Spooler, since: float | None) -> None:
        self._spooler = spooler
        self._since = since
        self._before: frozenset[Key] | None = None
        self._was_missing = True

    def note_before(self) -> None:
        """Note which jobs are there already: they are not the visit's, whatever the clocks say.

        Where nothing answers, the time of each job decides.
        """
        try:
            before = frozenset(job.key for job in self._spooler.jobs())
        except SpoolerMissingError:
            return
        except SpoolerError as error:
            log.warning("the print queues could not be looked at when the visit began: %s", error)
        else:
            self._before = before
        self._was_missing = False

    def remove(self, until: float) -> tuple[Residue, ...]:
        """Take all jobs of the visit out, and look until they are gone, or it is ``until`` (``time.monotonic``).

        Where no answer comes, what is there is not known; that is no good news.
        """
        found: dict[Key, ResidueKind] = {}
        refused: set[PrintJob] = set()
        while True:
            try:
                left = [job for job in self._spooler.jobs() if self._is_of_visit(job)]
            except SpoolerMissingError as error:
                if self._was_missing and not found:
                    return ()
                return _unknown(found, error)
            except SpoolerError as error:
                return _unknown(found, error)
            for job in left:
                found.setdefault(job.key, _kind(job))
            if left and self._since is None:
                return _unknown({}, "when the visit began is not known")
            if not refused.issuperset(left) and time.monotonic() < until:
                refused.update(self._ask(left))
                time.sleep(LOOK_PAUSE_S)
            else:
                return _told(found, left)

    def _ask(self, left: Iterable[PrintJob]) -> Iterable[PrintJob]:
        for job in left:
            try:
                self._spooler.remove(job)
            except SpoolerError as error:
                log.warning("a print job of the visit stays: %s", error)
                yield job

    def _is_of_visit(self, job: PrintJob) -> bool:
        if self._before is not None:
            return job.key not in self._before
        if self._since is None:
            return not job.is_over  # what is over is somebody's of any day
        return job.submitted_at >= self._since - CLOCK_STEP_S


def _kind(job: PrintJob) -> ResidueKind:
    return ResidueKind.PRINT_COPIES if job.is_over else ResidueKind.PRINT_JOBS


def _told(found: dict[Key, ResidueKind], left: Iterable[PrintJob]) -> tuple[Residue, ...]:
    staying = {job.key: _kind(job) for job in left}
    removed = Counter(kind for key, kind in found.items() if staying.get(key) is not kind)
    stays = Counter(staying.values())
    return tuple(
        Residue(kind, removed[kind], stays[kind])
        for kind in (ResidueKind.PRINT_JOBS, ResidueKind.PRINT_COPIES)
        if removed[kind] or stays[kind]
    )


def _unknown(found: dict[Key, ResidueKind], why: object) -> tuple[Residue, ...]:
    log.warning("what the visit left in the print queues is not known: %s", why)
    known = sum(kind is ResidueKind.PRINT_JOBS for kind in found.values())
    return (Residue(ResidueKind.PRINT_JOBS, left=known, unknown=True),)
