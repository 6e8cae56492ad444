"""An uploader with its ledger, on a clock that moves when told."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

import msgspec

from kiosk_agent.clock import ManualClock
from kiosk_agent.health import Health
from kiosk_agent.ledger import LedgerWriter
from kiosk_agent.report import keystore
from kiosk_agent.report.client import DIRECT, Client, make_context
from kiosk_agent.report.enrolment import FILE_NAME, Enrolment
from kiosk_agent.report.keystore.file import write_durably
from kiosk_agent.report.uploader import Uploader
from kiosk_agent.session import entries as en

DAY_S = 86_400.0
TOKEN = "T" * 43


class ReportingDesk:
    """``uploader.round()`` is one report; what it would wait for is the answer."""

    def __init__(self, url: str, data_dir: Path, clock: ManualClock, writer: LedgerWriter) -> None:
        self.data_dir, self.clock, self.writer = data_dir, clock, writer
        self.health = Health(clock.wall)
        self.uploader = Uploader(
            url,
            data_dir,
            writer,
            self.health,
            clock,
            lambda: Client(url, DIRECT, make_context(None)),
            chance=lambda: 0.5,
        )

    @property
    def codes(self) -> set[str]:
        return {str(warning.code) for warning in self.health.warnings}

    async def work(self, days: int = 1) -> None:
        """So many days go by, with something to count on each."""
        for _ in range(days):
            await self.writer.append(en.AgentRan(True, "0.1.0"))
            self.clock.advance(DAY_S)

    async def waiting(self) -> int:
        return (await self.writer.outbox_state()).waiting_days


def as_enrolled(url: str, data_dir: Path) -> None:
    """As if the desk had been enrolled at ``url``."""
    data_dir.mkdir(parents=True, exist_ok=True)
    kept = keystore.keep(data_dir, "central-test", TOKEN)
    enrolment = Enrolment(url, "central-test", kept, 1, "", "市民課", "131016", 60)
    write_durably(data_dir / FILE_NAME, msgspec.json.encode(enrolment))


async def reporting_desk(
    stack: AsyncExitStack, url: str, data_dir: Path, clock: ManualClock, *, enrolled: bool = True
) -> ReportingDesk:
    writer = LedgerWriter(data_dir, clock)
    await writer.open()
    stack.push_async_callback(writer.close)
    desk = ReportingDesk(url, data_dir, clock, writer)

    async def close() -> None:
        if desk.uploader._client is not None:
            await desk.uploader._client.close()

    stack.push_async_callback(close)
    if enrolled:
        as_enrolled(url, data_dir)
    return desk
