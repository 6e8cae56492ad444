"""A process that dies while it writes loses nothing that it had acknowledged, and leaves nothing half-written."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from kiosk_agent.clock import ManualClock
from kiosk_agent.ledger import Ledger
from tests.ledger.children import child, line
from tests.ledger.test_counts import recounted
from tests.ledger.visits import entries_of, plain_visit, reading, verified

KILLS = 12


@pytest.mark.parametrize("seed", range(2))
def test_what_was_acknowledged_outlives_the_kill_and_nothing_is_half_there(path: Path, seed: int) -> None:
    chance = random.Random(seed)
    acknowledged = 0
    for _ in range(KILLS):
        with child("write", str(path)) as process:
            assert line(process) == "opening"
            wanted = chance.choice([0, 0, 1, chance.randrange(2, 60)])
            for _ in range(wanted):
                acknowledged = int(line(process))
            process.kill()  # wherever it is by now
            assert process.stdout is not None
            numbers = [int(number) for number in process.stdout.read().split(b"\n")[:-1]]
            acknowledged = max([acknowledged, *numbers])
        if not path.exists():
            assert acknowledged == 0
            continue
        verdict = verified(path)
        assert verdict.sound, verdict.problem
        assert acknowledged <= verdict.entries <= acknowledged + 1  # the one whose acknowledgement was cut off
        acknowledged = verdict.entries
        with reading(path) as reader:
            assert reader.counts() == recounted(path)
    assert acknowledged > KILLS


def test_a_kill_while_the_first_ledger_is_made_leaves_none_or_a_whole_one(tmp_path: Path, clock: ManualClock) -> None:
    made = 0
    for number in range(10):
        path = tmp_path / str(number) / "ledger.sqlite3"
        with child("write", str(path)) as process:
            assert line(process) == "opening"
            while not path.parent.exists():  # it is about to begin
                assert process.poll() is None
        made += path.exists()
        ledger = Ledger(path, clock)
        for entry in plain_visit(number):
            ledger.append(entry)
        ledger.close()
        assert [one.name for one in path.parent.iterdir()] == ["ledger.sqlite3"]
        assert verified(path).sound
    assert made < 10, "no kill came early enough"


def test_what_is_left_of_a_half_made_ledger_is_cleared_away(path: Path, clock: ManualClock) -> None:
    path.parent.mkdir()
    path.with_name("ledger.sqlite3.new").write_bytes(b"half")
    path.with_name("ledger.sqlite3.new-journal").write_bytes(b"half")
    ledger = Ledger(path, clock)
    ledger.append(plain_visit(1)[0])
    ledger.close()
    assert [one.name for one in path.parent.iterdir()] == ["ledger.sqlite3"]
    assert len(entries_of(path)) == 1
