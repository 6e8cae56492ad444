"""Where the monitors are, and how large people want their text.

Tk asks the X server for the size of the screen once, at start; a projector plugged in later would stay uncovered.
So the X libraries that Tk itself needs are asked directly, each time.
"""

from __future__ import annotations

import contextlib
import ctypes
import sys
from typing import Any, NamedTuple


class Area(NamedTuple):
    """A rectangle of the virtual screen, in pixels."""

    x: int
    y: int
    width: int
    height: int

    def holds(self, other: Area) -> bool:
        """Whether ``other`` is another area that lies inside this one."""
        return (
            self != other
            and self.x <= other.x
            and self.y <= other.y
            and other.x + other.width <= self.x + self.width
            and other.y + other.height <= self.y + self.height
        )


class Monitors:
    """The screen as it is now. ``fallback`` (Tk's own figure) where the system cannot be asked."""

    def __init__(self, display: str, fallback: Area) -> None:
        self._fallback = fallback
        self._x11: _X11Screen | None = None
        if sys.platform != "win32":
            self._x11 = _open_x11(display)

    def whole(self) -> Area:
        """The rectangle around all monitors."""
        if sys.platform == "win32":
            return _windows_whole()
        return self._x11.whole() if self._x11 is not None else self._fallback

    def each(self) -> list[Area]:
        """One area for each monitor; mirrored ones once, as small as the smaller one. At least one."""
        if sys.platform == "win32":
            found = _windows_each()
        else:
            found = self._x11.each() if self._x11 is not None else []
        distinct = list(dict.fromkeys(area for area in found if area.width >= 320 and area.height >= 200))
        return [area for area in distinct if not any(area.holds(other) for other in distinct)] or [self.whole()]

    def text_scale(self) -> float:
        """How much larger than usual text is wanted: 1.0 for 96 dots per inch."""
        if sys.platform == "win32":
            return _windows_scale()
        return self._x11.text_scale() if self._x11 is not None else 1.0


class _XineramaScreenInfo(ctypes.Structure):
    _fields_ = (
        ("screen_number", ctypes.c_int),
        ("x_org", ctypes.c_short),
        ("y_org", ctypes.c_short),
        ("width", ctypes.c_short),
        ("height", ctypes.c_short),
    )


class _X11Screen:
    """A connection of our own to the X server, beside Tk's."""

    def __init__(self, x11: ctypes.CDLL, xinerama: ctypes.CDLL | None, connection: int) -> None:
        self._x11 = x11
        self._xinerama = xinerama
        self._connection = ctypes.c_void_p(connection)
        x11.XDefaultRootWindow.restype = ctypes.c_ulong
        self._root = ctypes.c_ulong(x11.XDefaultRootWindow(self._connection))
        x11.XGetDefault.restype = ctypes.c_char_p

    def whole(self) -> Area:
        window = ctypes.c_ulong()
        x, y = ctypes.c_int(), ctypes.c_int()
        width, height, border, depth = (ctypes.c_uint() for _ in range(4))
        self._x11.XGetGeometry(
            self._connection,
            self._root,
            *(ctypes.byref(value) for value in (window, x, y, width, height, border, depth)),
        )
        return Area(0, 0, width.value, height.value)

    def each(self) -> list[Area]:
        if self._xinerama is None or not self._xinerama.XineramaIsActive(self._connection):
            return []
        count = ctypes.c_int()
        self._xinerama.XineramaQueryScreens.restype = ctypes.POINTER(_XineramaScreenInfo)
        screens = self._xinerama.XineramaQueryScreens(self._connection, ctypes.byref(count))
        areas = [Area(s.x_org, s.y_org, s.width, s.height) for s in screens[: count.value]] if screens else []
        if screens:
            self._x11.XFree(screens)
        return areas

    def text_scale(self) -> float:
        text: bytes | None = self._x11.XGetDefault(self._connection, b"Xft", b"dpi")
        try:
            return max(1.0, float(text) / 96.0) if text else 1.0
        except ValueError:
            return 1.0


def x11_library(name: str, soname: str) -> ctypes.CDLL | None:
    """A library of the X window system; None where it is not installed."""
    with contextlib.suppress(OSError):
        return ctypes.CDLL(soname)
    # only now: it brings half a megabyte of modules along, into a process that is there all day
    from ctypes.util import find_library

    try:
        return ctypes.CDLL(found) if (found := find_library(name)) else None
    except OSError:
        return None


def _open_x11(display: str) -> _X11Screen | None:
    x11 = x11_library("X11", "libX11.so.6")
    connection = open_display(x11, display) if x11 is not None else None
    if x11 is None or not connection:
        return None
    return _X11Screen(x11, x11_library("Xinerama", "libXinerama.so.1"), connection)


def open_display(x11: ctypes.CDLL, display: str) -> int | None:
    """A connection of our own to the X server; None where there is none."""
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XInternAtom.restype = x11.XDefaultRootWindow.restype = ctypes.c_ulong
    connection: int | None = x11.XOpenDisplay(display.encode())
    return connection


def _user32() -> Any:
    return ctypes.WinDLL("user32")  # type: ignore[attr-defined, unused-ignore]  # exists on Windows only


def _windows_whole() -> Area:
    metric = _user32().GetSystemMetrics
    # SM_XVIRTUALSCREEN, SM_YVIRTUALSCREEN, SM_CXVIRTUALSCREEN, SM_CYVIRTUALSCREEN
    return Area(metric(76), metric(77), metric(78), metric(79))


def _windows_each() -> list[Area]:
    areas: list[Area] = []
    signature = ctypes.WINFUNCTYPE(  # type: ignore[attr-defined, unused-ignore]  # exists on Windows only
        ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(ctypes.c_long * 4), ctypes.c_void_p
    )

    def note(_monitor: Any, _context: Any, rectangle: Any, _data: Any) -> int:
        left, top, right, bottom = rectangle.contents
        areas.append(Area(left, top, right - left, bottom - top))
        return 1

    _user32().EnumDisplayMonitors(None, None, signature(note), 0)
    return areas


def _windows_scale() -> float:
    try:
        return max(1.0, float(_user32().GetDpiForSystem()) / 96.0)
    except AttributeError:  # before Windows 10, 1607
        return 1.0
