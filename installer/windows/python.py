"""A Windows Python of the tests' own, below ``.thirdparty/windows/python``.

CPython for Windows is no package of any registry that ``pip`` reads, but a wheel that embeds it is: its
``python311.dll`` and extension modules are those of the Python Software Foundation, signed by it. A launcher of a few
lines, the pure part of the standard library of this very Python, and wheels for Windows make it whole. It serves
tests only: what ships is built with python.org's CPython (``installer/build.py msi --python``).
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from installer.environment import only_one
from installer.messages import SetupError, text
from installer.processes import run
from installer.windows.compiler import COMPILER

HERE = Path(__file__).resolve().parent
REQUIREMENTS = HERE.parent / "requirements"
PLACE = Path(".thirdparty") / "windows"
EMBEDDED = REQUIREMENTS / "windows-python.txt"
PACKAGES = (REQUIREMENTS / "windows-build.txt", REQUIREMENTS / "windows-tests.txt")
READY = "kiosk-agent-ready.txt"
NEW, TRASH = "python.new-", "python.trash-"
DUMP = "x86_64-w64-mingw32-objdump"
LIBRARY = "python311.dll"
# Checked besides the wheel's own hash: this is the file whose code runs.
LIBRARY_SHA256 = "0817a2a657a24c0d5fbb60df56960f42fc66b3039d522ec952dab83e2d869364"
SCRIPTS = Path("/usr/share/tcltk")
EXACT = re.compile(r"(package require) -exact ((?:Tcl|Tk)) +8\.6\.\d+")
VERSION = (3, 11)  # of python311.dll, and so of the standard library beside it
# Wheels of the Windows Python: what pip would choose there, chosen here.
FOR_WINDOWS = [
    "--platform=win_amd64",
    "--python-version=3.11",
    "--implementation=cp",
    "--only-binary=:all:",
    "--no-deps",
    "--require-hashes",
]


def ensure_windows_python(root: Path, python: Path) -> Path:
    """The Windows Python's ``python.exe``, made where it is missing; ``python``: one with pip. Raises SetupError."""
    folder = root / PLACE / "python"
    with only_one(folder):
        _sweep(folder.parent)
        if not _is_ready(folder):
            _build(folder, python)
    return folder / "python.exe"


def _digest() -> str:
    """Of all that decides what the folder holds."""
    digest = hashlib.sha256(sys.version.encode())
    for file in (Path(__file__), HERE / "launcher.c", EMBEDDED, *PACKAGES):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _is_ready(folder: Path) -> bool:
    try:
        return (folder / READY).read_text(encoding="ascii") == _digest()
    except OSError:
        return False


def _build(folder: Path, python: Path) -> None:
    if sys.version_info[:2] != VERSION:
        raise SetupError(text("windows version", found=sys.version.split()[0]))
    building = Path(tempfile.mkdtemp(prefix=NEW, dir=folder.parent))
    pip = [str(python), "-I", "-m", "pip", "--disable-pip-version-check", "--no-input", "-qq"]
    try:
        run([*pip, "download", *FOR_WINDOWS, f"--requirement={EMBEDDED}", f"--dest={building / 'wheel'}"])
        (wheel,) = (building / "wheel").glob("*.whl")
        _unpack(wheel, building)
        shutil.rmtree(building / "wheel")
        _make_programs(building)
        _take_tcl(building / "tcl")
        ignored = shutil.ignore_patterns(
            "__pycache__", "site-packages", "dist-packages", "test", "lib-dynload", "config-*"
        )
        shutil.copytree(sysconfig.get_path("stdlib"), building / "Lib", ignore=ignored)
        target = building / "Lib" / "site-packages"
        wanted = [f"--requirement={file}" for file in PACKAGES]
        run([*pip, "install", *FOR_WINDOWS, *wanted, f"--target={target}", "--no-warn-conflicts"])
        with (building / READY).open("w", encoding="ascii") as file:
            file.write(_digest())
            file.flush()
            os.fsync(file.fileno())
        if folder.exists():
            folder.rename(folder.with_name(f"{TRASH}{os.getpid()}"))
        building.rename(folder)
    finally:
        _sweep(folder.parent)


def _unpack(wheel: Path, folder: Path) -> None:
    """The interpreter beside ``python.exe``, everything else where Python looks for its extension modules."""
    (folder / "DLLs").mkdir()
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            place, _, file = name.rpartition("/")
            # Windows' C run-time is Wine's own
            if place != "deploy_libs" or file.startswith("api-ms-") or not file.endswith((".dll", ".pyd")):
                continue
            beside = file.casefold() in (LIBRARY, "vcruntime140.dll")
            (folder / file if beside else folder / "DLLs" / file).write_bytes(archive.read(name))
    found = hashlib.sha256((folder / LIBRARY).read_bytes()).hexdigest()
    if found != LIBRARY_SHA256:
        raise SetupError(text("windows tampered", file=LIBRARY, expected=LIBRARY_SHA256, found=found))


def _take_tcl(folder: Path) -> None:
    """The scripts that tkinter runs, which no wheel has; a neighbouring version of the distribution's does."""
    for name, asks in (("tcl8.6", "init.tcl"), ("tk8.6", "tk.tcl")):
        source = SCRIPTS / name
        if not source.is_dir():
            raise SetupError(text("needed"))
        shutil.copytree(source, folder / name)
        script = folder / name / asks
        script.write_text(EXACT.sub(r"\1 \2 8.6", script.read_text(encoding="utf-8")), encoding="utf-8")


def _make_programs(folder: Path) -> None:
    run([COMPILER, "-O2", "-municode", "-o", str(folder / "python.exe"), str(HERE / "launcher.c")])
    # python3.dll, which extension modules of the stable interface ask for: each of its functions is python311.dll's
    definition = folder / "python3.def"
    lines = [f"{name} = python311.{name}" for name in exports(folder / LIBRARY)]
    definition.write_text("LIBRARY python3\nEXPORTS\n" + "\n".join(lines) + "\n", encoding="ascii")
    run([COMPILER, "-shared", "-nostdlib", "-Wl,--entry=0", "-o", str(folder / "python3.dll"), str(definition)])
    definition.unlink()


def exports(library: Path) -> Iterator[str]:
    """The names that a DLL offers, as objdump lists them: ``[  12] +base[  13] 000c PyBool_Type``."""
    listed = subprocess.run([DUMP, "-p", str(library)], check=True, capture_output=True, text=True).stdout
    _, _, table = listed.partition("[Ordinal/Name Pointer] Table")
    for line in table.splitlines():
        words = line.split()
        if words and words[0].startswith("[") and words[-1].startswith(("Py", "_Py")):
            yield words[-1]


def _sweep(place: Path) -> None:
    """Remove what a set-up that was ended in the middle has left. Only under the lock."""
    for pattern in (NEW, TRASH):
        for remains in place.glob(f"{pattern}*"):
            shutil.rmtree(remains)
