"""One contract for all senses, each with its real world and with a fake one; see ``Subject``.

A sense adds its pairs to ``SUBJECTS``: how to make it, and how to bring its world into each condition.
"""

from __future__ import annotations

import asyncio
import datetime
import itertools
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from msgspec.structs import replace

from kiosk_agent.clock import SystemClock
from kiosk_agent.config import BrowsersSense
from kiosk_agent.config_load import SENSES
from kiosk_agent.hands.tray import NAME as TRAY
from kiosk_agent.hands.tray import DeskTray
from kiosk_agent.health import Health, Report
from kiosk_agent.sensors.browsers.processes import ProcessTable
from kiosk_agent.sensors.browsers.sense import BrowserSense
from kiosk_agent.sensors.card.pcsc import Pcsc
from kiosk_agent.sensors.card.sense import CardSense
from kiosk_agent.sensors.hotkey import EndVisitHotkey
from kiosk_agent.sensors.input import PcInput
from kiosk_agent.sensors.input.presence import TOLD_EVERY_S
from kiosk_agent.sensors.os_session import OsSession
from kiosk_agent.sensors.os_session.happenings import Happening
from kiosk_agent.sensors.sense import Sense, Senses, SenseState
from kiosk_agent.session.events import ChangeSignalled, EndRequested, Event, Post
from kiosk_agent.session.state import Visit
from kiosk_agent.session.vocabulary import EndSource, Signal, StateName
from tests.sensors.card.fake_pcsc import FakePcsc
from tests.sensors.processes import FakeTable, NearTable, program, started_elsewhere
from tests.support.card_world import STORAGE_A, CardWorld, storage_card
from tests.support.fake_hotkeys import FakeKeyboard
from tests.support.fake_os_session import FakeSource
from tests.support.fake_reader import FakeReader
from tests.support.tray_host import FakePystray, click, tray_host

PATIENCE_S = 60.0

# python-xlib leaves the sockets of failed and broken connections to the garbage collector
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@dataclass(frozen=True)
class World:
    """One sense and what happens around it."""

    sense: Sense
    happen: Callable[[], Awaitable[None]]  # what it is there to notice, happens
    noticed: Event


Subject = Callable[[pytest.FixtureRequest, Post, Report], AbstractAsyncContextManager[World]]


@asynccontextmanager
async def real_hotkey(request: pytest.FixtureRequest, post: Post, report: Report) -> AsyncIterator[World]:
    request.getfixturevalue("display")

    async def press() -> None:
        await asyncio.to_thread(subprocess.run, ["xdotool", "key", "ctrl+alt+End"], check=True)

    yield World(EndVisitHotkey("<ctrl>+<alt>+<end>", post, report), press, EndRequested(EndSource.HOTKEY))


@asynccontextmanager
async def fake_hotkey(_request: pytest.FixtureRequest, post: Post, report: Report) -> AsyncIterator[World]:
    keyboard = FakeKeyboard()
    combination = "<ctrl>+<alt>+<end>"

    async def press() -> None:
        await asyncio.to_thread(keyboard.press, combination)

    yield World(
        EndVisitHotkey(combination, post, report, keyboard.make_listener), press, EndRequested(EndSource.HOTKEY)
    )


class Tray:
    """The desk's icon, which is a hand as well, as a sense."""

    name = TRAY

    def __init__(self, post: Post, report: Report) -> None:
        self._tray = DeskTray(post, report, lambda: None, "ja")
        self._tray.show(StateName.SIGNED_IN.value, "green")

    def start(self) -> None:
        self._tray.start()

    async def stop(self) -> None:
        await asyncio.to_thread(self._tray.stop)


@asynccontextmanager
async def real_tray(request: pytest.FixtureRequest, post: Post, report: Report) -> AsyncIterator[World]:
    patch: pytest.MonkeyPatch = request.getfixturevalue("monkeypatch")
    patch.setenv("PYSTRAY_BACKEND", "xorg")
    async with tray_host(request.getfixturevalue("display")) as place:

        async def press() -> None:
            await asyncio.to_thread(click, place)

        yield World(Tray(post, report), press, EndRequested(EndSource.TRAY))


@asynccontextmanager
async def fake_tray(request: pytest.FixtureRequest, post: Post, report: Report) -> AsyncIterator[World]:
    patch: pytest.MonkeyPatch = request.getfixturevalue("monkeypatch")
    patch.setitem(sys.modules, "pystray", FakePystray)

    async def press() -> None:
        FakePystray.choose_default()

    yield World(Tray(post, report), press, EndRequested(EndSource.TRAY))


