"""A print server of the tests' own, and a stand-in for Windows' spooler."""

from __future__ import annotations

import ctypes
import datetime
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from kiosk_agent.hands.printing import windows
from kiosk_agent.hands.printing.spooler import Spooler
from tests.support.print_server import PrintServer

if sys.platform == "win32":
    pytest.skip("only on Linux: CUPS is not on Windows", allow_module_level=True)

from kiosk_agent.hands.printing.cups import CupsSpooler

LIMIT_S = 20.0


@pytest.fixture
def server() -> Iterator[PrintServer]:
    """CUPS, running, with a queue ``desk`` whose printer is switched off."""
    with tempfile.TemporaryDirectory(prefix="cups-") as folder:  # short: a socket's address has 108 bytes at most
        server = PrintServer(Path(folder))
        try:
            server.start()
            server.add("desk", stopped=True)
            yield server
        finally:
            server.stop()


@dataclass
class FakeJob:
    """A job as Windows' spooler knows it."""

    number: int
    user: str
    title: str
    status: int = 0


@dataclass
class FakeWinspool:
    """winspool.drv, as far as the agent uses it; it writes into the caller's memory as the real one does."""

    printers: dict[str, list[FakeJob]] = field(default_factory=lambda: {"desk": [], "other": []})
    runs: bool = True
    refuses: bool = False
    error: int = 0
    open_handles: int = 0
    written: list[Any] = field(default_factory=list)
    kept: list[Any] = field(default_factory=list)

    def last_error(self) -> int:
        return self.error

    def _fails(self, error: int) -> int:
        self.error = error
        return 0

    def _list(self, kind: Any, rows: list[dict[str, Any]], buffer: Any, size: Any, needed: Any, count: Any) -> int:
        wanted = ctypes.sizeof(kind) * len(rows)
        needed._obj.value = wanted
        if size.value < wanted:
            return self._fails(windows.TOO_SMALL)
        count._obj.value = len(rows)
        if rows:
            entries = (kind * len(rows)).from_buffer(buffer)
            for entry, row in zip(entries, rows, strict=True):
                for name, value in row.items():
                    setattr(entry, name, value)
            self.written.append(buffer)
            self.kept.append(entries)  # with the texts that they point to
        return 1

    def EnumPrintersW(self, _flags: Any, _name: Any, level: Any, *rest: Any) -> int:  # noqa: N802 - Windows' name
        assert level.value == 4
        if not self.runs:
            return self._fails(windows.NO_SPOOLER)
        return self._list(windows.PrinterInfo, [{"name": name} for name in self.printers], *rest)

    def OpenPrinterW(self, name: Any, handle: Any, _defaults: Any) -> int:  # noqa: N802
        if name.value not in self.printers:
            return self._fails(windows.GONE_PRINTER)
        handle._obj.value = list(self.printers).index(name.value) + 1
        self.open_handles += 1
        return 1

    def ClosePrinter(self, _handle: Any) -> int:  # noqa: N802
        self.open_handles -= 1
        return 1

    def _jobs(self, handle: Any) -> list[FakeJob]:
        return list(self.printers.values())[handle.value - 1]

    def EnumJobsW(self, handle: Any, _first: Any, _count: Any, level: Any, *rest: Any) -> int:  # noqa: N802
        assert level.value == 1
        now = datetime.datetime.now(datetime.UTC)
        at = windows.SystemTime(now.year, now.month, 0, now.day, now.hour, now.minute, now.second, 0)
        rows = [
            {"number": job.number, "user": job.user, "document": job.title, "status": job.status, "submitted": at}
            for job in self._jobs(handle)
        ]
        return self._list(windows.JobInfo, rows, *rest)

    def SetJobW(self, handle: Any, number: Any, _level: Any, _info: Any, command: Any) -> int:  # noqa: N802
        assert command.value == windows.DELETE
        jobs = self._jobs(handle)
        found = [job for job in jobs if job.number == number.value]
        if not found:
            return self._fails(windows.NO_SUCH_JOB)
        if self.refuses:
            return self._fails(5)  # ERROR_ACCESS_DENIED
        jobs.remove(found[0])
        return 1


@dataclass
class Queues:
    """One print system under test."""

    spooler: Spooler
    submit: Callable[..., int]  # user="": this one's; a job that waits; its number
    stop: Callable[[], None]
    numbers: Callable[[], set[int]]  # all that the system knows of, whoever they belong to


@pytest.fixture(params=["cups", "windows (stand-in)"])
def queues(request: pytest.FixtureRequest) -> Queues:
    """The real CUPS; and what speaks to Windows' spooler, in front of a stand-in for it."""
    if request.param == "cups":
        server: PrintServer = request.getfixturevalue("server")
        return Queues(
            CupsSpooler(server.socket, LIMIT_S),
            lambda user="": server.submit("desk", user=user),
            server.stop,
            lambda: server.numbers("all"),
        )
    fake = FakeWinspool()

    def submit(user: str = "") -> int:
        number = sum(len(jobs) for jobs in fake.printers.values()) + 1
        fake.printers["other"].append(FakeJob(number, user or "Resident-PC", "a title"))
        return number

    def stop() -> None:
        fake.runs = False

    return Queues(
        windows.WindowsSpooler(fake, fake.last_error, user="resident-pc"),
        submit,
        stop,
        lambda: {job.number for jobs in fake.printers.values() for job in jobs},
    )
