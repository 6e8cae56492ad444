"""Runs all tests in two lanes at once: those with screens, browsers and timers, and beside them those without.

    python -m tests.lanes [pytest's options]

The first lane mostly waits: for browsers, timers and people's pace. The second computes, with the lowest priority, in
the processor time that the first leaves. What it prints comes after the first lane's, whole. Where tests are named or
chosen (a path, ``-k``, ``-m``, ``--collect-only`` …), pytest runs as it always does. Exit status: the first that is not
0, as pytest gives it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

TESTS = Path(__file__).resolve().parent
# Folders whose tests need neither a screen nor a browser of their own. A folder that is missing here is only slower.
COMPUTING = {
    *("artefacts", "central", "config", "installer", "ledger", "locale", "portal", "replay", "report", "session"),
    *("settings", "wire"),
}
# A browser in one lane would be a foreign one for the desks of the other, which notice such browsers and close them.
WITH_BROWSERS = "*in_browser*.py"
LOWEST_PRIORITY = 19
GOES_WITH_ALL = ("--durations", "--color", "--tb", "-q", "-v", "-r", "-p", "--show-capture", "-x", "--maxfail")


def main(options: Sequence[str]) -> int:
    """Run the lanes, or pytest alone; returns the exit status."""
    pytest = [sys.executable, "-m", "pytest", *options]
    if any(not option.startswith(GOES_WITH_ALL) for option in options) or sys.platform == "win32":
        return subprocess.call(pytest)
    signal.signal(signal.SIGTERM, _end)
    first, second = lanes()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as printed:
        computing = subprocess.Popen(
            [*pytest, "-p", "no:cacheprovider", *second],
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=subprocess.STDOUT,
        )
        os.setpriority(os.PRIO_PROCESS, computing.pid, LOWEST_PRIORITY)
        try:
            status = subprocess.call([*pytest, *first])
            print("\nThe other lane:", flush=True)
            other = computing.wait()
        except BaseException:
            computing.terminate()
            computing.wait()
            raise
        printed.seek(0)
        sys.stdout.write(printed.read())
    return status or other


def lanes() -> tuple[list[str], list[str]]:
    """What pytest is given for the first lane, and for the second: folders, so that each may leave out what it must."""
    folders = sorted({path.relative_to(TESTS).parts[0] for path in TESTS.rglob("test_*.py")})
    first = [str(TESTS / name) for name in folders if name not in COMPUTING]
    second = [str(TESTS / name) for name in folders if name in COMPUTING]
    with_browsers = [str(path) for name in COMPUTING for path in sorted((TESTS / name).rglob(WITH_BROWSERS))]
    return [*first, *with_browsers], [*second, *(f"--ignore={path}" for path in with_browsers)]


def _end(_number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
