"""What one lane with browsers starts and leaves is not there for the other, and ends with the run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests import apart
from tests.repository.test_lanes import ONE, OTHER, PASSES, PLAIN, RUN, project

MARK = "KIOSK_AGENT_TEST_OF_LANES"
PATIENCE_S = 60.0
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="only on Linux: namespaces")

# Both know the two pipes in the project, which is the same for both lanes: opening one waits for the other lane.
LEAVES = """
import subprocess
from pathlib import Path

def test_it():
    left = [Path("/tmp/left-by-a-lane"), Path("/dev/shm/left-by-a-lane")]
    for path in left:
        path.touch()
    process = subprocess.Popen(["sleep", "4711.25"])
    Path("is-there").write_text("")
    Path("was-looked-for").read_text()
    assert process.poll() is None
    process.kill()
    process.wait()
    assert all(path.exists() for path in left)
"""
LOOKS = """
import os
from pathlib import Path
import psutil

def test_it():
    Path("is-there").read_text()
    lines = [" ".join(process.cmdline()) for process in psutil.process_iter()]
    found = [line for line in lines if "4711.25" in line or "-m tests.lanes" in line]
    found += [str(path) for path in (Path("/tmp/left-by-a-lane"), Path("/dev/shm/left-by-a-lane")) if path.exists()]
    assert any("-m pytest" in line for line in lines)
    Path("was-looked-for").write_text("")
    assert found == []
    assert os.getsid(0) != 0 != os.getpgid(0)
"""
# The one that ends sees all processes, and looks when the first lane, which is the last to be started, is there.
ENDS = """
from pathlib import Path
import psutil

def test_it():
    Path("first-is-there").read_text()
    lines = [process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"])]
    assert [line for line in lines if str(Path("tests/session").absolute()) in line] == []
"""
WAITS = """
from pathlib import Path

def test_it():
    Path("{told}").write_text("")
    assert Path("{asked}").read_text() == "it runs"
"""
COMES_LATER = """
from pathlib import Path

def test_it():
    for asked in Path().glob("asked-*"):
        asked.write_text("it runs")
"""
# An orphan is everybody's: the test that started it will not be there to end it.
HANGS = """
import subprocess, sys
from pathlib import Path

def test_it():
    subprocess.run([sys.executable, "-c", "import subprocess as s; s.Popen(['sleep', '600'])"], check=True)
    Path("{name}").write_text("")
    Path("never").read_text()
"""


@pytest.fixture(autouse=True)
def _namespaces() -> None:
    why_not = apart.why_not()
    if why_not:
        pytest.skip(f"no lanes of their own on this machine: {why_not}")


def test_a_lane_sees_neither_processes_nor_files_of_the_other(tmp_path: Path) -> None:
    sources = {f"{ONE}/test_leaving.py": LEAVES, f"{OTHER}/test_looking.py": LOOKS, "session/test_it.py": PASSES}
    folder = project(tmp_path, sources)
    for name in ("is-there", "was-looked-for"):
        os.mkfifo(folder / name)
    done = subprocess.run(RUN, cwd=folder, env=PLAIN, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("1 passed") == 3


def test_the_last_lane_begins_when_one_has_ended_and_does_not_wait_for_the_others(tmp_path: Path) -> None:
    sources = {
        "ledger/test_it.py": ENDS,
        f"{ONE}/test_it.py": WAITS.format(told="first-is-there", asked="asked-first"),
        f"{OTHER}/test_it.py": WAITS.format(told="said-to-nobody", asked="asked-second"),
        "session/test_it.py": COMES_LATER,
    }
    folder = project(tmp_path, sources)
    for name in ("first-is-there", "asked-first", "asked-second"):
        os.mkfifo(folder / name)
    done = subprocess.run(RUN, cwd=folder, env=PLAIN, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("1 passed") == 4


def test_a_lane_is_told_how_its_command_ended_and_gathers_in_orphans(tmp_path: Path) -> None:
    script = "(true &) ; until ! ps -o stat= -e | grep -q Z; do :; done; kill -9 $$"
    inside = apart.command(tmp_path, ["/bin/sh", "-c", script])
    with subprocess.Popen(inside, cwd=apart.ROOT, stdin=subprocess.PIPE) as process:
        assert process.wait(PATIENCE_S) == 128 + signal.SIGKILL


def test_outside_of_namespaces_of_its_own_nothing_is_mounted(tmp_path: Path) -> None:
    # in mounts of the test's own: one that mounts all the same must not do so over everybody's /tmp
    script = '"$@"; status=$?; cat /proc/self/mountinfo; exit $status'
    command = [sys.executable, "-m", "tests.apart", str(tmp_path), sys.executable, "-c", ""]
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, "sh", *command],
        cwd=apart.ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "expected to be the first process" in done.stderr
    assert str(tmp_path) not in done.stdout


def marked(mark: str) -> list[psutil.Process]:
    """As ``.ci/run`` finds its own."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == mark and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:  # gone meanwhile
            continue
    return found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_however_the_run_ends_so_do_its_lanes(tmp_path: Path, number: int) -> None:
    names = {ONE: "first-is-there", OTHER: "second-is-there"}
    sources = {f"{lane}/test_hanging.py": HANGS.format(name=name) for lane, name in names.items()}
    folder = project(tmp_path, {**sources, "session/test_it.py": PASSES})
    for name in (*names.values(), "never"):
        os.mkfifo(folder / name)
    mark = str(tmp_path)
    with (tmp_path / "printed").open("wb") as printed:
        run = subprocess.Popen(RUN, cwd=folder, env={**PLAIN, MARK: mark}, stdout=printed, stderr=printed)
    for name in names.values():
        (folder / name).read_text(encoding="utf-8")
    inside = marked(mark)
    assert len([process for process in inside if process.cmdline()[:2] == ["sleep", "600"]]) == len(names)
    run.send_signal(number)
    run.wait(PATIENCE_S)
    end = time.monotonic() + PATIENCE_S
    while marked(mark) and time.monotonic() < end:
        psutil.wait_procs(marked(mark), timeout=1)
    left = marked(mark)
    for process in left:
        process.kill()
    assert [process.pid for process in left] == []
