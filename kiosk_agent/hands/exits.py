"""Hearing at once that a process has ended, without asking again and again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections.abc import Callable

import psutil


class ExitWatch:
    """Calls ``ended`` once, in the event loop, when the process with ``pid`` has ended. :meth:`stop` forgets it."""

    def __init__(self, pid: int, ended: Callable[[], None]) -> None:
        self._ended = ended
        self._loop = asyncio.get_running_loop()
        self._descriptor: int | None = None
        self._stopped = False
        if hasattr(os, "pidfd_open"):  # Linux: costs nothing until it happens
            try:
                self._descriptor = os.pidfd_open(pid)
            except ProcessLookupError:
                self._loop.call_soon(self._tell)
                return
            self._loop.add_reader(self._descriptor, self._tell)
        else:
            threading.Thread(target=self._wait, args=(pid,), name=f"exit-of-{pid}", daemon=True).start()

    def stop(self) -> None:
        """Not wanted any more."""
        self._stopped = True
        if self._descriptor is not None:
            self._loop.remove_reader(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = None

    def _wait(self, pid: int) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):  # it has ended already
            psutil.Process(pid).wait()
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        if not self._stopped:
            self.stop()
            self._ended()
