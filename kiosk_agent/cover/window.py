"""The window above all others: made in advance, shown in milliseconds, in nobody's reach."""

from __future__ import annotations

import os
import sys
import time
import tkinter
from collections.abc import Callable
from tkinter import font as tkfont
from typing import NamedTuple, Protocol

from kiosk_agent.clock import SystemClock
from kiosk_agent.cover.face import Face
from kiosk_agent.cover.keyboard import KeyboardHold
from kiosk_agent.cover.look import BACKDROP, Look, choose_family
from kiosk_agent.cover.monitors import Area, Monitors
from kiosk_agent.cover.overlay import Overlay
from kiosk_agent.cover.panel import TONES, Panel

GRAB_SOON_MS = 10  # an open menu of the browser holds the pointer until it notices that it lost the focus
FOCUS_AGAIN_MS = 50
GRAB_LATER_MS = 250
GRAB_SOON_TRIES = 100
COUNT_EVERY_MS = 200
KEPT_PANELS = 3  # panels without fields, buttons and countdown stay drawn: 14 ms less for the next shield
LOOK_AROUND_MS = 500  # monitors plugged in, a compositor that starts
# Windows that forced themselves to the front. Beneath a compositor the X server tells nobody that one is hidden.
STAY_ABOVE_MS = 50


class Shown(NamedTuple):
    """``mapped_ms``: from the request until the window was on screen; ``drawn_ms``: until its text was, too."""

    mapped_ms: float
    drawn_ms: float


class Answer(NamedTuple):
    """A button was pressed; ``texts`` are the fields' contents in order."""

    kind: str
    button: str
    texts: tuple[str, ...]


Covered = Callable[[float], None]


def _nobody_waits(_at: float) -> None:
    """Whoever asked waits for the text."""


class CoverDevice(Protocol):
    """What covers the screen."""

    def show(self, panel: Panel, covered: Covered = _nobody_waits) -> Shown:
        """Cover everything; returns once ``panel`` is on screen. Also when covered already.

        ``covered`` is called with the moment at which the window came on screen (SystemClock), as soon as it also has
        the keys and the pointer if they can be had: before the panel's text is drawn.
        """
        ...

    def hide(self) -> None: ...

    def on_answer(self, listener: Callable[[Answer], None]) -> None: ...

    @property
    def visible(self) -> bool: ...


class NullCover:
    """For machines without a display: covers nothing, and says yes at once."""

    def __init__(self) -> None:
        self._visible = False

    def show(self, panel: Panel, covered: Covered = _nobody_waits) -> Shown:
        self._visible = True
        covered(SystemClock().now())
        return Shown(0.0, 0.0)

    def hide(self) -> None:
        self._visible = False

    def on_answer(self, listener: Callable[[Answer], None]) -> None:
        pass  # nobody can press anything

    @property
    def visible(self) -> bool:
        return self._visible


