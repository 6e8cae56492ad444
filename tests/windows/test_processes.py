"""Processes on Windows: the job object, trees that are killed, numbers that are used again, the lock of one desk."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from kiosk_agent.process_tree import Leash, ProcessMark, end_tree, kill_all, mark_of
from tests.supervisor import test_lock as lock
from tests.supervisor.test_lock import (
    holder,
    test_a_killed_holder_lets_go_and_who_waited_gets_it,
    test_a_released_desk_can_be_taken_again,
    test_supervisor_and_agent_hold_locks_of_their_own,
    test_the_second_one_hears_who_holds_the_desk,
    test_who_waited_for_a_released_desk_and_who_comes_later_do_not_both_get_it,
)
from tests.windows.conftest import PATIENCE_S

__all__ = [
    "holder",
    "test_a_killed_holder_lets_go_and_who_waited_gets_it",
    "test_a_released_desk_can_be_taken_again",
    "test_supervisor_and_agent_hold_locks_of_their_own",
    "test_the_second_one_hears_who_holds_the_desk",
    "test_who_waited_for_a_released_desk_and_who_comes_later_do_not_both_get_it",
]
assert lock

WAIT = "import sys; print('up', flush=True); sys.stdin.read()"
# Starts a child that ignores the end of its input, ties it (or not), says its number, and waits to be killed.
PARENT = """
import subprocess, sys, threading
from kiosk_agent.process_tree import Leash

child = subprocess.Popen([sys.executable, "-c", "import threading; print('up', flush=True); threading.Event().wait()"],
                         stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
child.stdout.readline()
leash = Leash()
if sys.argv[1] == "tied":
    assert leash.put_on(int(child._handle))
print(child.pid, flush=True)
threading.Event().wait()
"""


@pytest.fixture
def started() -> Iterator[list[subprocess.Popen[bytes]]]:
    processes: list[subprocess.Popen[bytes]] = []
    yield processes
    for process in processes:
        process.kill()
        process.communicate(timeout=PATIENCE_S)


def start(started: list[subprocess.Popen[bytes]], code: str, *arguments: str) -> tuple[subprocess.Popen[bytes], str]:
    process = subprocess.Popen([sys.executable, "-c", code, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    started.append(process)
    assert process.stdout is not None
    return process, process.stdout.readline().decode().strip()


@pytest.mark.parametrize("tie", ["tied", "loose"])
def test_the_job_object_ends_the_child_of_a_killed_parent(started: list[subprocess.Popen[bytes]], tie: str) -> None:
    parent, number = start(started, PARENT, tie)
    child = psutil.Process(int(number))
    parent.kill()
    parent.wait(timeout=PATIENCE_S)
    if tie == "tied":
        _, alive = psutil.wait_procs([child], timeout=PATIENCE_S)
        assert not alive
    else:  # so that it is the job object that does it, and not Windows
        assert child.is_running()
        child.kill()
        child.wait(timeout=PATIENCE_S)


def test_a_process_that_is_no_more_cannot_be_tied() -> None:
    assert Leash().put_on(0) is False


def test_a_tree_is_killed_whole(started: list[subprocess.Popen[bytes]]) -> None:
    parent, number = start(started, PARENT, "loose")
    child, root = psutil.Process(int(number)), mark_of(parent.pid)
    assert root is not None
    assert kill_all([root], PATIENCE_S) == []
    assert not child.is_running()
    assert root.find() is None


def test_a_tree_is_asked_and_then_killed(started: list[subprocess.Popen[bytes]]) -> None:
    parent, number = start(started, PARENT, "loose")
    child, root = psutil.Process(int(number)), mark_of(parent.pid)
    assert root is not None
    assert end_tree(root, 0.5, PATIENCE_S) == []  # nobody answers: it is killed
    assert not child.is_running()


def test_a_stranger_with_the_same_number_is_left_alone(started: list[subprocess.Popen[bytes]]) -> None:
    process, _ = start(started, WAIT)
    mark = mark_of(process.pid)
    assert mark is not None
    assert kill_all([ProcessMark(mark.pid, mark.created - 1.0)], PATIENCE_S) == []
    assert process.poll() is None
    assert mark.find() is not None
