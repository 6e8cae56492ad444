"""What Windows' spooler is asked, shown on a stand-in for it; the contract runs there too."""

from __future__ import annotations

import pytest

from kiosk_agent.hands.printing.spooler import SpoolerError
from kiosk_agent.hands.printing.windows import COMPLETE, DELETED, PRINTED, WindowsSpooler
from tests.printing.conftest import FakeJob, FakeWinspool


@pytest.fixture
def fake() -> FakeWinspool:
    return FakeWinspool()


@pytest.fixture
def spooler(fake: FakeWinspool) -> WindowsSpooler:
    return WindowsSpooler(fake, fake.last_error, user="Resident")


def test_jobs_of_all_printers_are_told_whatever_the_case_of_the_name(
    fake: FakeWinspool, spooler: WindowsSpooler
) -> None:
    fake.printers["desk"].append(FakeJob(3, "resident", "a"))
    fake.printers["other"].append(FakeJob(3, "RESIDENT", "b"))
    assert [job.key for job in spooler.jobs()] == [("desk", 3), ("other", 3)]
    assert fake.open_handles == 0


def test_titles_do_not_stay_in_memory(fake: FakeWinspool, spooler: WindowsSpooler) -> None:
    fake.printers["desk"].append(FakeJob(3, "resident", "a title"))
    spooler.jobs()
    assert len(fake.written) == 2
    assert all(not any(buffer.raw) for buffer in fake.written)


@pytest.mark.parametrize("status", [PRINTED, COMPLETE, DELETED])
def test_a_job_of_which_nothing_is_to_be_printed_any_more_is_over(
    fake: FakeWinspool, spooler: WindowsSpooler, status: int
) -> None:
    fake.printers["desk"].append(FakeJob(3, "resident", "a", status))
    assert spooler.jobs()[0].is_over


def test_a_job_that_may_not_be_deleted_is_an_error(fake: FakeWinspool, spooler: WindowsSpooler) -> None:
    fake.printers["desk"].append(FakeJob(3, "resident", "a"))
    [job] = spooler.jobs()
    fake.refuses = True
    with pytest.raises(SpoolerError, match="error 5"):
        spooler.remove(job)
    assert fake.open_handles == 0


def test_a_printer_that_is_no_more_has_no_jobs(fake: FakeWinspool, spooler: WindowsSpooler) -> None:
    fake.printers["desk"].append(FakeJob(3, "resident", "a"))
    [job] = spooler.jobs()
    del fake.printers["desk"]
    spooler.remove(job)
    assert spooler.jobs() == []


def test_a_list_that_grows_all_the_time_is_an_error(fake: FakeWinspool, spooler: WindowsSpooler) -> None:
    def grows(*arguments: object) -> int:
        fake.printers[f"printer {len(fake.printers)}"] = []
        return FakeWinspool.EnumPrintersW(fake, *arguments)  # type: ignore[arg-type]

    fake.EnumPrintersW = grows  # type: ignore[method-assign]
    with pytest.raises(SpoolerError, match="too quickly"):
        spooler.jobs()
