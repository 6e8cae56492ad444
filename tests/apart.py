"""A lane's world of its own: processes, ``/tmp`` and ``/dev/shm`` that no other lane sees.

    python -m tests.apart FOLDER COMMAND …

runs as the first process of new namespaces, as ``command()`` starts it. ``FOLDER`` becomes ``/tmp``. Whatever was
started in there ends with this process, and this process ends with the one that holds the other end of its input.

Not separate is what the tests don't share in the first place: the network (all ports are chosen by the system), the
user's own folders, and ``/run``.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[1]
NAMESPACES = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
# Browsers, drivers and desks leave files in there and clear away what dead processes left: a desk takes the folders of
# the other lane's living processes for such, and an X server the other's lock, because it doesn't see the process.
TEMPORARY = Path("/tmp")
IN_MEMORY = Path("/dev/shm")
ENDED = 128 + signal.SIGTERM


def command(folder: Path, wanted: Sequence[str]) -> list[str]:
    """``wanted`` in a world of its own, with ``folder`` for its temporary files; to be started in ``ROOT``."""
    return [*NAMESPACES, sys.executable, "-m", "tests.apart", str(folder), *wanted]


def why_not() -> str:
    """Why there can be no such world on this machine, in one line; empty where there can."""
    if sys.platform != "linux":
        return "only on Linux"
    if os.geteuid() != 0:
        # a user namespace would do, but the tests would believe that they are root
        return "only as root"
    for program in ("unshare", "mount"):
        if shutil.which(program) is None:
            return f"{program} is not on this machine"
    with tempfile.TemporaryDirectory(prefix="lane-") as folder:
        inside = command(Path(folder), [sys.executable, "-c", ""])
        with subprocess.Popen(inside, cwd=ROOT, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as tried:
            assert tried.stderr is not None
            said = tried.stderr.read().strip()
            status = tried.wait()
    if status == 0:
        return ""
    return said.splitlines()[-1] if said else f"exit status {status}"


def main(folder: Path, wanted: Sequence[str]) -> int:
    """Run ``wanted`` and gather in every process that loses its parent meanwhile; returns its exit status."""
    if sys.platform != "linux" or os.getpid() != 1:
        raise SystemExit("expected to be the first process of its own namespaces: see tests/apart.py")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    _own_folders(folder)
    os.chdir(ROOT)
    environment = {name: value for name, value in os.environ.items() if name not in {"TMPDIR", "TEMP", "TMP"}}
    # A session of its own: a process whose session or group is led from outside finds 0 for it.
    first = os.posix_spawn(
        wanted[0],
        wanted,
        environment,
        file_actions=[(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)],
        setsid=True,
    )
    threading.Thread(target=_end_with_whoever_started_it, daemon=True).start()
    while True:
        ended, status = os.wait()
        if ended == first:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def _own_folders(folder: Path) -> None:
    def mount(*options: str) -> None:
        subprocess.run(["mount", *options], check=True, stdin=subprocess.DEVNULL)

    folder.chmod(0o1777)
    for needed in _needed_in_temporary():
        place = folder / needed.relative_to(TEMPORARY)
        place.mkdir(parents=True, exist_ok=True)
        mount("--rbind", str(needed), str(place))
    mount("--rbind", str(folder), str(TEMPORARY))
    if IN_MEMORY.is_dir():
        mount("-t", "tmpfs", "-o", "mode=1777", "tmpfs", str(IN_MEMORY))


def _needed_in_temporary() -> list[Path]:
    """The project and its Python, where they are below ``/tmp`` themselves."""
    found: list[Path] = []
    for path in sorted({ROOT, Path(sys.prefix), Path(sys.base_prefix)}):
        if path.is_relative_to(TEMPORARY) and not any(path.is_relative_to(other) for other in found):
            found.append(path)
    return found


def _end_with_whoever_started_it() -> None:
    while os.read(0, 1):
        pass
    os._exit(ENDED)  # and the kernel ends everything in here


def _end(_number: int, _frame: FrameType | None) -> NoReturn:
    os._exit(ENDED)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
