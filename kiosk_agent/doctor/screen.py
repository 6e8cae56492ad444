"""What people see: the display, the place for the tray icon, and the native cover."""

from __future__ import annotations

import os
import subprocess
import sys

from kiosk_agent.doctor.check import Check, Translate, amber, green, red

COVER_LIMIT_S = 30.0  # it takes 70 ms; a cold disk takes longer
TRY_COVER = """
import tkinter
root = tkinter.Tk()
root.withdraw()
root.update()
print(tkinter.TkVersion)
"""


def check_display(headless: bool, t: Translate) -> Check:
    """Is there a screen, and one that can be guarded?"""
    if sys.platform == "win32":
        return green("display", t("Windows desktop"))
    name = os.environ.get("DISPLAY")
    if not name:
        if headless:
            detail = t("There is no display; the configuration says that the agent runs without one.")
            return amber("display", detail, t("Nothing is guarded on screen: never use this at a desk."))
        detail = (
            t("A Wayland session without X: windows cannot be covered there.")
            if os.environ.get("WAYLAND_DISPLAY")
            else t("There is no display (DISPLAY is not set).")
        )
        return red("display", detail, t("Start the agent from an X11 session of the desk's user."))
    size = _x11_size(name)
    if size is None:
        return red(
            "display",
            t("The display {name} does not answer.", name=name),
            t("Start the agent from the desk user's own session."),
        )
    if os.environ.get("XDG_SESSION_TYPE") == "wayland":
        detail = t(
            "{name}, {size}, inside a Wayland session: windows beside X cannot be covered.", name=name, size=size
        )
        return amber("display", detail, t("Choose an X11 session where the desk's user signs in."))
    return green("display", f"{name}, {size}")


def _x11_size(name: str) -> str | None:
    """``1280×900``; None where no X server answers."""
    from Xlib import display, error

    try:
        connection = display.Display(name)
    except (error.DisplayError, error.ConnectionClosedError, OSError):
        return None
    try:
        screen = connection.screen()
        return f"{screen.width_in_pixels}×{screen.height_in_pixels}"
    finally:
        connection.close()


def check_tray(t: Translate) -> Check:
    """Is there a place for the icon? Without one the agent runs on."""
    if sys.platform == "win32":
        return green("tray", t("The taskbar shows the icon."))
    name = os.environ.get("DISPLAY")
    if name and _has_owner(name, "_NET_SYSTEM_TRAY_S{screen}"):
        return green("tray", t("A tray shows the icon."))
    detail = t("No tray shows the icon: the state is seen at the gate and in `kiosk-agent status` only.")
    return amber("tray", detail, t("Switch on the desktop's system tray, or an extension that offers one."))


def check_compositor(t: Translate) -> list[Check]:
    """Can anything come above the cover for a moment? Where a compositing manager paints, it can (X11)."""
    name = os.environ.get("DISPLAY")
    if sys.platform == "win32" or not name or not _has_owner(name, "_NET_WM_CM_S{screen}"):
        return []
    detail = t("A compositing manager paints the windows: a page's menu may flash above the cover for a moment.")
    return [amber("compositor", detail, t("Switch off the desktop's compositor (window effects) for the desk's user."))]


def _has_owner(name: str, selection: str) -> bool:
    """Whether some program has ``selection`` on the display, as tray hosts and compositing managers have."""
    from Xlib import X, display, error

    try:
        connection = display.Display(name)
    except (error.DisplayError, error.ConnectionClosedError, OSError):
        return False
    try:
        atom = connection.intern_atom(selection.format(screen=connection.get_default_screen()))
        return bool(connection.get_selection_owner(atom) != X.NONE)
    finally:
        connection.close()


def check_cover(headless: bool, t: Translate) -> Check:
    """Can the native cover be drawn? It is tried, in a process of its own and without being seen."""
    if headless or (sys.platform != "win32" and not os.environ.get("DISPLAY")):
        source, needs_display = "import tkinter; print(tkinter.TkVersion)", False
    else:
        source, needs_display = TRY_COVER, True
    try:
        done = subprocess.run(
            [sys.executable, "-c", source],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COVER_LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return red("cover", t("The cover's window does not come up."), t("Sign the desk's user out and in again."))
    if done.returncode == 0:
        shown = "" if needs_display else " " + t("(not tried: no display)")
        return green("cover", f"Tk {done.stdout.strip()}{shown}")
    reason = (done.stderr.strip().splitlines() or ["?"])[-1][:200]
    if "No module named" in reason or "_tkinter" in reason:
        remedy = t("Install tkinter: sudo apt-get install python3-tk (Windows: repair Python with “tcl/tk”).")
    else:
        remedy = t("Start the agent from the desk user's own session.")
    return red("cover", t("The cover cannot be drawn: {reason}", reason=reason), remedy)
