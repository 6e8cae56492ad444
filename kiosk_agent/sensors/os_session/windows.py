"""Windows: a hidden window hears of the session (WTSRegisterSessionNotification) and of the power.

It must be a top-level window: message-only ones get no broadcasts.
"""

from __future__ import annotations

import asyncio
import ctypes
import sys
import threading
from collections.abc import Callable
from typing import Any

from kiosk_agent.health import Report
from kiosk_agent.sensors.os_session.happenings import Happening
from kiosk_agent.sensors.os_session.messages import WM_CLOSE, WM_QUERYENDSESSION, meaning
from kiosk_agent.sensors.os_session.sense import Tell

NOTIFY_FOR_THIS_SESSION = 0
RETRY_FIRST_S = 1.0
RETRY_LONGEST_S = 60.0
REMEDY = "It is tried again by itself. Otherwise sign the desk's user out and in again."


class WindowsSession:
    """Listens in a thread of its own, because a window belongs to the thread that made it."""

    async def watch(self, tell: Tell, report: Report) -> None:
        """Until cancelled. A window that cannot be made, or that somebody closes, is made again."""
        loop = asyncio.get_running_loop()

        def in_loop(work: Callable[[], object]) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(work)

        pause_s = RETRY_FIRST_S
        while True:
            ended = asyncio.Event()
            window = HiddenWindow(
                tell=lambda happening: in_loop(lambda: tell(happening)),
                ready=report.working,
                ended=lambda over=ended: in_loop(over.set),  # type: ignore[misc]  # binds this one
            )
            window.start()
            try:
                await ended.wait()
            finally:
                window.close()
            report.absent(f"Windows does not tell when this PC is locked: {window.why}", REMEDY)
            await asyncio.sleep(pause_s)
            pause_s = min(RETRY_LONGEST_S, pause_s * 2)


class HiddenWindow(threading.Thread):
    """A window that nobody sees, and its loop of messages; the callbacks are called there. ``why`` it has ended."""

    def __init__(self, tell: Callable[[Happening], None], ready: Callable[[], None], ended: Callable[[], None]) -> None:
        super().__init__(name="os_session", daemon=True)
        self._tell = tell
        self._ready = ready
        self._ended = ended
        self._over = threading.Event()
        self._window = 0
        self.why = ""

    def run(self) -> None:
        try:
            if sys.platform == "win32":
                pump(self._hear, self._made)
            self.why = "its window was closed"
        except Exception as error:  # noqa: BLE001  # whatever Windows refuses is told
            self.why = f"{type(error).__name__}: {error}"
        self._window = 0
        self._ended()

    def close(self) -> None:
        """End it; from any thread."""
        self._over.set()
        if sys.platform == "win32" and self._window:
            ctypes.windll.user32.PostMessageW(ctypes.c_void_p(self._window), WM_CLOSE, 0, 0)

    def _made(self, window: int) -> bool:
        self._window = window
        if self._over.is_set():  # from here on, close() reaches the window
            return False
        self._ready()
        return True

    def _hear(self, message: int, wparam: int) -> None:
        happening = meaning(message, wparam)
        if happening is not None:
            self._tell(happening)


if sys.platform == "win32":
    from ctypes import wintypes

    PROCEDURE = ctypes.WINFUNCTYPE(ctypes.c_ssize_t, wintypes.HWND, wintypes.UINT, wintypes.WPARAM, wintypes.LPARAM)

    class WindowClass(ctypes.Structure):
        """WNDCLASSW."""

        _fields_ = (
            ("style", wintypes.UINT),
            ("lpfnWndProc", PROCEDURE),
            ("cbClsExtra", ctypes.c_int),
            ("cbWndExtra", ctypes.c_int),
            ("hInstance", wintypes.HINSTANCE),
            ("hIcon", wintypes.HANDLE),
            ("hCursor", wintypes.HANDLE),
            ("hbrBackground", wintypes.HANDLE),
            ("lpszMenuName", wintypes.LPCWSTR),
            ("lpszClassName", wintypes.LPCWSTR),
        )

    def _library(name: str, **functions: tuple[Any, ...]) -> ctypes.WinDLL:
        """A library whose functions know their result and their arguments: handles do not fit into an int."""
        library = ctypes.WinDLL(name, use_last_error=True)
        for function, (result, *arguments) in functions.items():
            getattr(library, function).restype = result
            getattr(library, function).argtypes = arguments
        return library

    def _checked(value: Any) -> Any:
        if not value:
            raise ctypes.WinError(ctypes.get_last_error())
        return value

    def pump(hear: Callable[[int, int], None], made: Callable[[int], bool]) -> None:
        """Make the window, say so, and hand on its messages until it is told to close. Raises OSError."""
        four = (ctypes.c_int,) * 4
        message_p = ctypes.POINTER(wintypes.MSG)
        user32 = _library(
            "user32",
            RegisterClassW=(wintypes.ATOM, ctypes.POINTER(WindowClass)),
            UnregisterClassW=(wintypes.BOOL, wintypes.LPCWSTR, wintypes.HINSTANCE),
            CreateWindowExW=(
                wintypes.HWND,
                *(wintypes.DWORD, wintypes.LPCWSTR, wintypes.LPCWSTR, wintypes.DWORD, *four),
                *(wintypes.HWND, wintypes.HMENU, wintypes.HINSTANCE, wintypes.LPVOID),
            ),
            DestroyWindow=(wintypes.BOOL, wintypes.HWND),
            DefWindowProcW=(ctypes.c_ssize_t, wintypes.HWND, wintypes.UINT, wintypes.WPARAM, wintypes.LPARAM),
            GetMessageW=(ctypes.c_int, message_p, wintypes.HWND, wintypes.UINT, wintypes.UINT),
            DispatchMessageW=(ctypes.c_ssize_t, message_p),
            PostQuitMessage=(None, ctypes.c_int),
        )
        wtsapi32 = _library(
            "wtsapi32",
            WTSRegisterSessionNotification=(wintypes.BOOL, wintypes.HWND, wintypes.DWORD),
            WTSUnRegisterSessionNotification=(wintypes.BOOL, wintypes.HWND),
        )
        kernel32 = _library("kernel32", GetModuleHandleW=(wintypes.HMODULE, wintypes.LPCWSTR))

        def procedure(window: int, message: int, wparam: int, lparam: int) -> int:
            if message == WM_QUERYENDSESSION:
                return 1  # we keep nobody from signing off
            if message == WM_CLOSE:
                user32.PostQuitMessage(0)
                return 0
            hear(message, wparam)
            answer: int = user32.DefWindowProcW(window, message, wparam, lparam)
            return answer

        instance = kernel32.GetModuleHandleW(None)
        name = f"kiosk-agent-session-{threading.get_ident()}"
        description = WindowClass(lpfnWndProc=PROCEDURE(procedure), hInstance=instance, lpszClassName=name)
        _checked(user32.RegisterClassW(ctypes.byref(description)))
        try:
            window = _checked(user32.CreateWindowExW(0, name, name, 0, 0, 0, 0, 0, None, None, instance, None))
            try:
                _checked(wtsapi32.WTSRegisterSessionNotification(window, NOTIFY_FOR_THIS_SESSION))
                message = wintypes.MSG()
                going = made(window)
                while going and user32.GetMessageW(ctypes.byref(message), None, 0, 0) > 0:
                    user32.DispatchMessageW(ctypes.byref(message))
                wtsapi32.WTSUnRegisterSessionNotification(window)
            finally:
                user32.DestroyWindow(window)
        finally:
            user32.UnregisterClassW(name, instance)
