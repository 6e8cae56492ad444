"""Write ``installer/requirements/*.txt`` anew from the bounds in ``pyproject.toml``: exact versions with hashes.

    python3 installer/lock.py            what is pinned stays, what is new or out of bounds is added
    python3 installer/lock.py --upgrade  the newest versions that the bounds allow

Needs ``uv`` and ``npm`` on PATH. The files hold for CPython 3.11 and later on Linux and Windows, x86-64 and arm64, and
name no package index: whoever installs uses the index that pip is set up for. ``installer/nodered/package-lock.json``
and ``installer/oidc/package-lock.json`` are written likewise.

``evdev`` is left out on purpose. pynput asks for it on Linux, but imports it only for its uinput backend, which needs
root and is not used here; it has no wheels, so that it would bring a C compiler and kernel headers to every desk.
For the same reason the files are installed with ``--no-deps``: they are complete without pip's resolver.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "installer" / "requirements"
OPTIONS = [
    "--python-version=3.11",
    "--generate-hashes",
    "--no-header",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--no-emit-package=evdev",
    "--quiet",
]
# What builds and installs the project itself: pip, so that every machine uses the same one, hatchling with the
# package it needs for an editable install, and Babel for the catalogues.
BUILD = "pip>=25\nhatchling>=1.27\neditables>=0.5\nbabel>=2.17\n"
CARD = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"][
    "card"
]  # the extra alone, beside what is always installed
# What builds pyscard, which has no wheels for Linux; swig comes as a wheel. Its headers and a C compiler are the
# distribution's (installer/packages.py).
CARD_BUILD = "setuptools>=80\nswig>=4.1\n"
# A real portal for the tests, in an environment of its own. One Django for all versions of Python: 5.2 is the last that
# works with 3.11.
WAGTAIL = "wagtail>=8.0,<8.1\ndjango>=5.2,<5.3\n"

# What builds the guides into a site. MkDocs 2 has no themes and no hooks.
DOCS = "mkdocs>=1.6,<2\nmkdocs-material>=9.5,<10\n"

# What the agent for Windows is frozen from, and with: as in agent.txt, but with Windows' own choice of packages, among
# them pyscard's wheel.
WINDOWS_BUILD = "pyinstaller>=6.11,<7\n"
# What packs that: a portal's profile is read with the library that the agent reads it with.
MSI = "msgspec>=0.19,<1\n"
# What the Windows Python of the tests has beside it.
WINDOWS_TESTS = "pytest>=8.3,<10\npytest-asyncio>=1,<2\npytest-timeout>=2.4,<3\n"
ANYWHERE, WINDOWS = "--universal", "--python-platform=x86_64-pc-windows-msvc"


def lock(name: str, sources: list[str], options: list[str], stdin: str | None = None, where: str = ANYWHERE) -> None:
    """Write ``name``.txt. Raises CalledProcessError where uv finds no solution."""
    command = [
        "uv",
        "pip",
        "compile",
        *OPTIONS,
        where,
        *options,
        f"--output-file={FOLDER.relative_to(ROOT)}/{name}.txt",
        *sources,
    ]
    subprocess.run(command, check=True, cwd=ROOT, input=stdin, text=True, stdout=subprocess.DEVNULL)


def lock_from_npm(name: str, *, upgrade: bool) -> None:
    """Write an application's package-lock.json: versions with integrity hashes, no addresses."""
    npm = shutil.which("npm") or "npm"
    folder = ROOT / "installer" / name
    options = [
        "--package-lock-only",
        "--ignore-scripts",
        "--omit-lockfile-registry-resolved",
        "--no-audit",
        "--no-fund",
    ]
    subprocess.run(
        [npm, "update" if upgrade else "install", *options], check=True, cwd=folder, stdout=subprocess.DEVNULL
    )


def main() -> None:
    """Write all files; ``central`` takes over what ``build`` and ``agent`` have settled, ``test`` all three."""
    upgrade = ["--upgrade"] if "--upgrade" in sys.argv[1:] else []
    lock("build", ["-"], upgrade, stdin=BUILD)
    lock("docs", ["-"], [f"--constraints={FOLDER.relative_to(ROOT)}/build.txt", *upgrade], stdin=DOCS)
    lock("wagtail", ["-"], upgrade, stdin=WAGTAIL)
    lock("card-build", ["-"], upgrade, stdin=CARD_BUILD)
    lock("card", ["-"], upgrade, stdin="\n".join(CARD) + "\n")
    lock("agent", ["pyproject.toml"], ["--extra=agent", *upgrade])
    build, agent, central = (
        f"--constraints={FOLDER.relative_to(ROOT)}/{name}.txt" for name in ("build", "agent", "central")
    )
    lock("msi", ["-"], [agent, *upgrade], stdin=MSI)
    lock("central", ["pyproject.toml"], ["--extra=central", build, agent, *upgrade])
    settled = [build, agent, central]
    lock("test", ["pyproject.toml"], ["--extra=agent", "--extra=central", "--extra=test", *settled, *upgrade])
    settled += [f"--constraints={FOLDER.relative_to(ROOT)}/{name}.txt" for name in ("test", "card")]
    extras = ["--extra=agent", "--extra=card"]
    lock("windows-build", ["pyproject.toml", "-"], [*extras, *settled, *upgrade], WINDOWS_BUILD, WINDOWS)
    settled += [f"--constraints={FOLDER.relative_to(ROOT)}/windows-build.txt"]
    lock("windows-tests", ["-"], [*settled, *upgrade], WINDOWS_TESTS, WINDOWS)
    for name in ("nodered", "oidc"):
        lock_from_npm(name, upgrade=bool(upgrade))


if __name__ == "__main__":
    main()
