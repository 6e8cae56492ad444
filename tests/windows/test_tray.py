"""The icon beside Windows' clock: shown, changed with the state, and "end the visit" chosen in its menu."""

from __future__ import annotations

import asyncio
import ctypes
import datetime
from collections.abc import Callable
from ctypes import wintypes

from PIL import Image

from kiosk_agent.hands.tray import NAME, DeskTray
from kiosk_agent.health import Health
from kiosk_agent.sensors.sense import Senses
from kiosk_agent.session.events import EndRequested, Event
from kiosk_agent.session.vocabulary import EndSource, StateName
from tests.windows.conftest import PATIENCE_S, Outside

GREEN, BLUE = (0x19, 0x7A, 0x4B), (0x00, 0x17, 0xC1)


def place_of(picture: str, color: tuple[int, int, int], enough: int = 30) -> tuple[int, int] | None:
    """The middle of what is nearly ``color``; None where there are fewer such pixels than ``enough``."""
    with Image.open(picture) as opened:
        image = opened.convert("RGB")
    found = [
        (index % image.width, index // image.width)
        for index, pixel in enumerate(image.get_flattened_data())
        if all(abs(a - b) < 24 for a, b in zip(pixel, color, strict=True))
    ]
    if len(found) < enough:
        return None
    xs, ys = sorted(x for x, _ in found), sorted(y for _, y in found)
    return xs[len(xs) // 2], ys[len(ys) // 2]


def open_menu() -> tuple[int, ...] | None:
    """Left, top, right and bottom of the menu that is open; None where none is."""
    user32 = ctypes.WinDLL("user32")
    user32.FindWindowW.restype = wintypes.HWND
    user32.GetWindowRect.argtypes = (wintypes.HWND, wintypes.LPRECT)
    menu, place = user32.FindWindowW("#32768", None), wintypes.RECT()
    if not menu or not user32.GetWindowRect(menu, ctypes.byref(place)) or place.bottom == place.top:
        return None
    return place.left, place.top, place.right, place.bottom


async def until_seen(look: Callable[[], tuple[int, ...] | None], what: str) -> tuple[int, ...]:
    loop = asyncio.get_running_loop()
    until = loop.time() + PATIENCE_S
    while (place := await asyncio.to_thread(look)) is None:
        assert loop.time() < until, f"never seen: {what}"
    return place


async def test_the_icon_shows_the_state_and_its_menu_ends_the_visit(outside: Outside) -> None:
    heard: asyncio.Queue[Event | str] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    now: Callable[[], datetime.datetime] = lambda: datetime.datetime.now(datetime.UTC)  # noqa: E731
    health = Health(now)
    senses = Senses([NAME], health, lambda _event: None, now)

    def post(event: Event) -> None:
        loop.call_soon_threadsafe(heard.put_nowait, event)

    tray = DeskTray(post, senses.report_of(NAME), lambda: heard.put_nowait("status"), "ja")
    tray.show(StateName.GATE.value, "green")
    tray.start()
    try:
        assert await asyncio.to_thread(tray.shown.wait, PATIENCE_S), health.warnings
        await until_seen(lambda: place_of(outside.ask("picture", "tray-free"), GREEN), "the green icon")
        tray.show(StateName.SIGNED_IN.value, "green")
        x, y = await until_seen(lambda: place_of(outside.ask("picture", "tray-visit"), BLUE), "the blue icon")
        await asyncio.to_thread(outside.ask, "xdotool", "mousemove", str(x), str(y), "click", "3")
        left, top, _right, bottom = await until_seen(open_menu, "its menu")
        await asyncio.to_thread(outside.ask, "picture", "tray-menu")
        first = (str(left + 40), str(top + (bottom - top) // 4))  # of two lines
        await asyncio.to_thread(outside.ask, "xdotool", "mousemove", *first, "click", "1")
        assert await asyncio.wait_for(heard.get(), PATIENCE_S) == EndRequested(EndSource.TRAY)
        assert health.warnings == []
    finally:
        await asyncio.to_thread(tray.stop)
