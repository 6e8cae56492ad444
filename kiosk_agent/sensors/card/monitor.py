"""Watches the readers in a thread of its own, and goes on whatever becomes of the service and the readers."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping

from kiosk_agent.sensors.card.pcsc import Pcsc, PcscContext, PcscError, ReaderNow, Trouble

log = logging.getLogger(__name__)

RETRY_S = 2.0  # a service that is started again is up in less than a second
UNPLUGGED_PAUSE_S = 0.1  # the list may name a reader a little longer than it is there
CANCEL_PAUSE_S = 0.02
CANCEL_TRIES = 50

Readers = Mapping[str, ReaderNow]


class Monitor:
    """``changed`` hears of all readers whenever one is not as it was, ``failed`` of what keeps us from seeing them.

    Both are called in the monitor's thread. ``ours`` says which readers count, by name.
    """

    def __init__(
        self,
        pcsc: Pcsc,
        changed: Callable[[Readers], None],
        failed: Callable[[Trouble, str], None],
        ours: Callable[[str], bool] = lambda _name: True,
    ) -> None:
        self._pcsc = pcsc
        self._changed = changed
        self._failed = failed
        self._ours = ours
        self._over = threading.Event()
        self._context: PcscContext | None = None
        self._thread = threading.Thread(target=self._run, name="card readers", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Watch no more; blocks, but not for ever: a service that hangs keeps its thread, which is a daemon."""
        self._over.set()
        for _ in range(CANCEL_TRIES):  # a cancel that comes just before the wait is lost
            context = self._context
            if context is not None:
                context.cancel()
            self._thread.join(CANCEL_PAUSE_S)
            if not self._thread.is_alive():
                return

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                self._watch()
            except PcscError as error:
                if error.trouble is not Trouble.CANCELLED:
                    self._failed(error.trouble, str(error))
            except Exception as error:  # whatever it is, the next try may go well; it is told, not swallowed
                log.exception("the card readers cannot be watched")
                self._failed(Trouble.OTHER, f"{type(error).__name__}: {error}")
            self._over.wait(RETRY_S)

    def _watch(self) -> None:
        context = self._context = self._pcsc.establish()
        try:
            told: Readers | None = None
            known: dict[str, ReaderNow] = {}
            while not self._over.is_set():
                names = context.readers()
                is_news = set(names) != set(known)
                words = {name: known[name].state if name in known else 0 for name in names}
                try:
                    known = context.wait(words, limit_ms=0) if is_news or not names else context.wait(words)
                except PcscError as error:
                    if error.trouble is Trouble.GONE:  # a reader was unplugged between the two calls
                        known = {}
                        self._over.wait(UNPLUGGED_PAUSE_S)
                        continue
                    raise
                counted = {name: reader for name, reader in known.items() if reader.answers and self._ours(name)}
                if counted != told:
                    told = counted
                    self._changed(counted)
                if not names:
                    context.wait({})
        finally:
            self._context = None
            context.release()
