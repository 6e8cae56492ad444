"""The supervisor's main loop, with a screen (Tk's own) and without one. Everything it runs, runs in one thread."""

from __future__ import annotations

import heapq
import itertools
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import tkinter

Work = Callable[[], None]

# A safety net: work posted just before Tk's loop ran is not waked. It is looked for soon, then more and more rarely.
FIRST_DRAIN_MS = 50
LONGEST_DRAIN_MS = 30_000


class Loop(Protocol):
    """Runs work one piece after another. Only :meth:`post` may be called from another thread."""

    def post(self, work: Work) -> None:
        """Run ``work`` as soon as possible."""
        ...

    def later(self, seconds: float, work: Work) -> None:
        """Run ``work`` after ``seconds``."""
        ...

    def run(self) -> None:
        """Run until :meth:`stop`."""
        ...

    def stop(self) -> None: ...


class PlainLoop:
    """For machines without a display: a queue and a heap of timers."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Work] = queue.SimpleQueue()
        self._timers: list[tuple[float, int, Work]] = []
        self._order = itertools.count()
        self._stopped = False

    def post(self, work: Work) -> None:
        self._queue.put(work)

    def later(self, seconds: float, work: Work) -> None:
        heapq.heappush(self._timers, (time.monotonic() + seconds, next(self._order), work))

    def run(self) -> None:
        while not self._stopped:
            wait_s = max(0.0, self._timers[0][0] - time.monotonic()) if self._timers else None
            try:
                self._queue.get(timeout=wait_s)()
            except queue.Empty:
                _, _, work = heapq.heappop(self._timers)
                work()

    def stop(self) -> None:
        self._stopped = True


class TkLoop:
    """Tk's main loop; other threads wake it with a virtual event (measured: 0.1 ms)."""

    def __init__(self, root: tkinter.Tk) -> None:
        self._root = root
        self._queue: queue.SimpleQueue[Work] = queue.SimpleQueue()
        self._stopped = False
        root.bind("<<Work>>", lambda _event: self._drain())

    def post(self, work: Work) -> None:
        self._queue.put(work)
        if self._stopped:
            return
        try:
            self._root.event_generate("<<Work>>", when="tail")
        except RuntimeError:
            # Tk's loop does not run yet, or no longer: run() drains the queue first, and again on a timer
            return

    def later(self, seconds: float, work: Work) -> None:
        self._root.after(max(1, round(seconds * 1000)), work)

    def run(self) -> None:
        self._tick(FIRST_DRAIN_MS)
        if not self._stopped:
            self._root.mainloop()

    def stop(self) -> None:
        self._stopped = True
        self._root.quit()

    def _tick(self, wait_ms: int) -> None:
        self._drain()
        self._root.after(wait_ms, self._tick, min(2 * wait_ms, LONGEST_DRAIN_MS))

    def _drain(self) -> None:
        while not self._stopped:
            try:
                work = self._queue.get_nowait()
            except queue.Empty:
                return
            work()


def on_signals(stop: Work) -> Work:
    """Call ``stop`` in a thread as soon as the process is asked to end; returns what undoes this.

    Tk alone would let Python see a signal only after its own next event.
    """
    if threading.current_thread() is not threading.main_thread():
        return lambda: None
    names = ("SIGINT", "SIGTERM", "SIGBREAK", "SIGHUP")
    wanted = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {number: signal.signal(number, lambda *_args: None) for number in wanted}
    read_fd, write_fd = os.pipe()
    if sys.platform != "win32":  # there Python neither asks for it nor, before 3.12, knows how
        os.set_blocking(write_fd, False)
    before_fd = signal.set_wakeup_fd(write_fd, warn_on_full_buffer=False)

    def wait() -> None:
        while data := os.read(read_fd, 1):
            if data[0] in wanted:
                stop()
        os.close(read_fd)

    threading.Thread(target=wait, name="signals", daemon=True).start()

    def forget() -> None:
        signal.set_wakeup_fd(before_fd)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(write_fd)

    return forget
