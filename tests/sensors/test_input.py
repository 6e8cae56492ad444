"""The PC's input, with real keys and a real mouse on an X server."""

from __future__ import annotations

import asyncio
import datetime
import os
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator

import pytest

from kiosk_agent.clock import ManualClock, SystemClock
from kiosk_agent.health import Health
from kiosk_agent.sensors.input import NAME, PcInput, presence
from kiosk_agent.sensors.input.readers import open_reader
from kiosk_agent.sensors.input.reading import InputUnreadableError, Reader
from kiosk_agent.sensors.sense import Senses, SenseState
from kiosk_agent.session.events import ChangeSignalled, Event, PortalActivity
from kiosk_agent.session.vocabulary import Signal, StateName
from tests.support.fake_reader import FakeReader

if sys.platform == "win32":
    pytest.skip("only on Linux: it looks at an X server", allow_module_level=True)

from Xlib.display import Display

from kiosk_agent.sensors.input.listeners import Listeners
from kiosk_agent.sensors.input.x11 import ScreenSaverInfo

PATIENCE_S = 60.0
# Quicker than at a desk. With less between the looks, each would find its input at once, as that of a machine.
LOOK_S = 0.4
GAP_S = 0.5
RETURNED = ChangeSignalled(Signal.RETURN_AFTER_GAP)
ELSEWHERE = ChangeSignalled(Signal.INPUT_ELSEWHERE)

# python-xlib leaves the sockets of failed and broken connections to the garbage collector
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def xdotool(*words: str) -> None:
    subprocess.run(["xdotool", *words], check=True)


@pytest.fixture(params=["XScreenSaver", "pynput"])
def reader(request: pytest.FixtureRequest, display: str) -> Iterator[Reader]:
    xdotool("mousemove", "10", "10")
    made: Reader = ScreenSaverInfo(SystemClock()) if request.param == "XScreenSaver" else Listeners(SystemClock())
    if isinstance(made, Listeners):
        for listener in made._listeners:
            listener.wait()
    yield made
    made.close()
    if isinstance(made, Listeners):
        await_end(made)


def await_end(reader: Listeners) -> None:
    """pynput's threads notice that they are to end with the next event."""
    xdotool("key", "a", "mousemove", "5", "5")
    for listener in reader._listeners:
        listener.join(PATIENCE_S)
        assert not listener.is_alive()


def reads_new_input(reader: Reader, stamp_s: float) -> float:
    """The next input's stamp; waits for it."""
    end = time.monotonic() + PATIENCE_S
    while (reading := reader.read()).stamp_s - stamp_s <= 0.001:
        assert time.monotonic() < end
        time.sleep(0.01)
    assert 0.0 <= reading.idle_s < PATIENCE_S
    return reading.stamp_s


def test_a_reader_knows_when_somebody_did_something_and_where_the_pointer_is(reader: Reader) -> None:
    stamp_s = reader.read().stamp_s
    used = (("mousemove", "200", "120"), ("key", "a"), ("click", "4"), ("click", "1"), ("mousemove", "340", "220"))
    for words in (*used, ("key", "b")):
        time.sleep(0.06)  # two inputs in the same few milliseconds are one
        xdotool(*words)
        stamp_s = reads_new_input(reader, stamp_s)
    assert reader.read().pointer == (340, 220)


def test_a_reader_sees_no_input_where_there_is_none(reader: Reader) -> None:
    xdotool("mousemove", "200", "120")
    stamps = []
    for _ in range(50):
        stamps.append(reader.read().stamp_s)
        time.sleep(0.002)
    assert max(stamps[-40:]) - min(stamps[-40:]) < 0.05


def test_on_x11_the_screen_saver_is_asked(display: str) -> None:
    reader = open_reader(SystemClock())
    assert isinstance(reader, ScreenSaverInfo)
    reader.close()


def test_news_that_nobody_asked_for_do_not_gather(display: str) -> None:
    """Each change of the keyboard's layout is told to every program; in a year of them the memory would be full."""
    reader = ScreenSaverInfo(SystemClock())
    reader.read()
    other = Display(display)
    keys = other.get_keyboard_mapping(100, 1)
    for _ in range(3):
        other.change_keyboard_mapping(100, [list(key) for key in keys])
    other.sync()
    reader.read()
    assert reader._display.pending_events() == 0
    other.close()
    reader.close()