class CoverWindow:
    """One window over the whole virtual screen, with the panel on each monitor.

    It is override-redirect (Windows: topmost), so no window manager moves, minimises or closes it; it takes the
    keyboard and the pointer, so that keys neither reach what lies beneath nor the window manager.
    """

    def __init__(self, root: tkinter.Tk, scale: float | None = None) -> None:
        self._root = root
        root.withdraw()
        fallback = Area(0, 0, root.winfo_screenwidth(), root.winfo_screenheight())
        self._monitors = Monitors(root.winfo_screen() if sys.platform == "win32" else _display_of(root), fallback)
        self._keyboard = KeyboardHold(_display_of(root))
        self._overlay = Overlay(_display_of(root))
        self._scale = scale if scale is not None else self._monitors.text_scale()
        self._families = tkfont.families(root)
        self._looks: dict[float, Look] = {}
        self._drawn: dict[tuple[Panel, tuple[Area, ...]], list[Face]] = {}
        self._faces: list[Face] = []
        self._values: list[tkinter.StringVar] = []
        self._panel: Panel | None = None
        self._places: tuple[Area, ...] = ()
        self._ends_at = 0.0
        self._clock = SystemClock()
        self._visible = False
        self._grab_tries = 0
        self._round = 0  # each show and hide begins a new one: timers of an older one end by themselves
        self._listener: Callable[[Answer], None] = lambda _answer: None
        self._window = self._make_window()

    def _make_window(self) -> tkinter.Toplevel:
        window = tkinter.Toplevel(self._root, bg=BACKDROP, highlightthickness=0, bd=0, takefocus=False)
        window.withdraw()
        window.overrideredirect(True)
        window.attributes("-topmost", True)
        window.protocol("WM_DELETE_WINDOW", lambda: None)  # Alt+F4 on Windows
        whole = self._monitors.whole()
        window.geometry(f"{whole.width}x{whole.height}+{whole.x}+{whole.y}")
        window.bind("<Visibility>", self._visibility_changed)
        window.update_idletasks()
        return window

    def warm_up(self, panel: Panel) -> None:
        """Load fonts, draw the icons and ``panel`` unseen: the first real one is not slower than the others."""
        look = self._look_for(self._scale)
        for tone in TONES:
            look.icon(tone)
        self._draw(panel)
        self._window.update_idletasks()
        self._forget_faces()

    def show(self, panel: Panel, covered: Covered = _nobody_waits) -> Shown:
        began = time.perf_counter()
        if not self._visible:
            self._visible = True
            self._round += 1
            self._grab_tries = 0
            self._cover_screen()
            if is_still(panel) and (panel, tuple(self._monitors.each())) in self._drawn:
                self._draw(panel)  # only raised, so that it is there at the same moment as the window
            self._overlay.take_up(self._window.winfo_id())
            self._window.deiconify()
            self._window.lift()
            self._sync()
            mapped, at = time.perf_counter(), self._clock.now()
            self._take_input(self._round)
            covered(at)
            self._look_around(self._round)
            self._stay_above(self._round)
        else:
            mapped = time.perf_counter()
            covered(self._clock.now())
        self._draw(panel)
        self._window.update_idletasks()
        self._sync()
        if panel.countdown_s is not None:
            self._count_down(self._round, panel)
        drawn = time.perf_counter()
        return Shown((mapped - began) * 1000, (drawn - began) * 1000)

    def hide(self) -> None:
        self._visible = False
        self._round += 1
        self._window.grab_release()
        self._keyboard.release()
        was_shown = self._window.winfo_ismapped()
        self._window.withdraw()
        self._forget_faces()
        self._window.update_idletasks()
        self._sync()
        self._overlay.let_down()
        if was_shown:
            self._keyboard.give_back()

    def on_answer(self, listener: Callable[[Answer], None]) -> None:
        self._listener = listener

    @property
    def visible(self) -> bool:
        return self._visible

    def _sync(self) -> None:
        """Wait until the X server has done all that was asked of it: a question needs its answer."""
        self._window.winfo_pointerxy()

    # drawing

    def _look_for(self, scale: float) -> Look:
        if scale not in self._looks:
            self._looks[scale] = Look(self._root, lambda language: choose_family(self._families, language), scale)
        return self._looks[scale]

    def _draw(self, panel: Panel) -> None:
        """Put the new faces above the old ones, then take those away: no gap."""
        before, self._faces = self._faces, []
        self._values = self._values_for(panel)
        self._panel = panel
        self._ends_at = self._clock.now() + (panel.countdown_s or 0.0)
        self._places = tuple(self._monitors.each())
        key = (panel, self._places)
        self._faces = self._drawn.get(key) or [self._new_face(panel, area) for area in self._places]
        if is_still(panel):
            self._drawn[key] = self._faces
        for face in self._faces:
            face.tkraise()
        if self._visible:
            self._window.update_idletasks()
            self._window.focus_set()  # no button has the focus at first
        self._destroy(before)

    def _new_face(self, panel: Panel, area: Area) -> Face:
        whole = self._monitors.whole()
        face = Face(self._window, self._look_for, panel, area, self._scale, self._values, self._press)
        face.place(x=area.x - whole.x, y=area.y - whole.y, width=area.width, height=area.height)
        return face

    def _destroy(self, faces: list[Face]) -> None:
        """Take faces away, except those that are kept for the next time and those that are shown."""
        while len(self._drawn) > KEPT_PANELS:
            oldest = next(iter(self._drawn))
            if self._drawn[oldest] is self._faces:
                break
            faces = [*faces, *self._drawn.pop(oldest)]
        kept = [face for drawn in (*self._drawn.values(), self._faces) for face in drawn]
        for face in faces:
            if face not in kept and face.winfo_exists():
                face.destroy()

    def _values_for(self, panel: Panel) -> list[tkinter.StringVar]:
        """Fields of the same panel shown again keep what was typed, except secrets."""
        kept = self._panel is not None and self._panel.kind == panel.kind and self._panel.entries == panel.entries
        values = []
        for index, entry in enumerate(panel.entries):
            text = self._values[index].get() if kept and not entry.secret else ""
            values.append(tkinter.StringVar(self._root, text))
        return values

    def _forget_faces(self) -> None:
        before, self._faces = self._faces, []
        self._panel = None
        self._values = []
        self._destroy(before)

    def _count_down(self, round_: int, panel: Panel) -> None:
        if round_ != self._round or panel is not self._panel:
            return
        left_s = self._ends_at - self._clock.now()
        for face in self._faces:
            face.count_down(left_s)
        if left_s > 0:
            self._window.after(COUNT_EVERY_MS, self._count_down, round_, panel)

    def _press(self, button_id: str) -> None:
        panel = self._panel
        if panel is None or not self._visible:
            return
        if any(button.id == button_id and button.needs_mark for button in panel.buttons):
            empty = [i for i, entry in enumerate(panel.entries) if entry.required and not self._values[i].get().strip()]
            if empty:
                for face in self._faces:
                    for index in reversed(empty):
                        face.fields[index].complain()
                return
        self._listener(Answer(panel.kind, button_id, tuple(value.get().strip() for value in self._values)))

    # staying above

    def _cover_screen(self) -> None:
        whole = self._monitors.whole()
        self._window.geometry(f"{whole.width}x{whole.height}+{whole.x}+{whole.y}")

    def _visibility_changed(self, event: tkinter.Event[tkinter.Misc]) -> None:
        if self._visible and event.widget is self._window and str(event.state) != "VisibilityUnobscured":
            self._window.lift()

    def _take_input(self, round_: int) -> None:
        """Take the keyboard and the pointer, as soon as whoever else holds them lets go."""
        if round_ != self._round or not self._visible:
            return
        self._window.focus_force()
        if self._grab():
            return
        self._grab_tries += 1
        pause_ms = GRAB_SOON_MS if self._grab_tries < GRAB_SOON_TRIES else GRAB_LATER_MS
        self._window.after(pause_ms, self._take_input, round_)

    def _grab(self) -> bool:
        window = self._window.winfo_id()
        held = self._grab_tries > 0
        if held:
            if not self._keyboard.pointer_is_free(window):
                return False
            self._keyboard.release()
        try:
            self._window.grab_set_global()
        except tkinter.TclError:
            self._keyboard.hold(window)
            return False
        if held:
            # Tk has yet to hear that it lost the focus while the keyboard was held; asked before, it would do nothing
            self._window.after(FOCUS_AGAIN_MS, self._window.focus_force)
        return True

    def _look_around(self, round_: int) -> None:
        if round_ != self._round or not self._visible:
            return
        self._overlay.leave_if_needed()
        if tuple(self._monitors.each()) != self._places and self._panel is not None:
            self._cover_screen()
            left_s = self._ends_at - self._clock.now()
            self._draw(self._panel)
            self._ends_at = self._clock.now() + left_s
        self._window.after(LOOK_AROUND_MS, self._look_around, round_)

    def _stay_above(self, round_: int) -> None:
        if round_ != self._round or not self._visible:
            return
        self._window.lift()
        self._window.after(STAY_ABOVE_MS, self._stay_above, round_)


def is_still(panel: Panel) -> bool:
    """Whether nothing on the panel changes or can be used, so that it can be drawn once and kept."""
    return panel.countdown_s is None and not panel.buttons and not panel.entries


def _display_of(root: tkinter.Tk) -> str:
    """The X display that Tk is connected to."""
    return os.environ.get("DISPLAY", "") or str(root.tk.call("winfo", "screen", "."))
