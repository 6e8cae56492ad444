"""What every print system must do for the agent."""

from __future__ import annotations

import time

import msgspec
import pytest

from kiosk_agent.hands.printing.spooler import SpoolerMissingError
from tests.printing.conftest import Queues


def test_a_job_that_waits_is_told_with_its_time(queues: Queues) -> None:
    before = time.time()
    number = queues.submit()
    [job] = queues.spooler.jobs()
    assert job.number == number
    assert not job.is_over
    assert before - 2 <= job.submitted_at <= time.time() + 2


def test_nothing_but_numbers_is_told(queues: Queues) -> None:
    queues.submit()
    [job] = queues.spooler.jobs()
    assert "title" not in str(msgspec.structs.asdict(job))


def test_other_peoples_jobs_are_not_told(queues: Queues) -> None:
    queues.submit("somebody")
    assert queues.spooler.jobs() == []


def test_a_removed_job_is_gone_and_the_others_stay(queues: Queues) -> None:
    first, second, other = queues.submit(), queues.submit(), queues.submit("somebody")
    queues.spooler.remove(next(job for job in queues.spooler.jobs() if job.number == first))
    assert [job.number for job in queues.spooler.jobs()] == [second]
    assert queues.numbers() == {second, other}


def test_removing_what_is_gone_is_no_error(queues: Queues) -> None:
    queues.submit()
    [job] = queues.spooler.jobs()
    queues.spooler.remove(job)
    queues.spooler.remove(job)
    assert queues.spooler.jobs() == []


def test_an_empty_queue_is_empty(queues: Queues) -> None:
    assert queues.spooler.jobs() == []


def test_a_system_that_does_not_run_is_missing_not_empty(queues: Queues) -> None:
    queues.submit()
    queues.stop()
    with pytest.raises(SpoolerMissingError):
        queues.spooler.jobs()
