"""Every panel as people see it: whole, at 1024×768, at double size, in every language, on each of two monitors.

KIOSK_AGENT_PICTURES names a folder in which to keep the pictures, to be looked at.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from kiosk_agent.hands import panels
from kiosk_agent.hands.form_panels import form_panel
from kiosk_agent.hands.ports import Panel, WarningView
from kiosk_agent.hands.shield import StandaloneCover
from kiosk_agent.hands.visit_language import VisitLanguage, Voices
from kiosk_agent.locale import LANGUAGES, SPOKEN, translator, worker_language
from kiosk_agent.session.policy import MarkPolicy
from kiosk_agent.session.vocabulary import Check, HoldReason, WarningKind
from tests.cover.screen import Screen

HINT = "山＊＊＊"
BACKDROP = (0xF1, 0xF1, 0xF4)


def warning(language: str, **changes: bool) -> Panel:
    """The native warning; for workers, in the middle of its time."""
    given = {"worker_only": False, "can_extend": True, "needs_mark": False, **changes}
    view = WarningView(kind=WarningKind.IDLE, seconds=20.0, hint=HINT, **given)
    return panels.warning_panel(view, 30.0, MarkPolicy.INITIALS, voices(language))


def voices(language: str) -> Voices:
    """A desk whose resident has chosen ``language``; its workers read English where residents do."""
    worker = worker_language(language)
    residents = VisitLanguage(worker)
    residents.choose(language)
    return Voices(worker, residents)


def chooser(language: str) -> Panel:
    return panels.languages_panel(warning(language), voices(language).residents)


OF_RESIDENTS: dict[str, Callable[[str], Panel]] = {
    "starting": lambda language: panels.starting_panel(voices(language).residents),
    "shield": lambda language: panels.shield_panel(voices(language).residents),
    "challenge": lambda language: panels.challenge_panel(60.0, 60.0, HINT, MarkPolicy.STAFF_NUMBER, voices(language)),
    "warning": warning,
    "warning-over": lambda language: warning(language, can_extend=False),
    "warning-worker": lambda language: warning(language, worker_only=True, needs_mark=True),
    "form-name": lambda language: form_panel(
        Check.NAME_DIFFERENT, 60.0, 60.0, MarkPolicy.STAFF_NUMBER, voices(language)
    ),
    "form-unreadable": lambda language: form_panel(
        Check.NAME_UNREADABLE, 60.0, 60.0, MarkPolicy.INITIALS, voices(language)
    ),
    "form-card": lambda language: form_panel(Check.CARD_WANTED, 30.0, 30.0, MarkPolicy.NONE, voices(language)),
    "form-no-card": lambda language: form_panel(Check.CARD_UNTELLABLE, 60.0, 60.0, MarkPolicy.NONE, voices(language)),
    "languages": chooser,
    "hang": lambda language: panels.hang_panel(voices(language).residents),
}
OF_WORKERS: dict[str, Callable[[str], Panel]] = {
    "held": lambda language: panels.held_panel(
        HoldReason.LEDGER_DAMAGED, translator(language), refused=translator(language)("This release code is not right.")
    ),
    "crash-loop": lambda language: panels.crash_loop_panel(translator(language)),
}
PANELS = {**OF_RESIDENTS, **OF_WORKERS}
SHOWN = [
    *((name, language) for name in OF_RESIDENTS for language in SPOKEN),
    *((name, language) for name in OF_WORKERS for language in LANGUAGES),
]


@contextmanager
def server(*arguments: str) -> Iterator[str]:
    """An X server of this module's own shape."""
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is not on this machine")
    read_fd, write_fd = os.pipe()
    process = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write_fd), "-nolisten", "tcp", "-noreset", *arguments],
        pass_fds=[write_fd],
        stderr=subprocess.DEVNULL,
    )
    os.close(write_fd)
    with os.fdopen(read_fd) as answers:
        name = f":{answers.readline().strip()}"
    try:
        yield name
    finally:
        process.terminate()
        process.wait(timeout=10)


@pytest.fixture(scope="module")
def small_screen() -> Iterator[str]:
    with server("-screen", "0", "1024x768x24") as name:
        yield name


