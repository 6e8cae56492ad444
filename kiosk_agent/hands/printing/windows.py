"""Windows' spooler, through winspool.drv (learn.microsoft.com/windows/win32/printdocs/printdocs-functions).

Unlike CUPS it tells a job's title with everything else: what it wrote is wiped as soon as the numbers are read.
"""

from __future__ import annotations

import contextlib
import ctypes
import datetime
import os
from collections.abc import Callable, Iterator
from typing import Any

from kiosk_agent.hands.printing.spooler import PrintJob, SpoolerError, SpoolerMissingError

LOCAL, CONNECTIONS = 0x2, 0x4  # PRINTER_ENUM_…
EVERY_JOB = 0xFFFFFFFF
DELETE = 5  # JOB_CONTROL_DELETE: also one that is being printed
PRINTED, COMPLETE, DELETED = 0x80, 0x1000, 0x100  # JOB_STATUS_…
TOO_SMALL, NO_SPOOLER, NO_SUCH_JOB = 122, 1722, 87  # ERROR_INSUFFICIENT_BUFFER, RPC_S_SERVER_UNAVAILABLE, …
GONE_PRINTER = 1801  # ERROR_INVALID_PRINTER_NAME: a connection whose printer is no more
ATTEMPTS = 5  # a list may grow between the question how large it is and the answer

Words = ctypes.c_wchar_p
Number = ctypes.c_uint32


class SystemTime(ctypes.Structure):
    """SYSTEMTIME, in UTC."""

    _fields_ = tuple(
        (name, ctypes.c_uint16) for name in ("year", "month", "weekday", "day", "hour", "minute", "second", "ms")
    )


class JobInfo(ctypes.Structure):
    """JOB_INFO_1."""

    _fields_ = (
        ("number", Number),
        *((name, Words) for name in ("printer", "machine", "user", "document", "datatype", "status_text")),
        *((name, Number) for name in ("status", "priority", "position", "total_pages", "pages_printed")),
        ("submitted", SystemTime),
    )


class PrinterInfo(ctypes.Structure):
    """PRINTER_INFO_4: from the registry, so that a server that hangs is not asked."""

    _fields_ = (("name", Words), ("server", Words), ("attributes", Number))


class WindowsSpooler:
    """Implements :class:`kiosk_agent.hands.printing.spooler.Spooler`."""

    def __init__(self, library: Any = None, last_error: Callable[[], int] | None = None, user: str = "") -> None:
        self._library = library if library is not None else _winspool()
        self._last_error = last_error or _last_error
        self._user = (user or os.environ.get("USERNAME", "")).casefold()

    def jobs(self) -> list[PrintJob]:
        return [job for name in self._printers() for job in self._jobs_of(name)]

    def remove(self, job: PrintJob) -> None:
        with self._opened(job.queue) as printer:
            if printer is None or self._library.SetJobW(printer, Number(job.number), Number(0), None, Number(DELETE)):
                return
            if (error := self._last_error()) != NO_SUCH_JOB:
                raise SpoolerError(f"Windows does not delete a print job: error {error}.")

    def _printers(self) -> list[str]:
        def ask(buffer: Any, size: int, needed: Any, count: Any) -> int:
            flags = Number(LOCAL | CONNECTIONS)
            return int(self._library.EnumPrintersW(flags, None, Number(4), buffer, Number(size), needed, count))

        with self._listed(ask, PrinterInfo) as printers:
            return [printer.name for printer in printers]

    def _jobs_of(self, queue: str) -> list[PrintJob]:
        with self._opened(queue) as printer:
            if printer is None:
                return []

            def ask(buffer: Any, size: int, needed: Any, count: Any) -> int:
                every = (Number(0), Number(EVERY_JOB), Number(1))
                return int(self._library.EnumJobsW(printer, *every, buffer, Number(size), needed, count))

            with self._listed(ask, JobInfo) as jobs:
                return [_job(queue, one) for one in jobs if (one.user or "").casefold() == self._user]

    @contextlib.contextmanager
    def _opened(self, queue: str) -> Iterator[ctypes.c_void_p | None]:
        """The printer, opened; None where it is no more, and its jobs with it."""
        printer = ctypes.c_void_p()
        if not self._library.OpenPrinterW(Words(queue), ctypes.byref(printer), None):
            if (error := self._last_error()) == GONE_PRINTER:
                yield None
                return
            raise self._failure("a printer", error)
        try:
            yield printer
        finally:
            self._library.ClosePrinter(printer)

    @contextlib.contextmanager
    def _listed(self, ask: Callable[[Any, int, Any, Any], int], kind: type[Any]) -> Iterator[list[Any]]:
        """What the spooler lists, readable inside the block and wiped after it."""
        size = 0
        for _attempt in range(ATTEMPTS):
            buffer = ctypes.create_string_buffer(max(size, 1))
            needed, count = Number(), Number()
            if ask(buffer if size else None, size, ctypes.byref(needed), ctypes.byref(count)):
                try:
                    yield list((kind * count.value).from_buffer(buffer)) if count.value else []
                finally:
                    ctypes.memset(buffer, 0, len(buffer))
                return
            if (error := self._last_error()) != TOO_SMALL:
                raise self._failure("its list", error)
            size = needed.value
        raise SpoolerError("Windows' print queues change too quickly to be listed.")

    def _failure(self, what: str, error: int) -> SpoolerError:
        if error == NO_SPOOLER:
            return SpoolerMissingError("Windows' print spooler does not run.")
        return SpoolerError(f"Windows' print spooler does not give {what}: error {error}.")


def _job(queue: str, told: Any) -> PrintJob:
    at = told.submitted
    submitted = datetime.datetime(at.year, at.month, at.day, at.hour, at.minute, at.second, tzinfo=datetime.UTC)
    is_over = bool(told.status & (PRINTED | COMPLETE | DELETED))
    return PrintJob(queue, int(told.number), submitted.timestamp(), is_over)


def _winspool() -> Any:
    return ctypes.WinDLL("winspool.drv", use_last_error=True)  # type: ignore[attr-defined, unused-ignore]  # Windows only


def _last_error() -> int:
    return int(ctypes.get_last_error())  # type: ignore[attr-defined, unused-ignore]  # Windows only
