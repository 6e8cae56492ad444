"""All tests run in one of the two lanes, and what one of them finds is the run's result."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests import lanes


def test_every_test_runs_in_one_lane() -> None:
    first, second = lanes.lanes()
    everything = sorted(lanes.TESTS.rglob("test_*.py"))
    assert sorted([*first, *second]) == everything
    assert {path.parent.name for path in second} >= {"session", "ledger"}
    assert "desk" in {path.parent.name for path in first}


@pytest.mark.parametrize(("failing", "status"), [("session", 1), ("desk", 1), ("", 0)])
def test_a_failure_in_either_lane_is_one(tmp_path: Path, failing: str, status: int) -> None:
    for folder in ("desk", "session"):
        (tmp_path / "tests" / folder).mkdir(parents=True)
        name = f"test_of_{folder}.py"
        (tmp_path / "tests" / folder / name).write_text(f"def test_it() -> None:\n    assert {folder != failing}\n")
    (tmp_path / "tests" / "lanes.py").write_text(Path(lanes.__file__).read_text(encoding="utf-8"), encoding="utf-8")
    command = [sys.executable, "-m", "tests.lanes", "-q", "-pno:cacheprovider"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    here, _, other = done.stdout.partition("The other lane:")
    assert ("1 failed" in here, "1 failed" in other) == (failing == "desk", failing == "session")
    assert ("1 passed" in here, "1 passed" in other) == (failing != "desk", failing != "session")
