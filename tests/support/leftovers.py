"""Nothing that the tests started may outlive them."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator

import psutil
import pytest

MARK = "KIOSK_AGENT_TEST_RUN"
GRACE_S = 15  # a browser's helpers end by themselves within a second once it is gone; two busy cores need longer


def marked_processes(mark: str) -> list[psutil.Process]:
    """All descendants of this process, and all processes that inherited ``mark``, whoever their parent is now.

    By inheritance, not by name: somebody else's browser on the same machine is none of our business.
    """
    found = {process.pid: process for process in psutil.Process().children(recursive=True)}
    for process in psutil.process_iter():
        try:
            if mark in process.environ().get(MARK, ""):
                found[process.pid] = process
        except (psutil.Error, OSError):  # gone meanwhile, or another user's
            continue
    found.pop(os.getpid(), None)
    return [process for process in found.values() if _counts(process)]


def _counts(process: psutil.Process) -> bool:
    try:
        # multiprocessing's resource tracker lives as long as its parent, by design.
        tracker = any("resource_tracker" in part for part in process.cmdline())
        return process.status() != psutil.STATUS_ZOMBIE and not tracker
    except psutil.Error:
        return False


def _line(process: psutil.Process) -> str:
    try:
        return f"{process.pid} {' '.join(process.cmdline())[:200]}"
    except psutil.Error:
        return f"{process.pid} (gone meanwhile)"


@pytest.fixture(scope="session", autouse=True)
def nothing_outlives_the_tests() -> Iterator[None]:
    """Fails the run, names what was left, and ends it."""
    mark = secrets.token_hex(8)
    # Added to, so that a run of tests inside a test is the outer run's business as well.
    os.environ[MARK] = f"{os.environ.get(MARK, '')} {mark}"
    yield
    left = marked_processes(mark)
    psutil.wait_procs(left, timeout=GRACE_S)
    left = marked_processes(mark)
    lines = [_line(process) for process in left]
    for process in left:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(left, timeout=GRACE_S)
    if lines:
        pytest.fail("processes outlived the tests:\n  " + "\n  ".join(lines), pytrace=False)
