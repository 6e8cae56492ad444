"""Real applications that the tests use, each below ``.thirdparty/`` in an environment of its own.

As portals Wagtail (Python, in a virtual environment) and Node-RED 4 (Node.js); as an OpenID provider oidc-provider 8
(Node.js). They are whole or not there, and may be asked for again and again; a changed lock file builds them anew.
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
OLDEST_NODE = 18  # Node-RED 4 says 18.5; what Debian 12 has. Its version 5 and oidc-provider 9 want a newer one.
READY = "kiosk-agent-ready.txt"
NODERED, OIDC = "nodered", "oidc"  # their folders: of the lock file, and below PLACE
NEW, TRASH = ".new-", ".trash-"


def ensure_wagtail(root: Path) -> Path:
    """The Python of an environment with Wagtail, made where it is missing. Raises SetupError."""
    return ensure_environment(root / PLACE / "wagtail", [HERE / "requirements" / "wagtail.txt"])


def ensure_nodered(root: Path) -> Path:
    """Node-RED's start script (``node red.js``), installed where it is missing. Raises SetupError."""
    return _nodered_program(_ensure_from_npm(root, NODERED))


def ensure_oidc(root: Path) -> Path:
    """The folder of oidc-provider, to be imported from, installed where it is missing. Raises SetupError."""
    return _ensure_from_npm(root, OIDC)


def _ensure_from_npm(root: Path, name: str) -> Path:
    """Built in a folder beside it and renamed when it is whole. The scripts of packages are not run: none is needed."""
    folder = root / PLACE / name
    if _is_ready(folder):
        return folder
    npm = _npm()
    with only_one(folder):
        _sweep(folder)
        if not _is_ready(folder):
            _build(folder, npm)
    return folder


def _nodered_program(folder: Path) -> Path:
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


def _lock_digest(name: str) -> str:
    lock = (HERE / name / "package-lock.json").read_bytes()
    return hashlib.sha256(lock).hexdigest()


def _is_ready(folder: Path) -> bool:
    try:
        return (folder / READY).read_text(encoding="ascii") == _lock_digest(folder.name)
    except OSError:
        return False


def _build(folder: Path, npm: str) -> None:
    building = Path(tempfile.mkdtemp(prefix=f"{folder.name}{NEW}", dir=folder.parent))
    try:
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(HERE / folder.name / name, building / name)
        # ci: exactly what the lock file says, each package checked against its hash.
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        run(command, cwd=building, environment={"NO_UPDATE_NOTIFIER": "1"})
        with (building / READY).open("w", encoding="ascii") as file:
            file.write(_lock_digest(folder.name))
            file.flush()
            os.fsync(file.fileno())
        if folder.exists():
            folder.rename(folder.with_name(f"{folder.name}{TRASH}{os.getpid()}"))
        building.rename(folder)
    finally:
        _sweep(folder)


def _sweep(folder: Path) -> None:
    """Remove what a set-up that was ended in the middle has left. Only under the lock."""
    for what in (NEW, TRASH):
        for remains in folder.parent.glob(f"{folder.name}{what}*"):
            with contextlib.suppress(OSError):  # what Windows still holds open is swept at the next start
                shutil.rmtree(remains)


def installed_wagtail(root: Path) -> Path | None:
    """What :func:`ensure_wagtail` has made, without making it."""
    folder = root / PLACE / "wagtail"
    return python_of(folder) if (folder / STAMP).exists() else None


def installed_nodered(root: Path) -> Path | None:
    """What :func:`ensure_nodered` has made, without making it; None also where Node.js is gone."""
    folder = _installed_from_npm(root, NODERED)
    return None if folder is None else _nodered_program(folder)


def installed_oidc(root: Path) -> Path | None:
    """What :func:`ensure_oidc` has made, without making it; None also where Node.js is gone."""
    return _installed_from_npm(root, OIDC)


def _installed_from_npm(root: Path, name: str) -> Path | None:
    folder = root / PLACE / name
    return folder if _is_ready(folder) and shutil.which("node") is not None else None