def test_an_x_server_without_it_is_listened_to(monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is not on this machine")
    read_fd, write_fd = os.pipe()
    arguments = ["-displayfd", str(write_fd), "-nolisten", "tcp", "-noreset", "-extension", "MIT-SCREEN-SAVER"]
    server = subprocess.Popen(["Xvfb", *arguments], pass_fds=[write_fd], stderr=subprocess.DEVNULL)
    os.close(write_fd)
    with os.fdopen(read_fd) as answers:
        monkeypatch.setenv("DISPLAY", f":{answers.readline().strip()}")
    try:
        reader = open_reader(SystemClock())
        assert isinstance(reader, Listeners)
        for listener in reader._listeners:
            listener.wait()
        stamp_s = reader.read().stamp_s
        xdotool("key", "a")
        reads_new_input(reader, stamp_s)
        reader.close()
        await_end(reader)
        with pytest.raises(InputUnreadableError, match="has ended"):
            reader.read()
    finally:
        server.terminate()
        server.wait()


def test_wayland_is_hopeless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_SESSION_TYPE", "wayland")
    with pytest.raises(InputUnreadableError, match="Wayland") as caught:
        open_reader(SystemClock())
    assert caught.value.hopeless


class Desk:
    def __init__(self, gap_s: float, reader: Reader | None = None) -> None:
        self.loop = asyncio.get_running_loop()
        self.events: asyncio.Queue[Event] = asyncio.Queue()
        self.changed = asyncio.Event()
        self.health = Health(lambda: datetime.datetime.now(datetime.UTC))
        self.senses = Senses([NAME], self.health, lambda _event: None, lambda: datetime.datetime.now(datetime.UTC))
        self.senses.on_change(self.changed.set)
        how = {} if reader is None else {"open_reader": lambda _clock: reader}
        self.sense = PcInput(gap_s, SystemClock(), self.post, self.senses.report_of(NAME), **how)  # type: ignore[arg-type]

    def post(self, event: Event) -> None:
        self.loop.call_soon_threadsafe(self.events.put_nowait, event)

    async def until(self, state: SenseState) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while self.senses.statuses[0].state is not state:
                await self.changed.wait()
                self.changed.clear()

    async def look(self) -> None:
        self.sense.looked.clear()
        assert await asyncio.to_thread(self.sense.looked.wait, PATIENCE_S)

    async def gap(self) -> None:
        """Nobody does anything, until anything would be a return, and is no longer taken for input in the portal."""
        over_at = time.monotonic() + max(GAP_S, presence.TOLD_EVERY_S)
        while time.monotonic() <= over_at:
            await self.look()

    async def told(self) -> Event:
        async with asyncio.timeout(PATIENCE_S):
            return await self.events.get()


@pytest.fixture
async def desk(display: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    """Somebody is signed in; after half a second without input there is a gap."""
    monkeypatch.setattr(presence, "CLOSE_LOOK_S", LOOK_S)
    monkeypatch.setattr(presence, "GAP_LOOK_S", LOOK_S)
    monkeypatch.setattr(presence, "LOOSE_LOOK_S", LOOK_S)
    made = Desk(GAP_S)
    made.sense.start()
    await made.until(SenseState.WORKING)
    made.sense.state_changed(StateName.SIGNED_IN)
    await made.look()
    yield made
    await made.sense.stop()


async def test_a_real_mouse_after_a_gap_is_a_return(desk: Desk) -> None:
    await desk.gap()
    xdotool("mousemove", "700", "700", "mousemove", "20", "600")
    assert await desk.told() == RETURNED


async def test_a_real_mouse_without_a_gap_is_no_return(desk: Desk) -> None:
    desk.sense._presence._gap_s = PATIENCE_S  # as long as this, nobody waits here
    await desk.gap()
    xdotool("mousemove", "700", "700", "mousemove", "20", "600")
    await desk.look()
    await desk.look()  # one may have been under way
    assert desk.events.empty()


def type_as_people_do(over: threading.Event) -> None:
    """The pauses are what tells people from machines."""
    chance = random.Random(3)
    while not over.wait(chance.uniform(0.1, 0.9)):
        xdotool("key", chance.choice("abcdefgh"))


async def test_typing_after_a_gap_is_a_return(desk: Desk) -> None:
    await desk.gap()
    over = threading.Event()
    typist = asyncio.create_task(asyncio.to_thread(type_as_people_do, over))
    try:
        assert await desk.told() == RETURNED
    finally:
        over.set()
        await typist


async def test_in_the_portal_the_session_notices_it_by_itself(desk: Desk) -> None:
    await desk.gap()
    desk.sense.observe(PortalActivity())
    xdotool("mousemove", "700", "500")
    await desk.look()
    await desk.look()  # one may have been under way
    assert desk.events.empty()


@pytest.mark.parametrize("is_started_first", [True, False])
async def test_the_first_look_is_at_the_beginning_of_the_session(
    monkeypatch: pytest.MonkeyPatch, is_started_first: bool
) -> None:
    """What was there before is then known, and the first input after it is told from that."""
    monkeypatch.setattr(presence, "LOOSE_LOOK_S", 10 * PATIENCE_S)
    desk = Desk(100 * PATIENCE_S, FakeReader())
    if is_started_first:
        desk.sense.start()
        await desk.until(SenseState.WORKING)
    for state in (StateName.SIGNED_IN, StateName.GATE, StateName.SIGNED_IN):
        desk.sense.state_changed(state)
    if not is_started_first:
        desk.sense.start()
    assert await asyncio.to_thread(desk.sense.looked.wait, PATIENCE_S)
    desk.sense.state_changed(StateName.GATE)
    desk.sense.looked.clear()
    desk.sense.state_changed(StateName.SIGNED_IN)
    assert await asyncio.to_thread(desk.sense.looked.wait, PATIENCE_S)
    await desk.sense.stop()


@pytest.mark.parametrize("state", [state for state in StateName if state is not StateName.SIGNED_IN])
async def test_in_no_other_state_is_anything_looked_at(desk: Desk, state: StateName) -> None:
    desk.sense.state_changed(state)
    desk.sense.looked.clear()
    xdotool("mousemove", "500", "400", "mousemove", "600", "300")
    assert not await asyncio.to_thread(desk.sense.looked.wait, 2 * LOOK_S)
    assert desk.events.empty()


async def test_a_reader_that_breaks_is_one_warning_and_one_recovery() -> None:
    reader = FakeReader()
    desk = Desk(1.0, reader)
    desk.sense.start()
    await desk.until(SenseState.WORKING)
    reader.broken = "the cable is out"
    desk.sense.state_changed(StateName.SIGNED_IN)
    await desk.until(SenseState.ABSENT)
    assert "the cable is out" in desk.health.warnings[0].detail
    reader.broken = ""
    await desk.until(SenseState.WORKING)
    assert desk.health.warnings == []
    await desk.look()  # no dead thread
    assert reader.closed >= 1
    await desk.sense.stop()


async def test_without_a_display_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":9876")
    desk = Desk(1.0)
    desk.sense.start()
    async with asyncio.timeout(PATIENCE_S):
        while not desk.health.warnings:
            await desk.changed.wait()
            desk.changed.clear()
    assert "X server" in desk.health.warnings[0].detail
    await desk.sense.stop()


async def test_a_trembling_mouse_is_reported_and_is_no_return(monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute of looks, taken at once."""
    monkeypatch.setattr("kiosk_agent.sensors.input.presence.CLOSE_LOOK_S", 0.0)
    monkeypatch.setattr("kiosk_agent.sensors.input.presence.GAP_LOOK_S", 0.0)
    monkeypatch.setattr("kiosk_agent.sensors.input.presence.LOOSE_LOOK_S", 0.0)
    clock = ManualClock()

    class Trembling(FakeReader):
        def read(self):  # type: ignore[no-untyped-def]
            clock.advance(1.0)
            self.move(1 if self._pointer[0] == 100 else -1)
            return super().read()._replace(stamp_s=clock.now(), idle_s=0.0)

    desk = Desk(5.0)
    desk.sense = PcInput(5.0, clock, desk.post, desk.senses.report_of(NAME), lambda _clock: Trembling())
    desk.sense.start()
    await desk.until(SenseState.WORKING)
    desk.sense.state_changed(StateName.SIGNED_IN)
    await desk.until(SenseState.DEGRADED)
    assert "moves by itself" in desk.health.warnings[0].detail
    await desk.sense.stop()
    assert desk.events.empty()
