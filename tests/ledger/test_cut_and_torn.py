"""Whatever is cut off from the file or its journal, or torn in it: a whole beginning of it, or a clear no."""

from __future__ import annotations

import contextlib
import random
import shutil
import sqlite3
from pathlib import Path

import pytest

from kiosk_agent.clock import ManualClock
from kiosk_agent.errors import LedgerDamagedError, LedgerError
from kiosk_agent.ledger import FILE_NAME, Ledger
from tests.ledger.test_counts import recounted
from tests.ledger.visits import entries_of, plain_visit, reading, verified, write_visits

FRAME_BYTES = 24 + 4096
WAL_HEADER_BYTES = 32
VISITS = 6


@pytest.fixture
def snapshot(tmp_path: Path, clock: ManualClock) -> Path:
    """File and journal as they are while the agent runs, with most entries only in the journal."""
    path = tmp_path / "running" / FILE_NAME
    ledger = Ledger(path, clock)
    for number in range(VISITS):
        for entry in plain_visit(number):
            ledger.append(entry)
    kept = tmp_path / "kept"
    kept.mkdir()
    for ending in ("", "-wal"):
        shutil.copy(f"{path}{ending}", kept)
    ledger.close()
    return kept / FILE_NAME


def whole_entries(path: Path, clock: ManualClock) -> int:
    """How many entries the agent finds; everything about them fits, and it can go on from there."""
    Ledger(path, clock).close()
    verdict = verified(path)
    assert verdict.sound, verdict.problem
    with reading(path) as reader:
        assert reader.counts() == recounted(path)
    ledger = Ledger(path, clock)
    assert ledger.append(plain_visit(1000)[0]) == verdict.entries + 1
    ledger.close()
    return verdict.entries


def test_a_journal_cut_off_anywhere_gives_a_whole_beginning(snapshot: Path, tmp_path: Path, clock: ManualClock) -> None:
    journal = Path(f"{snapshot}-wal").read_bytes()
    frames = (len(journal) - WAL_HEADER_BYTES) // FRAME_BYTES
    chance = random.Random(1)
    ends = [WAL_HEADER_BYTES + frame * FRAME_BYTES for frame in range(frames + 1)]
    cuts = {end + by for end in ends for by in (-1, 0, 1)} | {chance.randrange(len(journal)) for _ in range(60)}
    cuts |= {0, 1, WAL_HEADER_BYTES - 1}
    before = 0
    for number, cut in enumerate(sorted(cut for cut in cuts if cut <= len(journal))):
        path = tmp_path / f"cut-{number}" / FILE_NAME
        path.parent.mkdir()
        shutil.copy(snapshot, path)
        Path(f"{path}-wal").write_bytes(journal[:cut])
        found = whole_entries(path, clock)
        assert found >= before, f"a journal cut off at {cut} has fewer entries than a shorter one"
        before = found
    assert before == VISITS * 5


def test_a_bit_that_tips_over_in_the_journal_gives_a_whole_beginning(
    snapshot: Path, tmp_path: Path, clock: ManualClock
) -> None:
    journal = Path(f"{snapshot}-wal").read_bytes()
    chance = random.Random(2)
    path = tmp_path / FILE_NAME
    found = set()
    for _ in range(60):
        shutil.copy(snapshot, path)
        torn = bytearray(journal)
        torn[chance.randrange(len(torn))] ^= 1 << chance.randrange(8)
        Path(f"{path}-wal").write_bytes(torn)
        Path(f"{path}-shm").unlink(missing_ok=True)
        found.add(whole_entries(path, clock))
    assert max(found) < VISITS * 5  # a frame that does not fit ends the journal


def test_a_file_cut_off_anywhere_is_damaged(path: Path, tmp_path: Path, clock: ManualClock) -> None:
    write_visits(path, clock, 40)
    whole = path.read_bytes()
    chance = random.Random(3)
    cuts = set(range(0, len(whole), 4096)) | {chance.randrange(len(whole)) for _ in range(60)}
    for cut in cuts:
        cut_off = tmp_path / FILE_NAME
        cut_off.write_bytes(whole[:cut])
        with pytest.raises(LedgerDamagedError):
            Ledger(cut_off, clock)
        assert cut_off.read_bytes() == whole[:cut]
        for ending in ("-wal", "-shm"):
            Path(f"{cut_off}{ending}").unlink(missing_ok=True)


def everything(path: Path) -> list[object]:
    with contextlib.closing(sqlite3.connect(path)) as db:
        tables = ("entries", "visits", "counts", "about")
        return [db.execute(f"SELECT * FROM {table}").fetchall() for table in tables]  # noqa: S608 - names of our own


def test_a_bit_that_tips_over_in_the_file_is_found_or_changes_nothing(
    path: Path, tmp_path: Path, clock: ManualClock
) -> None:
    write_visits(path, clock, 40)
    whole, content = path.read_bytes(), everything(path)
    chance = random.Random(4)
    found = 0
    for _ in range(250):
        torn = bytearray(whole)
        where = chance.randrange(len(torn))
        torn[where] ^= 1 << chance.randrange(8)
        file = tmp_path / FILE_NAME
        file.write_bytes(torn)
        try:
            Ledger(file, clock).close()
            sound = verified(file).sound
        except LedgerError:
            sound = False
        found += not sound
        if sound:
            assert everything(file) == content, f"byte {where} was changed and nobody noticed"
        for ending in ("-wal", "-shm"):
            Path(f"{file}{ending}").unlink(missing_ok=True)
    assert found > 100


def test_the_last_entry_is_checked_at_every_start(path: Path, clock: ManualClock) -> None:
    write_visits(path, clock, 1)
    last = entries_of(path)[-1]
    path.write_bytes(path.read_bytes().replace(last.body.encode(), last.body.replace('"K"', '"L"').encode()))
    with pytest.raises(LedgerDamagedError, match="entry 5 does not fit"):
        Ledger(path, clock)
