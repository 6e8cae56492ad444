"""Another program holds the file, the disk is full, the folder cannot be written: an error in time, and no harm."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from kiosk_agent.clock import ManualClock
from kiosk_agent.errors import LedgerDamagedError, LedgerError, LedgerFullError, LedgerLockedError
from kiosk_agent.ledger import FILE_NAME, Ledger, LedgerWriter
from kiosk_agent.session import entries as en
from tests.ledger.children import child, held, let_go, line
from tests.ledger.test_counts import recounted
from tests.ledger.visits import bodies_of, entries_of, plain_visit, reading, verified, write_visits
from tests.support.refused_syncs import can_be_refused

FAR_TOO_LONG_S = 60.0  # nothing takes a tenth of it; without a limit it would be for ever


@pytest.fixture
async def writer(path: Path, clock: ManualClock) -> AsyncIterator[LedgerWriter]:
    opened = LedgerWriter(path.parent, clock)
    yield opened
    await opened.close()


# another program


async def test_a_file_that_another_program_holds_is_said_in_time_and_works_again_afterwards(
    writer: LedgerWriter, path: Path
) -> None:
    await writer.open()
    start, *rest = plain_visit(1)
    await writer.append(start)
    with held(path, "writing") as holder:
        for _ in range(2):
            with pytest.raises(LedgerLockedError):
                await asyncio.wait_for(writer.append(rest[0]), FAR_TOO_LONG_S)
        let_go(holder)
    for entry in rest:
        await writer.append(entry)
    assert verified(path).entries == 5


@pytest.mark.parametrize("mode", ["writing", "everything"])
async def test_a_file_that_is_held_at_the_start_is_never_taken_for_damaged(
    writer: LedgerWriter, path: Path, clock: ManualClock, mode: str
) -> None:
    write_visits(path, clock, 1)
    with held(path, mode) as holder:
        with contextlib.suppress(LedgerLockedError):  # it can be read while it cannot be written
            await asyncio.wait_for(writer.open(), FAR_TOO_LONG_S)
        with pytest.raises(LedgerLockedError):
            await writer.append(plain_visit(2)[0])
        let_go(holder)
    await writer.mend()
    assert await writer.append(plain_visit(2)[0]) == 6
    assert sorted(one.name for one in path.parent.glob("*damaged*")) == []


async def test_what_failed_at_the_start_is_the_answer_to_every_entry_until_it_is_mended(
    writer: LedgerWriter, path: Path, clock: ManualClock
) -> None:
    write_visits(path, clock, 1)
    with held(path, "everything"), pytest.raises(LedgerLockedError):
        await writer.open()
    with pytest.raises(LedgerLockedError):  # it could be opened now, but nobody has said so
        await writer.append(plain_visit(2)[0])
    await writer.mend()
    await writer.append(plain_visit(2)[0])


# two writers


def test_a_second_writer_cannot_break_the_chain(ledger: Ledger, path: Path, clock: ManualClock) -> None:
    ledger.append(en.AgentRan(True, "1"))
    second = Ledger(path, clock)
    second.append(en.VisitStarted("a"))
    with pytest.raises(LedgerError, match="append-only"):
        ledger.append(en.VisitStarted("b"))
    assert second.append(en.SignedIn("a")) == 3
    second.close()
    assert verified(path).sound
    assert [body["type"] for body in bodies_of(path)] == ["AgentRan", "VisitStarted", "SignedIn"]
    again = Ledger(path, clock)
    assert again.append(en.VisitStarted("b")) == 4
    again.close()


def answers_until_refused(process: subprocess.Popen[bytes]) -> Iterator[str]:
    """What a writing process says, up to the ledger's no."""
    while True:
        answer = line(process)
        yield answer
        if not answer.isdigit():
            return


def test_of_two_processes_that_write_at_once_none_loses_what_it_was_told_is_kept(path: Path) -> None:
    with child("write", str(path)) as first:
        told = [line(first) for _ in range(30)]
        with child("write", str(path)) as second:
            assert line(second) == "opening"
            others = list(itertools.islice(answers_until_refused(second), 30))
            # where the second could write, the first one's next number is taken
            told += others if not others[-1].isdigit() else [*others, *answers_until_refused(first)]
    assert verified(path).sound
    acknowledged = [answer for answer in told if answer.isdigit()]
    assert len(acknowledged) == len(set(acknowledged)), "one number was given to two entries"
    assert set(acknowledged) <= {str(one.seq) for one in entries_of(path)}
    refused = [answer for answer in told[1:] if not answer.isdigit()]
    assert len(refused) == 1
    assert refused[0].startswith(("unwritable: SQLITE_CONSTRAINT_TRIGGER", "locked: "))


