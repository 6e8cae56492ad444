"""One agent on one desk."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from kiosk_agent.errors import DeskBusyError
from kiosk_agent.lock import DeskLock, _try_lock

HOLD = """
import os, sys, pathlib
from kiosk_agent.lock import DeskLock
with DeskLock(pathlib.Path(sys.argv[1])):
    print(os.getpid(), flush=True)
    sys.stdin.read()
"""


@dataclass(frozen=True)
class Holder:
    """``pid`` is the one that holds: on Windows an environment's Python is the child of a small program before it."""

    process: subprocess.Popen[bytes]
    pid: int


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[Holder]:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdin=-1, stdout=-1, env=environment)
    assert process.stdout is not None
    yield Holder(process, int(process.stdout.readline()))
    process.kill()
    process.communicate()


def test_the_second_one_hears_who_holds_the_desk(holder: Holder, tmp_path: Path) -> None:
    with pytest.raises(DeskBusyError, match=f"process {holder.pid}"):
        DeskLock(tmp_path).acquire()


def test_supervisor_and_agent_hold_locks_of_their_own(holder: Holder, tmp_path: Path) -> None:
    with DeskLock(tmp_path, "supervisor"):
        pass


def test_a_killed_holder_lets_go_and_who_waited_gets_it(holder: Holder, tmp_path: Path) -> None:
    holder.process.kill()
    with DeskLock(tmp_path, wait_s=30.0) as lock:
        assert lock.path.read_text() == f"{os.getpid()}\n"


def test_a_released_desk_can_be_taken_again(tmp_path: Path) -> None:
    with DeskLock(tmp_path), pytest.raises(DeskBusyError):
        DeskLock(tmp_path).acquire()
    DeskLock(tmp_path).acquire()


def test_who_waited_for_a_released_desk_and_who_comes_later_do_not_both_get_it(tmp_path: Path) -> None:
    """As if the file were removed: one would hold the old one, another a new one of the same name."""
    first = DeskLock(tmp_path)
    first.acquire()
    waiting = os.open(first.path, os.O_RDWR)
    try:
        assert not _try_lock(waiting)
        first.release()
        assert _try_lock(waiting)
        with pytest.raises(DeskBusyError):
            DeskLock(tmp_path).acquire()
    finally:
        os.close(waiting)
