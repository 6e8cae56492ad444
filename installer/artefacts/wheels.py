"""The wheels that an artefact is made of: pinned ones from the package index, and the project's own."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

from installer.environment import ensure_environment
from installer.messages import SetupError, text

ROOT = Path(__file__).resolve().parent.parent.parent
REQUIREMENTS = ROOT / "installer" / "requirements"
DIST = ROOT / "dist"
PIP = ("-I", "-m", "pip", "--quiet", "--no-input", "--disable-pip-version-check")
NAMES = ("agent", "central")
BUILT_WITH = ("pip", "hatchling", "babel", "packaging", "msgspec")  # of build.txt and msi.txt
OLDEST_ZIP = 315532800  # 1980: a ZIP file knows no earlier time


def build_python() -> Path:
    """A Python with what builds the artefacts: this one, or an environment of its own. Raises SetupError."""
    if all(importlib.util.find_spec(name) is not None for name in BUILT_WITH):
        return Path(sys.executable)
    return ensure_environment(ROOT / ".venv.build", [REQUIREMENTS / "msi.txt"])


def run(command: Sequence[str | Path], **environment: str) -> str:
    """Run a program of the build; returns its output. Raises SetupError with what it said."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip()[-2000:]
        name = Path(str(command[0])).name
        raise SetupError(text("build command", name=name, status=done.returncode, said=said))
    return done.stdout


def epoch() -> int:
    """When it was made: ``SOURCE_DATE_EPOCH``, or the newest commit; the same source gives the same files."""
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    if given.isdigit():
        return max(int(given), OLDEST_ZIP)
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        return OLDEST_ZIP
    return int(run(["git", "log", "-1", "--format=%ct"]))


def pinned_wheels(name: str, folder: Path = DIST / "wheels") -> list[Path]:
    """The wheels of ``installer/requirements/NAME.txt`` for this Python and this machine, checked against their hashes.

    ``folder`` keeps them: what is there already is checked, not fetched again. Raises SetupError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    requirements = REQUIREMENTS / f"{name}.txt"
    check = ["--only-binary=:all:", "--no-deps", "--require-hashes", f"--requirement={requirements}"]
    python = build_python()
    # --report names exactly the files that this Python takes; the folder may hold another artefact's too
    listed = folder / f".{name}.json"
    dry: list[str | Path] = [python, *PIP, "install", "--dry-run", "--ignore-installed", f"--report={listed}", *check]
    try:
        run([*dry, "--no-index", f"--find-links={folder}"])
    except SetupError:  # something is missing
        run([python, *PIP, "download", f"--dest={folder}", f"--find-links={folder}", *check])
        run([*dry, "--no-index", f"--find-links={folder}"])
    import json

    found = json.loads(listed.read_text(encoding="utf-8"))["install"]
    listed.unlink()
    return sorted(folder / one["download_info"]["url"].rpartition("/")[2] for one in found)


def shipped_wheels() -> list[Path]:
    """All that agent and central bring along, with the card reader's package where it can be compiled here.

    Raises SetupError.
    """
    from installer.card import can_have_card

    card = [card_wheel(DIST / "wheels")] if can_have_card() else []
    return sorted({*card, *(wheel for name in NAMES for wheel in pinned_wheels(name))})


def own_wheel(folder: Path) -> Path:
    """The project itself as a wheel in ``folder``. Raises SetupError."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("kiosk_agent-*.whl"):
        old.unlink()
    command: list[str | Path] = [build_python(), "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
    run(command, SOURCE_DATE_EPOCH=str(epoch()))
    (wheel,) = folder.glob("kiosk_agent-*.whl")
    return wheel


def card_wheel(folder: Path) -> Path:
    """pyscard, compiled here from its pinned source, for the card reader. Raises SetupError where it cannot be."""
    from installer.card import can_have_card, pinned_version

    if not can_have_card():
        raise SetupError(text("card cannot"))
    for wheel in folder.glob(f"pyscard-{pinned_version()}-*.whl"):
        return wheel
    folder.mkdir(parents=True, exist_ok=True)
    tools = folder / ".card-tools"
    try:
        python = build_python()
        to = [f"--target={tools}", "--no-deps", "--require-hashes", "--only-binary=:all:"]
        run([python, *PIP, "install", *to, f"--requirement={REQUIREMENTS / 'card-build.txt'}"])
        source = f"--requirement={REQUIREMENTS / 'card.txt'}"
        build = ["--no-deps", "--no-build-isolation", "--require-hashes", "--no-binary=pyscard", source]
        run(
            [
                python,
                "-m",
                *PIP[2:],
                "wheel",
                *build,
                f"--wheel-dir={folder}",
            ],
            PYTHONPATH=str(tools),
            PATH=os.pathsep.join([str(tools / "bin"), os.environ.get("PATH", "")]),
        )
    finally:
        shutil.rmtree(tools, ignore_errors=True)
    (wheel,) = folder.glob(f"pyscard-{pinned_version()}-*.whl")
    return wheel


def unpack(wheels: Sequence[Path], folder: Path) -> None:
    """Lay ``wheels`` out in ``folder`` as they would be in site-packages. Raises SetupError."""
    install = ["install", "--no-index", "--no-deps", "--no-compile", "--no-warn-script-location"]
    run([build_python(), *PIP, *install, f"--target={folder}", *wheels], SOURCE_DATE_EPOCH=str(epoch()))
    shutil.rmtree(folder / "bin", ignore_errors=True)


def version_of(wheel: Path) -> str:
    """The version in a wheel's name."""
    return wheel.name.split("-")[1]


def metadata_of(wheel: Path) -> tuple[str, list[str]]:
    """METADATA of a wheel, and the names of the licence files in it."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (name,) = [one for one in names if one.endswith(".dist-info/METADATA") and one.count("/") == 1]
        licences = [one for one in names if _is_licence(one)]
        return archive.read(name).decode(), licences


def _is_licence(name: str) -> bool:
    last = name.rpartition("/")[2].lower()
    words = ("licen", "copying", "notice", "authors", "thirdparty")
    return (".dist-info/" in name or name.count("/") <= 2) and any(last.startswith(word) for word in words)
