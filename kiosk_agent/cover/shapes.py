"""Smooth icons and corners: signed distances turned into PNG, because Tk's own drawing has jagged edges.

A shape is a function of a point that gives its distance in pixels to the edge, negative inside.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Callable, Sequence

Point = tuple[float, float]
Shape = Callable[[float, float], float]


def circle(center_x: float, center_y: float, radius: float) -> Shape:
    """A disc."""
    return lambda x, y: math.hypot(x - center_x, y - center_y) - radius


def box(center_x: float, center_y: float, half_width: float, half_height: float, radius: float) -> Shape:
    """A rectangle with rounded corners."""

    def distance(x: float, y: float) -> float:
        dx = abs(x - center_x) - half_width + radius
        dy = abs(y - center_y) - half_height + radius
        return math.hypot(max(dx, 0.0), max(dy, 0.0)) + min(max(dx, dy), 0.0) - radius

    return distance


def polygon(points: Sequence[Point], radius: float = 0.0) -> Shape:
    """A closed polygon, grown by ``radius`` with rounded corners."""
    edges = list(zip(points, (*points[1:], points[0]), strict=True))

    def distance(x: float, y: float) -> float:
        nearest = math.inf
        inside = False
        for (x1, y1), (x2, y2) in edges:
            ex, ey = x2 - x1, y2 - y1
            along = max(0.0, min(1.0, ((x - x1) * ex + (y - y1) * ey) / (ex * ex + ey * ey)))
            nearest = min(nearest, math.hypot(x - x1 - along * ex, y - y1 - along * ey))
            if (y1 > y) != (y2 > y) and x < x1 + (y - y1) / (y2 - y1) * ex:
                inside = not inside
        return (-nearest if inside else nearest) - radius

    return distance


def _channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def png(width: int, height: int, layers: Sequence[tuple[Shape, str]]) -> bytes:
    """A PNG with alpha: each layer's shape in its colour (``#rrggbb``), later ones above earlier ones."""
    colors = [(shape, _channels(color)) for shape, color in layers]
    rows = bytearray()
    for row in range(height):
        rows.append(0)  # PNG filter: none
        for column in range(width):
            red = green = blue = alpha = 0.0
            for shape, (r, g, b) in colors:
                cover = max(0.0, min(1.0, 0.5 - shape(column + 0.5, row + 0.5)))
                if cover <= 0.0:
                    continue
                rest = alpha * (1.0 - cover)
                total = cover + rest
                red, green, blue = (
                    (new * cover + old * rest) / total for new, old in ((r, red), (g, green), (b, blue))
                )
                alpha = total
            rows += bytes((round(red), round(green), round(blue), round(alpha * 255)))
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)),
            _chunk(b"IDAT", zlib.compress(bytes(rows))),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def shield_icon(size: int) -> bytes:
    """A blue shield with a tick: the desk is being made safe."""
    s = size / 64
    outline = [(32, 5), (55, 13), (55, 31), (51, 42), (43, 51), (32, 58), (21, 51), (13, 42), (9, 31), (9, 13)]
    tick = [(20, 31), (24, 27), (29, 32), (41, 20), (45, 24), (29, 40)]
    return png(
        size,
        size,
        [
            (polygon([(x * s, y * s) for x, y in outline], 2 * s), "#0017c1"),
            (polygon([(x * s, y * s) for x, y in tick], 0.8 * s), "#ffffff"),
        ],
    )


def warning_icon(size: int) -> bytes:
    """A triangle with an exclamation mark."""
    s = size / 64
    return png(
        size,
        size,
        [
            (polygon([(32 * s, 10 * s), (57 * s, 53 * s), (7 * s, 53 * s)], 5 * s), "#333333"),
            (polygon([(32 * s, 11 * s), (56 * s, 52.5 * s), (8 * s, 52.5 * s)], 2 * s), "#ffd43d"),
            (box(32 * s, 32 * s, 3 * s, 10 * s, 2.5 * s), "#333333"),
            (circle(32 * s, 47.5 * s, 3.4 * s), "#333333"),
        ],
    )


def error_icon(size: int) -> bytes:
    """A red octagon with a bar: closed."""
    s = size / 64
    cut = 17
    corners = [
        (cut, 5), (64 - cut, 5), (59, cut), (59, 64 - cut), (64 - cut, 59), (cut, 59), (5, 64 - cut), (5, cut),
    ]  # fmt: skip
    return png(
        size,
        size,
        [
            (polygon([(x * s, y * s) for x, y in corners], 2 * s), "#ce0000"),
            (box(32 * s, 32 * s, 16 * s, 4.5 * s, 2 * s), "#ffffff"),
        ],
    )


def corner(radius: int, fill: str, border: str, border_px: int) -> bytes:
    """The top left corner of a rounded box, ``radius`` pixels square."""
    layers = [(circle(radius, radius, radius), border)]
    layers.append((circle(radius, radius, radius - border_px), fill))
    return png(radius, radius, layers)


ICONS = {"neutral": shield_icon, "warning": warning_icon, "error": error_icon}
