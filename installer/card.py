"""pyscard, for the card reader: an extra. Where it cannot be installed, the agent runs without it and says so.

On Windows it is a wheel. On Linux it is compiled, with a C compiler and PC/SC's headers of the distribution and with
swig and setuptools that are there only as long as it takes.
"""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from pathlib import Path

from installer.messages import SetupError, say
from installer.processes import answer, run

REQUIREMENTS = Path(__file__).parent / "requirements"
ASK_VERSION = "import importlib.metadata, smartcard.scard; print(importlib.metadata.version('pyscard'))"
HEADERS = ("/usr/include/PCSC/winscard.h", "/usr/local/include/PCSC/winscard.h")


def has_compiler() -> bool:
    """Whether there is a C compiler with the C library's headers, and PC/SC's."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    return (
        compiler is not None and Path("/usr/include/stdlib.h").exists() and any(Path(one).exists() for one in HEADERS)
    )


def has_python_headers() -> bool:
    """Whether this Python can be compiled for."""
    return (Path(sysconfig.get_paths()["include"]) / "Python.h").exists()


def can_have_card() -> bool:
    """Whether pyscard can be installed on this machine as it is."""
    return sys.platform == "win32" or (has_compiler() and has_python_headers())


def ensure_card(python: Path) -> bool:
    """Install the pinned pyscard into the environment of ``python``; returns whether it is there. Never raises."""
    if answer([str(python), "-I", "-c", ASK_VERSION]) == pinned_version():
        return True
    if not can_have_card():
        return False
    say("card")
    try:
        _install(python)
    except SetupError as error:
        say("no card", reason=error)
        return False
    return True


def pinned_version() -> str:
    """Of pyscard."""
    first = (REQUIREMENTS / "card.txt").read_text(encoding="utf-8").split()[0]
    return first.removeprefix("pyscard==")


def _install(python: Path) -> None:
    pip = [str(python), "-I", "-m", "pip"]
    quiet = ["-qq", "--no-input", "--disable-pip-version-check"]
    install = [*pip, "install", *quiet, "--no-deps", "--no-warn-script-location", "--require-hashes"]
    card, tools = REQUIREMENTS / "card.txt", REQUIREMENTS / "card-build.txt"
    if sys.platform == "win32":
        run([*install, "--only-binary=:all:", f"--requirement={card}"], environment={"PIP_USER": "0"})
        return
    path = os.pathsep.join([str(python.parent), os.environ.get("PATH", "")])  # its own swig is found
    run([*install, "--only-binary=:all:", f"--requirement={tools}"], environment={"PIP_USER": "0"})
    try:
        build = ["--no-binary=pyscard", "--no-build-isolation"]
        run([*install, *build, f"--requirement={card}"], environment={"PIP_USER": "0", "PATH": path})
    finally:
        run([*pip, "uninstall", *quiet, "--yes", f"--requirement={tools}"])
