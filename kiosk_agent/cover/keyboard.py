"""Holding the keyboard while another program's open menu still holds the pointer (X11).

Tk takes pointer and keyboard together or not at all, and a menu of the browser keeps the pointer until it has noticed
that it lost the focus. A hung browser never notices: so until then the keyboard is held through a connection of our
own, and what is typed goes nowhere.
"""

from __future__ import annotations

import ctypes
import sys

from kiosk_agent.cover.monitors import open_display, x11_library

ASYNC = 1  # GrabModeAsync
SUCCESS = 0  # GrabSuccess
PAGER = 2  # EWMH: the request comes from the person, not from the window
REDIRECT_AND_NOTIFY = 0x180000  # SubstructureRedirectMask | SubstructureNotifyMask


class _ClientMessage(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong),
        ("message_type", ctypes.c_ulong),
        ("format", ctypes.c_int),
        ("data", ctypes.c_long * 5),
    )


class _Event(ctypes.Structure):
    _fields_ = (("pad", ctypes.c_long * 24),)  # XEvent of Xlib.h


class KeyboardHold:
    """Takes the keyboard away from everybody, ourselves included."""

    def __init__(self, display: str) -> None:
        self._x11 = x11_library("X11", "libX11.so.6") if sys.platform != "win32" else None
        connection = open_display(self._x11, display) if self._x11 is not None else None
        self._connection = ctypes.c_void_p(connection) if connection else None
        self._held = False

    def hold(self, window: int) -> bool:
        """Take the keyboard in the name of ``window``, which must be on screen; returns whether we have it."""
        if self._x11 is None or self._connection is None:
            return False
        got = self._x11.XGrabKeyboard(self._connection, ctypes.c_ulong(window), 0, ASYNC, ASYNC, ctypes.c_ulong(0))
        self._x11.XSync(self._connection, 1)  # throws away what was typed since the last time
        self._held = got == SUCCESS
        return self._held

    def pointer_is_free(self, window: int) -> bool:
        """Whether nobody holds the pointer, so that Tk can take both; also where nothing can be known."""
        if self._x11 is None or self._connection is None:
            return True
        nothing = ctypes.c_ulong(0)
        got = self._x11.XGrabPointer(
            self._connection, ctypes.c_ulong(window), 0, 0, ASYNC, ASYNC, nothing, nothing, nothing
        )
        if got == SUCCESS:
            self._x11.XUngrabPointer(self._connection, nothing)
        self._x11.XSync(self._connection, 1)
        return bool(got == SUCCESS)

    def give_back(self) -> None:
        """The cover is gone: let the window that the window manager holds for active have the keyboard again.

        Asked of the window manager, because to name a window that has just been closed would end this process.
        """
        if self._x11 is None or self._connection is None:
            return
        root = ctypes.c_ulong(self._x11.XDefaultRootWindow(self._connection))
        atom = self._x11.XInternAtom(self._connection, b"_NET_ACTIVE_WINDOW", 0)
        active = self._active_window(root, atom)
        if active:
            message = _ClientMessage(33, 0, 1, None, active, atom, 32, (ctypes.c_long * 5)(PAGER, 0, 0, 0, 0))
            event = _Event.from_buffer_copy(bytes(message).ljust(ctypes.sizeof(_Event), b"\0"))
            self._x11.XSendEvent(self._connection, root, 0, REDIRECT_AND_NOTIFY, ctypes.byref(event))
        else:
            pointer_root = 1
            self._x11.XSetInputFocus(self._connection, ctypes.c_ulong(pointer_root), 0, ctypes.c_ulong(0))
        self._x11.XSync(self._connection, 1)

    def _active_window(self, root: ctypes.c_ulong, atom: int) -> int:
        assert self._x11 is not None  # noqa: S101  # asked by give_back
        kind, form = ctypes.c_ulong(), ctypes.c_int()
        count, rest = ctypes.c_ulong(), ctypes.c_ulong()
        data = ctypes.c_void_p()
        self._x11.XGetWindowProperty(
            self._connection,
            root,
            ctypes.c_ulong(atom),
            ctypes.c_long(0),
            ctypes.c_long(1),
            0,
            ctypes.c_ulong(0),  # AnyPropertyType
            *(ctypes.byref(value) for value in (kind, form, count, rest, data)),
        )
        if data.value is None:
            return 0
        active = ctypes.c_ulong.from_address(data.value).value if count.value else 0
        self._x11.XFree(data)
        return active

    def release(self) -> None:
        """Let go, so that Tk can take it. Nothing has the focus then, so that Tk notices when it gets it again."""
        if self._x11 is None or self._connection is None or not self._held:
            return
        self._held = False
        self._x11.XSetInputFocus(self._connection, ctypes.c_ulong(0), 0, ctypes.c_ulong(0))
        self._x11.XUngrabKeyboard(self._connection, ctypes.c_ulong(0))
        self._x11.XSync(self._connection, 1)
