"""The icon in a real tray, clicked for real; and desks that have none."""

from __future__ import annotations

import asyncio
import datetime
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
from PIL import Image

from kiosk_agent.hands.tray import NAME, DeskTray
from kiosk_agent.hands.tray_icon import PICTURES, picture
from kiosk_agent.health import Health
from kiosk_agent.sensors.sense import Senses
from kiosk_agent.session.events import EndRequested, Event
from kiosk_agent.session.vocabulary import EndSource, StateName
from tests.support.tray_host import SHOWN, FakeIcon, FakePystray, click, tray_host

if sys.platform == "win32":
    pytest.skip("only on Linux: it clicks in a tray through X11", allow_module_level=True)

from Xlib import X
from Xlib.display import Display

PATIENCE_S = 60.0

# python-xlib leaves the sockets of failed and broken connections to the garbage collector
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


class Desk:
    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.happened: asyncio.Queue[Event | str] = asyncio.Queue()
        self.changed = asyncio.Event()
        self.health = Health(lambda: datetime.datetime.now(datetime.UTC), self.changed.set)
        self.senses = Senses([NAME], self.health, lambda _event: None, lambda: datetime.datetime.now(datetime.UTC))
        self.tray = self.make_tray()

    def make_tray(self) -> DeskTray:
        return DeskTray(self.post, self.senses.report_of(NAME), self.status_opened, "ja")

    def post(self, event: Event) -> None:
        self.loop.call_soon_threadsafe(self.happened.put_nowait, event)

    def status_opened(self) -> None:
        self.happened.put_nowait("status")

    async def next(self) -> Event | str:
        async with asyncio.timeout(PATIENCE_S):
            return await self.happened.get()

    async def warned(self) -> str:
        async with asyncio.timeout(PATIENCE_S):
            while not self.health.warnings:
                await self.changed.wait()
                self.changed.clear()
        return self.health.warnings[0].detail


@pytest.fixture
async def desk(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    monkeypatch.setenv("PYSTRAY_BACKEND", "xorg")
    desk = Desk()
    yield desk
    desk.tray.stop()


@pytest.fixture
async def host(display: str) -> AsyncIterator[tuple[int, int]]:
    async with tray_host(display) as place:
        yield place


def grab(display: str, left: int, top: int, width: int, height: int) -> Image.Image:
    connection = Display(display)
    data = connection.screen().root.get_image(left, top, width, height, X.ZPixmap, 0xFFFFFFFF).data
    connection.close()
    return Image.frombuffer("RGB", (width, height), data, "raw", "BGRX", 0, 1)


async def seen(display: str, place: tuple[int, int], color: tuple[int, int, int]) -> None:
    """Wait until ``color`` fills a good part of the icon."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            pixels = grab(display, place[0] - 12, 0, 24, 24).getcolors(24 * 24) or []
            near = [n for n, pixel in pixels if all(abs(a - b) < 24 for a, b in zip(pixel, color, strict=True))]
            if sum(near) > 100:
                return
            await asyncio.sleep(0.05)


def tray_threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name.startswith("tray")}


async def test_the_icon_shows_the_state_and_a_click_ends_the_visit(
    desk: Desk, host: tuple[int, int], display: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(Display, "grab_server")  # an agent that hangs with the server's grab takes the screen along
    desk.tray.show(StateName.GATE.value, "green")
    desk.tray.start()
    assert await asyncio.to_thread(desk.tray.shown.wait, PATIENCE_S)
    await seen(display, host, (0x19, 0x7A, 0x4B))
    click(host)
    assert await desk.next() == "status"
    desk.tray.show(StateName.SIGNED_IN.value, "amber")
    await seen(display, host, (0x00, 0x17, 0xC1))
    grab(display, host[0] - 12, 0, 24, 24).save(tmp_path / "tray.png")
    click(host)
    assert await desk.next() == EndRequested(EndSource.TRAY)
    assert desk.health.warnings == []


async def test_without_a_tray_the_agent_runs_on_and_says_so(
    desk: Desk, display: str, caplog: pytest.LogCaptureFixture
) -> None:
    desk.tray.start()
    assert "no program shows tray icons" in await desk.warned()
    desk.tray.show(StateName.OPEN.value, "green")
    assert [record for record in caplog.records if record.levelname != "DEBUG"] == []  # no traceback on the terminal


async def test_what_draws_the_icon_is_loaded_when_a_tray_comes(
    desk: Desk, display: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "pystray", raising=False)
    desk.tray.show(StateName.GATE.value, "green")
    desk.tray.start()
    await desk.warned()
    assert "pystray" not in sys.modules
    async with tray_host(display) as place:
        assert await asyncio.to_thread(desk.tray.shown.wait, PATIENCE_S)
        await seen(display, place, (0x19, 0x7A, 0x4B))
        assert "pystray" in sys.modules
    desk.tray.stop()


async def test_a_tray_that_dies_while_the_agent_stops_leaves_nothing_behind(desk: Desk, display: str) -> None:
    """Threads that wait for ever would also keep what they hold of the X server."""
    before = tray_threads()
    for number in range(12):
        tray = desk.make_tray()
        async with tray_host(display):
            tray.start()
            if number % 3:
                assert await asyncio.to_thread(tray.shown.wait, PATIENCE_S)
            tray.show(StateName.OPEN.value, "green")
            if number % 2:
                tray.stop()
        tray.stop()
    assert tray_threads() - before == set()


async def test_a_desk_without_a_screen_of_its_own_keeps_nothing_open_for_a_tray(desk: Desk) -> None:
    before = psutil.Process().num_fds()
    tray = desk.make_tray()
    tray.show(StateName.GATE.value, "green")
    assert psutil.Process().num_fds() == before
    tray.stop()


async def test_without_a_display_the_agent_runs_on_and_says_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":987654")
    desk.tray.start()
    assert "is not shown" in await desk.warned()


def test_every_state_has_a_shape_of_its_own() -> None:
    assert set(PICTURES) == {state.value for state in StateName}
    shapes = {
        state: picture(state, "green").convert("RGBA").getchannel("A").tobytes()
        + picture(state, "green").convert("L").point([255 * (level > 128) for level in range(256)]).tobytes()
        for state in PICTURES
    }
    assert len(set(shapes.values())) == 6  # a visit and a warning look the same signed in or not, asked or challenged
    assert len({picture("Gate", severity).tobytes() for severity in ("green", "amber", "red")}) == 3


async def test_an_icon_that_hangs_when_it_is_taken_away_does_nothing_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pystray", FakePystray)
    monkeypatch.setattr("kiosk_agent.hands.tray.STOP_LIMIT_S", 0.0)
    monkeypatch.setattr("kiosk_agent.hands.tray.VISIBLE_LIMIT_S", 0.0)
    asked_to_stop = threading.Event()
    monkeypatch.setattr(FakeIcon, "stop", lambda _icon: asked_to_stop.set())
    desk = Desk()
    desk.tray.show(StateName.SIGNED_IN.value, "green")
    desk.tray.start()
    assert await asyncio.to_thread(desk.tray.shown.wait, PATIENCE_S)
    FakePystray.choose_default()
    assert await desk.next() == EndRequested(EndSource.TRAY)
    desk.tray.stop()
    assert await asyncio.to_thread(asked_to_stop.wait, PATIENCE_S)
    (icon,) = SHOWN
    for item in icon.menu.items:
        item.action(icon, None)
    await asyncio.sleep(0)  # what was posted comes with the loop's next round
    icon._over.set()
    assert desk.happened.empty()
