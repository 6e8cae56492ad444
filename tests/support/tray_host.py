"""A real tray on a real X server, and a stand-in for pystray as it is on Windows: with menus, and always a taskbar."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

PATIENCE_S = 60.0


@asynccontextmanager
async def tray_host(display: str) -> AsyncIterator[tuple[int, int]]:
    """A tray in the corner; gives the middle of its first place."""
    if sys.platform == "win32":
        pytest.skip("only on Linux: Windows always has a taskbar")
    if shutil.which("trayer") is None:
        pytest.skip("trayer is not on this machine")
    from Xlib.display import Display

    argv = ["trayer", "--edge", "top", "--align", "right", "--widthtype", "pixel", "--width", "64"]
    process = subprocess.Popen([*argv, "--heighttype", "pixel", "--height", "24"], stderr=subprocess.DEVNULL)
    try:
        connection = Display(display)
        atom = connection.intern_atom(f"_NET_SYSTEM_TRAY_S{connection.get_default_screen()}")
        async with asyncio.timeout(PATIENCE_S):
            while not connection.get_selection_owner(atom):
                await asyncio.sleep(0.05)
        width = connection.screen().root.get_geometry().width
        connection.close()
        yield width - 14, 12
    finally:
        process.terminate()
        process.wait(timeout=10)


def click(place: tuple[int, int]) -> None:
    """As a person with a mouse."""
    subprocess.run(["xdotool", "mousemove", str(place[0]), str(place[1]), "click", "1"], check=True)


class FakeMenuItem:
    """One line of the menu."""

    def __init__(self, _text: Callable[[Any], str], action: Callable[..., None], default: bool = False) -> None:
        self.action = action
        self.default = default


class FakeMenu:
    """The menu."""

    def __init__(self, *items: FakeMenuItem) -> None:
        self.items = items


class FakeIcon:
    """An icon in a taskbar; it takes no X server to show it."""

    HAS_MENU = True

    def __init__(self, _name: str, icon: object, title: str, menu: FakeMenu) -> None:
        self.icon = icon
        self.title = title
        self.menu = menu
        self.visible = False
        self._over = threading.Event()

    def run(self, set_up: Callable[[FakeIcon], None]) -> None:
        SHOWN.append(self)
        set_up(self)
        self._over.wait()
        SHOWN.remove(self)

    def stop(self) -> None:
        self._over.set()


SHOWN: list[FakeIcon] = []


class FakePystray:
    """To be put in pystray's place in ``sys.modules``."""

    Menu = FakeMenu
    MenuItem = FakeMenuItem

    class Icon(FakeIcon):
        """Tells which backend it is by its module."""

        __module__ = "pystray._win32"

    @staticmethod
    def choose_default() -> None:
        """Somebody clicks on each icon that is shown."""
        for icon in tuple(SHOWN):
            if icon.visible:
                next(item for item in icon.menu.items if item.default).action(icon, None)
