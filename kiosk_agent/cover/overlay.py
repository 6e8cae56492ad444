"""The one place above all windows (X11): the Composite extension's overlay window.

X maps a window that no window manager is asked about (a menu, the list of a select, a tooltip) on top of all others,
also of a cover: it would be seen until the cover rises again. Above the overlay window nothing can be mapped, whoever
asks for it. See "composite overlay window" in the X Composite protocol, version 0.3; screen lockers use it, too.

A compositing manager has the overlay for itself and paints over whatever else is in it. Where one runs, the cover is a
window like all others, which rises again as soon as something comes above it.
"""

from __future__ import annotations

import ctypes
import sys
from typing import NamedTuple

from kiosk_agent.cover.monitors import open_display, x11_library

FIRST_VERSION = (0, 3)  # of the extension, with overlay windows


class _Libraries(NamedTuple):
    x11: ctypes.CDLL
    composite: ctypes.CDLL


class Overlay:
    """Takes a window up into the overlay window and back. Where that cannot be had, does nothing.

    The overlay is held only in between: it covers the screen by itself, with whatever was on it last.
    """

    def __init__(self, display: str) -> None:
        self._connection: ctypes.c_void_p | None = None
        self._taken: int | None = None
        libraries = _libraries() if sys.platform != "win32" else None
        if libraries is None:
            return
        self._libraries = libraries
        connection = open_display(libraries.x11, display)
        if connection is not None and self._has_overlays(ctypes.c_void_p(connection)):
            self._connection = ctypes.c_void_p(connection)
            self._root = ctypes.c_ulong(libraries.x11.XDefaultRootWindow(self._connection))
            name = f"_NET_WM_CM_S{libraries.x11.XDefaultScreen(self._connection)}"  # EWMH, compositing managers
            self._manager = ctypes.c_ulong(libraries.x11.XInternAtom(self._connection, name.encode(), 0))

    @property
    def is_free(self) -> bool:
        """Whether this screen has such a place, and no compositing manager uses it."""
        if self._connection is None:
            return False
        return not self._libraries.x11.XGetSelectionOwner(self._connection, self._manager)

    def take_up(self, window: int) -> None:
        """Put the top-level window that holds ``window``, not yet on screen, above all others."""
        if self._taken is not None or not self.is_free:
            return
        lib, display = self._libraries, self._connection
        overlay = lib.composite.XCompositeGetOverlayWindow(display, self._root)
        self._taken = self._top_level(window)
        lib.x11.XReparentWindow(display, ctypes.c_ulong(self._taken), ctypes.c_ulong(overlay), 0, 0)
        lib.x11.XSync(display, 0)

    def let_down(self) -> None:
        """Give it back to the screen, on top of the other windows where it is still shown."""
        if self._taken is None:
            return
        lib, display, window = self._libraries, self._connection, ctypes.c_ulong(self._taken)
        lib.x11.XGrabServer(display)  # in one moment for all others: nothing is seen in between
        lib.x11.XReparentWindow(display, window, self._root, 0, 0)
        lib.x11.XRaiseWindow(display, window)
        lib.composite.XCompositeReleaseOverlayWindow(display, self._root)
        lib.x11.XUngrabServer(display)
        lib.x11.XSync(display, 0)
        self._taken = None

    def leave_if_needed(self) -> None:
        """A compositing manager that has just come would paint over the window: let it down."""
        if self._taken is not None and not self.is_free:
            self.let_down()

    def _has_overlays(self, connection: ctypes.c_void_p) -> bool:
        first, second = ctypes.c_int(), ctypes.c_int()
        lib = self._libraries
        if not lib.composite.XCompositeQueryExtension(connection, ctypes.byref(first), ctypes.byref(second)):
            return False
        lib.composite.XCompositeQueryVersion(connection, ctypes.byref(first), ctypes.byref(second))
        return (first.value, second.value) >= FIRST_VERSION

    def _top_level(self, window: int) -> int:
        """Tk wraps its windows; the wrapper is the root's child."""
        root, parent, children = ctypes.c_ulong(), ctypes.c_ulong(), ctypes.c_void_p()
        count = ctypes.c_uint()
        results = (ctypes.byref(value) for value in (root, parent, children, count))
        self._libraries.x11.XQueryTree(self._connection, ctypes.c_ulong(window), *results)
        if children.value is not None:
            self._libraries.x11.XFree(children)
        return window if parent.value in (root.value, 0) else parent.value


def _libraries() -> _Libraries | None:
    x11 = x11_library("X11", "libX11.so.6")
    composite = x11_library("Xcomposite", "libXcomposite.so.1")
    if x11 is None or composite is None:
        return None
    composite.XCompositeGetOverlayWindow.restype = x11.XGetSelectionOwner.restype = ctypes.c_ulong
    return _Libraries(x11, composite)
