"""The hidden window hears what Windows posts to it: locks, switched users, the waking of the PC, the log-off."""

from __future__ import annotations

import asyncio
import ctypes
from collections.abc import AsyncIterator, Callable
from ctypes import wintypes
from dataclasses import dataclass, field

import pytest

from kiosk_agent.sensors.os_session import messages, windows
from kiosk_agent.sensors.os_session.happenings import Happening
from tests.windows.conftest import PATIENCE_S

BROADCAST = 0xFFFF
TIMED_OUT_NEVER = 0x0002  # SMTO_ABORTIFHUNG
FOUND = ctypes.WINFUNCTYPE(wintypes.BOOL, wintypes.HWND, wintypes.LPARAM)
user32 = ctypes.WinDLL("user32", use_last_error=True)
user32.PostMessageW.argtypes = (wintypes.HWND, wintypes.UINT, wintypes.WPARAM, wintypes.LPARAM)
user32.SendMessageW.argtypes = (wintypes.HWND, wintypes.UINT, wintypes.WPARAM, wintypes.LPARAM)
user32.GetClassNameW.argtypes = (wintypes.HWND, wintypes.LPWSTR, ctypes.c_int)
user32.IsWindowVisible.argtypes = (wintypes.HWND,)


def hidden_windows() -> list[int]:
    """The agent's, among all top-level windows: message-only ones are not listed, and get no broadcasts."""
    found: list[int] = []

    def look(window: int, _argument: int) -> bool:
        name = ctypes.create_unicode_buffer(256)
        user32.GetClassNameW(window, name, 256)
        if name.value.startswith("kiosk-agent-session-"):
            found.append(window)
        return True

    user32.EnumWindows(FOUND(look), 0)
    return found


@dataclass
class Watched:
    happenings: asyncio.Queue[Happening] = field(default_factory=asyncio.Queue)
    states: asyncio.Queue[str] = field(default_factory=asyncio.Queue)

    def working(self) -> None:
        self.states.put_nowait("working")

    def absent(self, detail: str, _remedy: str) -> None:
        self.states.put_nowait(detail)

    async def next(self) -> Happening:
        return await asyncio.wait_for(self.happenings.get(), PATIENCE_S)

    async def state(self) -> str:
        return await asyncio.wait_for(self.states.get(), PATIENCE_S)


@pytest.fixture
async def watched() -> AsyncIterator[Watched]:
    heard = Watched()
    loop = asyncio.get_running_loop()

    class Report:
        def working(self) -> None:  # called in the window's thread
            loop.call_soon_threadsafe(heard.working)

        absent = heard.absent

    task = asyncio.create_task(windows.WindowsSession().watch(heard.happenings.put_nowait, Report()))  # type: ignore[arg-type]
    assert await heard.state() == "working"
    yield heard
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_each_message_of_windows_arrives_as_what_it_means(watched: Watched) -> None:
    (window,) = hidden_windows()
    assert not user32.IsWindowVisible(window)
    for message, wparam, meaning in (
        (messages.WM_WTSSESSION_CHANGE, messages.WTS_SESSION_LOCK, Happening.LOCKED),
        (messages.WM_WTSSESSION_CHANGE, messages.WTS_CONSOLE_DISCONNECT, Happening.USER_CHANGED),
        (messages.WM_WTSSESSION_CHANGE, messages.WTS_REMOTE_CONNECT, Happening.USER_CHANGED),
        (messages.WM_WTSSESSION_CHANGE, messages.WTS_REMOTE_DISCONNECT, Happening.LOCKED),
        (messages.WM_POWERBROADCAST, messages.PBT_APMRESUMEAUTOMATIC, Happening.WOKEN),
        (messages.WM_WTSSESSION_CHANGE, messages.WTS_SESSION_LOGOFF, Happening.LOGGED_OFF),
        (messages.WM_ENDSESSION, 1, Happening.LOGGED_OFF),
    ):
        assert user32.PostMessageW(window, message, wparam, 0)
        assert await watched.next() is meaning
    assert user32.PostMessageW(window, messages.WM_WTSSESSION_CHANGE, 0x8, 0)  # an unlock is no sign of anything
    assert user32.PostMessageW(window, messages.WM_ENDSESSION, 0, 0)  # another program has refused the end
    assert user32.PostMessageW(window, messages.WM_WTSSESSION_CHANGE, messages.WTS_SESSION_LOCK, 0)
    assert await watched.next() is Happening.LOCKED


async def test_windows_is_asked_to_tell_the_window_of_this_session_and_no_more_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Wine agrees to anything and tells nothing by itself: messages that are posted come without being asked for."""
    asked: list[tuple[object, ...]] = []
    real = ctypes.WinDLL

    class Wtsapi32:
        def __init__(self, library: ctypes.CDLL) -> None:
            self._library = library

        def __getattr__(self, name: str) -> Callable[..., object]:
            function = getattr(self._library, name)

            def ask(*words: object) -> object:
                asked.append((name, *words))
                return function(*words)

            return ask

    def open_library(name: str, **options: bool) -> object:
        return Wtsapi32(real(name, **options)) if name == "wtsapi32" else real(name, **options)

    monkeypatch.setattr(ctypes, "WinDLL", open_library)
    heard = Watched()
    loop = asyncio.get_running_loop()
    window = windows.HiddenWindow(
        lambda _happening: None,
        lambda: loop.call_soon_threadsafe(heard.working),
        lambda: loop.call_soon_threadsafe(heard.states.put_nowait, "ended"),
    )
    window.start()
    assert await heard.state() == "working"
    (number,) = hidden_windows()
    this_session = 0
    assert asked == [("WTSRegisterSessionNotification", number, this_session)]
    window.close()
    assert await heard.state() == "ended"
    assert asked[1:] == [("WTSUnRegisterSessionNotification", number)]


async def test_a_broadcast_to_all_windows_reaches_it(watched: Watched) -> None:
    assert user32.PostMessageW(BROADCAST, messages.WM_POWERBROADCAST, messages.PBT_APMRESUMEAUTOMATIC, 0)
    assert await watched.next() is Happening.WOKEN


async def test_it_keeps_nobody_from_signing_off(watched: Watched) -> None:
    (window,) = hidden_windows()
    answer = await asyncio.to_thread(user32.SendMessageW, window, messages.WM_QUERYENDSESSION, 0, 0)
    assert answer == 1
    assert watched.happenings.empty()


async def test_a_window_that_somebody_closes_is_said_and_made_again(watched: Watched) -> None:
    (window,) = hidden_windows()
    assert user32.PostMessageW(window, messages.WM_CLOSE, 0, 0)
    assert "its window was closed" in await watched.state()
    assert await watched.state() == "working"
    (again,) = hidden_windows()
    assert user32.PostMessageW(again, messages.WM_WTSSESSION_CHANGE, messages.WTS_SESSION_LOCK, 0)
    assert await watched.next() is Happening.LOCKED
