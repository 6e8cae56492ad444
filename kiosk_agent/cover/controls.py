"""Buttons and fields that a keyboard, a mouse and a finger can use.

A person may be typing or clicking in the portal when the cover comes up, so nothing here has the focus at first,
Enter presses no button, and a button counts only when it went down *and* up on it, some time after it appeared.
"""

from __future__ import annotations

import time
import tkinter
from collections.abc import Callable

from kiosk_agent.cover import look as l
from kiosk_agent.cover import panel as p
from kiosk_agent.cover.look import Look, rounded_box
from kiosk_agent.cover.wrap import wrap

# A click that was on its way to the portal when the panel appeared beneath it lands within about this time.
ARM_AFTER_S = 0.6

STYLES = {  # role: fill, text, border; the same hovered; fill while pressed
    "primary": ((l.PRIMARY, l.PAPER, l.PRIMARY), (l.PRIMARY_HOVER, l.PAPER, l.PRIMARY_HOVER), l.PRIMARY_DOWN),
    "danger": ((l.PAPER, l.ERROR, l.ERROR), (l.ERROR_TINT, l.ERROR, l.ERROR), l.ERROR_EDGE),
    "quiet": ((l.PAPER, l.TEXT, l.FIELD_EDGE), (l.PAPER, l.PRIMARY, l.PRIMARY), l.PRIMARY_EDGE),
    "plain": ((l.PAPER, l.PRIMARY, l.PRIMARY), (l.PRIMARY_TINT, l.PRIMARY, l.PRIMARY), l.PRIMARY_EDGE),
}


class PanelButton(tkinter.Canvas):
    """One button, as wide as it is told and at least ``least_px`` high."""

    def __init__(
        self,
        parent: tkinter.Misc,
        look: Look,
        button: p.Button,
        width: int,
        pressed: Callable[[], None],
        least_px: int = l.BUTTON_PX,
    ) -> None:
        look = look.speaking(button.language)
        self._look = look
        self._button = button
        self._pressed = pressed
        self._born_s = time.monotonic()
        self._lines = wrap(button.label, look.strong.measure, width - 2 * look.px(28))
        line_px = round(look.px(l.BODY_PX) * 1.4)
        height = max(look.px(least_px), line_px * len(self._lines) + look.px(least_px - 44))
        self._line_px = line_px
        self._ring = look.px(6)
        super().__init__(
            parent,
            width=width,
            height=height + 2 * self._ring,
            bg=str(parent["bg"]),
            highlightthickness=0,
            bd=0,
            takefocus=True,
            cursor="hand2",
        )
        self._size = (width, height + 2 * self._ring)
        self._hover = False
        self._down = False
        for event, handler in (
            ("<FocusIn>", self._draw_again),
            ("<FocusOut>", self._left),
            ("<Enter>", self._entered),
            ("<Leave>", self._left_pointer),
            ("<ButtonPress-1>", self._went_down),
            ("<ButtonRelease-1>", self._went_up),
            ("<KeyPress-space>", self._went_down),
            ("<KeyRelease-space>", self._went_up),
        ):
            self.bind(event, handler)
        self._draw()

    @property
    def button(self) -> p.Button:
        """What it stands for."""
        return self._button

    def _draw_again(self, _event: object) -> None:
        self._draw()

    def _left(self, _event: object) -> None:
        self._down = False
        self._draw()

    def _entered(self, _event: object) -> None:
        self._hover = True
        self._draw()

    def _left_pointer(self, _event: object) -> None:
        self._hover = self._down = False
        self._draw()

    def _went_down(self, event: tkinter.Event[tkinter.Misc]) -> None:
        # X repeats a held key as release and press: the first press counts, the last release ends it
        if time.monotonic() - self._born_s < ARM_AFTER_S:
            return
        self._down = True
        if event.type is tkinter.EventType.ButtonPress:
            self.focus_set()
        self._draw()

    def _went_up(self, event: tkinter.Event[tkinter.Misc]) -> None:
        was_down, self._down = self._down, False
        self._draw()
        width, height = self._size
        inside = 0 <= event.x < width and 0 <= event.y < height
        if was_down and (inside or event.type is tkinter.EventType.KeyRelease):
            self._pressed()

    def _draw(self) -> None:
        look, ring = self._look, self._ring
        width, height = self._size
        normal, hovered, pressed = STYLES[self._button.role]
        fill, text, border = hovered if self._hover else normal
        if self._down:
            fill = pressed
        self.delete("all")
        if self.focus_displayof() is self:
            rounded_box(self, look, (0, 0, width, height), l.FOCUS_EDGE, l.FOCUS_EDGE, 1)
            inner = look.px(3)
            rounded_box(self, look, (inner, inner, width - inner, height - inner), l.FOCUS, l.FOCUS, 1)
        rounded_box(self, look, (ring, ring, width - ring, height - ring), fill, border, look.px(2))
        top = height / 2 - self._line_px * (len(self._lines) - 1) / 2
        for index, line in enumerate(self._lines):
            self.create_text(width / 2, top + index * self._line_px, text=line, font=look.strong, fill=text)


class PanelField(tkinter.Frame):
    """A label and a one-line field. ``value`` is shared by the same field on all monitors."""

    def __init__(self, parent: tkinter.Misc, look: Look, entry: p.Entry, width: int, value: tkinter.StringVar) -> None:
        super().__init__(parent, bg=str(parent["bg"]))
        self._look = look
        self.required = entry.required
        self.value = value
        label = "\n".join(wrap(entry.label, look.label.measure, width))
        self._label = tkinter.Label(self, text=label, font=look.label, fg=l.TEXT, bg=str(parent["bg"]), justify="left")
        self._label.pack(anchor="w", padx=look.px(6), pady=(0, look.px(2)))
        self._ring = tkinter.Frame(self, bg=str(parent["bg"]), padx=look.px(3), pady=look.px(3))
        self._gap = tkinter.Frame(self._ring, bg=str(parent["bg"]), padx=look.px(3), pady=look.px(3))
        self._edge = tkinter.Frame(self._gap, bg=l.FIELD_EDGE, padx=look.px(2), pady=look.px(2))
        self.field = tkinter.Entry(
            self._edge,
            textvariable=value,
            show="●" if entry.secret else "",
            font=look.body,
            fg=l.TEXT,
            bg=l.PAPER,
            insertbackground=l.TEXT,
            insertwidth=look.px(2),
            relief="flat",
            bd=look.px(8),
            highlightthickness=0,
            width=1,
        )
        self._ring.pack(fill="x")
        self._gap.pack(fill="x")
        self._edge.pack(fill="x")
        self.field.pack(fill="x")
        self._wrong = False
        self.field.bind("<FocusIn>", lambda _event: self._color(focused=True))
        self.field.bind("<FocusOut>", lambda _event: self._color(focused=False))

    def complain(self) -> None:
        """It is required and empty: say so in colour and with a mark, and take the person there."""
        if not self._wrong:
            self._wrong = True
            self._label.configure(text=f"▲ {self._label['text']}", fg=l.ERROR, font=self._look.label)
        self.field.focus_set()
        self._color(focused=True)

    def _color(self, *, focused: bool) -> None:
        plain = str(self["bg"])
        self._ring.configure(bg=l.FOCUS_EDGE if focused else plain)
        self._gap.configure(bg=l.FOCUS if focused else plain)
        self._edge.configure(bg=l.ERROR if self._wrong else l.TEXT if focused else l.FIELD_EDGE)
