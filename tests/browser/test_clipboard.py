"""The clipboard is empty afterwards, and a program that puts back what was copied is noticed."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

if sys.platform == "win32":
    pytest.skip("only on Linux: it looks at the clipboard through X11", allow_module_level=True)

from Xlib import X
from Xlib.display import Display

from kiosk_agent.hands.clipboard import clear_clipboard, clipboard_state, has_manager

LIMIT_S = 20.0


class Owner:
    """A program that has a selection. ``takes_back``: how often it takes it again when it is taken away."""

    def __init__(self, display: str, selection: str, takes_back: int) -> None:
        self._server = Display(display)
        self._window = self._server.screen().root.create_window(0, 0, 1, 1, 0, X.CopyFromParent)
        self._atom = self._server.intern_atom(selection)
        self._takes_back = takes_back
        self._over = False
        self._take()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _take(self) -> None:
        self._window.set_selection_owner(self._atom, X.CurrentTime)
        self._server.sync()

    def _serve(self) -> None:
        while not self._over:
            if self._server.pending_events() == 0:
                time.sleep(0.005)
                continue
            if self._server.next_event().type == X.SelectionClear and self._takes_back:
                self._takes_back -= 1
                self._take()

    def close(self) -> None:
        self._over = True
        self._thread.join(LIMIT_S)
        self._server.close()


@contextmanager
def owned(display: str, selection: str, takes_back: int = 0) -> Iterator[None]:
    owner = Owner(display, selection, takes_back)
    try:
        yield
    finally:
        owner.close()


@pytest.mark.parametrize("selection", ["CLIPBOARD", "PRIMARY"])
def test_whoever_has_something_copied_has_it_no_more(display: str, selection: str) -> None:
    assert not clipboard_state().is_used
    with owned(display, selection):
        assert clipboard_state().is_used
        assert clear_clipboard()
        assert not clipboard_state().is_used


def test_a_real_program_that_keeps_the_clipboard_loses_it(display: str) -> None:
    if shutil.which("xclip") is None:
        pytest.skip("xclip is not on this machine")
    keeper = subprocess.Popen(["xclip", "-quiet", "-selection", "clipboard"], stdin=subprocess.PIPE)
    assert keeper.stdin is not None
    keeper.stdin.write(b"a secret")
    keeper.stdin.close()
    try:
        deadline = time.monotonic() + LIMIT_S
        while not clipboard_state().is_used:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert clear_clipboard()
        assert keeper.wait(LIMIT_S) == 0, "it ends once nobody wants it any more"
    finally:
        keeper.kill()
        keeper.wait()


def test_what_is_put_back_once_is_taken_once_more(display: str) -> None:
    with owned(display, "CLIPBOARD", takes_back=1):
        assert clear_clipboard()
        assert not clipboard_state().is_used


def test_a_program_that_puts_it_back_again_and_again_is_told(display: str) -> None:
    with owned(display, "CLIPBOARD", takes_back=1000):
        assert not clear_clipboard()
        assert clipboard_state().is_used


def test_a_clipboard_manager_is_noticed(display: str) -> None:
    assert not has_manager()
    with owned(display, "CLIPBOARD_MANAGER"):
        assert has_manager()


def test_without_a_display_there_is_no_clipboard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    assert clear_clipboard()
    assert not clipboard_state().is_used
    assert not has_manager()
