"""Who shows icons beside the clock: pystray's backend for it, and whether such a program runs now."""

from __future__ import annotations

import importlib.util
import os
import sys
from typing import Any


def surely_none() -> bool:
    """Whether it is known, without pystray, that nothing shows icons now.

    pystray and the library that draws its pictures take five megabytes, for nothing where no icon can be shown. Only
    X11's own kind of tray can be asked without them; with ``gi`` pystray may take another kind.
    """
    if "pystray" in sys.modules:  # nothing is left to be saved, and it knows better
        return False
    if sys.platform == "win32" or not os.environ.get("DISPLAY") or importlib.util.find_spec("gi") is not None:
        return False
    return not _x11_host_is_there()


def backend_of(pystray: Any) -> str:
    """The name of the backend that pystray chose: ``xorg``, ``appindicator``, ``gtk``, ``win32``."""
    return str(pystray.Icon.__module__).rpartition("._")[2]


def is_xorg(pystray: Any) -> bool:
    """Whether pystray draws into an X11 tray by itself: no menu, no transparency."""
    return backend_of(pystray) == "xorg"


def is_windows(pystray: Any) -> bool:
    """Whether pystray speaks to Windows' taskbar."""
    return backend_of(pystray) == "win32"


def host_is_there(pystray: Any) -> bool:
    """Whether some program shows tray icons now; on Windows the taskbar always does."""
    if is_windows(pystray):
        return True
    if backend_of(pystray) == "appindicator":
        return _dbus_host_is_there()
    return _x11_host_is_there()


def _x11_host_is_there() -> bool:
    from Xlib.display import Display

    display = Display()
    try:
        atom = display.intern_atom(f"_NET_SYSTEM_TRAY_S{display.get_default_screen()}")
        return bool(display.get_selection_owner(atom) != 0)
    finally:
        display.close()


def is_embedded(window_id: int) -> bool:
    """Whether a tray has taken our window into its own."""
    from Xlib.display import Display

    display = Display()
    try:
        tree = display.create_resource_object("window", window_id).query_tree()
        return bool(tree.parent.id != tree.root.id)
    finally:
        display.close()


def _dbus_host_is_there() -> bool:
    from gi.repository import Gio, GLib

    try:
        bus = Gio.bus_get_sync(Gio.BusType.SESSION, None)
        answer = bus.call_sync(
            "org.freedesktop.DBus",
            "/org/freedesktop/DBus",
            "org.freedesktop.DBus",
            "NameHasOwner",
            GLib.Variant("(s)", ("org.kde.StatusNotifierWatcher",)),
            None,
            Gio.DBusCallFlags.NONE,
            2000,  # ms
            None,
        )
    except GLib.Error:
        return False  # no session bus: nothing can show the icon
    return bool(answer.unpack()[0])
