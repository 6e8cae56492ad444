"""A damaged ledger is kept aside, never written over; a new one is begun only when somebody mends the desk."""

from __future__ import annotations

import contextlib
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from kiosk_agent.clock import ManualClock
from kiosk_agent.errors import LedgerDamagedError, LedgerError
from kiosk_agent.ledger import FILE_NAME, Ledger, LedgerReader, LedgerWriter
from kiosk_agent.ledger.aside import kept_aside
from kiosk_agent.session import entries as en
from tests.ledger.visits import bodies_of, by_hand, entries_of, plain_visit, reading, verified, write_visits


@pytest.fixture
async def writer(path: Path, clock: ManualClock) -> AsyncIterator[LedgerWriter]:
    opened = LedgerWriter(path.parent, clock)
    yield opened
    await opened.close()


def garbage(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 40)


def a_letter(path: Path) -> None:
    path.write_text("Dear Sir or Madam, this is no ledger.\n" * 300, encoding="utf-8")


def empty(path: Path) -> None:
    path.write_bytes(b"")


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:10_000])


def another_header(path: Path) -> None:
    path.write_bytes(b"X" + path.read_bytes()[1:])


def a_page_of_zeros(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:4096] + bytes(4096) + content[8192:])


def another_programs(path: Path) -> None:
    path.unlink()
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE bookmarks (url TEXT)")
        db.commit()


def another_programs_with_our_format(path: Path) -> None:
    another_programs(path)
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 1")


def no_epoch(path: Path) -> None:
    with by_hand(path) as db:
        db.execute("DELETE FROM about")


def a_lost_table(path: Path) -> None:
    with by_hand(path) as db:
        db.execute("DROP TABLE counts")


def an_edited_last_entry(path: Path) -> None:
    with by_hand(path) as db:
        db.execute("UPDATE entries SET body = replace(body, '\"K\"', '\"L\"') WHERE seq = 10")


def a_last_entry_that_is_no_text(path: Path) -> None:
    with by_hand(path) as db:
        db.execute("UPDATE entries SET body = CAST(x'ff00' AS TEXT) WHERE seq = 10")


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "something").write_bytes(b"of somebody else's")


DAMAGES = [
    garbage,
    a_letter,
    empty,
    cut_short,
    another_header,
    a_page_of_zeros,
    another_programs,
    another_programs_with_our_format,
    no_epoch,
    a_lost_table,
    an_edited_last_entry,
    a_last_entry_that_is_no_text,
    a_folder,
]
damages = pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__.replace("_", " "))


def content_of(path: Path) -> bytes:
    return (path / "something").read_bytes() if path.is_dir() else path.read_bytes()


@damages
async def test_a_damaged_ledger_is_kept_as_it_was_and_none_is_begun_before_somebody_mends_the_desk(
    writer: LedgerWriter, path: Path, clock: ManualClock, damage: Callable[[Path], None]
) -> None:
    write_visits(path, clock, 2)
    damage(path)
    content = content_of(path)
    with pytest.raises(LedgerDamagedError) as caught:
        await writer.open()
    kept = caught.value.kept_as
    assert kept is not None
    assert kept in str(caught.value)
    assert content_of(path.parent / kept) == content
    for _ in range(2):  # nothing that is recorded now, and no further start, begins another one
        with pytest.raises(LedgerDamagedError) as refused:
            await writer.append(en.AgentRan(True, "1"))
        assert refused.value.kept_as is None
        with pytest.raises(LedgerDamagedError, match=kept):
            await writer.open()
        assert not path.exists()
    await writer.mend()
    await writer.append(en.AgentRan(True, "1"))
    assert content_of(path.parent / kept) == content
    incident, _ = bodies_of(path)
    assert (incident["type"], incident["code"], kept in incident["detail"]) == ("Incident", "ledger_damaged", True)
    assert verified(path).sound


@damages
def test_whoever_only_reads_a_damaged_ledger_is_told_so_and_changes_nothing(
    path: Path, clock: ManualClock, damage: Callable[[Path], None]
) -> None:
    write_visits(path, clock, 2)
    damage(path)
    content = content_of(path)
    try:
        sound = verified(path).sound
    except LedgerError:
        sound = False
    assert not sound
    assert content_of(path) == content


@damages
def test_the_store_itself_leaves_a_damaged_file_where_it_is(
    path: Path, clock: ManualClock, damage: Callable[[Path], None]
) -> None:
    write_visits(path, clock, 2)
    damage(path)
    content = content_of(path)
    with pytest.raises(LedgerDamagedError):
        Ledger(path, clock)
    assert content_of(path) == content


