"""Looking at the virtual screen: is anything of the portal to be seen?"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from functools import reduce
from pathlib import Path

import pytest
from PIL import Image, ImageChops

if sys.platform == "win32":
    pytest.skip("only on Linux: it looks at the screen through X11", allow_module_level=True)

from Xlib import X, display

LOUD = (255, 0, 255)  # the portal's colour in these tests; nothing of the agent has it
NEAR = 48  # also half transparent, as in a window that fades
LOUD_HTML = """<!doctype html><title>loud</title><style>* {background: #f0f; color: #f0f; border: 0; font-size: 40px}
body {margin: 0; height: 4000px}</style><input id=field autofocus><select id=menu><option>a<option>b<option>c</select>
<button id=button onclick="document.title = 'pressed'">press</button>"""


def loud_page(folder: Path) -> str:
    """The address of a page that is nothing but :data:`LOUD`."""
    page = folder / "loud.html"
    page.write_text(LOUD_HTML)
    return page.as_uri()


class Screen:
    """One connection to an X server, for grabbing its whole screen."""

    def __init__(self, name: str) -> None:
        self.display = display.Display(name)
        self._root = self.display.screen().root
        geometry = self._root.get_geometry()
        self.width, self.height = geometry.width, geometry.height

    def grab(self) -> Image.Image:
        """What everybody sees now."""
        data = self._root.get_image(0, 0, self.width, self.height, X.ZPixmap, 0xFFFFFFFF).data
        return Image.frombuffer("RGB", (self.width, self.height), data, "raw", "BGRX", 0, 1)

    def loud_pixels(self) -> int:
        """How many pixels show the portal (0: none is seen)."""
        return self._like(LOUD).histogram()[255]

    def find(self, color: tuple[int, int, int]) -> tuple[int, int] | None:
        """The left top corner of what has ``color``."""
        box = self._like(color).getbbox()
        return None if box is None else box[:2]

    def _like(self, color: tuple[int, int, int]) -> Image.Image:
        near = (
            channel.point([255 * (abs(level - wanted) < NEAR) for level in range(256)])
            for channel, wanted in zip(self.grab().split(), color, strict=True)
        )
        return reduce(ImageChops.darker, near)

    def close(self) -> None:
        self.display.close()


class LoudWindow:
    """A loud window over the whole screen that no window manager is asked about."""

    def __init__(self, name: str) -> None:
        self._screen = Screen(name)
        self._display = self._screen.display
        screen = self._display.screen()
        self._window = screen.root.create_window(
            0, 0, self._screen.width, self._screen.height, 0, screen.root_depth,
            background_pixel=0xFF00FF, override_redirect=True, event_mask=X.ButtonPressMask,
        )  # fmt: skip

    def seen_at_once(self) -> int:
        """How much of it is seen in the moment it comes up on top, before any other program hears of it."""
        self._display.grab_server()
        self._window.unmap()
        self.show()
        loud = self._screen.loud_pixels()
        self._display.ungrab_server()
        self._display.sync()
        return loud

    def show(self) -> None:
        """Bring it up on top."""
        self._window.map()
        self._window.configure(stack_mode=X.Above)
        self._display.sync()

    def is_seen(self) -> bool:
        """Whether anything of it is on the screen now."""
        return self._screen.loud_pixels() > 0

    def is_covered(self) -> bool:
        """Whether another window of the whole screen lies above it, whatever is painted by now."""
        windows = self._display.screen().root.query_tree().children
        above = windows[[one.id for one in windows].index(self._window.id) + 1 :]
        return any(
            one.get_attributes().map_state == X.IsViewable and one.get_geometry().width >= self._screen.width
            for one in above
        )

    def was_clicked(self) -> bool:
        """Whether a click has reached it."""
        return any(self._display.next_event().type == X.ButtonPress for _ in range(self._display.pending_events()))

    def __enter__(self) -> LoudWindow:
        return self

    def __exit__(self, *_error: object) -> None:
        self._window.destroy()
        self._screen.close()


class Watch:
    """Grabs the screen again and again in a thread while its ``with`` block runs, and counts what it saw."""

    def __init__(self, name: str) -> None:
        self._screen = Screen(name)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.frames = 0
        self.leaks: list[tuple[float, int]] = []

    def _look(self) -> None:
        while not self._over.is_set():
            loud = self._screen.loud_pixels()
            self.frames += 1
            if loud:
                self.leaks.append((time.monotonic(), loud))

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()
        self._screen.close()


def keys(*arguments: str) -> None:
    """Real input through the X server."""
    subprocess.run(["xdotool", *arguments], check=True)


def photograph(name: str, path: Path) -> None:
    """Keep the whole screen as a picture."""
    subprocess.run(["import", "-display", name, "-window", "root", str(path)], check=True)
