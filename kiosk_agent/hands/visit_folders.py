"""Where visits keep what must not outlive them: in memory where there is room, otherwise in the data folder.

Each data folder has its own place, so that another desk of the same user is never swept along.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import shutil
import stat
from pathlib import Path

log = logging.getLogger(__name__)

MEMORY_FOLDER = Path("/dev/shm")  # noqa: S108 - only through a folder of our own, checked for owner and mode
DISK_FOLDER = "visits"
BROWSERS_FOLDER = "browsers"  # beside the copies of templates, whose names say which process made them
ROOM_BYTES = 256 * 1024 * 1024  # a browser's own files are a few MB; the rest is for what the resident downloads


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
