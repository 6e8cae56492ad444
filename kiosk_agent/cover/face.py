"""One panel drawn on one monitor: a calm page with one card, and on it one thing to read or to do."""

from __future__ import annotations

import math
import tkinter
from collections.abc import Callable, Sequence
from functools import partial

from kiosk_agent.cover import look as l
from kiosk_agent.cover.controls import PanelButton, PanelField
from kiosk_agent.cover.look import Look, rounded_box
from kiosk_agent.cover.monitors import Area
from kiosk_agent.cover.panel import Button, Panel, countdown_text
from kiosk_agent.cover.wrap import keeps_phrases, wrap

CARD_PX = 840  # about forty Japanese characters at body size
MARGIN_PX = 32
PADDING_PX = 44
RING_PX = 6  # room around buttons and fields for the focus ring; texts stand in from it
BAR_PX = 10
LANGUAGES_PX = 52  # at least 44: it stands beside the title and must not look like an answer
LANGUAGES = "languages"  # what the language button answers
SHRINK = 0.95  # until it fits: a small monitor at a large scale shows the whole panel, a little smaller
SMALLEST = 0.4

Pressed = Callable[[str], None]  # the id of the button


class Face(tkinter.Frame):
    """Everything that one monitor shows. ``values`` hold the fields' texts, shared between monitors."""

    def __init__(
        self,
        parent: tkinter.Misc,
        looks: Callable[[float], Look],
        panel: Panel,
        area: Area,
        scale: float,
        values: Sequence[tkinter.StringVar],
        pressed: Pressed,
    ) -> None:
        super().__init__(parent, bg=l.BACKDROP)
        self._panel = panel
        self._values = values
        self._pressed = pressed
        self._countdown: list[tkinter.Label] = []  # its lines
        self._bar: tkinter.Frame | None = None
        self._track_px = 0
        self._cuts_title = False  # a word is cut where it must be: it is read wrongly
        self.fields: list[PanelField] = []
        self._look = looks(scale).speaking(panel.language)
        card = self._card(area)
        room = area.height - MARGIN_PX
        while (int(card["height"]) > room or self._cuts_title) and scale > SMALLEST:
            scale = max(SMALLEST, scale * min(SHRINK, math.sqrt(room / int(card["height"]))))
            card.destroy()
            self.fields.clear()
            self._countdown.clear()
            self._look = looks(round(scale, 2)).speaking(panel.language)
            card = self._card(area)
        self._icon.configure(image=self._look.icon(panel.tone))
        card.place(relx=0.5, rely=0.5, anchor="center")

    def _card(self, area: Area) -> tkinter.Canvas:
        look = self._look
        width = min(look.px(CARD_PX), area.width - 2 * min(look.px(MARGIN_PX), 32))
        padding = min(look.px(PADDING_PX), width // 12)
        card = tkinter.Canvas(self, width=width, bg=l.BACKDROP, highlightthickness=0, bd=0)
        inside = width - 2 * padding
        ring = look.px(RING_PX)
        head = self._head(card, inside)
        body = self._body(card, inside + 2 * ring)
        tinted = self._tint() != l.PAPER
        head_px = head.winfo_reqheight() + look.px(40 if tinted else 56)
        height = head_px + body.winfo_reqheight() + look.px(24 + 36 if tinted else 36)
        card.configure(height=height)
        rounded_box(card, look, (0, 0, width, height), l.PAPER, l.EDGE, 1)
        tint = self._tint()
        if tinted:
            rounded_box(card, look, (0, 0, width, head_px), tint, l.EDGE, 1)
            card.create_rectangle(1, head_px - look.px(l.RADIUS_PX), width - 1, head_px, fill=tint, width=0, outline="")
            card.create_line(0, head_px, width, head_px, fill=l.EDGE)
        card.create_window(padding, head_px // 2, window=head, anchor="w", width=inside)
        below = head_px + (look.px(24) if tinted else 0)
        card.create_window(padding - ring, below, window=body, anchor="nw", width=inside + 2 * ring)
        return card

    def _tint(self) -> str:
        return {"warning": l.WARNING_TINT, "error": l.ERROR_TINT}.get(self._panel.tone, l.PAPER)

    def _head(self, card: tkinter.Canvas, inside: int) -> tkinter.Frame:
        look, tint = self._look, self._tint()
        head = tkinter.Frame(card, bg=tint)
        place = tkinter.Frame(head, bg=tint, width=look.icon_px, height=look.icon_px)
        place.pack(side="left", anchor="center", padx=(0, look.px(20)))
        self._icon = tkinter.Label(place, bg=tint, bd=0)
        self._icon.place(x=0, y=0)
        room = inside - look.icon_px - look.px(20)
        if self._panel.languages_label:
            room -= self._add_languages_button(head)
        self._cuts_title = not keeps_phrases(self._panel.title, look.title.measure, room)
        title = tkinter.Frame(head, bg=tint)
        gap = max(0, round(look.px(l.TITLE_PX) * l.TITLE_LINE_HEIGHT) - look.title.metrics("linespace"))
        for index, line in enumerate(wrap(self._panel.title, look.title.measure, room)):
            tkinter.Label(title, text=line, font=look.title, fg=l.TEXT, bg=tint, anchor="w", bd=0).pack(
                fill="x", pady=(gap if index else 0, 0)
            )
        title.pack(side="left", anchor="center")
        head.update_idletasks()
        return head

    def _add_languages_button(self, head: tkinter.Frame) -> int:
        """At the right of the title; returns the width that it takes away."""
        look = self._look
        button = Button(LANGUAGES, self._panel.languages_label, "quiet", language="ja")
        width = look.strong.measure(button.label) + look.px(60)
        face = PanelButton(head, look, button, width, partial(self._pressed, LANGUAGES), LANGUAGES_PX)
        face.pack(side="right", anchor="center", padx=(look.px(16), 0))
        return width + look.px(16)

    def _body(self, card: tkinter.Canvas, inside: int) -> tkinter.Frame:
        look, panel = self._look, self._panel
        body = tkinter.Frame(card, bg=l.PAPER)
        if panel.note:
            self._paragraph(body, panel.note, inside, look.speaking(panel.note_language), first=True)
        for index, line in enumerate(panel.lines):
            self._paragraph(body, line, inside, look, first=index == 0 and not panel.note)
        if panel.countdown_s is not None:
            self._add_countdown(body, inside)
        for entry, value in zip(panel.entries, self._values, strict=True):
            field = PanelField(body, look, entry, inside, value)
            field.pack(fill="x", pady=(look.px(18), 0))
            self.fields.append(field)
        if panel.buttons:
            self._add_buttons(body, inside)
        body.update_idletasks()
        return body

    def _paragraph(self, body: tkinter.Frame, text: str, inside: int, look: Look, *, first: bool) -> None:
        ring = look.px(RING_PX)
        spare = round(look.px(l.BODY_PX) * l.LINE_HEIGHT) - look.body.metrics("linespace")
        for index, line in enumerate(wrap(text, look.body.measure, inside - 2 * ring)):
            gap = look.px(10) if index == 0 and not first else 0
            tkinter.Label(body, text=line, font=look.body, fg=l.TEXT, bg=l.PAPER, bd=0, anchor="w", pady=0).pack(
                fill="x", padx=ring, pady=(gap + max(0, spare // 2), max(0, spare - spare // 2))
            )

    def _add_countdown(self, body: tkinter.Frame, inside: int) -> None:
        look, panel = self._look, self._panel
        seconds = panel.countdown_s or 0.0
        ring = look.px(RING_PX)
        self._track_px = inside - 2 * ring
        # the longest text there will be decides about the lines, so that nothing moves while it counts
        longest = wrap(countdown_text(panel.countdown_label, seconds), look.strong.measure, self._track_px)
        gap = max(0, round(look.px(l.BODY_PX) * l.LINE_HEIGHT) - look.strong.metrics("linespace"))
        for index in range(len(longest)):
            line = tkinter.Label(body, font=look.strong, fg=l.TEXT, bg=l.PAPER, bd=0, anchor="w")
            line.pack(fill="x", padx=ring, pady=(gap if index else look.px(18), 0))
            self._countdown.append(line)
        tkinter.Frame(body, bg=l.PAPER, height=look.px(10)).pack(fill="x")
        track = tkinter.Frame(body, bg=l.EDGE, height=look.px(BAR_PX), width=self._track_px)
        track.pack(fill="x", padx=ring)
        self._bar = tkinter.Frame(track, bg=l.WARNING_BAR if panel.tone == "warning" else l.PRIMARY)
        self.count_down(seconds)

    def _add_buttons(self, body: tkinter.Frame, inside: int) -> None:
        look, buttons = self._look, self._panel.buttons
        gap = look.px(8)
        half = (inside - gap) // 2
        widest = max(look.speaking(one.language).strong.measure(one.label) for one in buttons) + look.px(64)
        columns = 2 if len(buttons) > 1 and widest <= half else 1
        row = tkinter.Frame(body, bg=l.PAPER)
        row.pack(fill="x", pady=(look.px(24), 0))
        for index, button in enumerate(buttons):
            width = half if columns == 2 else inside
            face = PanelButton(row, look, button, width, partial(self._pressed, button.id))
            below = index // columns < (len(buttons) - 1) // columns
            face.grid(
                row=index // columns,
                column=index % columns,
                padx=(gap, 0) if index % columns else 0,
                pady=(0, max(0, look.px(16) - 2 * look.px(RING_PX)) if below else 0),
            )

    def count_down(self, seconds: float) -> None:
        """Show that ``seconds`` are left."""
        if self._bar is None:
            return
        text = countdown_text(self._panel.countdown_label, seconds)
        lines = wrap(text, self._look.strong.measure, self._track_px)
        spare = [""] * len(self._countdown)  # fewer figures may need fewer lines
        for line, words in zip(self._countdown, lines + spare, strict=False):
            line.configure(text=words)
        whole = self._panel.countdown_whole_s or self._panel.countdown_s or 1.0
        share = max(0.0, min(1.0, seconds / whole))
        self._bar.place(x=0, y=0, width=max(1, round(self._track_px * share)), relheight=1.0)
