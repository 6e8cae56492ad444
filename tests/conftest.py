"""What all tests share: a screen of their own and the browser of this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest

from kiosk_agent.errors import BrowserMissingError
from kiosk_agent.hands.find_browser import BROWSER_VARIABLE, find_browser
from tests.support.card_world import cabled_card_world, card_world, running_card_world
from tests.support.leftovers import nothing_outlives_the_tests
from tests.support.skips import watch_skips

__all__ = ["cabled_card_world", "card_world", "nothing_outlives_the_tests", "running_card_world"]

BROWSERS = ("chromium", "google-chrome", "microsoft-edge")  # the first of these before whatever else there is


def pytest_configure(config: pytest.Config) -> None:
    watch_skips(config)
    # the visits of the tests must not take anybody's print jobs away; a test that prints starts a server of its own
    os.environ["CUPS_SERVER"] = "/nonexistent/cups.sock"


@pytest.fixture(scope="session")
def browser_path() -> str:
    """The Chromium-family browser of this machine."""
    named = os.environ.get(BROWSER_VARIABLE)  # by the set-up, where it is Playwright's download
    if named:
        return named
    for name in BROWSERS:
        path = shutil.which(name)
        if path is not None:
            return path
    try:
        return str(find_browser())  # also Windows' places, and the one that the set-up has named
    except BrowserMissingError:
        pytest.skip("no Chromium, Chrome or Edge on this machine")


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    """A virtual screen of 1280×900 with a window manager, for this file of tests alone; DISPLAY points to it.

    A screen that something has broken (a program that died with the server's grab) fails one file, not all the rest.
    """
    if sys.platform == "win32":
        pytest.skip("only on Linux: Windows has no virtual screen")
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is not on this machine")
    read_fd, write_fd = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write_fd), "-screen", "0", "1280x900x24", "-nolisten", "tcp", "-noreset"],
        pass_fds=[write_fd],
        stderr=subprocess.DEVNULL,
    )
    os.close(write_fd)
    with os.fdopen(read_fd) as answers:
        name = f":{answers.readline().strip()}"
    before = os.environ.get("DISPLAY")
    os.environ["DISPLAY"] = name
    manager = subprocess.Popen(["openbox"], stderr=subprocess.DEVNULL) if shutil.which("openbox") else None
    try:
        yield name
    finally:
        for process in (manager, server):
            if process is not None:
                process.terminate()
                process.wait(timeout=10)
        if before is None:
            os.environ.pop("DISPLAY", None)
        else:
            os.environ["DISPLAY"] = before
