"""Which reader this system has."""

from __future__ import annotations

import os
import sys

from kiosk_agent.clock import Clock
from kiosk_agent.sensors.input.reading import InputUnreadableError, Reader


def open_reader(clock: Clock) -> Reader:
    """Windows: GetLastInputInfo, never a hook. X11: XScreenSaver, and without that extension pynput.

    Raises InputUnreadableError.
    """
    if sys.platform == "win32":
        from kiosk_agent.sensors.input.windows import LastInputInfo

        return LastInputInfo()
    if os.environ.get("XDG_SESSION_TYPE") == "wayland":
        raise InputUnreadableError("Wayland tells no program when another one is used", hopeless=True)
    from kiosk_agent.sensors.input.x11 import ScreenSaverInfo, has_screen_saver

    if has_screen_saver():
        return ScreenSaverInfo(clock)
    from kiosk_agent.sensors.input.listeners import Listeners

    return Listeners(clock)
