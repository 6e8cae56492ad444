"""Removing folders of browsers for good: what still runs on one would make it anew."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from kiosk_agent.process_tree import ProcessMark, kill_all, mark_of

log = logging.getLogger(__name__)

WIPE_LIMIT_S = 5.0  # measured: 3–11 ms; Windows may hold files for a moment after the process is gone
WIPE_PAUSE_S = 0.1
KILL_LIMIT_S = 5.0  # measured: all of a browser's processes are gone 0.25 s after SIGKILL
USER_DATA_OPTION = "--user-data-dir="  # all of a browser's processes carry it, whichever of them is left
LOCK_SOCKET = "SingletonSocket"
CHILDS_OPTION = "--type="  # what kind of child it is; the root has none


def lock_folder(profile: Path) -> Path | None:
    """Where the browser that runs on ``profile`` keeps its lock's socket: a folder of its own among the temporary ones.

    Chromium removes it at an orderly end alone (``chrome/browser/process_singleton_posix.cc``). None where there is
    none, as on Windows.
    """
    try:
        folder = (profile / LOCK_SOCKET).readlink().parent
        is_own = folder.lstat().st_uid == profile.lstat().st_uid
    except OSError:
        return None
    return folder if is_own and folder.parent == Path(tempfile.gettempdir()) else None


async def wipe_profile(profile: Path) -> bool:
    """End what still runs on a browser's profile and remove it; returns whether both are gone."""
    lock = lock_folder(profile)
    ended = await end_running_on(profile)
    gone = [await wipe_folder(folder) for folder in (lock, profile) if folder is not None]
    return all(gone) and ended


async def end_running_on(profile: Path) -> bool:
    """Kill what is left of the browser whose profile this is; returns whether nothing of it runs any more.

    When a browser's root is killed, its children go on for a moment, write, and are nobody's children any more.
    """
    return not await asyncio.to_thread(lambda: kill_all(_naming(f"{USER_DATA_OPTION}{profile}"), KILL_LIMIT_S))


def is_in_use(profile: Path) -> bool:
    """Whether the root of a browser runs on this profile; what it leaves when it is killed does not count."""
    lines = (line for _process, line in _processes(f"{USER_DATA_OPTION}{profile}"))
    return any(not any(CHILDS_OPTION in argument for argument in line) for line in lines)


async def wipe_folder(folder: Path) -> bool:
    """Remove ``folder``, trying again while something in it is locked; returns whether it is gone."""
    deadline = time.monotonic() + WIPE_LIMIT_S
    while (error := await asyncio.to_thread(_remove, folder)) is not None:
        if time.monotonic() >= deadline:
            log.error("a browser's files could not be removed: %s", error)
            return False
        await asyncio.sleep(WIPE_PAUSE_S)  # no event tells when a file is unlocked
    return True


def _remove(folder: Path) -> OSError | None:
    try:
        shutil.rmtree(folder)
    except OSError as error:
        return error if os.path.lexists(folder) else None
    return None


def processes_of(folder: Path) -> list[ProcessMark]:
    """Processes that were started on something in ``folder``: their command line names it."""
    return _naming(str(folder))


def _naming(text: str) -> list[ProcessMark]:
    marks = (mark_of(process.pid) for process, _line in _processes(text))
    return [mark for mark in marks if mark is not None]


def _processes(text: str) -> Iterator[tuple[psutil.Process, list[str]]]:
    for process in psutil.process_iter(["cmdline"]):
        line = process.info["cmdline"] or []
        if any(text in argument for argument in line):
            yield process, line
