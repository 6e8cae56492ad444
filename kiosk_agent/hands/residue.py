"""What a visit leaves on the PC, and what earlier visits left when the agent or the PC died."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import psutil

from kiosk_agent.hands.clipboard import clear_clipboard
from kiosk_agent.hands.template_copies import sweep_copies
from kiosk_agent.hands.visit_folders import all_browsers_dirs
from kiosk_agent.process_tree import ProcessMark, kill_all, mark_of

KILL_LIMIT_S = 5.0


async def sweep(data_dir: Path) -> tuple[str, ...]:
    """Remove what visits of an earlier agent left: processes, folders, the clipboard; returns the kinds that stay."""
    left = [*await asyncio.to_thread(_sweep, data_dir), *await sweep_copies(data_dir)]
    return tuple(dict.fromkeys(left))


def _sweep(data_dir: Path) -> tuple[str, ...]:
    folders = all_browsers_dirs(data_dir)
    left: list[str] = []
    if kill_all([mark for folder in folders for mark in processes_of(folder)], KILL_LIMIT_S):
        left.append("processes")
    for visit in [visit for folder in folders for visit in folder.iterdir()]:
        shutil.rmtree(visit, ignore_errors=True)  # what is left is reported below
        if visit.exists() and "profile" not in left:
            left.append("profile")
    if not clear_clipboard():
        left.append("clipboard")
    return tuple(left)


def processes_of(folder: Path) -> list[ProcessMark]:
    """Processes that were started on something in ``folder``: their command line names it."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if any(str(folder) in argument for argument in process.info["cmdline"] or ()):
            mark = mark_of(process.pid)
            if mark is not None:
                found.append(mark)
    return found
