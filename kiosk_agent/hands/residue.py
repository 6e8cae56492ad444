"""What a visit leaves on the PC, and what earlier visits left when the agent or the PC died."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from pathlib import Path

import psutil

from kiosk_agent.hands.clipboard import clear_clipboard
from kiosk_agent.hands.template_copies import sweep_copies
from kiosk_agent.hands.visit_folders import all_browsers_dirs, has_maker
from kiosk_agent.hands.wiping import KILL_LIMIT_S, processes_of
from kiosk_agent.process_tree import kill_all


async def sweep(data_dir: Path) -> tuple[str, ...]:
    """Remove what visits of an earlier agent left: processes, folders, the clipboard; returns the kinds that stay."""
    left = [*await asyncio.to_thread(_sweep, data_dir), *await sweep_copies(data_dir)]
    return tuple(dict.fromkeys(left))


def _sweep(data_dir: Path) -> tuple[str, ...]:
    left: set[str] = set()
    for folder in all_browsers_dirs(data_dir):
        left.update(_sweep_folder(folder))
    if not clear_clipboard():
        left.add("clipboard")
    return tuple(sorted(left))


def _sweep_folder(folder: Path) -> set[str]:
    left: set[str] = set()
    own = [process.pid for process in psutil.Process().children(recursive=True)]  # the gate's browser among them
    found = processes_of(folder)
    in_use = [mark.pid for mark in found if mark.pid in own]
    if kill_all([mark for mark in found if mark.pid not in own], KILL_LIMIT_S):
        left.add("processes")
    kept = _folders_of(in_use, folder)
    for visit in folder.iterdir():
        if visit in kept or has_maker(visit):
            continue
        shutil.rmtree(visit, ignore_errors=True)  # what is left is reported below
        if visit.exists():
            left.add("profile")
    return left


def _folders_of(pids: list[int], folder: Path) -> set[Path]:
    """What of ``folder`` is named in the command lines of these processes."""
    named: set[Path] = set()
    for pid in pids:
        with contextlib.suppress(psutil.Error):
            arguments = psutil.Process(pid).cmdline()
            named.update(one for one in folder.iterdir() if any(str(one) in argument for argument in arguments))
    return named
