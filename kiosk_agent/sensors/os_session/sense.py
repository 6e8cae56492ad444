"""The sense itself: what an operating system tells, as events of the session."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from kiosk_agent.health import Report
from kiosk_agent.sensors.os_session.happenings import Happening
from kiosk_agent.session.events import ChangeSignalled, Post, StopRequested
from kiosk_agent.session.vocabulary import Signal

log = logging.getLogger(__name__)

NAME = "os_session"

Tell = Callable[[Happening], None]


class Source(Protocol):
    """Where an operating system tells what happens."""

    def watch(self, tell: Tell, report: Report) -> Coroutine[Any, Any, None]:
        """Tell until cancelled; whatever fails is reported and tried again. Runs in the event loop."""
        ...


class OsSession:
    """Posts ChangeSignalled(OS_LOCKED) and (OS_USER_CHANGED), and StopRequested at the log-off.

    ``woken`` hears that the PC wakes from suspend: the clocks may have noticed the same (:class:`ClockWatch`).
    An unlocked session is no sign of anything: whoever unlocks it may be anybody.
    """

    name = NAME

    def __init__(self, post: Post, report: Report, woken: Callable[[], None], source: Source | None = None) -> None:
        self._post = post
        self._report = report
        self._woken = woken
        self._source = source or _source_of_this_system()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Watch in the event loop; it sleeps until the system has something to tell."""
        self._task = asyncio.create_task(self._watch(), name=NAME)

    async def stop(self) -> None:
        """Watch no more."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _watch(self) -> None:
        try:
            await self._source.watch(self._tell, self._report)
        except Exception as error:  # a sense that is dead must be seen to be
            log.exception("the operating system's session is watched no more")
            self._report.absent(f"{type(error).__name__}: {error}", "Start the agent again, and report this.")

    def _tell(self, happening: Happening) -> None:
        log.info("the operating system's session: %s", happening)
        match happening:
            case Happening.LOCKED:
                self._post(ChangeSignalled(Signal.OS_LOCKED))
            case Happening.USER_CHANGED:
                self._post(ChangeSignalled(Signal.OS_USER_CHANGED))
            case Happening.WOKEN:
                self._woken()
            case Happening.LOGGED_OFF:
                self._post(StopRequested())


def _source_of_this_system() -> Source:
    if sys.platform == "win32":
        from kiosk_agent.sensors.os_session.windows import WindowsSession

        return WindowsSession()
    from kiosk_agent.sensors.os_session.linux import LinuxSession

    return LinuxSession()
