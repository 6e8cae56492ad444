"""Which print jobs are the visit's, that they are gone afterwards, and that no answer is never good news."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from kiosk_agent.hands.printing.cups import CupsSpooler
from kiosk_agent.hands.printing.spooler import PrintJob, SpoolerError
from kiosk_agent.hands.printing.visit_jobs import VisitJobs
from kiosk_agent.session.residue import Residue, ResidueKind
from tests.printing.conftest import LIMIT_S, Queues
from tests.printing.test_cups import strict_server, until
from tests.support.print_server import PrintServer

__all__ = ["strict_server"]

JOBS, COPIES = ResidueKind.PRINT_JOBS, ResidueKind.PRINT_COPIES


def soon() -> float:
    return time.monotonic() + LIMIT_S


def visit(server: PrintServer, since: float | None = None, limit_s: float = LIMIT_S) -> VisitJobs:
    return VisitJobs(CupsSpooler(server.socket, limit_s), time.time() if since is None else since)


def test_what_was_sent_during_the_visit_is_gone_and_what_was_there_before_stays(queues: Queues) -> None:
    before, other_before = queues.submit(), queues.submit("somebody")
    jobs = VisitJobs(queues.spooler, time.time() - 60)
    jobs.note_before()
    queues.submit()
    queues.submit()
    other = queues.submit("somebody")
    assert jobs.remove(soon()) == (Residue(JOBS, removed=2),)
    assert queues.numbers() == {before, other_before, other}


def test_a_visit_that_printed_nothing_has_nothing_to_tell(queues: Queues) -> None:
    before = queues.submit()
    jobs = VisitJobs(queues.spooler, time.time())
    jobs.note_before()
    assert jobs.remove(soon()) == ()
    assert queues.numbers() == {before}


def test_a_clock_that_was_turned_makes_no_difference(queues: Queues) -> None:
    before = queues.submit()
    jobs = VisitJobs(queues.spooler, time.time() + 86_400)
    jobs.note_before()
    queues.submit()
    assert jobs.remove(soon()) == (Residue(JOBS, removed=1),)
    assert queues.numbers() == {before}


def test_where_nothing_answered_at_the_beginning_the_time_of_a_job_decides(server: PrintServer) -> None:
    number = server.submit("desk")
    assert visit(server, since=time.time() + 60).remove(soon()) == ()
    assert server.numbers() == {number}
    assert visit(server, since=time.time() - 60).remove(soon()) == (Residue(JOBS, removed=1),)
    assert server.numbers() == set()


def test_a_job_that_is_being_printed_is_stopped_and_its_document_is_gone(server: PrintServer) -> None:
    jobs = visit(server)
    jobs.note_before()
    server.add("stubborn", device="stubborn:/x")
    server.submit("stubborn")
    until((server.folder / "paper/page").exists, "it is being printed")
    assert jobs.remove(soon()) == (Residue(JOBS, removed=1),)
    assert server.numbers() == set(), "not even its title is kept"
    assert server.kept_documents() == []


def test_what_was_printed_already_leaves_no_copy(server: PrintServer) -> None:
    server.add("quick")
    earlier = server.submit("quick")
    until(lambda: earlier in server.numbers("completed"), "the earlier one is printed")
    jobs = visit(server)
    jobs.note_before()
    number = server.submit("quick")
    until(lambda: number in server.numbers("completed"), "it is printed")
    assert jobs.remove(soon()) == (Residue(COPIES, removed=1),)
    assert server.numbers() == {earlier}


class Kept:
    """A queue that has what it was given."""

    def __init__(self, *jobs: PrintJob) -> None:
        self._jobs = list(jobs)

    def jobs(self) -> list[PrintJob]:
        return list(self._jobs)

    def remove(self, job: PrintJob) -> None:
        self._jobs.remove(job)


def test_where_the_beginning_is_not_known_what_was_printed_on_any_day_is_nobodys() -> None:
    assert VisitJobs(Kept(PrintJob("desk", 1, 0.0, is_over=True)), None).remove(soon()) == ()


def test_queues_know_whole_seconds_and_the_visits_first_one_is_its_own() -> None:
    since = 1000.9
    assert VisitJobs(Kept(PrintJob("desk", 1, 1000.0)), since).remove(soon()) == (Residue(JOBS, removed=1),)
    assert VisitJobs(Kept(PrintJob("desk", 1, 999.0)), since).remove(soon()) == ()


def test_what_may_not_be_cancelled_is_left_and_said(strict_server: PrintServer) -> None:
    jobs = visit(strict_server)
    jobs.note_before()
    number = strict_server.submit("desk")
    assert jobs.remove(soon()) == (Residue(JOBS, left=1),)
    assert strict_server.numbers() == {number}


def test_a_server_that_is_not_there_has_nothing_of_the_visit(tmp_path: Path) -> None:
    jobs = VisitJobs(CupsSpooler(tmp_path / "sock", LIMIT_S), time.time())
    jobs.note_before()
    assert jobs.remove(soon()) == ()


def test_a_server_that_was_switched_off_during_the_visit_is_not_clean(server: PrintServer) -> None:
    jobs = visit(server)
    jobs.note_before()
    server.submit("desk")
    server.stop()
    assert jobs.remove(soon()) == (Residue(JOBS, unknown=True),)


@pytest.mark.parametrize("from_the_beginning", [True, False])
def test_a_server_that_hangs_is_not_clean(server: PrintServer, from_the_beginning: bool) -> None:
    jobs = visit(server, limit_s=0.2)
    if from_the_beginning:
        server.freeze()
    jobs.note_before()
    server.freeze()
    assert jobs.remove(soon()) == (Residue(JOBS, unknown=True),)


def test_a_server_that_hung_at_the_beginning_and_is_gone_at_the_end_is_not_clean(server: PrintServer) -> None:
    jobs = visit(server, limit_s=0.2)
    server.freeze()
    jobs.note_before()
    server.stop()
    assert jobs.remove(soon()) == (Residue(JOBS, unknown=True),)


def test_where_the_visits_beginning_is_not_known_a_waiting_job_may_be_its_own(queues: Queues) -> None:
    assert VisitJobs(queues.spooler, None).remove(soon()) == ()
    number = queues.submit()
    assert VisitJobs(queues.spooler, None).remove(soon()) == (Residue(JOBS, unknown=True),)
    assert queues.numbers() == {number}


class Slow:
    """A print system that takes its time over each job: ``looks`` looks until it is gone."""

    def __init__(self, looks: int, *, then_over: bool = False) -> None:
        self.looks = looks
        self.then_over = then_over
        self.asked = 0

    def jobs(self) -> list[PrintJob]:
        if self.asked:
            self.looks -= 1
        if self.looks > 0:
            return [PrintJob("", 1, time.time())]
        return [PrintJob("", 1, time.time(), is_over=True)] if self.then_over else []

    def remove(self, job: PrintJob) -> None:
        self.asked += 1
        if job.is_over:
            raise SpoolerError("It keeps what it has printed.")


def test_it_is_looked_at_until_the_job_is_really_gone() -> None:
    assert VisitJobs(Slow(3), 0.0).remove(soon()) == (Residue(JOBS, removed=1),)


def test_a_job_that_is_still_there_when_time_is_over_is_left() -> None:
    assert VisitJobs(Slow(10**9), 0.0).remove(time.monotonic() + 0.3) == (Residue(JOBS, left=1),)


def test_a_stopped_job_whose_copy_stays_is_told_as_both() -> None:
    expected = (Residue(JOBS, removed=1), Residue(COPIES, left=1))
    assert VisitJobs(Slow(1, then_over=True), 0.0).remove(soon()) == expected
