"""One browser that the driver starts, and every folder that it has: one of ours, and the profile that the driver makes.

The driver removes that profile by itself, but not always: it may be killed, and processes of a killed browser write on
for a moment. So the agent notes which folder it is, and sees to it that it is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Awaitable, Mapping
from pathlib import Path
from typing import Any

import psutil
from playwright.async_api import Browser, Playwright
from playwright.async_api import Error as BrowserError

from kiosk_agent.hands.temporary import TemporaryPlace, count_files, remove_dead_names
from kiosk_agent.hands.visit_folders import all_browsers_dirs, browsers_dir, is_abandoned, new_visit_folder
from kiosk_agent.hands.wiping import (
    KILL_LIMIT_S,
    USER_DATA_OPTION,
    is_in_use,
    processes_of,
    wipe_folder,
    wipe_profile,
)
from kiosk_agent.process_tree import ProcessMark, kill_all

log = logging.getLogger(__name__)

CLOSE_LIMIT_S = 1.0  # measured: 0.02 s for a browser that is gone
DRIVERS_PROFILES = "playwright_chromiumdev_profile-*"  # the driver's own naming


async def let_go(closing: Awaitable[None]) -> None:
    """Close something of the driver's in good order, but do not wait for a driver that does not answer any more.

    Whoever calls this removes what is left by itself.
    """
    try:
        async with asyncio.timeout(CLOSE_LIMIT_S):
            await closing
    except (BrowserError, TimeoutError) as error:
        log.info("the driver does not let go of the browser: %s", type(error).__name__)


class Launched:
    """For one start only."""

    def __init__(self, playwright: Playwright, data_dir: Path) -> None:
        self._playwright = playwright
        self._data_dir = data_dir
        self._folder: Path | None = None
        self._browser: Browser | None = None
        self._profile: Path | None = None
        self._temporary: TemporaryPlace | None = None
        self.root_pid: int | None = None

    async def start(self, options: Mapping[str, Any]) -> Browser:
        """Start it with Playwright's ``options``. Raises BrowserError, OSError; what is left then, wipe() removes."""
        self._folder = new_visit_folder(browsers_dir(self._data_dir))
        downloads, artifacts = self._folder / "downloads", self._folder / "artifacts"
        for folder in (downloads, artifacts):
            folder.mkdir(mode=0o700)
        self._temporary = TemporaryPlace(self._folder, self._data_dir)
        self._browser = await self._playwright.chromium.launch(
            **with_temporary(options, self._temporary), downloads_path=downloads, artifacts_dir=artifacts
        )
        self.root_pid = await browser_pid(self._browser)
        self._profile = profile_of(self.root_pid, self._data_dir)
        return self._browser

    async def close(self) -> None:
        """Close it in good order; whether its processes are gone is the caller's to see. Raises BrowserError."""
        if self._browser is not None:
            await self._browser.close()

    async def wipe(self) -> bool:
        """After the browser is gone: remove all its folders; returns whether nothing is left."""
        if self._folder is None:
            return True
        profile_gone = await (wipe_profile(self._profile) if self._profile else remove_unused(self._data_dir))
        name_gone = self._temporary is None or self._temporary.forget()
        return await wipe_folder(self._folder) and profile_gone and name_gone

    def downloads(self) -> int:
        """How many files the resident has saved."""
        return 0 if self._folder is None else count_files(self._folder / "downloads")

    def temporary_files(self) -> int:
        """How many files the browser and what it started have left."""
        return 0 if self._temporary is None else self._temporary.files()


def with_temporary(options: Mapping[str, Any], place: TemporaryPlace) -> dict[str, Any]:
    """Playwright's ``options``, with the browser's temporary files in ``place``."""
    environment = {**options.get("env", os.environ), **place.environment}
    return {**options, "env": environment, "args": [*options.get("args", ()), *place.arguments]}


async def browser_pid(browser: Browser) -> int:
    """The root of the browser's process tree."""
    session = await browser.new_browser_cdp_session()
    processes = await session.send("SystemInfo.getProcessInfo")
    await session.detach()
    return next(int(process["id"]) for process in processes["processInfo"] if process["type"] == "browser")


def profile_of(root_pid: int, data_dir: Path) -> Path | None:
    """The profile folder of a browser; None where it has ended already, or its folder is not one of this desk's."""
    try:
        arguments = psutil.Process(root_pid).cmdline()
    except psutil.Error:
        return None
    named = [Path(one.removeprefix(USER_DATA_OPTION)) for one in arguments if one.startswith(USER_DATA_OPTION)]
    for profile in named:
        if any(_is_same(profile.parent, home) for home in all_browsers_dirs(data_dir)):
            return profile
    return None


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


async def remove_unused(data_dir: Path) -> bool:
    """Remove the driver's profile folders that no browser runs on; returns whether none of them is left.

    For browsers that did not come up, and so could not be asked. Other drivers of this desk may be at work meanwhile.
    """
    wiped = [await wipe_profile(profile) for profile in await asyncio.to_thread(_unused, data_dir)]
    return all(wiped)


def _unused(data_dir: Path) -> list[Path]:
    profiles = [profile for home in all_browsers_dirs(data_dir) for profile in home.glob(DRIVERS_PROFILES)]
    return [profile for profile in profiles if not _is_removed(profile) and not is_in_use(profile)]


def _is_removed(profile: Path) -> bool:
    try:
        profile.rmdir()  # an empty one may be a browser's that is only just being started: it makes the folder anew
    except OSError:
        return not os.path.lexists(profile)  # not empty: a browser ran on it, or does
    return True


async def remove_abandoned(data_dir: Path) -> bool:
    """End and remove what browsers of dead agents left; returns whether nothing of it stays. For an agent's start.

    What another process of this desk has made, such as a check of the profile, is left alone while that one runs.
    """
    homes = await asyncio.to_thread(all_browsers_dirs, data_dir)
    ended = await asyncio.to_thread(_end_abandoned, homes)
    wiped = [await wipe_folder(folder) for home in homes for folder in home.iterdir() if is_abandoned(folder)]
    names_gone = await asyncio.to_thread(remove_dead_names, data_dir)
    return await remove_unused(data_dir) and all(wiped) and names_gone and ended


def _end_abandoned(homes: list[Path]) -> bool:
    """Kill the browsers that run in ``homes`` and whose agent is gone; returns whether nothing of them runs any more.

    They are told by their profile's folder: a browser that hangs outlives its driver, and so the agent.
    """
    found = [mark for home in homes for mark in processes_of(home)]
    left = kill_all([mark for mark in found if not _has_agent(mark)], KILL_LIMIT_S)
    if left:
        log.error("browsers of an earlier agent could not be ended: %s", left)
    return not left


def _has_agent(mark: ProcessMark) -> bool:
    """Whether a command of the agent, this one or another, is above this process. The supervisor only adopts."""
    process = mark.find()
    if process is None:
        return True  # it has ended
    with contextlib.suppress(psutil.Error):
        for parent in process.parents():
            line = parent.cmdline()[:4]
            if parent.pid == os.getpid() or "kiosk_agent" in line or any("kiosk-agent" in Path(o).name for o in line):
                return True
    return False
