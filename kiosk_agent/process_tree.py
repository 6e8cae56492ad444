"""Killing a process and everything it started, without ever hitting a stranger that got a recycled number."""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import sys
import time
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import psutil

PR_SET_PDEATHSIG = 1  # linux/prctl.h
PR_SET_CHILD_SUBREAPER = 36


class ProcessMark(NamedTuple):
    """A process that cannot be mistaken for another: numbers are used again, start times are not."""

    pid: int
    created: float  # psutil's create_time()

    def find(self) -> psutil.Process | None:
        """The process, if it is still the same one."""
        try:
            process = psutil.Process(self.pid)
            return process if process.create_time() == self.created else None
        except psutil.Error:
            return None


def mark_of(pid: int) -> ProcessMark | None:
    """The mark of a running process; None where there is none with that number."""
    try:
        return ProcessMark(pid, psutil.Process(pid).create_time())
    except psutil.Error:
        return None


def descendants(process: psutil.Process) -> list[psutil.Process]:
    """Everything that ``process`` started, directly or not. To be asked before it dies: orphans have no parent."""
    try:
        return list(process.children(recursive=True))
    except psutil.Error:
        return []


def children_of_mine() -> list[ProcessMark]:
    """The direct children of this process, adopted ones among them."""
    return [mark for child in psutil.Process().children() if (mark := mark_of(child.pid)) is not None]


def session_of(root: ProcessMark) -> list[psutil.Process]:
    """Everything in the session that ``root`` opened (POSIX; empty where it opened none), whether it lives or not.

    A browser's helpers outlive it for a moment, or for as long as they hang. Such orphans have no parent to be found
    by, but they keep the session, and while any of them lives its number is given to no other process.
    """
    if sys.platform == "win32":
        return []
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, ProcessLookupError):  # it ended while we looked
            if os.getsid(process.pid) == root.pid and process.create_time() >= root.created:
                found.append(process)
    return found


def kill_all(roots: Iterable[ProcessMark], limit_s: float) -> list[int]:
    """Kill each root with all its descendants; returns the numbers of those still there after ``limit_s`` seconds."""
    doomed: dict[int, psutil.Process] = {}
    for root in roots:
        process = root.find()
        if process is None and psutil.pid_exists(root.pid):
            continue  # a stranger has its number, and with it perhaps a session
        tree = [] if process is None else [process, *descendants(process)]
        for one in (*tree, *session_of(root)):
            doomed[one.pid] = one
    with _Deaths(doomed) as deaths:
        for process in doomed.values():
            _kill(process)
        return deaths.wait(limit_s)


def end_tree(root: ProcessMark, ask_limit_s: float, kill_limit_s: float) -> list[int]:
    """Ask a process to end, then kill what is left of it and of all that it started; returns what is still there.

    On Windows asking is killing already (TerminateProcess). Blocks for at most the two limits together.
    """
    process = root.find()
    if process is None:
        return []
    tree = {one.pid: one for one in (process, *descendants(process))}  # asked for now: orphans have no parent
    with _Deaths(tree) as deaths:
        with contextlib.suppress(psutil.Error):
            process.terminate()
        left = {pid: tree[pid] for pid in deaths.wait(ask_limit_s)}
    for one in list(left.values()):
        left.update((started.pid, started) for started in descendants(one))
    with _Deaths(left) as deaths:
        for one in left.values():
            with contextlib.suppress(psutil.AccessDenied):  # it is still there below
                _kill(one)
        return deaths.wait(kill_limit_s)


