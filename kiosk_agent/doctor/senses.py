"""The senses that need something of the operating system: can they notice what they are there for?"""

from __future__ import annotations

import asyncio
import sys

from kiosk_agent.clock import Clock
from kiosk_agent.doctor.check import Check, Translate, amber, green
from kiosk_agent.sensors.input.readers import open_reader
from kiosk_agent.sensors.input.reading import InputUnreadableError
from kiosk_agent.sensors.os_session.happenings import Happening

LOOK_LIMIT_S = 15.0


def check_os_session(t: Translate) -> Check:
    """Does anything tell when this PC is locked or another user has the screen?"""
    if sys.platform == "win32":
        return green("os_session", t("Windows tells of locks, other users and suspend."))
    why = asyncio.run(_ask_linux())
    if why is None:
        return green("os_session", t("logind tells of locks, other users and suspend."))
    remedy = t("Start the agent from the desk user's own session, on a system with systemd-logind or elogind.")
    return amber("os_session", t("A locked screen or another user is not noticed: {reason}", reason=why), remedy)


class _Answer:
    """The first thing that a sense reports."""

    def __init__(self) -> None:
        self.why: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()

    def working(self) -> None:
        self._say(None)

    def degraded(self, why: str, remedy: str = "") -> None:
        self._say(why)

    def absent(self, why: str, remedy: str = "") -> None:
        self._say(why)

    def _say(self, why: str | None) -> None:
        if not self.why.done():
            self.why.set_result(why)


async def _ask_linux() -> str | None:
    """As the sense itself would report at its start; None where it works."""
    from kiosk_agent.sensors.os_session.linux import LinuxSession

    def ignore(_happening: Happening) -> None:
        """Whatever happens while we look is the agent's business."""

    answer = _Answer()
    watching = asyncio.create_task(LinuxSession().watch(ignore, answer))
    try:
        async with asyncio.timeout(LOOK_LIMIT_S):
            return await answer.why
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


def check_input(clock: Clock, t: Translate) -> Check:
    """Can it be told when this PC was last used?"""
    try:
        reader = open_reader(clock)
        try:
            idle_s = reader.read().idle_s
        finally:
            reader.close()
    except InputUnreadableError as error:
        detail = t("Input outside the portal is not noticed: {reason}", reason=error)
        return amber("input", detail, t("Choose an X11 session where the desk's user signs in."))
    return green("input", t("The last input at this PC was {seconds} s ago.", seconds=f"{idle_s:.0f}"))
