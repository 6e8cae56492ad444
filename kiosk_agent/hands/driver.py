"""Playwright's driver: one Node.js for all browsers of this process, kept small; what residents send stays in it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
from playwright.async_api import Playwright, async_playwright

from kiosk_agent.hands import web
from kiosk_agent.hands.exits import ExitWatch
from kiosk_agent.hands.visit_folders import browsers_dir, remove_if_empty

TIDY = Path(web.__file__).with_name("driver_tidy.cjs")
BODIES = Path(web.__file__).with_name("driver_bodies.cjs")


def quoted(path: Path) -> str:
    """The path as one word of ``NODE_OPTIONS``, which takes a backslash inside quotes for an escape."""
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'


# Measured with a visit open: 109 MiB with Node's defaults, 78 with these. The driver's programs are too short for
# compiled machine code to pay off: without the compilers (jitless) a visit costs it the same processor time, 0.07 s.
# The allocator is told to give back what starting borrowed; V8 does so when driver_tidy.cjs asks it to.
SWITCHES = {
    "NODE_OPTIONS": " ".join(
        (
            "--max-semi-space-size=1 --v8-pool-size=0 --jitless --expose-gc",
            *(f"--require={quoted(path)}" for path in (TIDY, BODIES)),
        )
    ),
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": "16384",
    "MALLOC_TRIM_THRESHOLD_": "16384",
}


@asynccontextmanager
async def driver(data_dir: Path, lost: Callable[[], None] = lambda: None) -> AsyncIterator[Playwright]:
    """Playwright's driver, for all browsers of this process; ``lost`` is called when its process ends before.

    It makes its temporary profiles where these variables say: there a later sweep finds them.
    """
    folder = str(browsers_dir(data_dir))
    wanted = {**SWITCHES, "TMPDIR": folder, "TEMP": folder, "TMP": folder}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    others = _children()
    starting = async_playwright()
    try:
        playwright = await starting.__aenter__()
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
    watches = [ExitWatch(pid, lost) for pid in _children() - others]
    try:
        yield playwright
    finally:
        for watch in watches:
            watch.stop()
        await starting.__aexit__(None, None, None)
        remove_if_empty(data_dir)


def _children() -> set[int]:
    return {child.pid for child in psutil.Process().children()}
