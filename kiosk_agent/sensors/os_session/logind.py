"""The agent's own session at systemd-logind (or elogind), by its signals.

The interface: https://www.freedesktop.org/software/systemd/man/latest/org.freedesktop.login1.html
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from typing import Any

from jeepney import DBusAddress, HeaderFields
from jeepney.low_level import Message

from kiosk_agent.health import Report
from kiosk_agent.sensors.os_session.bus import Bus, CallRefusedError, plain
from kiosk_agent.sensors.os_session.happenings import Happening, InFront, OwnSession
from kiosk_agent.sensors.os_session.sense import Tell

SERVICE = "org.freedesktop.login1"
ROOT = "/org/freedesktop/login1"
MANAGER = DBusAddress(ROOT, bus_name=SERVICE, interface=f"{SERVICE}.Manager")
# By path: a rule that names the sender does not match what arrives, which carries logind's unique name instead.
OF_LOGIND = f"type='signal',path_namespace='{ROOT}'"
OF_ITS_LIFE = (
    f"type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',"
    f"member='NameOwnerChanged',arg0='{SERVICE}'"
)
NO_SESSION = "This program belongs to no session of the operating system: only suspend and shutdown are noticed."
NO_SESSION_REMEDY = "Start the agent from the desk user's own session."


class LogindGoneError(Exception):
    """The bus is there, and logind is not."""


async def listen(bus: Bus) -> None:
    """Let logind's signals come, and the news that it starts and stops."""
    await bus.listen(OF_ITS_LIFE)
    await bus.listen(OF_LOGIND)


async def comes_back(bus: Bus) -> None:
    """Return when logind has been started. Needs :func:`listen`."""
    while not _started(await bus.signal()):
        pass


def _started(message: Message) -> bool:
    member = message.header.fields.get(HeaderFields.member)
    return bool(member == "NameOwnerChanged" and message.body[0] == SERVICE and message.body[2])


