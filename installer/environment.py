"""A virtual environment that is either whole or not there.

It is built where it will stay, since a moved environment has wrong paths in its scripts. What keeps it whole:

* the stamp is written last; a folder without one is not an environment;
* the environment that was there before waits in ``NAME.old`` until the new one has its stamp, and comes back when
  anything goes wrong, be it Ctrl+C, an error, or (at the next start) a power cut;
* what is deleted is renamed to ``NAME.trash-*`` first, so that half a deletion is never taken for an environment;
* a lock keeps a second set-up waiting.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypedDict

from installer.messages import SetupError, say, text
from installer.pip_sources import put_pip_into
from installer.processes import answer, run

STAMP = "kiosk-agent-ready.json"
BUILDING = "kiosk-agent-building"
FORMAT = 1
ASK_VERSION = "import platform; print(platform.python_version())"


def python_of(folder: Path) -> Path:
    """The environment's interpreter."""
    return folder / "Scripts" / "python.exe" if sys.platform == "win32" else folder / "bin" / "python"


def script_of(folder: Path, name: str) -> Path:
    """A command that a package has put into the environment."""
    return folder / "Scripts" / f"{name}.exe" if sys.platform == "win32" else folder / "bin" / name


def base_python() -> str:
    """The interpreter behind any environment that this program itself was started from."""
    base = getattr(sys, "_base_executable", None) or sys.executable
    return str(base)


def ensure_environment(
    folder: Path,
    requirements: Sequence[Path],
    *,
    project: Path | None = None,
    build: Path | None = None,
    covers: Sequence[Path] = (),
) -> Path:
    """Make ``folder`` an environment with all of ``requirements``, if it is not one already; returns its Python.

    ``requirements``: files with exact versions and hashes, complete without a resolver. ``build``: such a file with
    pip itself and what builds the project. ``project``: a folder to be installed as well, editable, without deps.
    ``covers``: requirement files whose packages are all in ``requirements`` too, so that whoever asks for those
    later finds this environment good enough. Raises SetupError; on any error the folder is as it was before.
    """
    build = build or Path(__file__).parent / "requirements" / "build.txt"
    files = [build, *requirements, *_sources(project)]
    if _is_ready(folder, files):
        return python_of(folder)
    with only_one(folder):
        _repair(folder)
        if _is_ready(folder, files):
            return python_of(folder)
        with _replacing(folder):
            (folder / BUILDING).touch()
            say("building", folder=folder, version=sys.version.split()[0])
            put_pip_into(folder, python_of(folder), base_python(), build)
            _install(python_of(folder), [build, *requirements], project)
            _write_stamp(folder, [*files, *covers])
    return python_of(folder)


def _sources(project: Path | None) -> list[Path]:
    """The files of a project that decide what installing it does."""
    return [project / "pyproject.toml"] if project is not None else []


def _digests(files: Sequence[Path]) -> dict[str, str]:
    # By name, not by path: the same environment serves whoever asks for the same content.
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def _is_ready(folder: Path, files: Sequence[Path]) -> bool:
    """Whether the environment is whole, was built here, has what ``files`` ask for, and its Python still runs."""
    stamp = _read_stamp(folder)
    if stamp is None or stamp["folder"] != str(folder) or not _digests(files).items() <= stamp["files"].items():
        return False
    return answer([str(python_of(folder)), "-I", "-c", ASK_VERSION]) == stamp["python"]


class Stamp(TypedDict):
    """What a finished environment says of itself. ``files``: name → SHA-256 of the content it was made from."""

    format: int
    folder: str
    python: str
    files: dict[str, str]


def _read_stamp(folder: Path) -> Stamp | None:
    try:
        stamp: Stamp = json.loads((folder / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return stamp if stamp.get("format") == FORMAT else None


def _write_stamp(folder: Path, files: Sequence[Path]) -> None:
    alive = answer([str(python_of(folder)), "-I", "-c", ASK_VERSION])
    if alive is None:
        raise SetupError(text("command failed", command=python_of(folder), status="?"))
    stamp = Stamp(format=FORMAT, folder=str(folder), python=alive, files=_digests(files))
    fresh = folder / (STAMP + ".new")
    with fresh.open("w", encoding="utf-8") as file:
        json.dump(stamp, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder / STAMP)
    (folder / BUILDING).unlink()


def _install(python: Path, files: Sequence[Path], project: Path | None) -> None:
    # -I: what the person's own PYTHONPATH or user folder holds must not count as installed.
    # -qq: errors only; warnings about somebody's pip settings would bury what this program says.
    pip = [str(python), "-I", "-m", "pip", "install", "-qq", "--no-input", "--disable-pip-version-check"]
    pip += ["--progress-bar=off", "--no-deps", "--no-warn-script-location"]
    count = len({line.split("==")[0] for file in files for line in file.read_text().splitlines() if "==" in line})
    say("installing", count=count)
    for file in files:
        run([*pip, "--require-hashes", "--only-binary=:all:", f"--requirement={file}"], environment={"PIP_USER": "0"})
    if project is not None:
        say("project")
        run([*pip, "--no-index", "--no-build-isolation", f"--editable={project}"], environment={"PIP_USER": "0"})


@contextlib.contextmanager
def _replacing(folder: Path) -> Iterator[None]:
    """An empty ``folder`` to build in; on any error it goes away and the one from before comes back."""
    aside = _aside(folder)
    if folder.exists():
        _rename(folder, aside)
    folder.mkdir(parents=True)
    try:
        yield
    except BaseException:
        _discard(folder)
        if aside.exists():
            _rename(aside, folder)
        raise
    _retire(aside)


def _repair(folder: Path) -> None:
    """After a power cut or SIGKILL: what is half-made goes, what was put aside comes back."""
    aside = _aside(folder)
    unfinished = folder.exists() and _read_stamp(folder) is None
    if unfinished and ((folder / BUILDING).exists() or not any(folder.iterdir())):
        say("repaired")
        _discard(folder)
    if aside.exists():
        if folder.exists():
            _retire(aside)
        else:
            _rename(aside, folder)
    for trash in folder.parent.glob(f"{folder.name}.trash-*"):
        shutil.rmtree(trash, ignore_errors=True)


def _retire(aside: Path) -> None:
    """Delete the environment from before, unless somebody else made it: then it is kept and said."""
    if not aside.exists():
        return
    if _read_stamp(aside) is not None:
        _discard(aside)
        return
    kept = aside.with_name(aside.name.removesuffix(".old") + time.strftime(".kept-%Y%m%d-%H%M%S"))
    _rename(aside, kept)
    say("kept", folder=kept)


def _aside(folder: Path) -> Path:
    return folder.with_name(folder.name + ".old")


def _discard(folder: Path) -> None:
    trash = folder.with_name(f"{folder.name.removesuffix('.old')}.trash-{os.getpid()}-{time.monotonic_ns()}")
    _rename(folder, trash)
    shutil.rmtree(trash, ignore_errors=True)  # what Windows still holds open is swept at the next start


def _rename(source: Path, target: Path) -> None:
    try:
        source.rename(target)
    except OSError as error:
        # Windows refuses while any program runs out of the folder.
        raise SetupError(text("in use", folder=source)) from error


@contextlib.contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold the folder's lock; a set-up that comes second waits, and says so. A dead one's lock is free at once."""
    path = folder.with_name(folder.name + ".lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        if not _try_lock(file.fileno()):
            say("waiting")
            while not _try_lock(file.fileno()):
                time.sleep(0.2)
        yield


if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
