"""pystray's icon on X11, run by one thread alone.

pystray runs its own loop in one thread and lets the others wait for it. Two of them at once, or a tray that goes away
in that moment, left threads behind that waited for ever, and with them a connection that holds the X server's grab:
no other program could reach the screen any more. Here the thread that makes the icon also hears the X server and
whoever wants to show something, so nothing waits for another thread, and the server is never grabbed.
"""

from __future__ import annotations

import logging
import select
import socket
import threading
from typing import Any

from kiosk_agent.hands.tray_host import is_embedded

log = logging.getLogger(__name__)


class Bell:
    """Wakes the icon's thread out of its waiting; rung from any thread."""

    def __init__(self) -> None:
        self._heard, self._rung = socket.socketpair()
        self._heard.setblocking(False)
        self._rung.setblocking(False)
        self._lock = threading.Lock()
        self._closed = False

    def ring(self) -> None:
        """Wake the thread; once closed, nothing."""
        with self._lock:
            if not self._closed:
                try:
                    self._rung.send(b"\0")
                except BlockingIOError:
                    log.debug("the bell rings already")

    def fileno(self) -> int:
        """For ``select``: readable once rung."""
        return self._heard.fileno()

    def hush(self) -> None:
        """Forget that it was rung."""
        try:
            while self._heard.recv(4096):
                pass
        except BlockingIOError:
            return

    def close(self) -> None:
        """Free both ends."""
        with self._lock:
            self._closed = True
            self._heard.close()
            self._rung.close()


def make_x11_icon(pystray: Any, *arguments: Any, **named: Any) -> Any:
    """pystray's icon for ``xorg``, which its own thread runs: ``appear``, then ``serve`` again and again, ``leave``."""
    from Xlib import X

    class X11Icon(pystray.Icon):  # type: ignore[misc]  # pystray has no types
        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(*arguments, **named)
            self._log: Any = DockLog(logging.getLogger(pystray.Icon.__module__))
            # pystray does not ask for clicks
            mask = X.ExposureMask | X.StructureNotifyMask | X.ButtonPressMask
            self._window.change_attributes(event_mask=mask)
            self._thread = threading.current_thread()  # what pystray would send to its loop is done at once
            self._gone = False

        def appear(self) -> None:
            """Dock into the tray, or wait for one."""
            self.visible = True

        def serve(self, bell: Bell, limit_s: float) -> bool:
            """Hear the X server until ``bell`` rings or ``limit_s`` is over; returns whether the icon's window lives.

            :raises Xlib.error.ConnectionClosedError: the X server ended.
            """
            while not self._gone:
                if self._display.pending_events():
                    self._hear(self._display.next_event())
                    continue
                ready, _, _ = select.select([self._display.fileno(), bell], [], [], limit_s)
                if bell in ready or not ready:
                    bell.hush()
                    break
            return not self._gone

        def leave(self) -> None:
            """Take the icon away. The connection's end takes the window along, whatever state it is in."""
            try:
                self._display.close()
            except Exception:  # python-xlib: the server was gone before
                log.debug("the tray icon's connection was already closed", exc_info=True)
                self._display.display.socket.close()

        def _hear(self, event: Any) -> None:
            if event.type == X.DestroyNotify and event.window == self._window:
                self._gone = True  # the tray died, and took it along
                return
            if event.type == X.DestroyNotify and self._systray_manager is None:
                return  # pystray would fail: the tray that dies is one that it has already forgotten
            self._message_handlers.get(event.type, lambda _event: None)(event)

        def _get_systray_manager(self) -> Any:
            # pystray grabs the server for this. What it would keep from happening, a tray that ends between this
            # question and its answer, is noticed as any other end of a tray.
            owner = self._display.get_selection_owner(self._net_system_tray_sx)
            return None if owner == X.NONE else self._display.create_resource_object("window", owner.id)

        def _assert_docked(self) -> None:
            # a host that is asked twice makes a second, empty place; one that has just started may not have heard
            # the first time
            if not self._systray_manager or not is_embedded(self._window.id):
                super()._assert_docked()

        def __del__(self) -> None:  # pystray's would stop a loop that never ran
            pass

    return X11Icon(*arguments, **named)


class DockLog(logging.LoggerAdapter[logging.Logger]):
    """pystray's log. That no host takes the icon is told by the status, and mended when one comes."""

    def error(self, msg: object, *arguments: object, **named: Any) -> None:
        level = logging.DEBUG if msg == "Failed to dock icon" else logging.ERROR
        self.log(level, msg, *arguments, **named)