# no room


@contextlib.contextmanager
def mounted(folder: Path, size: str) -> Iterator[Path]:
    """A disk of its own in memory. Skips where nobody may mount one."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0777", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("a small disk cannot be mounted: needs Linux and root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    with mounted(tmp_path / "disk", "600k") as folder:
        yield folder


def fill(folder: Path, *, leaving_bytes: int = 0) -> Path:
    """Leave no more room than that; returns the file to remove."""
    ballast = folder / "ballast"
    free = os.statvfs(folder)
    ballast.write_bytes(bytes(max(0, free.f_bavail * free.f_frsize - leaving_bytes)))
    return ballast


def append_until_full(ledger: Ledger, first: int) -> int:
    """Visits until the disk is full; returns how many entries were acknowledged."""
    acknowledged = 0
    try:
        for number in range(first, first + 1000):
            for entry in plain_visit(number):
                ledger.append(entry)
                acknowledged += 1
    except LedgerFullError:
        return acknowledged
    pytest.fail("the disk was never full")


async def open_and_append(writer: LedgerWriter) -> int:
    await writer.open()
    return await writer.append(en.AgentRan(True, "1"))


@pytest.mark.parametrize("room_pages", [0, 1, 2, 3, 5, 9, 17, 40])
def test_a_full_disk_refuses_the_entry_keeps_all_before_it_and_works_again_with_room(
    small_disk: Path, clock: ManualClock, room_pages: int
) -> None:
    path = small_disk / FILE_NAME
    ledger = Ledger(path, clock)
    ballast = fill(small_disk, leaving_bytes=room_pages * 4096)
    seq = sum(append_until_full(ledger, first=turn * 1000) for turn in range(4))
    assert verified(path).entries == seq
    ballast.unlink()
    assert ledger.append(en.AgentRan(False, "1")) == seq + 1
    ledger.close()
    assert verified(path).sound
    with reading(path) as reader:
        assert reader.counts() == recounted(path)


@pytest.mark.parametrize("room_pages", [0, 1, 2, 4, 8, 12])
async def test_a_ledger_is_not_half_begun_on_a_full_disk(small_disk: Path, clock: ManualClock, room_pages: int) -> None:
    ballast = fill(small_disk, leaving_bytes=room_pages * 4096)
    writer = LedgerWriter(small_disk, clock)
    with contextlib.suppress(LedgerFullError):
        await writer.open()
        for number in range(1000):
            await writer.append(en.VisitStarted(str(number)))
        pytest.fail("the disk was never full")
    ballast.unlink()
    await writer.mend()
    await writer.append(en.AgentRan(True, "1"))
    await writer.close()
    assert verified(small_disk / FILE_NAME).sound
    assert list(small_disk.glob("*damaged*")) == []


async def test_a_disk_that_takes_no_further_file_is_full(tmp_path: Path, clock: ManualClock) -> None:
    with mounted(tmp_path / "disk", "600k,nr_inodes=1") as folder:
        writer = LedgerWriter(folder, clock)
        with pytest.raises(LedgerFullError):
            await writer.open()
        subprocess.run(["mount", "-o", "remount,nr_inodes=100", str(folder)], check=True)
        await writer.mend()
        assert await writer.append(en.AgentRan(True, "1")) == 1
        await writer.close()


async def test_a_ledger_that_was_closed_in_good_order_is_not_harmed_by_a_disk_that_is_full_at_the_start(
    small_disk: Path, clock: ManualClock
) -> None:
    path = small_disk / FILE_NAME
    write_visits(path, clock, 2)
    ballast = fill(small_disk)
    writer = LedgerWriter(small_disk, clock)
    with pytest.raises(LedgerFullError):
        await open_and_append(writer)
    ballast.unlink()
    await writer.mend()
    assert await writer.append(en.AgentRan(True, "1")) == 11
    await writer.close()
    assert verified(path).sound


@pytest.mark.skipif(sys.platform == "win32", reason="only on Linux: Windows has no limit for the size of a file")
def test_a_system_that_refuses_to_let_the_file_grow_loses_nothing_that_was_acknowledged(path: Path) -> None:
    """As a quota does it."""
    with child("write", str(path), "200000") as process:
        assert line(process) == "opening"
        told = [line(process)]
        while told[-1].isdigit():
            told.append(line(process))
    assert told[-1].startswith("unwritable: SQLITE_IOERR_WRITE")
    assert verified(path).entries == int(told[-2])


def test_a_closed_ledger_can_be_read_on_a_disk_that_takes_nothing_more(small_disk: Path, clock: ManualClock) -> None:
    path = small_disk / FILE_NAME
    write_visits(path, clock, 2)
    fill(small_disk)
    assert verified(path).entries == 10
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    assert verified(path).entries == 10


# a disk that keeps nothing


needs_refusals = pytest.mark.skipif(
    not can_be_refused(), reason="only on Linux with x86-64 or ARM64: a process cannot have its syncs refused here"
)


@needs_refusals
def test_an_entry_that_the_disk_cannot_keep_is_not_acknowledged(path: Path, clock: ManualClock) -> None:
    """Otherwise a power cut takes entries along that the desk has relied on."""
    write_visits(path, clock, 2)
    with child("unsynced", str(path), "fdatasync") as process:
        assert line(process) == "11"
        assert line(process).startswith("unwritable: SQLITE_IOERR_FSYNC")
    assert verified(path).sound
    ledger = Ledger(path, clock)
    ledger.append(en.AgentRan(True, "1"))
    ledger.close()
    assert verified(path).sound


@needs_refusals
def test_a_first_ledger_whose_name_the_disk_cannot_keep_is_not_begun(path: Path, clock: ManualClock) -> None:
    with child("unsynced", str(path), "fsync") as process:
        assert line(process) == "unwritable: the disk cannot be read or written"
    ledger = Ledger(path, clock)
    assert ledger.append(en.AgentRan(True, "1")) == 1
    ledger.close()


# no rights


@contextlib.contextmanager
def folder_for_all() -> Iterator[Path]:
    """A folder that another user can reach."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        folder.chmod(0o700)
        shutil.rmtree(folder)


