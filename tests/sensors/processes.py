"""Process tables for tests: a made-up one, and the real one narrowed to what a test has started."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
import psutil
import pytest

from kiosk_agent.sensors.browsers.processes import Details, SystemTable

WAIT_S = 60.0  # far more than anything takes; what is not there by then fails the test


class FakeTable:
    """Processes that a test makes up; it holds this one from the beginning."""

    def __init__(self) -> None:
        self.processes: dict[int, Details] = {}
        self.broken: Exception | None = None
        self.remote_session = False
        self.reads: list[int] = []
        self._next_pid = 5000
        self.add("python3", pid=os.getpid(), parent=1)

    def add(
        self,
        name: str,
        *line: str,
        parent: int = 1,
        pid: int | None = None,
        created: float = 100.0,
        of_this_desk: bool = True,
        passing: bool = False,
    ) -> int:
        """Start one; returns its number."""
        if pid is None:
            pid, self._next_pid = self._next_pid, self._next_pid + 1
        shown = () if passing else line or (name,)
        self.processes[pid] = Details(pid, created, parent, name, shown, of_this_desk, passing)
        return pid

    def begin_to_end(self, *pids: int) -> None:
        """They have let go of their memory, and with it of their command line; their names are still there."""
        for pid in pids:
            self.processes[pid] = msgspec.structs.replace(self.processes[pid], line=(), passing=True)

    def end(self, *pids: int) -> None:
        for pid in pids:
            del self.processes[pid]

    def pids(self) -> set[int]:
        if self.broken is not None:
            raise self.broken
        return set(self.processes)

    def read(self, pid: int) -> Details | None:
        self.reads.append(pid)
        return self.processes.get(pid)

    def shows_remote_session(self) -> bool:
        return self.remote_session


class NearTable(SystemTable):
    """The PC's own table, of which a test sees this process and those whose command line names ``folder``.

    Other tests run browsers at the same time, and so may whoever works at this PC.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        self._far: set[int] = set()

    def pids(self) -> set[int]:
        near = set()
        for pid in super().pids():
            if pid == os.getpid() or self._names_folder(pid):
                near.add(pid)
        return near

    def _names_folder(self, pid: int) -> bool:
        with suppress(psutil.Error):
            return any(self._folder in argument for argument in psutil.Process(pid).cmdline())
        return False


def until(holds: Callable[[], bool]) -> None:
    """Look again and again until ``holds``; fails after far more time than it takes."""
    deadline = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < deadline, f"did not come true within {WAIT_S:.0f} s"
        time.sleep(0.01)


def line_of(process: psutil.Process) -> list[str]:
    """Its command line; empty where it has ended meanwhile."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def program(folder: Path, name: str) -> Path:
    """A real program with that name which does nothing: it sleeps."""
    sleep = shutil.which("sleep")
    if sys.platform == "win32" or sleep is None:
        pytest.skip("only on Linux: there is no program that sleeps to be given another name")
    path = folder / name
    shutil.copy(sleep, path)
    return path


@contextmanager
def started_elsewhere(command: list[str], *, user: int | None = None) -> Iterator[psutil.Process]:
    """A process that is not ours: its starter has ended, as that of a program in a desktop's menu has."""
    switch = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] if user is not None else []
    done = subprocess.run(
        [*switch, "sh", "-c", '"$0" "$@" >/dev/null 2>&1 & echo $!', *command],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
        start_new_session=True,
    )
    process = psutil.Process(int(done.stdout))
    until(lambda: Path(command[0]).name in " ".join(line_of(process)) and process.name() != "sh")
    try:
        yield process
    finally:
        tree = [process]
        with suppress(psutil.Error):
            tree += process.children(recursive=True)
        for one in tree:
            with suppress(psutil.Error):
                one.send_signal(signal.SIGKILL)
        psutil.wait_procs(tree, timeout=WAIT_S)
