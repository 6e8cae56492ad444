"""What the sense "browsers" asks of a PC's processes: of the real ones, and of those that a test makes up."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from kiosk_agent.sensors.browsers.processes import ProcessTable, SystemTable
from tests.sensors.processes import FakeTable, line_of, program, started_elsewhere, until

BIG = "import sys; held = b'x' * 200_000_000; print('held', flush=True); sys.stdin.read()"
Start = Callable[[str], tuple[int, Callable[[], None]]]  # a program's name → its number, and how to end it


@contextmanager
def fake(_folder: Path) -> Iterator[tuple[ProcessTable, Start]]:
    table = FakeTable()

    def start(name: str) -> tuple[int, Callable[[], None]]:
        pid = table.add(name, f"/opt/{name}", "600", parent=os.getpid())
        return pid, lambda: table.end(pid)

    yield table, start


@contextmanager
def real(folder: Path) -> Iterator[tuple[ProcessTable, Start]]:
    running: list[subprocess.Popen[bytes]] = []

    def start(name: str) -> tuple[int, Callable[[], None]]:
        process = subprocess.Popen([program(folder, name), "600"])
        running.append(process)
        until(lambda: bool(line_of(psutil.Process(process.pid))))  # while it becomes the program it has none

        def end() -> None:
            process.kill()
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # a zombie from here on

        return process.pid, end

    try:
        yield SystemTable(), start
    finally:
        for process in running:
            process.kill()
            process.wait()


@pytest.fixture(params=[fake, real])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[ProcessTable, Start]]:
    with request.param(tmp_path) as made:
        yield made


def test_the_list_holds_this_process(world: tuple[ProcessTable, Start]) -> None:
    table, _ = world
    assert os.getpid() in table.pids()


def test_a_process_tells_its_name_its_line_and_who_started_it(world: tuple[ProcessTable, Start]) -> None:
    table, start = world
    pid, _ = start("firefox")
    assert pid in table.pids()
    process = table.read(pid)
    assert process is not None
    assert (process.pid, process.name, process.parent) == (pid, "firefox", os.getpid())
    assert Path(process.line[0]).name == "firefox"
    assert process.line[1:] == ("600",)
    assert process.of_this_desk


def test_one_that_has_ended_tells_nothing(world: tuple[ProcessTable, Start]) -> None:
    table, start = world
    pid, end = start("firefox")
    end()  # the real one is a zombie now: still in the list
    assert table.read(pid) is None


def test_one_that_is_ending_and_has_let_go_of_its_line_says_so() -> None:
    if sys.platform == "win32":
        pytest.skip("only on Linux: there, what is ending no longer has a command line")
    table, seen = SystemTable(), set[tuple[bool, bool]]()
    while (True, False) not in seen:  # it takes some hundredths of a second, in which this process may have to wait
        with subprocess.Popen([sys.executable, "-c", BIG], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"held\n"
            process.kill()
            while (read := table.read(process.pid)) is not None:
                seen.add((read.passing, bool(read.line)))
    assert seen <= {(True, False), (False, True)}


def test_nobody_shows_this_desktop_elsewhere(world: tuple[ProcessTable, Start]) -> None:
    table, _ = world
    assert not table.shows_remote_session()


linux_root = pytest.mark.skipif(
    sys.platform == "win32" or os.getuid() != 0 or shutil.which("setpriv") is None,
    reason="only as root on Linux, with setpriv",
)


def open_to_others(folder: Path) -> None:
    """Another user may start what lies in ``folder``, wherever the tests' folders are."""
    for part in (folder, *folder.parents):
        if part.is_relative_to(tempfile.gettempdir()) and part != Path(tempfile.gettempdir()):
            part.chmod(0o755)


@linux_root
def test_another_users_process_is_told_apart(tmp_path: Path) -> None:
    open_to_others(tmp_path)
    with started_elsewhere([str(program(tmp_path, "firefox")), "600"], user=65534) as process:
        read = SystemTable().read(process.pid)
    assert read is not None
    assert not read.of_this_desk


@pytest.mark.parametrize("refused", ["name", "cmdline", "ppid", "uids"])
@pytest.mark.parametrize("error", [psutil.AccessDenied, psutil.NoSuchProcess, psutil.ZombieProcess, PermissionError])
def test_whatever_a_process_refuses_it_is_no_reason_to_fail(
    monkeypatch: pytest.MonkeyPatch, refused: str, error: type[Exception]
) -> None:
    def refuse(process: psutil.Process) -> None:
        raise error(process.pid)

    for attribute in ("cache_activate", "cache_deactivate"):  # as psutil's own have for oneshot()
        setattr(refuse, attribute, lambda _process: None)
    monkeypatch.setattr(psutil.Process, refused, refuse)
    read = SystemTable().read(os.getpid())
    is_needed = refused == "name" or error is not psutil.AccessDenied
    if refused == "cmdline" and error is PermissionError:
        is_needed = False
    assert (read is None) == is_needed
    if read is not None:
        assert (refused == "cmdline") == (read.line == ())
        assert not read.passing  # it refuses, and does not end


# in namespaces of its own, where /proc hides what is not the user's; becomes another user after its imports
HIDDEN = """
import os, subprocess, sys
from kiosk_agent.sensors.browsers.processes import SystemTable
from kiosk_agent.sensors.browsers.scanner import Scanner
from kiosk_agent.sensors.browsers.telling import Ours
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
browser = subprocess.Popen([sys.argv[1], "600"])
table = SystemTable()
assert 1 not in table.pids(), "nothing is hidden here"
assert table.read(1) is None
while (read := table.read(browser.pid)) is None or read.passing:
    pass  # it is just becoming the program, and for a moment of that still the user's it was
seen = Scanner(table, Ours([], 0), os.getpid()).scan()
browser.kill()
browser.wait()
print([one.program.title for one in seen.browsers])
"""


@linux_root
def test_where_proc_hides_other_users_processes_the_own_ones_are_seen(tmp_path: Path) -> None:
    open_to_others(tmp_path)
    script = 'mount -t proc -o hidepid=2 proc /proc || exit 77; "$0" -c "$1" "$2"'
    done = subprocess.run(
        [
            *("unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", script),
            *(sys.executable, HIDDEN, str(program(tmp_path, "firefox"))),
        ],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    if "unshare" in done.stderr or "mount" in done.stderr:
        pytest.skip(f"no namespaces on this machine: {done.stderr.strip()}")
    assert done.stderr == ""
    assert done.stdout == "['Firefox']\n"
