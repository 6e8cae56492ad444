"""The ledger for the agent's event loop: one thread of its own, which alone touches the file."""

from __future__ import annotations

import asyncio
import datetime
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from kiosk_agent import reasons
from kiosk_agent.clock import Clock
from kiosk_agent.errors import LedgerDamagedError, LedgerError
from kiosk_agent.ledger.aside import kept_aside, set_aside
from kiosk_agent.ledger.facts import COUNTS_ALONE, Wanted
from kiosk_agent.ledger.outbox import Acknowledged, OutboxState, Outgoing
from kiosk_agent.ledger.store import FILE_NAME, Ledger
from kiosk_agent.session import entries as en
from kiosk_agent.session import events as ev
from kiosk_agent.text import Text

Result = TypeVar("Result")


class LedgerWriter:
    """Implements :class:`kiosk_agent.hands.runner.Recorder` on ``data_dir/ledger.sqlite3``."""

    def __init__(self, data_dir: Path, clock: Clock) -> None:
        self._path = data_dir / FILE_NAME
        self._clock = clock
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledger")
        self._ledger: Ledger | None = None
        self._failure = LedgerError(Text("the ledger is not open"))  # why, as long as there is none

    async def open(self) -> None:
        """Open the file, or begin a desk's first one. Raises LedgerError.

        A damaged one is kept aside. None is begun in its place before :meth:`mend`, whoever starts the PC again.
        """
        await self._run(self._open)

    async def left_over(self) -> ev.AgentStarted:
        """How the session begins. Raises LedgerError."""
        return await self._run(lambda: self._opened().left_over())

    async def started_at(self, visit_id: str) -> datetime.datetime | None:
        """When a visit began; None where that is not known. Raises LedgerError."""
        return await self._run(lambda: self._opened().started_at(visit_id))

    async def append(self, entry: en.Entry) -> int:
        """Make ``entry`` durable; returns its number. Raises LedgerError."""
        return await self._run(lambda: self._append(entry))

    async def mend(self) -> None:
        """After a failure: open the file again, or begin a new one in place of a damaged one. Raises LedgerError."""
        await self._run(self._mend)

    async def entries(self) -> int:
        """How many entries there are. Raises LedgerError."""
        return await self._run(lambda: self._opened().entries)

    async def counts(self) -> dict[str, dict[str, int]]:
        """All counters by local day. Raises LedgerError."""
        return await self._run(lambda: self._opened().counts())

    async def report_to(self, recipient: str) -> None:
        """Who gets the reports from now on. Raises LedgerError."""
        await self._run(lambda: self._opened().report_to(recipient))

    async def next_report(
        self, most_days: int, later: frozenset[str] = frozenset(), wanted: Wanted = COUNTS_ALONE
    ) -> Outgoing:
        """The next report, numbered durably. Raises LedgerError."""
        return await self._run(lambda: self._opened().next_report(most_days, later, wanted))

    async def acknowledge(self, taken: Acknowledged) -> None:
        """Remember, durably, what central has. Raises LedgerError."""
        await self._run(lambda: self._opened().acknowledge(taken))

    async def outbox_state(self) -> OutboxState:
        """What has not been reported yet. Raises LedgerError."""
        return await self._run(lambda: self._opened().outbox_state())

    async def close(self) -> None:
        """Close the file and end the thread."""
        await self._run(self._close)
        self._thread.shutdown()

    async def _run(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    # in the thread

    def _opened(self) -> Ledger:
        if self._ledger is None:
            raise type(self._failure)(self._failure.message)  # without kept_as: nothing was kept aside just now
        return self._ledger

    def _open(self) -> None:
        kept = kept_aside(self._path)
        if kept and not os.path.lexists(self._path):
            aside = Text("it was kept aside as {file}, and none is in its place", file=kept[-1])
            self._failure = LedgerDamagedError(aside)
            raise self._failure
        self._open_or_begin()

    def _open_or_begin(self) -> None:
        try:
            ledger = Ledger(self._path, self._clock)
            try:
                self._say_what_was_kept(ledger)
            except BaseException:
                ledger.close()
                raise
        except LedgerDamagedError as error:
            raise self._kept_aside(error) from error
        except LedgerError as error:
            self._failure = error
            raise
        self._ledger = ledger

    def _say_what_was_kept(self, ledger: Ledger) -> None:
        kept = kept_aside(self._path)
        if kept and ledger.entries == 0:
            ledger.append(en.Incident(None, "ledger_damaged", f"the one before is kept as {kept[-1]}"))

    def _append(self, entry: en.Entry) -> int:
        ledger = self._opened()
        try:
            return ledger.append(entry)
        except LedgerDamagedError as error:
            raise self._kept_aside(error) from error

    def _kept_aside(self, error: LedgerDamagedError) -> LedgerDamagedError:
        self._close()
        stamp = self._clock.wall().strftime("%Y%m%dT%H%M%S")
        try:
            kept_as = set_aside(self._path, stamp)
        except OSError as refusal:  # it stays in its place, and is found damaged again
            why, reason = error.message, reasons.of_system(refusal)
            told = Text("{problem}; it could not be kept aside: {reason}", problem=why, reason=reason)
            self._failure = LedgerDamagedError(told)
        else:
            told = Text("{problem}; kept as {file}", problem=error.message, file=kept_as)
            self._failure = LedgerDamagedError(told, kept_as)
        return self._failure

    def _mend(self) -> None:
        self._close()
        self._open_or_begin()

    def _close(self) -> None:
        if self._ledger is not None:
            self._ledger.close()
            self._ledger = None