class Logind:
    """Follows the own session from one look at it to the loss of bus or logind; may follow again afterwards.

    ``found`` is called before it reports how it works.
    """

    def __init__(self, tell: Tell, report: Report, found: Callable[[], None] = lambda: None) -> None:
        self._tell = tell
        self._report = report
        self._found = found
        self._own = OwnSession()
        self._session: DBusAddress | None = None
        self._seat: DBusAddress | None = None
        self._id = ""
        self._uid = -1

    async def follow(self, bus: Bus) -> None:
        """Tell what happens. Needs :func:`listen`. Never returns; raises LogindGoneError and BusLostError."""
        await self._find(bus)
        while True:
            await self._hear(bus, await bus.signal())

    async def _find(self, bus: Bus) -> None:
        """Which session is ours, and how it is: what happened while nobody listened is told now."""
        self._session = self._seat = None
        for path in await self._own_paths(bus):
            session = DBusAddress(path, bus_name=SERVICE, interface=f"{SERVICE}.Session")
            with contextlib.suppress(CallRefusedError):  # there is no such session (any more)
                found = await bus.properties(session)
                await self._take(bus, session, found)
                return
        self._found()
        self._report.degraded(NO_SESSION, NO_SESSION_REMEDY)

    async def _take(self, bus: Bus, session: DBusAddress, found: dict[str, Any]) -> None:
        self._session = session
        self._id = found["Id"]
        self._uid = found["User"][0]
        seat_name, seat_path = found["Seat"]
        self._seat = DBusAddress(seat_path, bus_name=SERVICE, interface=f"{SERVICE}.Seat") if seat_name else None
        await self._session_changed(bus, found)
        self._found()
        self._report.working()

    async def _own_paths(self, bus: Bus) -> list[str]:
        """Our session as the environment names it; as the process belongs to it; as the user's one with a screen.

        A service of the user's own manager belongs to no session, hence the last one.
        """
        if sys.platform == "win32":
            return []
        named = os.environ.get("XDG_SESSION_ID")
        by_name = await self._known(bus, "GetSession", "s", named) if named else None
        by_process = await self._known(bus, "GetSessionByPID", "u", os.getpid())
        by_user = None
        if (user := await self._known(bus, "GetUser", "u", os.getuid())) is not None:
            with contextlib.suppress(CallRefusedError):  # has just signed off
                found = await bus.properties(DBusAddress(user, bus_name=SERVICE, interface=f"{SERVICE}.User"))
                by_user = found["Display"][1] if found["Display"][0] else None
        return [path for path in (by_name, by_process, by_user) if path is not None]

    async def _known(self, bus: Bus, method: str, signature: str, argument: object) -> str | None:
        """The path that logind answers with; None where it knows no such thing."""
        try:
            (path,) = await bus.call(MANAGER, method, signature, argument)
        except CallRefusedError as error:
            if error.name in ("org.freedesktop.DBus.Error.ServiceUnknown", "org.freedesktop.DBus.Error.NameHasNoOwner"):
                raise LogindGoneError("the service logind does not run") from error
            return None
        return str(path)

    async def _hear(self, bus: Bus, message: Message) -> None:
        fields = message.header.fields
        path, member = fields.get(HeaderFields.path), fields.get(HeaderFields.member)
        match member:
            case "NameOwnerChanged" if message.body[0] == SERVICE:
                if not message.body[2]:
                    raise LogindGoneError("the service logind has stopped")
                await self._find(bus)
            case "PrepareForSleep" if not message.body[0]:
                self._tell(Happening.WOKEN)
            case "PrepareForShutdown" if message.body[0]:
                self._told(self._own.ended())
            case "SessionNew" if self._session is None:
                await self._find(bus)
            case "SessionRemoved" if self._session is not None and message.body[0] == self._id:
                self._told(self._own.ended())
            case "Lock" if self._is_ours(path):
                self._told(self._own.lock_asked())
            case "Unlock" if self._is_ours(path):
                self._own.unlock_asked()
            case "PropertiesChanged" if self._session is not None and self._is_ours(path):
                await self._session_changed(bus, await changed(bus, self._session, message))
            case "PropertiesChanged" if self._seat is not None and path == self._seat.object_path:
                await self._seat_changed(bus, await changed(bus, self._seat, message))

    def _is_ours(self, path: object) -> bool:
        return self._session is not None and path == self._session.object_path

    async def _session_changed(self, bus: Bus, found: dict[str, Any]) -> None:
        if "LockedHint" in found:
            self._told(self._own.locked(found["LockedHint"]))
        if found.get("Active") is True:
            self._told(self._own.in_front(InFront.OURS))
        elif found.get("Active") is False:
            await self._not_in_front(bus)
        if found.get("State") == "closing":
            self._told(self._own.ended())

    async def _not_in_front(self, bus: Bus) -> None:
        if self._seat is None:
            self._told(self._own.in_front(InFront.NOBODYS))
            return
        with contextlib.suppress(CallRefusedError):  # a seat that is just taken away
            await self._seat_changed(bus, await bus.properties(self._seat))

    async def _seat_changed(self, bus: Bus, found: dict[str, Any]) -> None:
        """Another user's session is on the screen, or nobody's. What a signal says may be past already."""
        if "ActiveSession" not in found:
            return
        session_id, path = found["ActiveSession"]
        who = InFront.NOBODYS
        if session_id == self._id:
            who = InFront.OURS
        elif session_id:
            with contextlib.suppress(CallRefusedError):  # it is gone again
                other = await bus.properties(DBusAddress(path, bus_name=SERVICE, interface=f"{SERVICE}.Session"))
                # a greeter has a user of its own, and is nobody; nor is the same user's text console somebody else
                if other["Class"].startswith("user") and other["User"][0] != self._uid:
                    who = InFront.ANOTHERS
        self._told(self._own.in_front(who))

    def _told(self, happening: Happening | None) -> None:
        if happening is not None:
            self._tell(happening)


async def changed(bus: Bus, address: DBusAddress, message: Message) -> dict[str, Any]:
    """The new values that ``PropertiesChanged`` tells; those that are only said to be outdated are asked for."""
    _, values, outdated = message.body
    if outdated:
        with contextlib.suppress(CallRefusedError):  # it is gone again
            return await bus.properties(address)
    return plain(values)
