"""Two real applications that the tests use as portals, each below ``.thirdparty/`` in an environment of its own.

Wagtail (Python, in a virtual environment) and Node-RED 4 (Node.js). Both are whole or not there, and may be asked for
again and again; a changed lock file builds them anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

from installer.environment import STAMP, ensure_environment, only_one, python_of
from installer.messages import SetupError, text
from installer.packages import Need, provide
from installer.processes import answer, run

HERE = Path(__file__).resolve().parent
PLACE = ".thirdparty"
OLDEST_NODE = 18  # Node-RED 4 says 18.5; what Debian 12 has. Version 5 wants a newer one.
READY = "kiosk-agent-ready.txt"
NEW, TRASH = "nodered.new-", "nodered.trash-"


def ensure_wagtail(root: Path) -> Path:
    """The Python of an environment with Wagtail, made where it is missing. Raises SetupError."""
    return ensure_environment(root / PLACE / "wagtail", [HERE / "requirements" / "wagtail.txt"])


def ensure_nodered(root: Path) -> Path:
    """Node-RED's start script (``node red.js``), installed where it is missing. Raises SetupError.

    Built in a folder beside it and renamed when it is whole. The scripts of packages are not run: none is needed.
    """
    folder = root / PLACE / "nodered"
    if _is_ready(folder):
        return _program(folder)
    npm = _npm()
    with only_one(folder):
        _sweep(folder.parent)
        if not _is_ready(folder):
            _build(folder, npm)
    return _program(folder)


def _program(folder: Path) -> Path:
    return folder / "node_modules" / "node-red" / "red.js"


def _npm() -> str:
    """npm beside a Node.js that is new enough, installed from the distribution where that is allowed."""
    if not _has_node(Path(sys.executable)) and provide([_node_need()], Path(sys.executable)):
        raise SetupError(text("needed"))
    return shutil.which("npm") or "npm"


def _node_need() -> Need:
    """Node.js and npm, as packages of each distribution."""
    names = {"apt-get": "nodejs npm", "dnf": "nodejs npm", "zypper": "nodejs npm", "pacman": "nodejs npm"}
    return Need("what node", _has_node, {**names, "winget": "OpenJS.NodeJS.LTS"}, linux_only=False)


def _has_node(_python: Path) -> bool:
    version = answer(["node", "--version"])  # v18.20.4
    if version is None or shutil.which("npm") is None:
        return False
    return int(version.removeprefix("v").split(".")[0]) >= OLDEST_NODE


def _lock_digest() -> str:
    lock = (HERE / "nodered" / "package-lock.json").read_bytes()
    return hashlib.sha256(lock).hexdigest()


def _is_ready(folder: Path) -> bool:
    try:
        return (folder / READY).read_text(encoding="ascii") == _lock_digest()
    except OSError:
        return False


def _build(folder: Path, npm: str) -> None:
    building = Path(tempfile.mkdtemp(prefix=NEW, dir=folder.parent))
    try:
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(HERE / "nodered" / name, building / name)
        # ci: exactly what the lock file says, each package checked against its hash.
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        run(command, cwd=building, environment={"NO_UPDATE_NOTIFIER": "1"})
        with (building / READY).open("w", encoding="ascii") as file:
            file.write(_lock_digest())
            file.flush()
            os.fsync(file.fileno())
        if folder.exists():
            folder.rename(folder.with_name(f"{TRASH}{os.getpid()}"))
        building.rename(folder)
    finally:
        _sweep(folder.parent)


def _sweep(place: Path) -> None:
    """Remove what a set-up that was ended in the middle has left. Only under the lock."""
    for pattern in (NEW, TRASH):
        for remains in place.glob(f"{pattern}*"):
            with contextlib.suppress(OSError):  # what Windows still holds open is swept at the next start
                shutil.rmtree(remains)


def installed_wagtail(root: Path) -> Path | None:
    """What :func:`ensure_wagtail` has made, without making it."""
    folder = root / PLACE / "wagtail"
    return python_of(folder) if (folder / STAMP).exists() else None


def installed_nodered(root: Path) -> Path | None:
    """What :func:`ensure_nodered` has made, without making it; None also where Node.js is gone."""
    folder = root / PLACE / "nodered"
    return _program(folder) if _is_ready(folder) and shutil.which("node") is not None else None
