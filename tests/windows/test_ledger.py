"""The ledger on Windows: what was acknowledged is there after a kill at any moment, and the chain is whole."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kiosk_agent.clock import SystemClock
from kiosk_agent.errors import LedgerError
from kiosk_agent.ledger import FILE_NAME, LedgerReader
from kiosk_agent.ledger.store import Ledger
from kiosk_agent.session import entries as en
from tests.windows.conftest import PATIENCE_S

# Appends until it is killed, and says each entry that the ledger has acknowledged.
WRITE = """
import sys
from pathlib import Path
from kiosk_agent.clock import SystemClock
from kiosk_agent.ledger.store import Ledger
from kiosk_agent.session import entries as en

ledger = Ledger(Path(sys.argv[1]), SystemClock())
number = 0
while True:
    ledger.append(en.AgentRan(True, "0.1.0"))
    number += 1
    print(number, flush=True)
"""


def entries_of(path: Path) -> int:
    reader = LedgerReader(path)
    try:
        return sum(one["agent_starts"] for one in reader.counts().values())
    finally:
        reader.close()


def test_a_writer_killed_in_the_middle_has_lost_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    path, written = tmp_path / FILE_NAME, 0
    for after in (1, 25, 60):
        process = subprocess.Popen([sys.executable, "-c", WRITE, str(path)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        for _ in range(after):
            process.stdout.readline()
        process.kill()
        acknowledged = after + len(process.communicate(timeout=PATIENCE_S)[0].splitlines())
        found = entries_of(path)
        # the entry that was under way may be there or not; no other
        assert written + acknowledged <= found <= written + acknowledged + 1
        written = found
    ledger = Ledger(path, SystemClock())
    assert ledger._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert ledger._db.execute("PRAGMA synchronous").fetchone() == (2,)
    ledger.append(en.AgentRan(True, "0.1.0"))
    ledger.close()
    command = [sys.executable, "-m", "kiosk_agent", "ledger", "verify", "--data-dir", str(tmp_path)]
    verified = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert entries_of(path) == written + 1


def test_a_ledger_is_read_while_another_process_writes_it(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    process = subprocess.Popen([sys.executable, "-c", WRITE, str(path)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        process.stdout.readline()
        assert entries_of(path) >= 1
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE_S)


def test_a_damaged_ledger_is_told(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    path.write_bytes(b"no ledger at all" * 100)
    with pytest.raises(LedgerError):
        Ledger(path, SystemClock())
