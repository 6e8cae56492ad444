"""The icon beside the clock (pystray): the state at a glance, and "end the visit" from anywhere.

pystray's calls can block or fail in many ways (no display, no host, a host that dies), so none of them is made in
the event loop but in a thread of the tray's own; where the desktop's kind of icon has a loop that can't be shared
(everywhere but on X11), a second thread runs that. Without a tray the agent runs on.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kiosk_agent.hands.ports import Post
from kiosk_agent.hands.tray_host import host_is_there, is_embedded, is_xorg, surely_none
from kiosk_agent.hands.tray_x11 import Bell, make_x11_icon
from kiosk_agent.health import Report
from kiosk_agent.locale import translator
from kiosk_agent.session.events import EndRequested
from kiosk_agent.session.vocabulary import EndSource, StateName

if TYPE_CHECKING:
    from PIL import Image

log = logging.getLogger(__name__)

NAME = "tray"
TITLE = "kiosk-agent"
VISIBLE_LIMIT_S = 10.0  # docking takes milliseconds; a host that hangs must not keep the thread for ever
STOP_LIMIT_S = 2.0  # the agent's end does not wait longer for a tray; its threads end with the process
LOOK_SOON_S = 0.5  # at first: desktop and agent start together
SOON_LOOKS = 20
LOOK_AGAIN_S = 30.0  # a desktop's tray may start after the agent, or again
REMEDY = "The visit can be ended at the gate and with the key combination."

VISIT_STATES = frozenset({StateName.OPEN, StateName.SIGNED_IN, StateName.WARNING, StateName.CHALLENGE})

Showing = tuple[str, str]  # state, severity


class DeskTray:
    """Posts EndRequested(TRAY). ``open_status`` is called in the event loop.

    A desktop whose tray has no menus (pystray's ``xorg`` backend) gets one action on click: during a visit its end,
    otherwise the status.
    """

    def __init__(self, post: Post, report: Report, open_status: Callable[[], None], language: str) -> None:
        self._post = post
        self._report = report
        self._open_status = open_status
        self._t = translator(language)
        self._wishes: queue.SimpleQueue[Showing | None] = queue.SimpleQueue()
        self._showing: Showing = (StateName.HELD.value, "green")
        self._icon: Any = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._looks = 0
        self._bell: Bell | None = None  # from the start on: it keeps two sockets
        self._is_over = False
        self.shown = threading.Event()  # set while a tray shows the icon

    def start(self) -> None:
        """Begin to show the icon. Call it in the event loop."""
        self._loop = asyncio.get_running_loop()
        self._bell = Bell()
        self._thread = threading.Thread(target=self._work, args=(self._bell,), name="tray", daemon=True)
        self._thread.start()

    def show(self, state: str, severity: str) -> None:
        """Show ``state`` (a StateName) and the worst ``severity``; returns at once."""
        self._wish((state, severity))

    def stop(self) -> None:
        """Take the icon away. What is pressed on it until it is gone does nothing any more."""
        self._is_over = True
        self._wish(None)
        if self._thread is not None:
            self._thread.join(STOP_LIMIT_S)

    def _wish(self, wish: Showing | None) -> None:
        self._wishes.put(wish)
        if self._bell is not None:
            self._bell.ring()

    # in the tray's own threads

    def _work(self, bell: Bell) -> None:
        """Keep an icon until told to stop; one that ended (its host took it along) is made again."""
        try:
            while self._keep_icon(bell):
                self.shown.clear()
                wish = self._newest_wish(self._patience_s())
                if wish is None:
                    return
                self._showing = wish
        finally:
            bell.close()

    def _keep_icon(self, bell: Bell) -> bool:
        """Show one icon until it ends; returns whether another one is worth trying."""
        try:
            if surely_none():
                self._failed("no program shows tray icons")
                return True
            # without DISPLAY the import itself fails
            import pystray

            self._icon = self._make_icon(pystray)
        except Exception as error:  # pystray raises whatever its backend raises; all of it is told
            log.info("there is no tray icon", exc_info=True)
            self._failed(f"{type(error).__name__}: {error}")
            return not isinstance(error, ImportError)
        if is_xorg(pystray):
            return self._keep_x11_icon(bell)
        visible = threading.Event()
        runner = threading.Thread(target=self._run_icon, args=(self._icon, visible), name="tray-icon", daemon=True)
        runner.start()
        visible.wait(VISIBLE_LIMIT_S)
        return self._follow_wishes(runner)

    def _keep_x11_icon(self, bell: Bell) -> bool:
        """As :meth:`_follow_wishes`, in this thread alone."""
        try:
            self._icon.appear()
            lives = True
            while lives:
                wish = self._newest_wish(0.0)
                if wish is None:
                    return False
                self._showing = wish
                self._draw()
                lives = self._icon.serve(bell, self._patience_s())
            self._failed("the tray is gone")
        except Exception as error:  # see _keep_icon
            log.info("the tray icon ended", exc_info=True)
            self._failed(f"{type(error).__name__}: {error}")
        finally:
            self._icon.leave()
            self._icon = None
        return True

    def _make_icon(self, pystray: Any) -> Any:
        menu = pystray.Menu(
            pystray.MenuItem(
                lambda _item: self._t("End the visit / next person"),
                self._end_pressed,
                default=True,
            ),
            pystray.MenuItem(lambda _item: self._t("Status"), self._status_pressed),
        )
        make = make_x11_icon if is_xorg(pystray) else _make_quiet_icon
        return make(pystray, "kiosk-agent", self._picture(is_xorg(pystray)), TITLE, menu)

    def _run_icon(self, icon: Any, visible: threading.Event) -> None:
        def set_up(icon: Any) -> None:
            icon.visible = True
            visible.set()

        try:
            icon.run(set_up)
        except Exception as error:  # see _keep_icon
            log.info("the tray icon ended", exc_info=True)
            self._failed(f"{type(error).__name__}: {error}")
        finally:
            # otherwise its destructor would ask the ended thread to stop, and wait for the answer for ever
            icon._running = False

    def _patience_s(self) -> float:
        """How long to wait for news before looking again whether a tray shows the icon."""
        hurry = not self.shown.is_set() and self._looks < SOON_LOOKS
        self._looks += 1
        return LOOK_SOON_S if hurry else LOOK_AGAIN_S

    def _newest_wish(self, patience_s: float) -> Showing | None:
        """What to show now, None for nothing; waits for news, but not longer than ``patience_s``."""
        try:
            wish = self._wishes.get(timeout=patience_s)
        except queue.Empty:
            return self._showing
        while wish is not None and not self._wishes.empty():
            wish = self._wishes.get_nowait()
        return wish

    def _follow_wishes(self, runner: threading.Thread) -> bool:
        """Show the newest wish, and look now and then whether a tray is there at all; returns false when stopped."""
        wish: Showing | None = self._showing
        while runner.is_alive():
            if wish is None:
                self._icon.stop()
                runner.join(VISIBLE_LIMIT_S)
                self._icon = None
                return False
            self._showing = wish
            try:
                self._draw()
            except Exception as error:  # noqa: BLE001  # see _keep_icon
                self._failed(f"{type(error).__name__}: {error}")
            wish = self._newest_wish(self._patience_s())
        self._icon = None
        self._failed("the icon's thread ended")
        return True

    def _draw(self) -> None:
        import pystray

        if not host_is_there(pystray):
            self.shown.clear()
            self._failed("no program shows tray icons")
            return
        if not is_xorg(pystray):
            self._icon.title = self._title()  # xorg shows no titles, and fails on Japanese ones
        self._icon.icon = self._picture(is_xorg(pystray))  # pystray docks here, too, if it could not before
        if is_xorg(pystray) and not is_embedded(self._icon._window.id):
            self._failed("the tray has not taken the icon yet")
            return
        self.shown.set()
        self._looks = 0
        self._report.working()

    def _picture(self, opaque: bool) -> Image.Image:
        from PIL import Image  # four megabytes, where a tray is there to show it

        from kiosk_agent.hands.tray_icon import picture

        image = picture(*self._showing)
        if not opaque:
            return image
        # the xorg backend drops transparency and would leave black corners
        paper = Image.new("RGBA", image.size, "#f1f1f4")
        paper.alpha_composite(image)
        return paper

    def _title(self) -> str:
        t = self._t
        state = {
            StateName.GATE: t("Free: nobody is signed in"),
            StateName.OPEN: t("A visit is under way"),
            StateName.SIGNED_IN: t("A visit is under way: signed in"),
            StateName.WARNING: t("Warning: an answer is due"),
            StateName.CHALLENGE: t("Is this still the same person?"),
            StateName.ENDING: t("Logging out"),
            StateName.CONFIRMING: t("The support worker's confirmation is due"),
            StateName.HELD: t("This desk is closed"),
        }
        return state[StateName(self._showing[0])]

    def _end_pressed(self, *_arguments: object) -> None:
        if self._is_over:
            return
        if getattr(self._icon, "HAS_MENU", True) or StateName(self._showing[0]) in VISIT_STATES:
            self._post(EndRequested(EndSource.TRAY))
        else:
            self._status_pressed()

    def _status_pressed(self, *_arguments: object) -> None:
        if self._is_over:
            return
        assert self._loop is not None  # noqa: S101  # set by start(), which starts the threads
        try:
            self._loop.call_soon_threadsafe(self._open_status)
        except RuntimeError:
            log.debug("the event loop is closed: nobody is left to tell")

    def _failed(self, why: str) -> None:
        self._report.absent(f"The icon beside the clock is not shown: {why}", REMEDY)


def _make_quiet_icon(pystray: Any, *arguments: Any, **named: Any) -> Any:
    """pystray's icon without a destructor that fails."""

    class QuietIcon(pystray.Icon):  # type: ignore[misc]  # pystray has no types
        def __del__(self) -> None:
            try:
                super().__del__()
            except Exception:  # see _keep_icon
                log.debug("a tray icon could not be taken down", exc_info=True)

    return QuietIcon(*arguments, **named)
