"""A virtual environment with pip in it, also where Debian's ``python3-venv`` is missing.

Debian and Ubuntu split ``ensurepip`` off their Python. Tried in this order, the least intrusive first: the Python's
own ensurepip; a pip wheel that the distribution has already put on the disk; the same wheel unpacked from the
distribution's package, which needs no root; the Python's own pip; the distribution's venv package, as root;
uv; virtualenv. Whichever it is only installs the pinned pip, which does the rest.
"""

from __future__ import annotations

import importlib.util
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from installer.messages import SetupError, say, text
from installer.packages import apt_install, is_distribution_python, may_install
from installer.processes import answer, run, works, works_quietly

WHEEL_FOLDERS = ("/usr/share/python-wheels", "/usr/share/python3-wheels")
OLDEST_PIP_FOR_OTHERS = (22, 3)  # the first with --python, which installs into another environment


class Making:
    """What every way needs to know."""

    def __init__(self, folder: Path, python: Path, base: str, build: Path) -> None:
        self.folder = folder
        self.python = python
        self.base = base
        self.build = build
        self.hashed = ["--quiet", "--no-deps", "--require-hashes", "--only-binary=:all:", f"--requirement={build}"]


def put_pip_into(folder: Path, python: Path, base: str, build: Path) -> None:
    """Make ``folder`` a virtual environment of ``base`` that has pip. Raises SetupError with the command that helps."""
    making = Making(folder, python, base, build)
    ways: list[tuple[str, Callable[[Making], bool]]] = [
        ("ensurepip", _ensurepip),
        ("python-wheels", _wheel_on_disk),
        ("apt-get download python3-pip-whl", _wheel_from_package),
        ("python3 -m pip", _pip_of_base),
        (f"apt-get install {_venv_package()}", _venv_from_distribution),
        ("uv", _uv),
        ("virtualenv", _virtualenv),
    ]
    for name, way in ways:
        if way(making):
            say("pip from", source=name)
            return
    raise SetupError(text("no pip", command=_remedy()))


def _has(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def _bare(making: Making) -> bool:
    """The environment without pip: a matter of a tenth of a second."""
    if making.python.exists():
        return True
    return _has("venv") and works([making.base, "-m", "venv", "--without-pip", str(making.folder)])


def _ensurepip(making: Making) -> bool:
    if not (_has("ensurepip") and _bare(making)):
        return False
    return works_quietly([str(making.python), "-I", "-m", "ensurepip", "--default-pip"])


def _install_wheel(making: Making, wheel: Path) -> bool:
    """A wheel of pip is a zip file that Python can run: it installs itself."""
    install = ["install", "--quiet", "--no-index", "--no-deps", "--disable-pip-version-check", str(wheel)]
    return _bare(making) and works([str(making.python), "-I", str(wheel / "pip"), *install])


def _wheel_on_disk(making: Making) -> bool:
    wheels = [wheel for folder in WHEEL_FOLDERS for wheel in sorted(Path(folder).glob("pip-*.whl"))]
    return bool(wheels) and _install_wheel(making, wheels[-1])


def _wheel_from_package(making: Making) -> bool:
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        return False
    with tempfile.TemporaryDirectory(prefix="kiosk-agent-pip-") as name:
        place = Path(name)
        # apt checks the package against the distribution's signed lists; fails at once where there are none.
        if answer(["sh", "-c", 'cd "$0" && apt-get -q download python3-pip-whl', name]) is None:
            return False
        for package in place.glob("*.deb"):
            run(["dpkg-deb", "-x", str(package), str(place / "unpacked")])
        wheels = sorted(place.glob("unpacked/usr/share/python-wheels/pip-*.whl"))
        return bool(wheels) and _install_wheel(making, wheels[-1])


def _pip_of_base(making: Making) -> bool:
    version = answer([making.base, "-m", "pip", "--version"])
    if version is None or not _bare(making):
        return False
    major, minor = (int(part) for part in version.split()[1].split(".")[:2])
    if (major, minor) < OLDEST_PIP_FOR_OTHERS:
        return False
    return works([making.base, "-m", "pip", "--python", str(making.python), "install", *making.hashed])


def _venv_package() -> str:
    return f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"


def _venv_from_distribution(making: Making) -> bool:
    if not (is_distribution_python(making.base) and may_install() and apt_install([_venv_package()])):
        return False
    # A new interpreter, because this one has already looked for ensurepip and remembers that there was none.
    return works_quietly([making.base, "-m", "venv", str(making.folder)])


def _uv(making: Making) -> bool:
    if shutil.which("uv") is None:
        return False
    # --allow-existing: the folder already holds the mark that it is being built.
    made = making.python.exists() or works(
        ["uv", "venv", "--quiet", "--allow-existing", "--python", making.base, str(making.folder)]
    )
    return made and works(["uv", "pip", "install", "--python", str(making.python), *making.hashed])


def _virtualenv(making: Making) -> bool:
    if shutil.which("virtualenv") is None:
        return False
    return works(["virtualenv", "--quiet", "--python", making.base, str(making.folder)])


def _remedy() -> str:
    if shutil.which("apt-get") is not None:
        return f"sudo apt-get update && sudo apt-get install {_venv_package()}"
    if shutil.which("dnf") is not None:
        return "sudo dnf install python3-pip"
    if sys.platform == "win32":
        return "winget install Python.Python.3.13"
    return f"{sys.executable} -m ensurepip --user"
