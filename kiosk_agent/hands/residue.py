"""What a visit leaves on the PC, and what earlier visits left when the agent or the PC died.

Each kind is looked for, removed, and looked for again. What gives no answer in time is not taken for clean.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import logging
import shutil
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import psutil

from kiosk_agent.hands.bounded import within
from kiosk_agent.hands.clipboard import NOTHING, ClipboardState, clear_clipboard, clipboard_state, keeps_history
from kiosk_agent.hands.launch import Launch
from kiosk_agent.hands.printing.spooler import Spooler, SpoolerError, spooler_here
from kiosk_agent.hands.printing.visit_jobs import VisitJobs
from kiosk_agent.hands.template_copies import sweep_copies
from kiosk_agent.hands.temporary import remove_dead_names
from kiosk_agent.hands.visit_folders import all_browsers_dirs, has_maker
from kiosk_agent.hands.wiping import KILL_LIMIT_S, processes_of
from kiosk_agent.process_tree import kill_all
from kiosk_agent.session.residue import Residue, ResidueKind, combined

log = logging.getLogger(__name__)

SHARE = 0.8  # of the session's own limit: what is known must be told before the session gives up waiting
LOOK_LIMIT_S = 0.3  # measured: 3 ms; the browser is killed only after it
SERVER_LIMIT_S = 5.0  # a print server that needs longer for one answer hangs

Found = tuple[Residue, ...]


class VisitResidue:
    """Of one visit. ``on_screen``: whether it has a clipboard at all. ``spooler`` None: print jobs are left alone."""

    def __init__(
        self, launch: Launch, *, on_screen: bool, spooler: Callable[[], Spooler] | None, limit_s: float
    ) -> None:
        self._launch = launch
        self._on_screen = on_screen
        self._spooler = spooler
        self._limit_s = limit_s * SHARE
        self._since = 0.0
        self._jobs: VisitJobs | None = None
        self._noting: asyncio.Task[None] | None = None
        self._clipboard_before = self._clipboard_after = NOTHING

    # before the visit, and before its end

    def begin(self) -> None:
        """The visit's browser is about to be started: note what is there already. Keeps nobody waiting."""
        self._since = time.time()
        self._noting = asyncio.get_running_loop().create_task(self._note())

    def begun(self) -> None:
        """From here on the resident can print and copy: what has not been noted by now no longer counts."""
        if self._noting is not None and not self._noting.done():
            log.warning("the print queues gave no answer while the visit began")
            self._noting.cancel()

    async def _note(self) -> None:
        if self._on_screen:
            self._clipboard_before = await _look_at_clipboard()
        if self._spooler is None:
            return
        try:
            jobs = VisitJobs(await within(self._limit_s, self._spooler, "print queues"), self._since)
            await within(self._limit_s, jobs.note_before, "print queues")
        except (TimeoutError, SpoolerError) as error:
            log.warning("the print queues could not be looked at when the visit began: %s", type(error).__name__)
        else:
            self._jobs = jobs

    async def before_end(self) -> None:
        """The visit's browser is about to be killed, and what it had copied with it."""
        if self._on_screen:
            self._clipboard_after = await _look_at_clipboard()

    # after it

    async def remove(self) -> Found:
        """Remove everything, and see that it is gone. Answers within the limit, whatever hangs."""
        kinds = [self._in_time(self._remove_files(), ResidueKind.TEMPORARY_FILES)]
        if self._on_screen:
            kinds.append(self._in_time(self._clear_clipboard(), ResidueKind.CLIPBOARD))
        if self._spooler is not None:
            kinds.append(self._in_time(self._remove_jobs(self._spooler), ResidueKind.PRINT_JOBS))
        return combined(*await asyncio.gather(*kinds))

    async def _in_time(self, work: Coroutine[Any, Any, Found], kind: ResidueKind) -> Found:
        try:
            async with asyncio.timeout(self._limit_s):
                return await work
        except Exception as error:  # noqa: BLE001 - whatever goes wrong, the other kinds are still told
            log.error("%s of the visit could not be removed: %s", kind, type(error).__name__)
            return (Residue(kind, unknown=True),)

    async def _remove_files(self) -> Found:
        saved = await asyncio.to_thread(self._launch.downloads)
        temporary = await asyncio.to_thread(self._launch.temporary_files)
        is_gone = await self._launch.wipe()
        saved_left = await asyncio.to_thread(self._launch.downloads)
        temporary_left = await asyncio.to_thread(self._launch.temporary_files)
        if not is_gone and not saved_left and not temporary_left:
            temporary_left = 1  # the profile, or a folder
        return (
            Residue(ResidueKind.DOWNLOADS, max(saved - saved_left, 0), saved_left),
            Residue(ResidueKind.TEMPORARY_FILES, max(temporary - temporary_left, 0), temporary_left),
        )

    async def _clear_clipboard(self) -> Found:
        is_empty = await within(self._limit_s, clear_clipboard, "clipboard")
        was_changed = self._clipboard_after.serial != self._clipboard_before.serial
        in_history = was_changed and await asyncio.to_thread(keeps_history)
        if is_empty and not in_history:
            return (Residue(ResidueKind.CLIPBOARD, removed=int(self._clipboard_after.is_used)),)
        return (Residue(ResidueKind.CLIPBOARD, left=1),)

    async def _remove_jobs(self, spooler: Callable[[], Spooler]) -> Found:
        if self._noting is None:
            return ()  # the visit never began
        jobs = self._jobs or VisitJobs(await within(self._limit_s, spooler, "print queues"), self._since)
        until = time.monotonic() + self._limit_s * SHARE
        return await within(self._limit_s, lambda: jobs.remove(until), "print queues")


