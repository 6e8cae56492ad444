"""The support worker's key combination "next person / end visit", wherever the focus is (pynput)."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable
from typing import Any

from kiosk_agent.health import Report
from kiosk_agent.session.events import EndRequested, Post
from kiosk_agent.session.vocabulary import EndSource

log = logging.getLogger(__name__)

NAME = "hotkey"
RETRY_FIRST_S = 1.0
RETRY_LONGEST_S = 60.0


class UnheardError(Exception):
    """Nobody can listen for key combinations on this desktop, however often it is tried."""


class EndVisitHotkey:
    """A sense that posts EndRequested(HOTKEY). Where it cannot listen, the agent runs on, and the sense is absent.

    ``combination`` in pynput's notation, for example ``<ctrl>+<alt>+<end>``.
    """

    name = NAME

    def __init__(
        self,
        combination: str,
        post: Post,
        report: Report,
        make_listener: Callable[[str, Callable[[], None]], Any] | None = None,
    ) -> None:
        self._combination = combination
        self._make_listener = make_listener or _make_listener
        self._post = post
        self._report = report
        self._over = threading.Event()
        self._listener: Any = None
        self.listening = threading.Event()

    def start(self) -> None:
        """Listen in a thread."""
        threading.Thread(target=self._keep_listening, name=NAME, daemon=True).start()

    async def stop(self) -> None:
        """Stop listening. pynput's thread ends with the next key, at the latest with the process."""
        self._over.set()
        if self.listening.is_set():  # pynput cannot stop a listener that never ran
            self._listener.stop()

    def _keep_listening(self) -> None:
        """A listener's thread may die at any time (the X server restarts, a hook times out): it is started again."""
        pause_s = RETRY_FIRST_S
        while not self._over.is_set():
            hopeless = False
            try:
                self._listen()
                why = "the listener ended by itself"
            except Exception as error:  # pynput raises whatever its backend raises; all of it is told
                why = f"{type(error).__name__}: {error}"
                hopeless = isinstance(error, (ValueError, UnheardError))
                log.info("the hotkey does not work", exc_info=True)
            self.listening.clear()
            if self._over.is_set():
                return
            self._failed(why)
            if hopeless:
                return
            self._over.wait(pause_s)
            pause_s = min(RETRY_LONGEST_S, pause_s * 2)

    def _listen(self) -> None:
        if sys.platform != "win32" and os.environ.get("XDG_SESSION_TYPE") == "wayland":
            raise UnheardError("Wayland lets no program hear keys that are meant for another one")
        self._listener = listener = self._make_listener(self._combination, self._pressed)
        listener.start()
        listener.wait()
        if listener.failure is None:
            # before asking whether it is over: stop() asks the other way round, so that one of the two sees the other
            self.listening.set()
        if self._over.is_set():
            listener.stop()
        elif listener.failure is None:
            self._report.working()
        # pynput's own join() waits for ever when the thread died outside a callback
        threading.Thread.join(listener)
        if listener.failure is not None:
            raise listener.failure

    def _pressed(self) -> None:
        if self._over.is_set():  # pynput's thread outlives its stop by a key
            return
        self._post(EndRequested(EndSource.HOTKEY))

    def _failed(self, why: str) -> None:
        self._report.absent(
            f"The key combination {self._combination} does not work: {why}",
            "The visit can be ended at the gate and in the tray.",
        )


def _make_listener(combination: str, pressed: Callable[[], None]) -> Any:
    """A listener that keeps in ``failure`` what ended it, and whose wait() returns also when it never got ready."""
    # without DISPLAY the import itself fails
    from pynput import keyboard

    class WatchedHotKeys(keyboard.GlobalHotKeys):  # type: ignore[misc]  # pynput has no types
        failure: Exception | None = None

        def run(self) -> None:
            try:
                super().run()
            except Exception as error:  # noqa: BLE001  # raised again by who waits
                self.failure = error
            finally:
                self._mark_ready()

    return WatchedHotKeys({combination: pressed})