@asynccontextmanager
async def real_os_session(request: pytest.FixtureRequest, post: Post, report: Report) -> AsyncIterator[World]:
    if sys.platform == "win32":
        pytest.skip("only on Linux: Windows has no D-Bus")
    from tests.support.logind import OURS, mock_logind

    patch: pytest.MonkeyPatch = request.getfixturevalue("monkeypatch")
    with mock_logind(request.getfixturevalue("tmp_path")) as logind:
        patch.setenv("DBUS_SYSTEM_BUS_ADDRESS", logind.address)
        patch.setenv("XDG_SESSION_ID", OURS)

        async def lock() -> None:
            await asyncio.to_thread(logind.lock)

        yield World(OsSession(post, report, lambda: None), lock, ChangeSignalled(Signal.OS_LOCKED))


@asynccontextmanager
async def fake_os_session(_request: pytest.FixtureRequest, post: Post, report: Report) -> AsyncIterator[World]:
    source = FakeSource()

    async def lock() -> None:
        source.happen(Happening.LOCKED)

    yield World(OsSession(post, report, lambda: None, source), lock, ChangeSignalled(Signal.OS_LOCKED))


RETURNED = ChangeSignalled(Signal.RETURN_AFTER_GAP)


async def come_back(sense: PcInput, move: Callable[[], Awaitable[None]]) -> None:
    """With a gap of no time at all: as soon as what moves is no longer taken for input in the portal."""
    clock = SystemClock()
    sense.looked.clear()
    sense.state_changed(StateName.SIGNED_IN)
    began = clock.now()
    await asyncio.to_thread(first_look, sense)
    moved_at = began
    while moved_at <= began + 1.5 * TOLD_EVERY_S:
        sense.looked.clear()
        await asyncio.to_thread(sense.looked.wait, 2.0)  # each move is seen for itself
        moved_at = clock.now()
        await move()


def first_look(sense: PcInput) -> None:
    """Until the sense knows what was there before anybody moved; one that was stopped never looks."""
    assert sense._thread is not None
    while not sense.looked.wait(0.05) and sense._thread.is_alive():
        pass


@asynccontextmanager
async def real_input(request: pytest.FixtureRequest, post: Post, report: Report) -> AsyncIterator[World]:
    request.getfixturevalue("display")
    sense = PcInput(0.0, SystemClock(), post, report)
    places = itertools.cycle((100, 350, 600, 850))

    async def move() -> None:
        await asyncio.to_thread(subprocess.run, ["xdotool", "mousemove", str(next(places)), "300"], check=True)

    yield World(sense, lambda: come_back(sense, move), RETURNED)


@asynccontextmanager
async def fake_input(request: pytest.FixtureRequest, post: Post, report: Report) -> AsyncIterator[World]:
    reader = FakeReader()
    sense = PcInput(0.0, SystemClock(), post, report, lambda _clock: reader)

    async def move() -> None:
        reader.move()

    yield World(sense, lambda: come_back(sense, move), RETURNED)


def card(pcsc: Pcsc | None, put: Callable[[int], None], post: Post, report: Report) -> World:
    """A visit in which somebody has signed in with the first card; then another one is put on."""
    sense = CardSense(post, report, SystemClock(), grace_s=600.0, pcsc=pcsc)
    visit = Visit(visit_id="v1", started_at=0.0, last_input_at=0.0)

    async def put_another() -> None:
        put(1)
        sense.follow(visit)
        end = asyncio.get_running_loop().time() + 2.0  # a sense that was stopped never sees it
        while sense.on_reader() is None and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(0.01)
        sense.follow(replace(visit, saw_sign_in=True))
        put(2)

    return World(sense, put_another, ChangeSignalled(Signal.CARD_DIFFERENT))


@asynccontextmanager
async def real_card(request: pytest.FixtureRequest, post: Post, report: Report) -> AsyncIterator[World]:
    world: CardWorld = request.getfixturevalue("card_world")
    yield card(None, lambda number: world.put(storage_card(number)), post, report)


@asynccontextmanager
async def fake_card(request: pytest.FixtureRequest, post: Post, report: Report) -> AsyncIterator[World]:
    pcsc = FakePcsc()

    def put(number: int) -> None:
        pcsc.put(bytes.fromhex(STORAGE_A), lambda _command: bytes([4, number, 1, 2, 3, 4, 5, 0x90, 0x00]))

    yield card(pcsc, put, post, report)


