"""The copies of a template that visits run on: each resident's own, wiped afterwards, swept at the agent's start.

A copy lies in memory where there is a memory file system with room, so that a power cut takes it along; otherwise in
the data folder. Its folder's name says which process made it.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from kiosk_agent.hands.template import PROFILE_FOLDER, Template
from kiosk_agent.hands.temporary import TemporaryPlace
from kiosk_agent.hands.visit_folders import all_roots, is_abandoned, new_visit_folder, visit_root
from kiosk_agent.hands.wiping import KILL_LIMIT_S, USER_DATA_OPTION, wipe_folder, wipe_profile
from kiosk_agent.process_tree import ProcessMark, kill_all


class VisitCopy:
    """The folders of one visit. ``copy_ms`` is how long the copying took."""

    def __init__(self, folder: Path, temporary: TemporaryPlace, copy_ms: float) -> None:
        self.folder = folder
        self.temporary = temporary
        self.copy_ms = copy_ms
        self.wipe_ms: float | None = None

    @property
    def profile_dir(self) -> Path:
        """The browser's user data folder."""
        return self.folder / PROFILE_FOLDER

    @property
    def downloads_dir(self) -> Path:
        """Where the visit's downloads go."""
        return self.folder / "downloads"

    @property
    def artifacts_dir(self) -> Path:
        """Where the driver keeps its own temporary files."""
        return self.folder / "artifacts"

    async def wipe(self) -> bool:
        """Remove everything of the visit; returns whether it is gone. The browser must be gone already."""
        before = time.perf_counter()
        profile_gone = await wipe_profile(self.profile_dir)
        name_gone = self.temporary.forget()
        gone = await wipe_folder(self.folder) and profile_gone and name_gone
        self.wipe_ms = (time.perf_counter() - before) * 1000
        return gone


async def make_copy(template: Template, data_dir: Path) -> VisitCopy:
    """A fresh copy of ``template``, for this user alone. Raises OSError."""
    before = time.perf_counter()
    folder, temporary = await asyncio.to_thread(_copy, template.profile_dir, data_dir)
    return VisitCopy(folder, temporary, (time.perf_counter() - before) * 1000)


def _copy(source: Path, data_dir: Path) -> tuple[Path, TemporaryPlace]:
    folder = new_visit_folder(visit_root(data_dir))
    try:
        shutil.copytree(source, folder / PROFILE_FOLDER, symlinks=True)
        for name in ("downloads", "artifacts"):
            (folder / name).mkdir(mode=0o700)
        return folder, TemporaryPlace(folder, data_dir)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)  # the sweep takes what even this leaves
        raise


async def sweep_copies(data_dir: Path) -> tuple[str, ...]:
    """Kill and remove what visits of dead agents left; returns the kinds that could not be removed.

    For the agent's start. Copies whose maker is still alive are left alone.
    """
    roots = all_roots(data_dir)
    killed = await asyncio.to_thread(_kill_abandoned, roots)
    wiped = [await wipe_folder(folder) for folder in await asyncio.to_thread(_abandoned_folders, roots)]
    return (*(() if killed else ("processes",)), *(() if all(wiped) else ("profile",)))


def _abandoned_folders(roots: list[Path]) -> list[Path]:
    return [folder for root in roots if root.is_dir() for folder in root.iterdir() if is_abandoned(folder)]


def _kill_abandoned(roots: list[Path]) -> bool:
    """Kill every browser that runs on an abandoned copy, and what it started; returns whether all are gone."""
    return not kill_all(list(_abandoned_processes(roots)), KILL_LIMIT_S)


def _abandoned_processes(roots: list[Path]) -> Iterator[ProcessMark]:
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):  # ended meanwhile, or another user's
            folder = _visit_folder_of(process.cmdline(), roots)
            if folder is not None and is_abandoned(folder):
                yield ProcessMark(process.pid, process.create_time())


def _visit_folder_of(command_line: list[str], roots: list[Path]) -> Path | None:
    """The visit folder that a browser's command line names; None where it names none."""
    for argument in command_line:
        if argument.startswith(USER_DATA_OPTION):
            folder = Path(argument.removeprefix(USER_DATA_OPTION)).parent
            if folder.parent in roots:
                return folder
    return None
