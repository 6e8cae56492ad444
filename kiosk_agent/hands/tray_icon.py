"""The tray's pictures: each state has a shape of its own as well as a colour, for eyes that do not tell colours."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image, ImageDraw

SIZE = 64
FINE = 4  # drawn this much larger and then reduced: smooth edges

GREEN = "#197a4b"
BLUE = "#0017c1"
YELLOW = "#ffd43d"
RED = "#ce0000"
DARK = "#333333"
WHITE = "#ffffff"

Draw = ImageDraw.ImageDraw
Points = list[tuple[float, float]]


def _scaled(points: Points) -> Points:
    return [(x * FINE, y * FINE) for x, y in points]


def _line(draw: Draw, points: Points, color: str, width: float) -> None:
    draw.line(_scaled(points), fill=color, width=round(width * FINE), joint="curve")
    radius = width / 2
    for x, y in points:
        draw.ellipse(_scaled([(x - radius, y - radius), (x + radius, y + radius)]), fill=color)


def _free(draw: Draw) -> None:
    """A green disc with a tick: nobody is signed in."""
    draw.ellipse(_scaled([(3, 3), (61, 61)]), fill=GREEN)
    _line(draw, [(18, 33), (28, 43), (46, 22)], WHITE, 7)


def _visit(draw: Draw) -> None:
    """A blue square with a person: a visit runs."""
    draw.rounded_rectangle(_scaled([(3, 3), (61, 61)]), radius=10 * FINE, fill=BLUE)
    draw.ellipse(_scaled([(22, 11), (42, 31)]), fill=WHITE)
    draw.pieslice(_scaled([(12, 35), (52, 75)]), 180, 360, fill=WHITE)


def _warning(draw: Draw) -> None:
    """A yellow triangle with an exclamation mark: an answer is due."""
    draw.polygon(_scaled([(32, 3), (63, 60), (1, 60)]), fill=DARK)
    draw.polygon(_scaled([(32, 11), (56, 56), (8, 56)]), fill=YELLOW)
    _line(draw, [(32, 26), (32, 40)], DARK, 6)
    draw.ellipse(_scaled([(28.5, 46), (35.5, 53)]), fill=DARK)


def _ending(draw: Draw) -> None:
    """A blue hourglass: the logout is under way."""
    draw.rounded_rectangle(_scaled([(9, 2), (55, 62)]), radius=6 * FINE, fill=WHITE, outline=BLUE, width=4 * FINE)
    draw.polygon(_scaled([(18, 11), (46, 11), (32, 32)]), fill=BLUE)
    draw.polygon(_scaled([(18, 53), (46, 53), (32, 32)]), fill=BLUE)


def _confirm(draw: Draw) -> None:
    """A yellow checklist: the support worker's confirmation is due."""
    draw.rounded_rectangle(_scaled([(6, 2), (58, 62)]), radius=6 * FINE, fill=YELLOW, outline=DARK, width=4 * FINE)
    for y in (18, 32, 46):
        draw.rectangle(_scaled([(14, y - 4), (22, y + 4)]), fill=DARK)
        _line(draw, [(30, y), (48, y)], DARK, 5)


def _held(draw: Draw) -> None:
    """A red octagon with a bar: the desk is closed."""
    near, far = 20, 44
    corners: Points = [(near, 3), (far, 3), (61, near), (61, far), (far, 61), (near, 61), (3, far), (3, near)]
    draw.polygon(_scaled(corners), fill=RED)
    draw.rectangle(_scaled([(14, 27), (50, 37)]), fill=WHITE)


PICTURES: dict[str, Callable[[Draw], None]] = {
    "Gate": _free,
    "Open": _visit,
    "SignedIn": _visit,
    "Warning": _warning,
    "Challenge": _warning,
    "Ending": _ending,
    "Confirming": _confirm,
    "Held": _held,
}


def _badge(draw: Draw, severity: str) -> None:
    """Something does not work: a triangle (amber) or a square (red) in the corner."""
    if severity == "amber":
        draw.polygon(_scaled([(48, 33), (64, 64), (32, 64)]), fill=WHITE)
        draw.polygon(_scaled([(48, 40), (60, 62), (36, 62)]), fill="#c16800")
    elif severity == "red":
        draw.rectangle(_scaled([(36, 36), (64, 64)]), fill=WHITE)
        draw.rectangle(_scaled([(39, 39), (62, 62)]), fill=RED)
        _line(draw, [(45, 45), (56, 56)], WHITE, 3)
        _line(draw, [(56, 45), (45, 56)], WHITE, 3)


def picture(state: str, severity: str) -> Image.Image:
    """The icon for a state's name and the worst severity; an unknown state looks like a held desk."""
    image = Image.new("RGBA", (SIZE * FINE, SIZE * FINE), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    PICTURES.get(state, _held)(draw)
    _badge(draw, severity)
    return image.resize((SIZE, SIZE), Image.Resampling.LANCZOS)
