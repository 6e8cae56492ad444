"""Charts as SVG with text as text. They say nothing that the table beneath them does not."""

from __future__ import annotations

import io
import threading
from collections.abc import Sequence
from typing import Any, NamedTuple

# one at a time: the library's settings are the process's
_drawing = threading.Lock()
MOST_LABELS = 8
WIDTH, HEIGHT = 9.6, 3.2  # inches of 72 points
SETTINGS: Any = {
    "svg.fonttype": "none",  # text, to be read and found
    "svg.hashsalt": "kiosk-central",  # the same numbers give the same bytes
    "font.family": "sans-serif",
    "hatch.linewidth": 1.2,
}


class Colours(NamedTuple):
    """Of one variant; as the style sheet's tokens."""

    ground: str
    text: str
    edge: str
    yes: str
    no: str
    unknown: str


LIGHT = Colours("#ffffff", "#333333", "#767676", "#0017c1", "#ce0000", "#ffffff")
DARK = Colours("#1a1a1a", "#f2f2f2", "#949494", "#7096f8", "#ffb3b3", "#1a1a1a")


class Shades(NamedTuple):
    """Of a map, in one variant: the ground and its text, and (fill, text on it) from few to many."""

    ground: str
    text: str
    steps: tuple[tuple[str, str], ...]


LIGHT_SHADES = Shades(
    "#ffffff", "#333333", (("#ffffff", "#333333"), ("#d9e6ff", "#1a1a1a"), ("#9db7f9", "#1a1a1a"),
    ("#264af4", "#ffffff"), ("#00118f", "#ffffff")),
)  # fmt: skip
DARK_SHADES = Shades(
    "#1a1a1a", "#f2f2f2", (("#1a1a1a", "#f2f2f2"), ("#00118f", "#ffffff"), ("#264af4", "#ffffff"),
    ("#9db7f9", "#1a1a1a"), ("#d9e6ff", "#1a1a1a")),
)  # fmt: skip


class Bar(NamedTuple):
    """One step of time: how many visits were which."""

    label: str
    yes: int
    no: int
    unknown: int


def hour_map(columns: Sequence[str], rows: Sequence[tuple[str, Sequence[int]]], shades: Shades) -> bytes:
    """A cell for each column and row, darker where there is more, with its number in it: colour says nothing alone."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.colors import ListedColormap
    from matplotlib.figure import Figure

    most = max((value for _, values in rows for value in values), default=0)
    steps = len(shades.steps) - 1
    levels = [[0 if not value else max(1, -(-value * steps // most)) for value in values] for _, values in rows]
    # the library measures texts in a font without Japanese, and warns: it is given stand-ins of about that width
    stand_ins = [f"c{index}" for index in range(len(columns))]
    with _drawing, mpl.rc_context(SETTINGS):
        figure = Figure(figsize=(7.2, 0.3 * (len(rows) + 1.25)), facecolor=shades.ground)
        FigureCanvasSVG(figure)
        height = 0.3 * (len(rows) + 1.25)
        axes = figure.add_axes((0.08, 0.02, 0.91, 1 - 0.3 * 1.1 / height), facecolor=shades.ground)
        fills = ListedColormap([fill for fill, _ in shades.steps])
        axes.pcolormesh(levels, cmap=fills, vmin=-0.5, vmax=steps + 0.5, edgecolors=shades.ground, linewidth=2)
        for row, (_, values) in enumerate(rows):
            for column, value in enumerate(values):
                colour = shades.steps[levels[row][column]][1]
                place: Any = {"ha": "center", "va": "center", "fontsize": 10}
                axes.text(column + 0.5, row + 0.5, f"{value:,}" if value else "·", color=colour, **place)
        axes.set_xticks([index + 0.5 for index in range(len(columns))], stand_ins)
        axes.set_yticks([index + 0.5 for index in range(len(rows))], [name for name, _ in rows])
        axes.invert_yaxis()
        axes.tick_params(colors=shades.text, labelsize=11, length=0, top=False, labeltop=True, labelbottom=False)
        for spine in axes.spines.values():
            spine.set_visible(False)
        drawn = _written(figure).decode()
    for stand_in, name in zip(stand_ins, columns, strict=True):
        drawn = drawn.replace(f">{stand_in}</text>", f">{name}</text>")
    return drawn.encode()


def trend_chart(bars: Sequence[Bar], colours: Colours = LIGHT) -> bytes:
    """Stacked bars: yes filled, no hatched, unknown empty within a line, so that colour says nothing alone."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    with _drawing, mpl.rc_context(SETTINGS):
        figure = Figure(figsize=(WIDTH, HEIGHT), facecolor=colours.ground, layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.add_subplot(facecolor=colours.ground)
        places = range(len(bars))
        bottom = [0] * len(bars)
        for values, fill, hatch in (
            ([one.yes for one in bars], colours.yes, ""),
            ([one.no for one in bars], colours.no, "////"),
            ([one.unknown for one in bars], colours.unknown, ""),
        ):
            edge = colours.ground if hatch else colours.edge
            axes.bar(places, values, 0.8, bottom, color=fill, hatch=hatch, edgecolor=edge, linewidth=0.5)
            bottom = [low + value for low, value in zip(bottom, values, strict=True)]
        every = max(1, -(-len(bars) // MOST_LABELS))
        axes.set_xticks(list(places)[::every], [one.label for one in bars][::every])
        axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.set_ylim(0, max(1, *bottom) * 1.05 if bottom else 1)
        axes.tick_params(colors=colours.text, labelsize=11)
        axes.grid(axis="y", color=colours.edge, linewidth=0.4)
        axes.set_axisbelow(True)
        for name, spine in axes.spines.items():
            spine.set_visible(name in ("left", "bottom"))
            spine.set_color(colours.edge)
        return _written(figure)


def _written(figure: Any) -> bytes:
    written = io.BytesIO()
    figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None})
    return written.getvalue()
