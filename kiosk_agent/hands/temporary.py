"""Where a browser and all that it starts keep their temporary files: in a folder of the visit's own.

Chromium leaves files among everybody's temporary ones when it is killed: its lock, and pages on their way to the
printer. In a folder of their own they are gone with the visit, whatever they are called, and nobody else's with them.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from kiosk_agent.hands.visit_folders import MEMORY_FOLDER, all_roots

VARIABLES = ("TMPDIR", "TEMP", "TMP")
FOLDER = "temporary"
# What its processes share has such a name for a moment; a browser that is killed just then leaves it.
OWN_NAMES = re.compile(r"\.(org\.chromium|com\.google|com\.microsoft)\..*")
LINK = re.compile(r"kiosk-agent-t[0-9a-f]{8}")
# Chromium's lock is a socket in there, and the address of a socket has 108 bytes at most (unix(7)).
SOCKET_BYTES = 107
LONGEST_NAME = "/org.chromium.Chromium.XXXXXX/SingletonSocket"


class TemporaryPlace:
    """For one browser. ``folder`` must be there already, and is removed by whoever made it."""

    def __init__(self, folder: Path, data_dir: Path) -> None:
        """Make the place in ``folder``. Raises OSError."""
        self.folder = folder / FOLDER
        self.folder.mkdir(mode=0o700)
        self._link: Path | None = None
        if not has_room_for_a_lock(self.folder):
            self._link = _short_link(data_dir)
            if self._link is not None:
                self._link.symlink_to(self.folder, target_is_directory=True)

    @property
    def path(self) -> Path | None:
        """What programs are to call it; None where every name is too long, so that they keep to the usual place."""
        return self._link or (self.folder if has_room_for_a_lock(self.folder) else None)

    @property
    def environment(self) -> dict[str, str]:
        """The variables that name it."""
        return {} if self.path is None else dict.fromkeys(VARIABLES, str(self.path))

    @property
    def arguments(self) -> Sequence[str]:
        """What Chromium is to be told besides: otherwise it puts what its processes share where everybody does."""
        in_memory = self.path is not None and self.folder.is_relative_to(MEMORY_FOLDER)
        return ("--disable-dev-shm-usage",) if in_memory else ()

    def files(self) -> int:
        """How many files lie in it, beside the browser's own lock and memory."""
        return count_files(self.folder, OWN_NAMES)

    def forget(self) -> bool:
        """Remove the name; returns whether it is gone."""
        if self._link is not None:
            with contextlib.suppress(OSError):
                self._link.unlink()
            return not self._link.is_symlink()
        return True


def count_files(folder: Path, but: re.Pattern[str] | None = None) -> int:
    """How many plain files are below ``folder``, those ``but`` left out; 0 where it is not there."""
    # walk: what vanishes meanwhile, because the driver tidies up as well, is no error
    paths = (Path(where, name) for where, _folders, names in os.walk(folder) for name in names)
    counted = (path for path in paths if but is None or not but.fullmatch(path.name))
    return sum(path.is_file() and not path.is_symlink() for path in counted)


def remove_dead_names(data_dir: Path) -> bool:
    """Remove the short names that lead nowhere any more; returns whether none of them is left."""
    dead = [path for home in _homes(data_dir) for path in home.iterdir() if _is_dead(path)]
    for path in dead:
        with contextlib.suppress(OSError):
            path.unlink()
    return not any(path.is_symlink() for path in dead)


def _is_dead(path: Path) -> bool:
    try:
        return LINK.fullmatch(path.name) is not None and path.is_symlink() and not path.exists()
    except OSError:
        return False


def _homes(data_dir: Path) -> list[Path]:
    return [home for home in (*all_roots(data_dir), Path(tempfile.gettempdir())) if home.is_dir()]


def _short_link(data_dir: Path) -> Path | None:
    """A name that is short enough, in this desk's own folder if that can be."""
    name = f"kiosk-agent-t{secrets.token_hex(4)}"
    return next((home / name for home in _homes(data_dir) if has_room_for_a_lock(home / name)), None)


def has_room_for_a_lock(path: Path) -> bool:
    """Whether a browser can have its lock in there: the whole name of a socket is short."""
    return sys.platform == "win32" or len(f"{path}{LONGEST_NAME}".encode()) <= SOCKET_BYTES