@pytest.fixture(params=[1.0, 2.0], ids=["plain", "double"])
async def cover(
    request: pytest.FixtureRequest, small_screen: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[StandaloneCover, Screen, float]]:
    monkeypatch.setenv("DISPLAY", small_screen)
    cover = StandaloneCover(scale=request.param, show_limit_s=30.0)
    await cover.start()
    screen = Screen(small_screen)
    yield cover, screen, request.param
    screen.close()
    await cover.close()


def card(picture: Image.Image) -> tuple[int, int, int, int]:
    """The box around everything that is not backdrop."""
    box = ImageChops.difference(picture, Image.new("RGB", picture.size, BACKDROP)).getbbox()
    assert box is not None
    return box


@pytest.mark.parametrize(("name", "language"), SHOWN)
async def test_a_panel_is_whole(
    cover: tuple[StandaloneCover, Screen, float], name: str, language: str, tmp_path: Path
) -> None:
    device, screen, scale = cover
    await device.show(PANELS[name](language))
    picture = screen.grab()
    folder = Path(os.environ.get("KIOSK_AGENT_PICTURES", tmp_path))
    picture.save(folder / f"cover-{name}-{language}-{scale:g}.png", optimize=True)
    left, top, right, bottom = card(picture)
    assert left >= 8
    assert top >= 8
    assert 1024 - right >= 8
    assert 768 - bottom >= 8
    assert abs(left - (1024 - right)) <= 2, "the card stands in the middle"
    assert abs(top - (768 - bottom)) <= 2
    colors = picture.getcolors(1 << 24)
    assert colors is not None
    assert sum(count for count, color in colors if color == (0x33, 0x33, 0x33)) > 200, "there is text on it"


class MonitorInfo(ctypes.Structure):
    """XRRMonitorInfo of Xrandr.h; python-xlib cannot pack it."""

    _fields_ = (
        ("name", ctypes.c_ulong),
        ("primary", ctypes.c_int),
        ("automatic", ctypes.c_int),
        ("noutput", ctypes.c_int),
        *((field, ctypes.c_int) for field in ("x", "y", "width", "height", "mwidth", "mheight")),
        ("outputs", ctypes.c_void_p),
    )


def split_screen(name: str, parts: list[tuple[int, int, int]]) -> None:
    """Make the screen look like monitors side by side; each part is left edge, width and height."""
    x11, randr = ctypes.CDLL("libX11.so.6"), ctypes.CDLL("libXrandr.so.2")
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XInternAtom.restype = x11.XDefaultRootWindow.restype = ctypes.c_ulong
    connection = ctypes.c_void_p(x11.XOpenDisplay(name.encode()))
    root = ctypes.c_ulong(x11.XDefaultRootWindow(connection))
    for number, (left, width, height) in enumerate(parts):
        atom = x11.XInternAtom(connection, f"PART-{number}".encode(), 0)
        info = MonitorInfo(atom, number == 0, 0, 0, left, 0, width, height, width // 4, height // 4, None)
        randr.XRRSetMonitor(connection, root, ctypes.byref(info))
    x11.XCloseDisplay(connection)


def stands_in_the_middle(picture: Image.Image) -> bool:
    """Whether there is a card, as far from the left as from the right, and from the top as from the bottom."""
    box = ImageChops.difference(picture, Image.new("RGB", picture.size, BACKDROP)).getbbox()
    if box is None:
        return False
    left, top, right, bottom = box
    return abs(left - (picture.width - right)) <= 2 and abs(top - (picture.height - bottom)) <= 2


async def test_each_monitor_shows_the_panel_also_one_plugged_in_later(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = [(0, 800, 600), (800, 1024, 768)]
    with server("-screen", "0", "1824x768x24") as name:
        monkeypatch.setenv("DISPLAY", name)
        device = StandaloneCover(scale=1.0)
        await device.start()
        await device.show(PANELS["challenge"]("ja"))
        screen = Screen(name)
        assert card(screen.grab())[0] > 400, "one large monitor, one card in its middle"
        split_screen(name, parts)
        shown: list[bool] = []
        try:
            async with asyncio.timeout(60):
                while not (shown and all(shown)):  # one monitor's card is drawn before the other's
                    await asyncio.sleep(0.05)  # nothing tells that a picture has changed
                    picture = screen.grab()
                    shown = [stands_in_the_middle(picture.crop((x, 0, x + w, h))) for x, w, h in parts]
        except TimeoutError:
            pytest.fail(f"a card in the middle of each monitor: {shown}")
        finally:
            screen.close()
            await device.close()
