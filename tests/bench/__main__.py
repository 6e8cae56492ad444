"""``python -m tests.bench [--runs 30] [--only shield,visit,idle,rest]``: prints every figure as it is measured.

Needs a display: starts an Xvfb of its own where there is none. Nothing else should run on the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess

from tests.bench import idle_limit, rest, shield, visit
from tests.bench.figures import HEADER, Figure

PARTS = {"shield": shield.measure, "visit": visit.measure, "idle": idle_limit.measure, "rest": rest.measure}


def start_display() -> subprocess.Popen[bytes] | None:
    """An X server for this run, where there is none."""
    if os.environ.get("DISPLAY"):
        return None
    read_fd, write_fd = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write_fd), "-screen", "0", "1280x900x24", "-nolisten", "tcp", "-noreset"],
        pass_fds=[write_fd],
        stderr=subprocess.DEVNULL,
    )
    os.close(write_fd)
    with os.fdopen(read_fd) as answers:
        os.environ["DISPLAY"] = f":{answers.readline().strip()}"
    return server


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--only", default=",".join(PARTS))
    arguments = parser.parse_args()
    server = start_display()
    try:
        print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors", flush=True)
        print(HEADER, flush=True)
        for name in arguments.only.split(","):
            figures: list[Figure] = asyncio.run(PARTS[name](arguments.runs))
            for figure in figures:
                print(figure.line(), flush=True)
    finally:
        if server is not None:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
