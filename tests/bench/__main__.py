"""``python -m tests.bench [--runs 30] [--only shield,visit,card,idle,senses,beside,rest]``: every figure as measured.

Needs a display: starts an Xvfb of its own where there is none. Nothing else should run on the machine. The figures at
rest take about twelve minutes of the whole.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from contextlib import ExitStack

from tests.bench import beside, card, idle_limit, rest, senses, shield, visit
from tests.bench.display import open_display
from tests.bench.figures import HEADER, Figure

PARTS = {
    "shield": shield.measure,
    "visit": visit.measure,
    "card": card.measure,
    "idle": idle_limit.measure,
    "senses": senses.measure,
    "beside": beside.measure,
    "rest": rest.measure,
}


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--only", default=",".join(PARTS))
    arguments = parser.parse_args()
    with ExitStack() as stack:
        if not os.environ.get("DISPLAY"):
            os.environ["DISPLAY"] = stack.enter_context(open_display())
        print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors", flush=True)
        print(HEADER, flush=True)
        for name in arguments.only.split(","):
            figures: list[Figure] = asyncio.run(PARTS[name](arguments.runs))
            for figure in figures:
                print(figure.line(), flush=True)


if __name__ == "__main__":
    main()
