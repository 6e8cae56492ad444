"""What the processes of a PC are asked, and by whom they are told apart (psutil)."""

from __future__ import annotations

import os
import sys
from typing import Protocol

import msgspec
import psutil

from kiosk_agent.process_tree import ProcessMark


class Details(msgspec.Struct, frozen=True):
    """One process as it is now. ``line`` is its command line, empty where that is not for us to read.

    ``of_this_desk``: it belongs to whoever is at this desk: the agent's own user, or its session on Windows.
    ``passing``: it has no command line, although that might be read (Linux): it is ending, and has let go of its
    memory, or is just becoming another program; what it is cannot be told. Threads of the kernel are always so.
    """

    pid: int
    created: float
    parent: int
    name: str
    line: tuple[str, ...] = ()
    of_this_desk: bool = True
    passing: bool = False

    @property
    def mark(self) -> ProcessMark:
        """What no other process is mistaken for."""
        return ProcessMark(self.pid, self.created)


class ProcessTable(Protocol):
    """The processes of this PC."""

    def pids(self) -> set[int]:
        """The numbers of all processes that may be seen. Raises OSError, psutil.Error where there is no list."""
        ...

    def read(self, pid: int) -> Details | None:
        """One of them; None where it has ended (a zombie has), or does not even tell its name."""
        ...

    def shows_remote_session(self) -> bool:
        """Whether the desktop of this process is shown somewhere else, as Remote Desktop does."""
        ...


class SystemTable:
    """The real one. A process that refuses an answer is taken for what is left of it."""

    def pids(self) -> set[int]:
        return set(psutil.pids())

    def shows_remote_session(self) -> bool:
        return is_remote_session()

    def read(self, pid: int) -> Details | None:
        try:
            process = psutil.Process(pid)
            with process.oneshot():
                if process.status() == psutil.STATUS_ZOMBIE:
                    return None
                line = _line_of(process)
                return Details(
                    pid=pid,
                    created=process.create_time(),
                    parent=_parent_of(process),
                    name=process.name(),
                    line=line or (),
                    of_this_desk=_is_of_this_desk(process),
                    passing=line == () and sys.platform != "win32",
                )
        except (psutil.Error, OSError):
            return None


def _parent_of(process: psutil.Process) -> int:
    try:
        return process.ppid()
    except psutil.AccessDenied:
        return 0


def _line_of(process: psutil.Process) -> tuple[str, ...] | None:
    """Its command line; None where it refuses it."""
    try:
        return tuple(process.cmdline())
    except (psutil.AccessDenied, OSError):  # OSError: Windows, of a process that is just being made
        return None


if sys.platform == "win32":
    import ctypes

    def _is_of_this_desk(process: psutil.Process) -> bool:
        return _session_of(process.pid) == _session_of(os.getpid())

    def _session_of(pid: int) -> int:
        number = ctypes.c_uint32()
        known = ctypes.windll.kernel32.ProcessIdToSessionId(pid, ctypes.byref(number))
        return number.value if known else -1

    def is_remote_session() -> bool:
        """GetSystemMetrics, SM_REMOTESESSION (learn.microsoft.com, "Detecting the Remote Desktop environment")."""
        return bool(ctypes.windll.user32.GetSystemMetrics(0x1000))

else:

    def _is_of_this_desk(process: psutil.Process) -> bool:
        try:
            return process.uids().real == os.getuid()
        except psutil.AccessDenied:
            return False

    def is_remote_session() -> bool:
        """Windows alone tells; elsewhere the processes do."""
        return False