class NoNotice:
    """Nobody at the desk has to be told anything."""

    def show(self, programs: tuple[str, ...], seconds: float, now: Callable[[], None]) -> None:
        raise AssertionError("nothing is to be closed here")

    def hide(self) -> None:
        pass


@asynccontextmanager
async def browsers(post: Post, report: Report, table: ProcessTable) -> AsyncIterator[BrowserSense]:
    """The sense as in an open desk, which tells it to look."""
    clock = SystemClock()
    sense = BrowserSense(
        BrowsersSense(),
        post,
        report,
        health=Health(clock.wall),
        clock=clock,
        notice=NoNotice(),
        record=lambda _entry: None,
        profiles=[],
        table=table,
    )
    sense.state_changed(StateName.GATE)

    async def look() -> None:
        while True:
            sense.tick()
            await asyncio.sleep(0.05)

    looking = asyncio.create_task(look())
    yield sense
    looking.cancel()


@asynccontextmanager
async def real_browsers(request: pytest.FixtureRequest, post: Post, report: Report) -> AsyncIterator[World]:
    folder: Path = request.getfixturevalue("tmp_path")
    path = program(folder, "firefox")
    async with browsers(post, report, NearTable(folder)) as sense:
        with ExitStack() as stack:

            async def open_one() -> None:
                await asyncio.to_thread(stack.enter_context, started_elsewhere([str(path), "600"]))

            yield World(sense, open_one, ChangeSignalled(Signal.FOREIGN_BROWSER))


@asynccontextmanager
async def fake_browsers(_request: pytest.FixtureRequest, post: Post, report: Report) -> AsyncIterator[World]:
    table = FakeTable()

    async def open_one() -> None:
        table.add("firefox")

    async with browsers(post, report, table) as sense:
        yield World(sense, open_one, ChangeSignalled(Signal.FOREIGN_BROWSER))


SUBJECTS: dict[str, Subject] = {
    "card": real_card,
    "card (fake)": fake_card,
    "browsers": real_browsers,
    "browsers (fake)": fake_browsers,
    "hotkey": real_hotkey,
    "hotkey (fake)": fake_hotkey,
    "tray": real_tray,
    "tray (fake)": fake_tray,
    "os_session": real_os_session,
    "os_session (fake)": fake_os_session,
    "input": real_input,
    "input (fake)": fake_input,
}


class Desk:
    def __init__(self, name: str) -> None:
        self.loop = asyncio.get_running_loop()
        self.events: asyncio.Queue[Event] = asyncio.Queue()
        self.changed = asyncio.Event()
        self.health = Health(self.wall)
        self.senses = Senses([name], self.health, lambda _event: None, self.wall)
        self.senses.on_change(self.changed.set)

    def wall(self) -> datetime.datetime:
        return datetime.datetime.now(datetime.UTC)

    def post(self, event: Event) -> None:
        self.loop.call_soon_threadsafe(self.events.put_nowait, event)

    async def until(self, state: SenseState) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while self.senses.statuses[0].state is not state:
                await self.changed.wait()
                self.changed.clear()


@pytest.fixture(params=SUBJECTS)
async def world(request: pytest.FixtureRequest) -> AsyncIterator[tuple[World, Desk]]:
    subject = SUBJECTS[request.param]
    name = request.param.split()[0]  # "card", "card (fake)"
    desk = Desk(name)
    async with subject(request, desk.post, desk.senses.report_of(name)) as world:
        assert world.sense.name == name
        yield world, desk


def test_every_sense_is_here_with_its_real_world_and_with_a_fake_one() -> None:
    assert set(SUBJECTS) == {f"{name}{kind}" for name in SENSES for kind in ("", " (fake)")}


async def test_it_says_that_it_works_and_then_notices(world: tuple[World, Desk]) -> None:
    made, desk = world
    made.sense.start()
    await desk.until(SenseState.WORKING)
    assert desk.health.warnings == []
    await made.happen()
    async with asyncio.timeout(PATIENCE_S):
        assert await desk.events.get() == made.noticed
    await made.sense.stop()


async def test_once_stopped_it_notices_nothing(world: tuple[World, Desk]) -> None:
    made, desk = world
    made.sense.start()
    await desk.until(SenseState.WORKING)
    await made.sense.stop()
    await made.happen()
    await asyncio.sleep(0.5)
    assert desk.events.empty()


async def test_it_can_be_stopped_at_once(world: tuple[World, Desk]) -> None:
    made, _ = world
    made.sense.start()
    async with asyncio.timeout(PATIENCE_S):
        await made.sense.stop()
