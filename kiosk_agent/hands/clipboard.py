"""Emptying the clipboard: what a resident copied outlives every browser."""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import sys
import time
from collections.abc import Iterator
from typing import Any

import msgspec

SELECTIONS = ("CLIPBOARD", "PRIMARY")
MANAGER = "CLIPBOARD_MANAGER"  # who keeps what was copied (freedesktop.org, clipboard-spec)
SET_OWNER = 1  # XFixesSetSelectionOwnerNotifyMask
SETTLE_S = 0.3  # a program that puts what was copied back does so within this time
ATTEMPTS = 3
OPEN_ATTEMPTS, OPEN_PAUSE_S = 10, 0.05  # another program may hold Windows' clipboard for a moment
HISTORY_KEY = r"Software\Microsoft\Clipboard"
POLICY_KEY = r"SOFTWARE\Policies\Microsoft\Windows\System"


class ClipboardState(msgspec.Struct, frozen=True):
    """``is_used``: something is in it. ``serial``: Windows counts each change; 0 elsewhere."""

    is_used: bool
    serial: int = 0


NOTHING = ClipboardState(is_used=False)


def clipboard_state() -> ClipboardState:
    """What can be told of it without reading it."""
    if sys.platform == "win32":
        return _windows_state()
    with _x11() as server:
        return ClipboardState(server is not None and bool(_owned(server)))


def clear_clipboard() -> bool:
    """Empty it; returns whether it is empty, and stays so. True where there is no clipboard at all."""
    return _clear_windows() if sys.platform == "win32" else _clear_x11()


if sys.platform == "win32":
    import winreg

    def keeps_history() -> bool:
        """Whether Windows keeps what was copied (Win+V) or sends it to other PCs: no program may empty that."""
        kinds = (
            ("EnableClipboardHistory", "AllowClipboardHistory"),
            ("CloudClipboardAutomaticUpload", "AllowCrossDeviceClipboard"),
        )
        return any(
            _number(winreg.HKEY_CURRENT_USER, HISTORY_KEY, switch) == 1
            and _number(winreg.HKEY_LOCAL_MACHINE, POLICY_KEY, policy) != 0
            for switch, policy in kinds
        )

    def _number(root: int, key: str, name: str) -> int | None:
        try:
            with winreg.OpenKey(root, key) as opened:
                return int(winreg.QueryValueEx(opened, name)[0])
        except (OSError, ValueError):
            return None

else:

    def keeps_history() -> bool:
        """Whether the system itself keeps what was copied, beyond what a program may empty: Windows alone does."""
        return False


def has_manager() -> bool:
    """Whether a program beside keeps what is copied (X11)."""
    if sys.platform == "win32":
        return False
    with _x11() as server:
        return server is not None and bool(server.get_selection_owner(server.intern_atom(MANAGER)))


def _user32() -> Any:
    return ctypes.WinDLL("user32", use_last_error=True)  # type: ignore[attr-defined, unused-ignore]  # Windows only


def _windows_state() -> ClipboardState:
    user32 = _user32()
    return ClipboardState(user32.CountClipboardFormats() > 0, int(user32.GetClipboardSequenceNumber()))


def _clear_windows() -> bool:
    user32 = _user32()
    for _attempt in range(OPEN_ATTEMPTS):
        if user32.OpenClipboard(None):
            try:
                return bool(user32.EmptyClipboard()) and user32.CountClipboardFormats() == 0
            finally:
                user32.CloseClipboard()
        time.sleep(OPEN_PAUSE_S)  # no event tells that it is free
    return False


@contextlib.contextmanager
def _x11() -> Iterator[Any]:
    """A connection to the X server; None where there is none, as on Wayland without X."""
    from Xlib import display, error

    server = None
    if os.environ.get("DISPLAY"):
        with contextlib.suppress(error.DisplayError, error.ConnectionClosedError, OSError):
            server = display.Display()
    try:
        yield server
    finally:
        if server is not None:
            server.close()


def _owned(server: Any) -> list[str]:
    """The selections that somebody has."""
    return [name for name in SELECTIONS if server.get_selection_owner(server.intern_atom(name))]


def _clear_x11() -> bool:
    """Take both selections from whoever has them, let go, and see that nobody puts them back."""
    with _x11() as server:
        if server is None:
            return True
        is_watched = bool(_owned(server) or server.get_selection_owner(server.intern_atom(MANAGER)))
        for _attempt in range(ATTEMPTS):
            _take_and_let_go(server)
            if not is_watched or _stays_empty(server):
                return not _owned(server)
        return False


def _take_and_let_go(server: Any) -> None:
    from Xlib import X

    window = server.screen().root.create_window(0, 0, 1, 1, 0, X.CopyFromParent)
    for name in SELECTIONS:
        window.set_selection_owner(server.intern_atom(name), X.CurrentTime)
    server.sync()
    window.destroy()
    server.sync()


def _stays_empty(server: Any) -> bool:
    """Whether nobody takes a selection within :data:`SETTLE_S`. The X server tells when somebody does."""
    if server.has_extension("XFIXES"):
        server.xfixes_query_version()
        for name in SELECTIONS:
            server.xfixes_select_selection_input(server.screen().root, server.intern_atom(name), SET_OWNER)
    until = time.monotonic() + SETTLE_S
    while not _owned(server):  # asked after the events were asked for: nothing is missed in between
        left_s = until - time.monotonic()
        if left_s <= 0:
            return True
        select.select([server], [], [], left_s)
        while server.pending_events():
            server.next_event()
    return False
