"""What an operating system would tell of the session, told by a test."""

from __future__ import annotations

import asyncio

from kiosk_agent.health import Report
from kiosk_agent.sensors.os_session.happenings import Happening
from kiosk_agent.sensors.os_session.sense import Tell


class FakeSource:
    """Tells as long as somebody watches."""

    def __init__(self) -> None:
        self._tell: Tell | None = None

    async def watch(self, tell: Tell, report: Report) -> None:
        self._tell = tell
        report.working()
        try:
            await asyncio.Event().wait()
        finally:
            self._tell = None

    def happen(self, happening: Happening) -> None:
        if self._tell is not None:
            self._tell(happening)