async def _look_at_clipboard() -> ClipboardState:
    try:
        return await within(LOOK_LIMIT_S, clipboard_state, "clipboard")
    except TimeoutError:
        return ClipboardState(is_used=True)  # not known: counts as used


def this_spooler() -> Spooler:
    """The print queues of this PC. Raises SpoolerError."""
    return spooler_here(SERVER_LIMIT_S)


async def sweep(
    data_dir: Path, since: datetime.datetime | None = None, *, print_jobs: bool = False, limit_s: float = 10.0
) -> Found:
    """Remove what visits of an earlier agent left: processes, folders, the clipboard, the last visit's print jobs.

    ``since``: when the last visit began; None: not known.
    """
    limit_s *= SHARE
    parts = [
        await asyncio.to_thread(_sweep, data_dir),
        _of_copies(await sweep_copies(data_dir)),
        await _sweep_clipboard(limit_s),
        await _sweep_jobs(since, limit_s) if print_jobs else (),
    ]
    return combined(*parts)


async def _sweep_clipboard(limit_s: float) -> Found:
    try:
        is_empty = await within(limit_s, clear_clipboard, "clipboard")
    except TimeoutError:
        return (Residue(ResidueKind.CLIPBOARD, unknown=True),)
    return () if is_empty else (Residue(ResidueKind.CLIPBOARD, left=1),)


async def _sweep_jobs(since: datetime.datetime | None, limit_s: float) -> Found:
    try:
        spooler = await within(limit_s, this_spooler, "print queues")
        jobs = VisitJobs(spooler, None if since is None else since.timestamp())
        until = time.monotonic() + limit_s * SHARE
        return await within(limit_s, lambda: jobs.remove(until), "print queues")
    except (TimeoutError, SpoolerError) as error:
        log.error("print jobs of the last visit could not be removed: %s", type(error).__name__)
        return (Residue(ResidueKind.PRINT_JOBS, unknown=True),)


def _of_copies(left: tuple[str, ...]) -> Found:
    kinds = {"processes": ResidueKind.PROCESSES, "profile": ResidueKind.TEMPORARY_FILES}
    return tuple(Residue(kinds[one], left=1) for one in left)


def _sweep(data_dir: Path) -> Found:
    found: list[Residue] = []
    for folder in all_browsers_dirs(data_dir):
        found += _sweep_folder(folder)
    if not remove_dead_names(data_dir):
        found.append(Residue(ResidueKind.TEMPORARY_FILES, left=1))
    return tuple(found)


def _sweep_folder(folder: Path) -> list[Residue]:
    own = [process.pid for process in psutil.Process().children(recursive=True)]  # the gate's browser among them
    found = processes_of(folder)
    in_use = [mark.pid for mark in found if mark.pid in own]
    living = kill_all([mark for mark in found if mark.pid not in own], KILL_LIMIT_S)
    kept = _folders_of(in_use, folder)
    told = [Residue(ResidueKind.PROCESSES, left=len(living))]
    for visit in folder.iterdir():
        if visit in kept or has_maker(visit):
            continue
        shutil.rmtree(visit, ignore_errors=True)  # what is left is reported below
        if visit.exists():
            told.append(Residue(ResidueKind.TEMPORARY_FILES, left=1))
    return told


def _folders_of(pids: list[int], folder: Path) -> set[Path]:
    """What of ``folder`` is named in the command lines of these processes."""
    named: set[Path] = set()
    for pid in pids:
        with contextlib.suppress(psutil.Error):
            arguments = psutil.Process(pid).cmdline()
            named.update(one for one in folder.iterdir() if any(str(one) in argument for argument in arguments))
    return named
