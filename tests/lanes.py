"""Runs all tests in lanes at once: two with screens, browsers and timers, and beside them one without, later two.

    python -m tests.lanes [pytest's options]

The lanes with browsers mostly wait: for browsers, timers and people's pace. Each has a world of its own
(``tests/apart.py``), because a browser in one would be a foreign one for the desks of the other, which notice such
browsers and close them. Where there can be no such worlds, there is one lane with browsers instead of the two, and a
line says why. The third lane computes, with the lowest priority, in the processor time that the others leave. What
would keep it busy for long after them, is a lane that begins as soon as one of the three has ended.

What the first prints is seen at once; what the others print comes after it, whole. Where tests are named or chosen (a
path, ``-k``, ``-m``, ``--collect-only`` …), pytest runs as it always does. Exit status: the first that is not 0, as
pytest gives it.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import NoReturn

from tests import apart

TESTS = Path(__file__).resolve().parent
# Folders whose tests need neither a screen nor a browser of their own. A folder that is missing here is only slower.
COMPUTING = {
    *("artefacts", "central", "config", "installer", "ledger", "locale", "portal", "replay", "report", "repository"),
    *("session", "settings", "wire"),
}
# Those of them that begin later: they alone compute about as long as the others of them.
LATER = {"session"}
# Folders of the second lane with browsers: about half of what they take together. `desk` alone takes as long as all of
# these, and has only quick ones beside it. A folder that is missing here and above runs in the first.
SECOND = {
    *("browser", "demo", "overlay", "portals", "practice", "screens", "stage", "strange_portals", "supervisor"),
    "template",
}
WITH_BROWSERS = "*in_browser*.py"
FIRST_LANE = ""  # what it prints is seen at once and needs no title
SECOND_LANE = "The other lane with browsers"
COMPUTING_LANE = "The lane that computes"
LATER_LANE = "The lane that computes later"
LOWEST_PRIORITY = 19
PATIENCE_S = "900"  # a test that computes for half a minute takes many times that in what the others leave
GOES_WITH_ALL = ("--durations", "--color", "--tb", "-q", "-v", "-r", "-p", "--show-capture", "-x", "--maxfail")


class Lane:
    """One pytest, from its start to its end."""

    def __init__(
        self, pytest: Sequence[str], *, title: str = "", is_apart: bool = False, also: Mapping[str, str] | None = None
    ) -> None:
        """``title``: over what it prints, once that is shown; without one it is seen at once.

        ``also``: what is set in its environment.
        """
        self._title = title
        self._folder = Path(tempfile.mkdtemp(prefix="lane-")) / "tmp" if is_apart else None
        self._printed = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") if title else None  # noqa: SIM115
        if self._folder is not None:
            self._folder.mkdir()
        self.process = subprocess.Popen(
            pytest if self._folder is None else apart.command(self._folder, pytest),
            # held open for as long as the lane may run: a world of its own ends with the process that holds it
            stdin=subprocess.DEVNULL if self._folder is None else subprocess.PIPE,
            stdout=self._printed,
            stderr=None if self._printed is None else subprocess.STDOUT,
            cwd=None if self._folder is None else apart.ROOT,
            env={**os.environ, **(also or {})},
        )

    def wait(self) -> int:
        """Until it has ended; shows what it printed, and returns its exit status."""
        status = self.process.wait()
        if self._printed is not None:
            print(f"\n{self._title}:", flush=True)
            self._printed.seek(0)
            shutil.copyfileobj(self._printed, sys.stdout)
        if self._folder is not None and status:
            print(f"The temporary files of this lane are kept: {self._folder}", flush=True)
            self._folder = None
        return status

    def end(self) -> None:
        """End it if it still runs, and clear away what was its own."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        elif self.process.poll() is None:
            self.process.terminate()
        self.process.wait()
        if self._printed is not None:
            self._printed.close()
        if self._folder is not None:
            shutil.rmtree(self._folder.parent)


def main(options: Sequence[str]) -> int:
    """Run the lanes, or pytest alone; returns the exit status."""
    pytest = [sys.executable, "-m", "pytest", *options]
    if any(not option.startswith(GOES_WITH_ALL) for option in options) or sys.platform == "win32":
        return subprocess.call(pytest)
    signal.signal(signal.SIGTERM, _end)
    why_not = apart.why_not()
    if why_not:
        print(f"One lane with browsers instead of two: no processes of its own for each ({why_not}).", flush=True)
    plan = lanes(are_apart=not why_not)
    quiet = [*pytest, "-p", "no:cacheprovider"]
    with ThreadPoolExecutor() as waiting, ExitStack() as ending:
        running: dict[str, Lane] = {}

        def start(title: str, lane: Lane) -> None:
            ending.callback(lane.end)
            running[title] = lane

        def compute(title: str) -> None:
            # not a second watch beside that one: its look at a running thread may end the whole process
            patient = [*quiet, "-o", "faulthandler_timeout=0", *plan[title]]
            lane = Lane(patient, title=title, also={"PYTEST_TIMEOUT": PATIENCE_S})
            start(title, lane)
            os.setpriority(os.PRIO_PROCESS, lane.process.pid, LOWEST_PRIORITY)

        if COMPUTING_LANE in plan:
            compute(COMPUTING_LANE)
        if SECOND_LANE in plan:
            start(SECOND_LANE, Lane([*quiet, *plan[SECOND_LANE]], title=SECOND_LANE, is_apart=True))
        if FIRST_LANE in plan:
            start(FIRST_LANE, Lane([*pytest, *plan[FIRST_LANE]], is_apart=not why_not))
        if LATER_LANE in plan:
            wait_for([waiting.submit(lane.process.wait) for lane in running.values()], return_when=FIRST_COMPLETED)
            compute(LATER_LANE)
        statuses = [running[title].wait() for title in plan]
    return next((status for status in statuses if status), 0)


def lanes(*, are_apart: bool) -> dict[str, list[str]]:
    """What pytest is given for each lane: folders, so that each may leave out what it must. None is empty.

    ``are_apart``: whether there may be two with browsers.
    """
    folders = sorted({path.relative_to(TESTS).parts[0] for path in TESTS.rglob("test_*.py")})
    second = SECOND if are_apart else set()
    with_browsers = [path for name in COMPUTING for path in sorted((TESTS / name).rglob(WITH_BROWSERS))]
    plan = {
        FIRST_LANE: [name for name in folders if name not in COMPUTING | second],
        SECOND_LANE: [name for name in folders if name in second],
        COMPUTING_LANE: [name for name in folders if name in COMPUTING - LATER],
        LATER_LANE: [name for name in folders if name in LATER],
    }
    given = {title: [str(TESTS / name) for name in names] for title, names in plan.items() if names}
    if with_browsers:
        given.setdefault(FIRST_LANE, []).extend(map(str, with_browsers))
    for title in (COMPUTING_LANE, LATER_LANE):
        if title in given:
            given[title] += [f"--ignore={path}" for path in with_browsers]
    return given


def _end(_number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(_ENDED)


_ENDED = 128 + signal.SIGTERM


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