class _Deaths:
    """Waits for processes to end. A zombie has ended: who has to collect it may take seconds (measured: two)."""

    def __init__(self, processes: Mapping[int, psutil.Process]) -> None:
        self._processes = processes
        self._descriptors: dict[int, int] = {}

    def __enter__(self) -> _Deaths:
        if hasattr(os, "pidfd_open"):  # Linux: readable as soon as the process has ended
            for pid in self._processes:
                with contextlib.suppress(ProcessLookupError):
                    self._descriptors[os.pidfd_open(pid)] = pid
        return self

    def __exit__(self, *_error: object) -> None:
        for descriptor in self._descriptors:
            os.close(descriptor)

    def wait(self, limit_s: float) -> list[int]:
        """The numbers of those that are still there after ``limit_s`` seconds."""
        if sys.platform == "win32" or not hasattr(os, "pidfd_open"):
            _, alive = psutil.wait_procs(list(self._processes.values()), timeout=limit_s)
            return [process.pid for process in alive]
        deadline = time.monotonic() + limit_s
        poll = select.poll()
        waiting = set(self._descriptors)
        for descriptor in waiting:
            poll.register(descriptor, select.POLLIN)
        while waiting:
            ended = poll.poll(max(0.0, deadline - time.monotonic()) * 1000)
            if not ended:
                break
            for descriptor, _ in ended:
                poll.unregister(descriptor)
                waiting.discard(descriptor)
        return [self._descriptors[descriptor] for descriptor in waiting]


def _kill(process: psutil.Process) -> None:
    try:
        process.kill()  # psutil compares the start time before it sends the signal
    except psutil.NoSuchProcess:
        return


def adopt_orphans() -> None:
    """Linux: what my children leave behind becomes mine, so that a browser cannot outlive a killed agent unseen."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def wake_when_parent_dies() -> None:
    """Linux: a stopped process goes on when its parent dies, so that it can notice and end."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(signal.SIGCONT), 0, 0, 0)


def reap_orphans(except_pid: int | None) -> None:
    """Collect adopted processes that have ended; the child with ``except_pid`` has its own waiter."""
    if sys.platform == "win32":
        return
    try:
        children = psutil.Process().children()
    except psutil.Error:
        return
    for child in children:
        if child.pid == except_pid:
            continue
        try:
            os.waitpid(child.pid, os.WNOHANG)
        except ChildProcessError:
            continue


class Leash:
    """Windows: a job object that kills every process on it when this process ends, however it ends.

    Elsewhere nothing is needed: the child ends by itself when its standard input does.
    """

    def __init__(self) -> None:
        self._job: Any = _make_job() if sys.platform == "win32" else None

    def put_on(self, handle: int) -> bool:
        """Tie the process with this Windows handle, and all that it will start; returns whether Windows did it."""
        if self._job is None:
            return False
        return bool(_kernel32().AssignProcessToJobObject(self._job, ctypes.c_void_p(handle)))


def _kernel32() -> Any:
    return ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined, unused-ignore]  # Windows only


class _BasicLimits(ctypes.Structure):
    _fields_ = (
        ("PerProcessUserTimeLimit", ctypes.c_int64),
        ("PerJobUserTimeLimit", ctypes.c_int64),
        ("LimitFlags", ctypes.c_uint32),
        ("MinimumWorkingSetSize", ctypes.c_size_t),
        ("MaximumWorkingSetSize", ctypes.c_size_t),
        ("ActiveProcessLimit", ctypes.c_uint32),
        ("Affinity", ctypes.c_size_t),
        ("PriorityClass", ctypes.c_uint32),
        ("SchedulingClass", ctypes.c_uint32),
    )


class _ExtendedLimits(ctypes.Structure):
    _fields_ = (
        ("BasicLimitInformation", _BasicLimits),
        ("IoInfo", ctypes.c_uint64 * 6),
        ("ProcessMemoryLimit", ctypes.c_size_t),
        ("JobMemoryLimit", ctypes.c_size_t),
        ("PeakProcessMemoryUsed", ctypes.c_size_t),
        ("PeakJobMemoryUsed", ctypes.c_size_t),
    )


def _make_job() -> Any:
    """The job's handle; None where Windows refuses."""
    kernel32 = _kernel32()
    kernel32.CreateJobObjectW.restype = ctypes.c_void_p
    kernel32.CloseHandle.argtypes = (ctypes.c_void_p,)
    number = kernel32.CreateJobObjectW(None, None)
    if not number:
        return None
    job = ctypes.c_void_p(number)
    limits = _ExtendedLimits()
    limits.BasicLimitInformation.LimitFlags = 0x2000  # JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
    extended = 9  # JobObjectExtendedLimitInformation
    if kernel32.SetInformationJobObject(job, extended, ctypes.byref(limits), ctypes.sizeof(limits)):
        return job
    kernel32.CloseHandle(job)
    return None
