"""A small D-Bus client on jeepney: calls, and signals that are waited for without waking up in between."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from jeepney import DBusAddress, HeaderFields, MessageType, Properties, new_method_call
from jeepney.io.asyncio import DBusConnection, open_dbus_connection
from jeepney.low_level import Message

CALL_LIMIT_S = 10.0  # logind answers within milliseconds; on a PC that has just been switched on, within seconds

DAEMON = DBusAddress("/org/freedesktop/DBus", bus_name="org.freedesktop.DBus", interface="org.freedesktop.DBus")


class BusLostError(Exception):
    """There is no bus, or it is gone."""


class CallRefusedError(Exception):
    """A call was answered with an error. ``name``: its D-Bus name."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(f"{name}: {text}" if text else name)
        self.name = name


class Bus:
    """One connection. Everything in it raises BusLostError once the bus is gone."""

    def __init__(self, connection: DBusConnection) -> None:
        self._connection = connection
        self._waiting: deque[Message] = deque()

    async def call(self, address: DBusAddress, method: str, signature: str = "", *body: object) -> tuple[Any, ...]:
        """The answer's values. Raises CallRefusedError; what comes meanwhile is kept for :meth:`signal`."""
        message = new_method_call(address, method, signature or None, body)
        return await self._ask(message, f"{method} of {address.bus_name}")

    async def properties(self, address: DBusAddress) -> dict[str, Any]:
        """All properties of an object's interface. Raises CallRefusedError."""
        values = await self._ask(Properties(address).get_all(), f"the properties of {address.object_path}")
        return plain(values[0])

    async def listen(self, rule: str) -> None:
        """Let signals come that ``rule`` matches."""
        await self.call(DAEMON, "AddMatch", "s", rule)

    async def signal(self) -> Message:
        """The next signal."""
        while True:
            message = self._waiting.popleft() if self._waiting else await self._receive()
            if message.header.message_type is MessageType.signal:
                return message

    async def _ask(self, message: Message, what: str) -> tuple[Any, ...]:
        serial = next(self._connection.outgoing_serial)
        try:
            async with asyncio.timeout(CALL_LIMIT_S):
                await self._connection.send(message, serial=serial)
                while True:
                    answer = await self._receive()
                    if answer.header.fields.get(HeaderFields.reply_serial) == serial:
                        break
                    self._waiting.append(answer)
        except TimeoutError:
            raise BusLostError(f"no answer within {CALL_LIMIT_S:.0f} s: {what}") from None
        except OSError as error:
            raise BusLostError(str(error)) from error
        if answer.header.message_type is MessageType.error:
            text = answer.body[0] if answer.body and isinstance(answer.body[0], str) else ""
            raise CallRefusedError(str(answer.header.fields.get(HeaderFields.error_name)), text)
        body: tuple[Any, ...] = answer.body
        return body

    async def _receive(self) -> Message:
        try:
            return await self._connection.receive()
        except EOFError:
            raise BusLostError("the bus has closed the connection") from None
        except OSError as error:
            raise BusLostError(str(error)) from error


@asynccontextmanager
async def system_bus() -> AsyncIterator[Bus]:
    """A connection to the system's bus (``DBUS_SYSTEM_BUS_ADDRESS``). Raises BusLostError."""
    try:
        async with asyncio.timeout(CALL_LIMIT_S):
            connection = await open_dbus_connection(bus="SYSTEM")
    except TimeoutError:
        raise BusLostError("the system's D-Bus does not answer") from None
    except (OSError, EOFError, ValueError, RuntimeError) as error:  # no socket, no bus behind it, no such transport
        raise BusLostError(f"{type(error).__name__}: {error}") from error
    try:
        yield Bus(connection)
    finally:
        with contextlib.suppress(OSError):  # broken already
            await connection.close()


def plain(values: dict[str, tuple[str, Any]]) -> dict[str, Any]:
    """Properties without their signatures."""
    return {name: value for name, (_, value) in values.items()}