async def test_each_further_damaged_ledger_gets_a_name_of_its_own_and_an_incident_of_its_own(
    path: Path, clock: ManualClock
) -> None:
    epochs = set()
    for number in range(3):
        writer = LedgerWriter(path.parent, clock)  # the clock stands still: the names may not rest on it
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(f"damaged for the {number}. time".encode())
        with pytest.raises(LedgerDamagedError):
            await writer.open()
        await writer.mend()
        await writer.close()
        assert [body["code"] for body in bodies_of(path)] == ["ledger_damaged"]
        with reading(path) as reader:
            epochs.add(reader.epoch)
        if number < 2:
            path.unlink()
            for ending in ("-wal", "-shm"):
                Path(f"{path}{ending}").unlink(missing_ok=True)
    names = kept_aside(path)
    assert len(names) == len(epochs) == 3
    assert {(path.parent / name).read_bytes()[-7:] for name in names} == {b"0. time", b"1. time", b"2. time"}


async def test_a_ledger_that_is_damaged_while_the_agent_writes_is_kept_with_its_journal(
    writer: LedgerWriter, path: Path
) -> None:
    await writer.open()
    for entry in plain_visit(1):
        await writer.append(entry)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("DROP TABLE counts")
    with pytest.raises(LedgerDamagedError) as caught:
        await writer.append(plain_visit(2)[0])
    kept = path.parent / str(caught.value.kept_as)
    assert not path.exists()
    assert [one.seq for one in entries_of(kept)] == [1, 2, 3, 4, 5]
    await writer.mend()
    await writer.append(plain_visit(2)[0])
    assert [body["type"] for body in bodies_of(path)] == ["Incident", "VisitStarted"]


async def test_an_agent_that_died_between_keeping_the_file_and_its_journal_finds_the_journal(
    writer: LedgerWriter, path: Path, clock: ManualClock
) -> None:
    write_visits(path, clock, 1)
    path.unlink()
    Path(f"{path}-wal").write_bytes(b"entries that were acknowledged")
    with pytest.raises(LedgerDamagedError, match="its journal is still there") as caught:
        await writer.open()
    assert Path(f"{path.parent / str(caught.value.kept_as)}-wal").read_bytes() == b"entries that were acknowledged"
    assert kept_aside(path) == [caught.value.kept_as]
    await writer.mend()
    assert verified(path).entries == 1


async def test_the_incident_is_not_lost_when_the_agent_dies_before_it_is_recorded(
    writer: LedgerWriter, path: Path, clock: ManualClock
) -> None:
    path.parent.mkdir()
    garbage(path)
    with pytest.raises(LedgerDamagedError):
        await writer.open()
    Ledger(path, clock).close()  # as far as an agent came that was killed right after it began the new one
    for _ in range(2):  # and it is told once, however often the agent starts
        another = LedgerWriter(path.parent, clock)
        await another.open()
        await another.close()
        assert [body["code"] for body in bodies_of(path)] == ["ledger_damaged"]


@pytest.mark.parametrize("version", [2, 77, -1])
async def test_a_ledger_of_another_format_is_neither_written_nor_moved(
    writer: LedgerWriter, path: Path, clock: ManualClock, version: int
) -> None:
    write_visits(path, clock, 1)
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {version}")
    content = path.read_bytes()
    for attempt in (writer.open, writer.mend):
        with pytest.raises(LedgerError, match=f"format {version}") as caught:
            await attempt()
        assert caught.value.cause == "unwritable"
    with pytest.raises(LedgerError, match=f"format {version}"):
        LedgerReader(path)
    assert path.read_bytes() == content
    assert kept_aside(path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="only on Linux: Windows has no modes")
async def test_a_missing_ledger_is_begun_for_the_desks_user_alone(writer: LedgerWriter, path: Path) -> None:
    await writer.open()
    await writer.append(plain_visit(1)[0])
    modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    assert modes == {FILE_NAME: 0o600, f"{FILE_NAME}-wal": 0o600, f"{FILE_NAME}-shm": 0o600}
    assert path.parent.stat().st_mode & 0o777 == 0o700


async def test_a_link_to_a_disk_that_is_not_there_begins_no_ledger(writer: LedgerWriter, path: Path) -> None:
    path.parent.mkdir()
    path.symlink_to(path.parent / "not mounted" / FILE_NAME)
    with pytest.raises(LedgerError) as caught:
        await writer.open()
    assert caught.value.cause == "unwritable"
    assert path.is_symlink()
