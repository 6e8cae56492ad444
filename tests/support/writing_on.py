"""A process that stands for what is left of a killed browser: it writes on into the browser's profile."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kiosk_agent.hands.wiping import USER_DATA_OPTION

# what a browser's graphics process does for a moment after its root was killed, only that it never ends by itself
WRITES_ON = """
import contextlib, pathlib, sys, time
folder = pathlib.Path(sys.argv[1].partition("=")[2]) / "GraphiteDawnCache"
while True:
    with contextlib.suppress(OSError):  # removed just then
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "data").write_text("shader")
        print("written", flush=True)
    time.sleep(0.001)
"""


@contextmanager
def writing_on(profile: Path, kind: str = "--type=gpu-process") -> Iterator[subprocess.Popen[str]]:
    """A process of the browser's that goes on when the browser is gone; without a kind it is the root of one."""
    command = [sys.executable, "-c", WRITES_ON, f"{USER_DATA_OPTION}{profile}", kind]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "written\n"
        yield process
    finally:
        process.kill()
        process.communicate()