def opened_without_rights(path: Path) -> str:
    with child("open", str(path)) as process:
        return line(process)


def test_a_folder_that_cannot_be_written_is_said_and_works_again_with_rights(clock: ManualClock) -> None:
    with folder_for_all() as folder:
        folder.chmod(0o555)
        assert opened_without_rights(folder / FILE_NAME) == "unwritable: no permission"
        assert list(folder.iterdir()) == []
        folder.chmod(0o777)
        assert opened_without_rights(folder / FILE_NAME) == "written"


def test_a_ledger_that_cannot_be_read_stays_where_it_is(clock: ManualClock) -> None:
    with folder_for_all() as folder:
        path = folder / FILE_NAME
        write_visits(path, clock, 1)
        content = path.read_bytes()
        path.chmod(0o000)
        folder.chmod(0o777)
        assert opened_without_rights(path).startswith("unwritable: SQLITE_CANTOPEN")
        assert [one.name for one in folder.iterdir()] == [FILE_NAME]
        path.chmod(0o666)
        assert path.read_bytes() == content
        assert opened_without_rights(path) == "written"
        assert verified(path).entries == 10


def test_a_damaged_ledger_in_a_folder_that_cannot_be_written_stays_as_it_is(clock: ManualClock) -> None:
    with folder_for_all() as folder:
        path = folder / FILE_NAME
        path.write_bytes(b"no ledger" * 1000)
        path.chmod(0o666)
        folder.chmod(0o555)
        answer = opened_without_rights(path)
        assert answer.startswith("damaged: ")
        assert answer.endswith("it could not be kept aside: no permission")
        assert path.read_bytes() == b"no ledger" * 1000


async def test_a_disk_that_went_read_only_is_said_and_works_again_when_it_is_mended(
    small_disk: Path, clock: ManualClock
) -> None:
    writer = LedgerWriter(small_disk, clock)
    await open_and_append(writer)
    await writer.close()  # a disk with a file that is open for writing cannot be made read-only
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    writer = LedgerWriter(small_disk, clock)
    with pytest.raises(LedgerError) as caught:
        await open_and_append(writer)
    assert not isinstance(caught.value, LedgerDamagedError)
    assert caught.value.cause == "unwritable"
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    await writer.mend()
    assert await writer.append(en.AgentRan(True, "1")) == 2
    await writer.close()
