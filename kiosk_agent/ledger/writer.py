"""The ledger for the agent's event loop: one thread of its own, which alone touches the file."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from kiosk_agent.clock import Clock
from kiosk_agent.errors import LedgerDamagedError, LedgerError
from kiosk_agent.ledger.store import FILE_NAME, Ledger, set_aside
from kiosk_agent.session import entries as en
from kiosk_agent.session import events as ev

Result = TypeVar("Result")


class LedgerWriter:
    """Implements :class:`kiosk_agent.hands.runner.Recorder` on ``data_dir/ledger.sqlite3``."""

    def __init__(self, data_dir: Path, clock: Clock) -> None:
        self._path = data_dir / FILE_NAME
        self._clock = clock
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledger")
        self._ledger: Ledger | None = None
        self._damaged = False

    async def open(self) -> None:
        """Open the file, or begin it. A damaged one is kept aside first. Raises LedgerError."""
        await self._run(self._open)

    async def left_over(self) -> ev.AgentStarted:
        """How the session begins. Raises LedgerError."""
        return await self._run(lambda: self._opened().left_over())

    async def append(self, entry: en.Entry) -> int:
        """Make ``entry`` durable; returns its number. Raises LedgerError."""
        return await self._run(lambda: self._append(entry))

    async def mend(self) -> None:
        """After a failure: open the file again, or begin a new one in place of a damaged one. Raises LedgerError."""
        await self._run(self._mend)

    async def counts(self) -> dict[str, dict[str, int]]:
        """All counters by local day. Raises LedgerError."""
        return await self._run(lambda: self._opened().counts())

    async def close(self) -> None:
        """Close the file and end the thread."""
        await self._run(self._close)
        self._thread.shutdown()

    async def _run(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    # in the thread

    def _opened(self) -> Ledger:
        if self._ledger is None:
            raise LedgerError("the ledger is not open")
        return self._ledger

    def _open(self) -> None:
        try:
            self._ledger = Ledger(self._path, self._clock)
        except LedgerDamagedError as error:
            raise self._kept_aside(error) from error

    def _append(self, entry: en.Entry) -> int:
        try:
            return self._opened().append(entry)
        except LedgerDamagedError as error:
            raise self._kept_aside(error) from error

    def _kept_aside(self, error: LedgerDamagedError) -> LedgerDamagedError:
        self._close()
        self._damaged = True
        stamp = self._clock.wall().strftime("%Y%m%dT%H%M%S")
        return LedgerDamagedError(str(error), set_aside(self._path, stamp))

    def _mend(self) -> None:
        self._close()
        self._open()
        if self._damaged:
            self._append(en.Incident(None, "ledger_damaged", "the damaged file was kept aside"))
            self._damaged = False

    def _close(self) -> None:
        if self._ledger is not None:
            self._ledger.close()
            self._ledger = None
