"""Colours, type and images of the cover: the Digital Agency's design system (DADS 2.13) in Tk's words."""

from __future__ import annotations

import base64
import tkinter
from collections.abc import Callable
from tkinter import font as tkfont

from kiosk_agent.cover import shapes

TEXT = "#333333"
QUIET = "#626264"
BACKDROP = "#f1f1f4"
PAPER = "#ffffff"
EDGE = "#d8d8db"
FIELD_EDGE = "#767676"
PRIMARY = "#0017c1"
PRIMARY_HOVER = "#00118f"
PRIMARY_DOWN = "#000060"
PRIMARY_TINT = "#e8f1fe"
PRIMARY_EDGE = "#d9e6ff"
ERROR = "#ce0000"
ERROR_TINT = "#fdeeee"
ERROR_EDGE = "#ffe1e1"
WARNING_TINT = "#fff0b3"
WARNING_BAR = "#927200"
FOCUS = "#ffd43d"
FOCUS_EDGE = "#000000"

TITLE_PX = 36
BODY_PX = 24  # the design's least for what residents read from some distance
LABEL_PX = 24
LINE_HEIGHT = 1.75
TITLE_LINE_HEIGHT = 1.4
BUTTON_PX = 72  # at least 64: a finger, also a shaking one
RADIUS_PX = 8

# In the order of preference; the last one that Tk always has draws what the PC can.
FAMILIES = (
    "Noto Sans JP",
    "Noto Sans CJK JP",
    "BIZ UDPGothic",
    "Yu Gothic UI",
    "Meiryo",
    "Yu Gothic",
    "IPAexGothic",
    "TakaoGothic",
    "VL Gothic",
    "MS Gothic",
)
# Where the Japanese ones would draw the same signs in another country's form, or lack some (BCP 47, first part).
FAMILIES_OF = {
    "zh": ("Noto Sans SC", "Noto Sans CJK SC", "Microsoft YaHei UI", "Microsoft YaHei", "SimHei"),
    "ko": ("Noto Sans KR", "Noto Sans CJK KR", "Malgun Gothic", "NanumGothic", "Gulim"),
    "vi": ("Noto Sans", "Segoe UI", "Tahoma", "DejaVu Sans", "Liberation Sans"),
}


def choose_family(families: tuple[str, ...] | list[str], language: str = "ja") -> str:
    """The best installed family for a language (BCP 47); where it has none, the best Japanese one, or Tk's default."""
    installed = set(families)
    wanted = (*FAMILIES_OF.get(language.partition("-")[0], ()), *FAMILIES)
    return next((family for family in wanted if family in installed), "TkDefaultFont")


class Look:
    """Fonts and images at one scale. Images live as long as this object.

    ``choose`` names the family for a language.
    """

    def __init__(self, root: tkinter.Misc, choose: Callable[[str], str], scale: float, language: str = "ja") -> None:
        self._root = root
        self._choose = choose
        self.family = choose(language)
        self.scale = scale
        self.title = self._font(TITLE_PX, "bold")
        self.body = self._font(BODY_PX, "normal")
        self.strong = self._font(BODY_PX, "bold")
        self.label = self._font(LABEL_PX, "normal")
        self._images: dict[str, tkinter.PhotoImage] = {}
        self._others: dict[str, Look] = {}

    def speaking(self, language: str) -> Look:
        """The same look with the fonts of another language; the empty one is this one's own."""
        if not language or self._choose(language) == self.family:
            return self
        if language not in self._others:
            self._others[language] = Look(self._root, self._choose, self.scale, language)
        return self._others[language]

    def px(self, pixels: float) -> int:
        """Design pixels as screen pixels."""
        return max(1, round(pixels * self.scale))

    def _font(self, size_px: int, weight: str) -> tkfont.Font:
        bold = "bold" if weight == "bold" else "normal"
        return tkfont.Font(root=self._root, family=self.family, size=-self.px(size_px), weight=bold)  # type: ignore[arg-type]  # the stub wants literals

    @property
    def icon_px(self) -> int:
        """The icons' size; in steps, so that few of them have to be drawn."""
        return max(24, round(self.px(56) / 8) * 8)

    def icon(self, tone: str) -> tkinter.PhotoImage:
        """The picture that stands beside the title, so that a tone is never told by colour alone."""
        return self._image(f"icon-{tone}", lambda: shapes.ICONS[tone](self.icon_px))

    def corner(self, fill: str, border: str, border_px: int, radius: int) -> tuple[tkinter.PhotoImage, ...]:
        """The four corners of a rounded box: top left, top right, bottom left, bottom right."""
        key = f"{fill}{border}{border_px}-{radius}"
        first = self._image(key, lambda: shapes.corner(radius, fill, border, border_px))
        right = self._turned(f"{key}-r", first, -1, 1)
        below = self._turned(f"{key}-b", first, 1, -1)
        return first, right, below, self._turned(f"{key}-rb", first, -1, -1)

    def _image(self, key: str, draw: Callable[[], bytes]) -> tkinter.PhotoImage:
        if key not in self._images:
            self._images[key] = tkinter.PhotoImage(master=self._root, data=base64.b64encode(draw()), format="png")
        return self._images[key]

    def _turned(self, key: str, image: tkinter.PhotoImage, x: int, y: int) -> tkinter.PhotoImage:
        if key not in self._images:
            copy = tkinter.PhotoImage(master=self._root, width=image.width(), height=image.height())
            # Tk mirrors an image when it subsamples with a negative step
            self._root.tk.call(str(copy), "copy", str(image), "-subsample", x, y)
            self._images[key] = copy
        return self._images[key]


def rounded_box(
    canvas: tkinter.Canvas, look: Look, area: tuple[int, int, int, int], fill: str, border: str, border_px: int
) -> None:
    """Draw a box with smooth corners; ``area`` is left, top, right, bottom."""
    left, top, right, bottom = area
    radius = min(look.px(RADIUS_PX), (right - left) // 2, (bottom - top) // 2)
    canvas.create_rectangle(left + radius, top, right - radius, bottom, fill=border, width=0)
    canvas.create_rectangle(left, top + radius, right, bottom - radius, fill=border, width=0)
    canvas.create_rectangle(left + radius, top + border_px, right - radius, bottom - border_px, fill=fill, width=0)
    canvas.create_rectangle(left + border_px, top + radius, right - border_px, bottom - radius, fill=fill, width=0)
    places = ((left, top), (right - radius, top), (left, bottom - radius), (right - radius, bottom - radius))
    for (x, y), image in zip(places, look.corner(fill, border, border_px, radius), strict=True):
        canvas.create_image(x, y, image=image, anchor="nw")
