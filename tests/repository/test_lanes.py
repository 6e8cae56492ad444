"""All tests run in one of the two lanes, and what one of them finds is the run's result."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import lanes


def within(path: Path, lane: list[str]) -> bool:
    left_out = [Path(argument.removeprefix("--ignore=")) for argument in lane if argument.startswith("--ignore=")]
    named = [Path(argument) for argument in lane if not argument.startswith("--")]
    return path not in left_out and any(path.is_relative_to(one) for one in named)


def test_every_test_runs_in_one_lane() -> None:
    first, second = lanes.lanes()
    for path in lanes.TESTS.rglob("test_*.py"):
        assert within(path, first) != within(path, second), path
    assert within(lanes.TESTS / "session" / "test_exhaustive.py", second)
    assert within(lanes.TESTS / "desk" / "test_nudge.py", first)
    assert within(lanes.TESTS / "central" / "test_pages_in_browser.py", first)


def test_the_second_lane_needs_no_browser() -> None:
    _, second = lanes.lanes()
    in_it = [path for path in lanes.TESTS.rglob("test_*.py") if within(path, second)]
    asking = re.compile(r"\bbrowser_path: str\b")  # the fixture
    assert [path for path in in_it if asking.search(path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize(("failing", "status"), [("session", 1), ("desk", 1), ("browser", 1), ("", 0)])
def test_a_failure_in_either_lane_is_one(tmp_path: Path, failing: str, status: int) -> None:
    sources = {
        "desk/test_of_a_desk.py": f"assert {failing != 'desk'}",
        "session/test_of_a_session.py": f"assert {failing != 'session'}",
        "session/test_in_browser.py": f"assert {failing != 'browser'}",
        "windows/test_elsewhere.py": "raise AssertionError",
    }
    for name, line in sources.items():
        path = tmp_path / "tests" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"def test_it() -> None:\n    {line}\n")
    (tmp_path / "tests" / "windows" / "conftest.py").write_text('collect_ignore_glob = ["test_*.py"]\n')
    (tmp_path / "tests" / "lanes.py").write_text(Path(lanes.__file__).read_text(encoding="utf-8"), encoding="utf-8")
    command = [sys.executable, "-m", "tests.lanes", "-q", "-pno:cacheprovider"]
    plain = {
        **os.environ,
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }  # they take seconds to load, and nothing here needs them
    done = subprocess.run(command, cwd=tmp_path, env=plain, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    here, _, other = done.stdout.partition("The other lane:")
    assert ("1 failed" in here, "1 failed" in other) == (failing in {"desk", "browser"}, failing == "session")
    assert "2 passed" in here or "1 failed, 1 passed" in here
    assert ("1 passed" in other) == (failing != "session")
