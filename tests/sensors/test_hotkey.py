"""The key combination, pressed for real."""

from __future__ import annotations

import asyncio
import datetime
import subprocess
import sys
import threading

import pytest

from kiosk_agent.health import Health, Severity
from kiosk_agent.sensors.hotkey import NAME, EndVisitHotkey
from kiosk_agent.sensors.sense import Senses
from kiosk_agent.session.events import EndRequested, Event
from kiosk_agent.session.vocabulary import EndSource
from tests.support.fake_hotkeys import FakeKeyboard

COMBINATION = "<ctrl>+<alt>+<end>"
PATIENCE_S = 60.0

# python-xlib leaves the sockets of failed and broken connections to the garbage collector
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


class Desk:
    """Events and health as the agent has them, and something to wait on."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.events: asyncio.Queue[Event] = asyncio.Queue()
        self.changed = asyncio.Event()
        self.health = Health(lambda: datetime.datetime.now(datetime.UTC), self.changed.set)
        self.senses = Senses([NAME], self.health, lambda _event: None, lambda: datetime.datetime.now(datetime.UTC))
        self.report = self.senses.report_of(NAME)

    def post(self, event: Event) -> None:
        self.loop.call_soon_threadsafe(self.events.put_nowait, event)

    async def warned(self) -> str:
        async with asyncio.timeout(PATIENCE_S):
            while not self.health.warnings:
                await self.changed.wait()
                self.changed.clear()
        warning = self.health.warnings[0]
        assert (warning.code, warning.severity) == ("hotkey", Severity.AMBER)
        return warning.detail


def press(*arguments: str) -> None:
    subprocess.run(["xdotool", *arguments], check=True)


async def heard(desk: Desk) -> Event:
    """What the combination tells, pressed until it does: pynput says that it listens a moment before it does."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            press("key", "ctrl+alt+End")
            try:
                async with asyncio.timeout(1.0):
                    return await desk.events.get()
            except TimeoutError:
                continue


async def gave_up(before: set[threading.Thread]) -> None:
    """Wait until the sense's thread has ended: it is not tried again."""
    async with asyncio.timeout(PATIENCE_S):
        while any(one.name == NAME for one in set(threading.enumerate()) - before):
            await asyncio.sleep(0.01)


async def test_the_combination_asks_for_the_end_of_the_visit(display: str) -> None:
    desk = Desk()
    hotkey = EndVisitHotkey(COMBINATION, desk.post, desk.report)
    hotkey.start()
    try:
        assert await asyncio.to_thread(hotkey.listening.wait, PATIENCE_S)
        assert await heard(desk) == EndRequested(EndSource.HOTKEY)
        press("key", "End", "ctrl+End", "alt+End", "a")
        press("key", "ctrl+alt+End")
        async with asyncio.timeout(PATIENCE_S):
            await desk.events.get()
        assert desk.events.empty()
        assert desk.health.warnings == []
    finally:
        await hotkey.stop()


async def test_a_listener_that_dies_is_told_and_started_again(display: str) -> None:
    desk = Desk()
    hotkey = EndVisitHotkey(COMBINATION, desk.post, desk.report)
    hotkey.start()
    try:
        assert await asyncio.to_thread(hotkey.listening.wait, PATIENCE_S)
        await heard(desk)
        hotkey._listener.stop()
        press("key", "a")  # pynput notices with the next key
        assert "ended by itself" in await desk.warned()
        assert await asyncio.to_thread(hotkey.listening.wait, PATIENCE_S)
        assert await heard(desk) == EndRequested(EndSource.HOTKEY)
        assert desk.health.warnings == []
    finally:
        await hotkey.stop()


async def test_stopped_in_the_moment_in_which_it_says_that_it_works_it_hears_nothing_more() -> None:
    desk, keyboard, stopped = Desk(), FakeKeyboard(), threading.Event()

    class StopsAtOnce:
        def working(self) -> None:
            asyncio.run(hotkey.stop())  # in the sense's own thread: nothing else of it comes between
            stopped.set()

        def absent(self, what: str, remedy: str) -> None:
            raise AssertionError("it works")

    hotkey = EndVisitHotkey(COMBINATION, desk.post, StopsAtOnce(), keyboard.make_listener)
    hotkey.start()
    assert await asyncio.to_thread(stopped.wait, PATIENCE_S)
    assert not keyboard.is_heard(COMBINATION)
    keyboard.press(COMBINATION)
    await asyncio.sleep(0)
    assert desk.events.empty()


@pytest.mark.skipif(sys.platform == "win32", reason="only on Linux: Windows always has a desktop")
async def test_without_a_display_the_agent_runs_on_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":987654")
    desk = Desk()
    hotkey = EndVisitHotkey(COMBINATION, desk.post, desk.report)
    hotkey.start()
    try:
        assert COMBINATION in await desk.warned()
    finally:
        await hotkey.stop()


async def test_a_combination_that_is_none_is_said_once(display: str) -> None:
    desk, before = Desk(), set(threading.enumerate())
    hotkey = EndVisitHotkey("<ctrl>+<nosuchkey>", desk.post, desk.report)
    hotkey.start()
    assert "ValueError" in await desk.warned()
    await gave_up(before)
    await hotkey.stop()


async def test_on_wayland_it_is_said_that_no_program_may_hear_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_SESSION_TYPE", "wayland")
    desk, before = Desk(), set(threading.enumerate())
    hotkey = EndVisitHotkey(COMBINATION, desk.post, desk.report)
    hotkey.start()
    assert "Wayland" in await desk.warned()
    await gave_up(before)
    await hotkey.stop()
