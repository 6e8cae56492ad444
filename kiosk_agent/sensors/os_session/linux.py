"""Linux: logind over D-Bus, and where there is none, the list of users."""

from __future__ import annotations

import asyncio
import logging

from kiosk_agent.health import Report
from kiosk_agent.sensors.os_session.bus import Bus, BusLostError, CallRefusedError, system_bus
from kiosk_agent.sensors.os_session.happenings import Happening
from kiosk_agent.sensors.os_session.logind import Logind, LogindGoneError, comes_back, listen
from kiosk_agent.sensors.os_session.sense import Tell
from kiosk_agent.sensors.os_session.users import Users

log = logging.getLogger(__name__)

RETRY_FIRST_S = 1.0
RETRY_LONGEST_S = 30.0
USERS_EVERY_S = 5.0
REMEDY = "Start it: systemctl start dbus systemd-logind. It is tried again by itself."


class LinuxSession:
    """Follows logind; while it is not there, looks who is logged in."""

    def __init__(self, users: Users | None = None) -> None:
        self._users = users or Users()
        self._instead: asyncio.Task[None] | None = None

    async def watch(self, tell: Tell, report: Report) -> None:
        """Until cancelled. A bus that is gone is tried again; a logind that is gone is waited for."""
        logind = Logind(tell, report, self._end_instead)
        pause_s = RETRY_FIRST_S
        try:
            while True:
                try:
                    async with system_bus() as bus:
                        await listen(bus)
                        pause_s = RETRY_FIRST_S
                        await self._follow(bus, logind, tell, report)
                except (BusLostError, CallRefusedError) as error:
                    self._begin_instead(tell, report, f"the system's D-Bus is not there ({error})")
                await asyncio.sleep(pause_s)
                pause_s = min(RETRY_LONGEST_S, pause_s * 2)
        finally:
            self._end_instead()

    async def _follow(self, bus: Bus, logind: Logind, tell: Tell, report: Report) -> None:
        while True:
            try:
                await logind.follow(bus)
            except LogindGoneError as error:
                self._begin_instead(tell, report, str(error))
                await comes_back(bus)

    def _begin_instead(self, tell: Tell, report: Report, why: str) -> None:
        """Said once, however often it is tried in vain."""
        if self._instead is not None:
            return
        if self._users.look() is None:
            report.absent(f"Nothing tells when this PC is locked or another user signs in: {why}.", REMEDY)
        else:
            report.degraded(
                f"Only other users are noticed, within {USERS_EVERY_S:.0f} s, and no locked screen: {why}.", REMEDY
            )
        self._instead = asyncio.create_task(self._look_at_users(tell), name="os_session users")

    def _end_instead(self) -> None:
        if self._instead is not None:
            self._instead.cancel()
            self._instead = None

    async def _look_at_users(self, tell: Tell) -> None:
        while True:
            await asyncio.sleep(USERS_EVERY_S)
            if self._users.look():
                tell(Happening.USER_CHANGED)
