"""Emptying the clipboard: what a resident copied outlives every browser."""

from __future__ import annotations

import ctypes
import os
import sys


def clear_clipboard() -> bool:
    """Empty it; returns whether it is empty. True where there is no clipboard at all."""
    if sys.platform == "win32":
        return _clear_windows()
    if not os.environ.get("DISPLAY"):
        return True
    return _clear_x11()


def _clear_windows() -> bool:
    user32 = ctypes.WinDLL("user32", use_last_error=True)  # type: ignore[attr-defined, unused-ignore]  # Windows only
    if not user32.OpenClipboard(None):
        return False
    try:
        return bool(user32.EmptyClipboard())
    finally:
        user32.CloseClipboard()


def _clear_x11() -> bool:
    """Take both selections from whoever has them, and let go: after that nobody has them."""
    from Xlib import X, display, error

    try:
        server = display.Display()
    except error.DisplayError:
        return True
    try:
        window = server.screen().root.create_window(0, 0, 1, 1, 0, X.CopyFromParent)
        names = ("CLIPBOARD", "PRIMARY")
        atoms = [server.intern_atom(name) for name in names]
        for atom in atoms:
            window.set_selection_owner(atom, X.CurrentTime)
        server.sync()
        window.destroy()
        server.sync()
        return all(server.get_selection_owner(atom) == X.NONE for atom in atoms)
    finally:
        server.close()
