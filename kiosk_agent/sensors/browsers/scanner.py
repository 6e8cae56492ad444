"""Finds the browsers and remote controls that run now, and reads as little as it can to do so.

A scan lists the numbers of all processes and reads only those that are new. A new one is read again by the next scans:
a shell that has just been started may be about to become a browser, and keeps its number. All others are read in turn,
a few by each scan, for a number that was given away between two scans, or a shell that became a browser late.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

import msgspec

from kiosk_agent.process_tree import ProcessMark
from kiosk_agent.sensors.browsers.processes import Details, ProcessTable
from kiosk_agent.sensors.browsers.programs import REMOTE_DESKTOP, Program
from kiosk_agent.sensors.browsers.telling import (
    Ours,
    browser_of,
    is_child,
    is_dormant,
    is_page,
    remote_of,
    root_of,
)

YOUNG_S = 5.0  # a start script that becomes a browser does so within its first seconds
ROUND_SCANS = 300  # scans in which every process is read once more: at one a second, five minutes


class NoListError(Exception):
    """The system's list of processes is not to be believed. The message says why."""


class Beside(msgspec.Struct, frozen=True):
    """A browser beside the agent: its first process and what it is."""

    root: ProcessMark
    program: Program


class Remote(msgspec.Struct, frozen=True):
    """A remote control that runs; ``driven``: somebody is connected, or nobody can tell."""

    program: Program
    driven: bool


class Seen(msgspec.Struct, frozen=True):
    """What runs now, in the order in which it was found."""

    browsers: tuple[Beside, ...] = ()
    remotes: tuple[Remote, ...] = ()


class Scanner:
    """Keeps what it knows from scan to scan. ``own_pid``: this process, which every true list holds.

    ``wall``: seconds since the epoch, as the processes' starts are told.
    """

    def __init__(self, table: ProcessTable, ours: Ours, own_pid: int, wall: Callable[[], float] = time.time) -> None:
        self._wall = wall
        self._table = table
        self._ours = ours
        self._own_pid = own_pid
        self._known: set[int] = set()
        self._young: set[int] = set()  # these are read again by the next scan
        self._turn: deque[int] = deque()
        self._browsers: dict[ProcessMark, Beside] = {}
        self._dormant: dict[ProcessMark, Beside] = {}
        self._pages: dict[ProcessMark, set[int]] = {}  # of those that were started to show nothing
        self._remotes: dict[int, tuple[ProcessMark, Remote]] = {}
        self._read: dict[int, Details | None] = {}

    def scan(self) -> Seen:
        """Look once. Raises NoListError, OSError, psutil.Error; what was known before is kept then."""
        pids = self._table.pids()
        if self._own_pid not in pids:
            raise NoListError("it does not even hold this process")
        self._read = {}
        self._forget(pids)
        for pid in sorted(self._due(pids)):
            process = self._details(pid)
            if process is not None:
                self._consider(process)
            if process is None or self._wall() - process.created > YOUNG_S:
                self._young.discard(pid)
        self._read = {}
        awake = tuple(beside for root, beside in self._dormant.items() if self._pages.get(root))
        remotes = [remote for _, remote in self._remotes.values()]
        if self._table.shows_remote_session():
            remotes.append(Remote(REMOTE_DESKTOP, True))
        return Seen((*self._browsers.values(), *awake), tuple(remotes))

    def _details(self, pid: int) -> Details | None:
        """A process as it is during this scan: parents are asked for again and again."""
        if pid not in self._read:
            self._read[pid] = self._table.read(pid)
        return self._read[pid]

    def _due(self, pids: set[int]) -> set[int]:
        """Which of them to read now."""
        new = pids - self._known
        self._turn.extend(sorted(new))
        self._known = pids
        self._young |= new
        due = set(self._young)
        for _ in range(-(-len(self._turn) // ROUND_SCANS)):
            pid = self._turn.popleft()
            if pid in pids:
                self._turn.append(pid)
                due.add(pid)
        return due

    def _forget(self, pids: set[int]) -> None:
        """Drop what has ended: its number is gone, or is another process's, or another program runs under it."""
        self._young &= pids
        for found in (self._browsers, self._dormant):
            for root, beside in list(found.items()):
                process = self._still(root, pids)
                if process is None or not (process.passing or browser_of(process) is beside.program):
                    del found[root]
                    self._pages.pop(root, None)
        self._pages = {root: pages & pids for root, pages in self._pages.items()}
        for pid, (mark, remote) in list(self._remotes.items()):
            process = self._still(mark, pids)
            now = (remote.program, remote.driven)
            if process is None or not (process.passing or remote_of(process) == now):
                del self._remotes[pid]

    def _still(self, mark: ProcessMark, pids: set[int]) -> Details | None:
        """This process now; None where it has ended."""
        process = self._details(mark.pid) if mark.pid in pids else None
        return process if process is not None and process.mark == mark else None

    def _consider(self, process: Details) -> None:
        if process.passing:
            return  # a part of a browser that ends would be taken for one of its own, without the line that tells
        remote = remote_of(process)
        if remote is not None:
            self._remotes[process.pid] = (process.mark, Remote(*remote))
        program = browser_of(process)
        if program is not None and process.of_this_desk:
            self._consider_browser(process, program)

    def _consider_browser(self, process: Details, program: Program) -> None:
        root = root_of(process, program, self._details)
        if root.passing or is_child(root):
            return
        if self._ours.has(root, self._details) or self._ours.is_above_us(root, self._details):
            return
        beside = Beside(root.mark, program)
        if not is_dormant(root):
            self._browsers[root.mark] = beside
            return
        self._dormant[root.mark] = beside
        if is_page(process):
            self._pages.setdefault(root.mark, set()).add(process.pid)
