"""What a supervisor tells systemd: that it is ready, that it is still alive, that it stops.

The protocol is sd_notify(3): one datagram to the socket that ``NOTIFY_SOCKET`` names. Where nobody has set the variable
(a terminal, Windows, a desktop's autostart without systemd) all of this does nothing.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import MutableMapping

PINGS_IN_LIMIT = 2.0  # sd_watchdog_enabled(3) recommends half of what systemd waits for


class ServiceManager:
    """systemd, or nobody. ``ping_s``: seconds between two signs of life; None where nobody waits for them."""

    def __init__(self, address: str | None, ping_s: float | None = None) -> None:
        """``address``: of the socket, a path or ``@`` and an abstract name; None: there is nobody to tell."""
        self._address = address
        self.ping_s = ping_s
        self._failing = False

    def ready(self) -> None:
        """The screen is covered, and the agent is being started."""
        self._tell("READY=1")

    def alive(self) -> None:
        """This desk is watched over: the agent's heart beats, or the screen is covered."""
        self._tell("WATCHDOG=1")

    def stopping(self) -> None:
        """From here on the end is no accident."""
        self._tell("STOPPING=1")

    def _tell(self, state: str) -> None:
        if self._address is None or sys.platform == "win32":
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
                # a manager that reads nothing must not hang the process that covers the screen
                out.setblocking(False)
                out.sendto(state.encode(), address)
        except OSError as error:
            # it takes silence for a hang and starts this process again, which is what it is there for
            if not self._failing:
                _complain(f"systemd could not be told {state}: {error}")
            self._failing = True
        else:
            if self._failing:
                _complain("systemd hears this desk again")
            self._failing = False


def _complain(text: str) -> None:
    sys.stderr.write(f"supervisor: {text}\n")
    sys.stderr.flush()


def service_manager(environment: MutableMapping[str, str], pid: int | None = None) -> ServiceManager:
    """Whoever ``environment`` says that we are a service of.

    The variables are taken out of it, so that nothing that this process starts speaks in its name. ``pid``: of the
    process whose signs of life are waited for, otherwise this one.
    """
    address = environment.pop("NOTIFY_SOCKET", "")
    limit_us, meant = environment.pop("WATCHDOG_USEC", ""), environment.pop("WATCHDOG_PID", "")
    if not address.startswith(("/", "@")):
        return ServiceManager(None)
    for_us = not meant or meant == str(os.getpid() if pid is None else pid)
    waits = for_us and limit_us.isascii() and limit_us.isdigit() and int(limit_us) > 0
    return ServiceManager(address, int(limit_us) / 1_000_000 / PINGS_IN_LIMIT if waits else None)
