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


class Bar(NamedTuple):
    """One step of time: how many visits were which."""

    label: str
    yes: int
    no: int
    unknown: int


def trend_chart(bars: Sequence[Bar], colours: Colours = LIGHT) -> bytes:
    """Stacked bars: yes filled, no hatched, unknown empty within a line, so that colour says nothing alone."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    settings: Any = {
        "svg.fonttype": "none",  # text, to be read and found
        "svg.hashsalt": "kiosk-central",  # the same numbers give the same bytes
        "font.family": "sans-serif",
        "hatch.linewidth": 1.2,
    }
    with _drawing, mpl.rc_context(settings):
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
        written = io.BytesIO()
        figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None})
    return written.getvalue()
