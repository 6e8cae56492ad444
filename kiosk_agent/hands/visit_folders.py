"""Where visits keep what must not outlive them: in memory where there is room, otherwise in the data folder.

Each data folder has its own place, so that another desk of the same user is never swept along. A folder's name says
which process made it, so that a sweep can tell an abandoned one from one in use:
``visit-<pid>-<start of that process in 1/100 s>-<random>``.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import re
import secrets
import shutil
import stat
from pathlib import Path

import psutil

log = logging.getLogger(__name__)

MEMORY_FOLDER = Path("/dev/shm")  # noqa: S108 - only through a folder of our own, checked for owner and mode
DISK_FOLDER = "visits"
BROWSERS_FOLDER = "browsers"  # beside the copies of templates, whose names say which process made them
ROOM_BYTES = 256 * 1024 * 1024  # a browser's own files are a few MB; the rest is for what the resident downloads
SAME_START_S = 2.0  # how far a process's start may shift when the wall clock is set
NAME = re.compile(r"visit-(?P<pid>\d+)-(?P<started>\d+)-[0-9a-f]{16}")


def new_visit_folder(root: Path) -> Path:
    """An empty folder for what must not outlive a browser of this process; the sweep finds it. Raises OSError."""
    started = round(psutil.Process().create_time() * 100)
    folder = root / f"visit-{os.getpid()}-{started}-{secrets.token_hex(8)}"
    folder.mkdir(mode=0o700)
    return folder


def is_abandoned(folder: Path) -> bool:
    """Whether ``folder`` is of :func:`new_visit_folder` and its maker no longer runs."""
    return NAME.fullmatch(folder.name) is not None and not has_maker(folder)


def has_maker(folder: Path) -> bool:
    """Whether ``folder`` is of :func:`new_visit_folder` and its maker still runs."""
    match = NAME.fullmatch(folder.name)
    if match is None:
        return False
    try:
        maker = psutil.Process(int(match["pid"]))
        started = maker.create_time()
        if maker.status() == psutil.STATUS_ZOMBIE:
            return False
    except psutil.Error:
        return False
    return abs(started - int(match["started"]) / 100) <= SAME_START_S


def browsers_dir(data_dir: Path) -> Path:
    """Where this desk's browsers have their folders; at an agent's start all in it is left over. Raises OSError."""
    folder = visit_root(data_dir) / BROWSERS_FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def all_browsers_dirs(data_dir: Path) -> list[Path]:
    """Every such folder that an agent may have used."""
    folders = [root / BROWSERS_FOLDER for root in all_roots(data_dir)]
    return [folder for folder in folders if folder.is_dir()]


def all_roots(data_dir: Path) -> list[Path]:
    """Every root that an agent may have used, whether it is there or not."""
    return [root for root in (memory_root(data_dir, make=False), data_dir / DISK_FOLDER) if root is not None]


def remove_if_empty(data_dir: Path) -> None:
    """Leave no empty folders in memory when the agent ends."""
    root = memory_root(data_dir, make=False)
    if root is not None:
        with contextlib.suppress(OSError):  # not empty: the next agent's sweep sees to it
            (root / BROWSERS_FOLDER).rmdir()
        with contextlib.suppress(OSError):
            root.rmdir()


def visit_root(data_dir: Path) -> Path:
    """The folder for new copies: in memory where there is room, otherwise in the data folder. Raises OSError."""
    memory = memory_root(data_dir)
    if memory is not None and shutil.disk_usage(memory).free >= ROOM_BYTES:
        return memory
    disk = data_dir / DISK_FOLDER
    disk.mkdir(mode=0o700, parents=True, exist_ok=True)
    return disk


def memory_root(data_dir: Path, *, make: bool = True) -> Path | None:
    """This data folder's own place in memory, made where it is missing; None where there is none to be trusted."""
    if not hasattr(os, "geteuid") or not MEMORY_FOLDER.is_dir():
        return None
    # the name can be guessed and anybody may write to /dev/shm: it counts only if it is ours alone
    name = hashlib.sha256(os.fsencode(data_dir.resolve())).hexdigest()[:16]
    root = MEMORY_FOLDER / f"kiosk-agent-{os.geteuid()}-{name}"
    try:
        if make:
            with contextlib.suppress(FileExistsError):
                root.mkdir(mode=0o700)
        elif not root.exists():
            return None
        found = root.lstat()
    except OSError as error:
        log.warning("nothing of visits can be kept in memory: %s", error)
        return None
    if stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and stat.S_IMODE(found.st_mode) == 0o700:
        return root
    log.warning("%s is not this user's own folder: visits go to the disk", root)
    return None
