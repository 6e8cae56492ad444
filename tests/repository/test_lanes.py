"""All tests run in one of the lanes, and what one of them finds is the run's result."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests import apart, lanes

# Loading plugins takes seconds, and nothing here needs them.
PLAIN = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
RUN = [sys.executable, "-m", "tests.lanes", "-q", "-pno:cacheprovider"]
PASSES = "def test_it() -> None:\n    pass\n"
FAILS = "def test_it() -> None:\n    raise AssertionError\n"
ONE, OTHER = "desk", "browser"  # folders of the first and of the second lane with browsers


def project(folder: Path, sources: Mapping[str, str]) -> Path:
    """A project with the lanes of this one, and these tests."""
    for name, source in sources.items():
        path = folder / "tests" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
    for module in (lanes, apart):
        shutil.copy(Path(module.__file__), folder / "tests")
    return folder


def within(path: Path, lane: list[str]) -> bool:
    left_out = [Path(argument.removeprefix("--ignore=")) for argument in lane if argument.startswith("--ignore=")]
    named = [Path(argument) for argument in lane if not argument.startswith("--")]
    return path not in left_out and any(path.is_relative_to(one) for one in named)


@pytest.mark.parametrize("are_apart", [True, False])
def test_every_test_runs_in_one_lane(are_apart: bool) -> None:
    all_lanes = lanes.lanes(are_apart=are_apart)
    assert len(all_lanes) == (4 if are_apart else 3)
    for path in lanes.TESTS.rglob("test_*.py"):
        assert [within(path, lane) for lane in all_lanes.values()].count(True) == 1, path
    first = all_lanes[lanes.FIRST_LANE]
    assert within(lanes.TESTS / "ledger" / "test_chain.py", all_lanes[lanes.COMPUTING_LANE])
    assert within(lanes.TESTS / "session" / "test_exhaustive.py", all_lanes[lanes.LATER_LANE])
    assert within(lanes.TESTS / ONE / "test_nudge.py", first)
    assert within(lanes.TESTS / OTHER / "test_driver.py", all_lanes[lanes.SECOND_LANE] if are_apart else first)
    assert within(lanes.TESTS / "central" / "test_pages_in_browser.py", first)


def test_no_folder_belongs_to_two_lanes() -> None:
    assert not lanes.SECOND & lanes.COMPUTING
    assert lanes.LATER < lanes.COMPUTING
    assert [name for name in lanes.SECOND | lanes.COMPUTING if not (lanes.TESTS / name).is_dir()] == []


@pytest.mark.parametrize("title", [lanes.COMPUTING_LANE, lanes.LATER_LANE])
def test_what_only_computes_needs_no_browser(title: str) -> None:
    computing = lanes.lanes(are_apart=True)[title]
    in_it = [path for path in lanes.TESTS.rglob("test_*.py") if within(path, computing)]
    asking = re.compile(r"\bbrowser_path: str\b")  # the fixture
    assert [path for path in in_it if asking.search(path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize(
    ("failing", "titles"),
    [
        ("ledger/test_of_a_ledger.py", {"The lane that computes"}),
        ("session/test_of_a_session.py", {"The lane that computes later"}),
        ("desk/test_of_a_desk.py", {"The first"}),
        ("browser/test_of_a_browser.py", {"The other lane with browsers"}),
        ("session/test_in_browser.py", {"The first"}),
        ("", set()),
    ],
)
@pytest.mark.parametrize("are_apart", [True, False])
def test_a_failure_in_any_lane_is_one(tmp_path: Path, failing: str, titles: set[str], are_apart: bool) -> None:
    why_not = apart.why_not()
    if are_apart and why_not:
        pytest.skip(f"no lanes of their own on this machine: {why_not}")
    names = ["desk/test_of_a_desk.py", "browser/test_of_a_browser.py"]
    names += ["ledger/test_of_a_ledger.py", "session/test_of_a_session.py", "session/test_in_browser.py"]
    sources = {name: FAILS if name == failing else PASSES for name in names}
    sources["windows/test_elsewhere.py"] = FAILS
    sources["windows/conftest.py"] = 'collect_ignore_glob = ["test_*.py"]\n'
    # without the program, as on a machine that has no namespaces
    environment = PLAIN if are_apart else {**PLAIN, "PATH": str(tmp_path)}
    done = subprocess.run(
        RUN, cwd=project(tmp_path, sources), env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == (1 if failing else 0), done.stdout + done.stderr
    first, *others = re.split(r"^(The .* lane .*|The lane .*):$", done.stdout, flags=re.MULTILINE)
    printed = {"The first": first, **dict(zip(others[::2], others[1::2], strict=True))}
    if not are_apart:
        assert first.startswith("One lane with browsers instead of two: ")
        assert "unshare is not on this machine" in first.splitlines()[0]
        titles = {"The first" if "browsers" in title else title for title in titles}
    else:
        assert "instead of" not in done.stdout
    tests = dict.fromkeys(printed, 1) | {"The first": 2 if are_apart else 3}
    computing = {"The lane that computes", "The lane that computes later"}
    assert set(printed) == {"The first", *computing, *(["The other lane with browsers"] * are_apart)}
    for title, text in printed.items():
        passed = tests[title] - (title in titles)
        assert ("1 failed" in text) == (title in titles), text
        assert (f"{passed} passed" in text) == (passed > 0), text
    assert ("are kept" in done.stdout) == (are_apart and bool(titles) and not titles <= computing)
    for kept in re.findall(r"are kept: (.*)", done.stdout):
        shutil.rmtree(Path(kept).parent)
