"""pyscard is compiled into a real environment, with tools that are gone afterwards; a tiny package stands in for it."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import sysconfig
import tarfile
from pathlib import Path

import pytest

from installer import card
from installer.card import ensure_card, pinned_version
from installer.environment import base_python, python_of
from tests.installer.conftest import Place, make_wheel
from tests.installer.quick_pip import VARIABLE, copy_pip_into
from tests.installer.test_requirements import pins

VERSION = "9.8.7"
PROJECT = """\
[build-system]
requires = ["swig"]
build-backend = "backend"
backend-path = ["."]
"""
# as pyscard's own: needs swig on the PATH, and what it makes can be imported
BACKEND = f"""\
import pathlib, shutil, zipfile

def build_wheel(folder, config_settings=None, metadata_directory=None):
    if not shutil.which("swig"):
        raise SystemExit("there is no swig")
    info, files = "pyscard-{VERSION}.dist-info", {{}}
    files["smartcard/__init__.py"] = files["smartcard/scard.py"] = ""
    files[info + "/METADATA"] = "Metadata-Version: 2.1\\nName: pyscard\\nVersion: {VERSION}\\n"
    files[info + "/WHEEL"] = "Wheel-Version: 1.0\\nGenerator: t\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
    files[info + "/RECORD"] = "".join(name + ",,\\n" for name in [*files, info + "/RECORD"])
    name = "pyscard-{VERSION}-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(folder) / name, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return name
"""


def make_source(folder: Path, backend: str = BACKEND) -> str:
    """Write a source distribution; returns the line of a requirements file for it."""
    path = folder / f"pyscard-{VERSION}.tar.gz"
    files = {
        "pyproject.toml": PROJECT,
        "backend.py": backend,
        "PKG-INFO": f"Metadata-Version: 2.1\nName: pyscard\nVersion: {VERSION}\n",
    }
    with tarfile.open(path, "w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"pyscard-{VERSION}/{name}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return f"pyscard=={VERSION} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


class Machine:
    """An environment without pyscard on a machine that can compile it."""

    def __init__(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        self.wheels = place.folder / "wheels"
        self.python = python_of(place.venv)
        self.requirements = place.folder / "requirements"
        self.requirements.mkdir()
        self._patch = monkeypatch
        copy_pip_into(place.venv, self.python, base_python(), place.build)
        monkeypatch.setattr(card, "REQUIREMENTS", self.requirements)
        self.has_headers(True)
        self.wants(make_source(self.wheels))
        (self.requirements / "card-build.txt").write_text(make_wheel(self.wheels, "swig", "1.0"))

    def wants(self, line: str) -> None:
        (self.requirements / "card.txt").write_text(line)

    def has_headers(self, has: bool) -> None:
        """PC/SC's: any file will do, for this package compiles nothing."""
        self._patch.setattr(card, "HEADERS", ("/nonexistent/winscard.h", sys.executable if has else "/nonexistent"))

    def version(self, package: str) -> str:
        """What is installed; empty where nothing is."""
        ask = f"import importlib.metadata; print(importlib.metadata.version('{package}'))"
        done = subprocess.run([self.python, "-I", "-c", ask], capture_output=True, text=True, check=False)
        return done.stdout.strip()


@pytest.fixture
def machine(place: Place, installed_pip: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    if sys.platform != "win32" and not card.has_python_headers():
        pytest.skip("Python's headers are not on this machine")
    if not Path("/usr/include/stdlib.h").exists():
        pytest.skip("the C library's headers are not on this machine")
    monkeypatch.setenv(VARIABLE, str(installed_pip))
    return Machine(place, monkeypatch)


def test_it_is_compiled_and_its_tools_are_gone_afterwards(machine: Machine, capfd: pytest.CaptureFixture[str]) -> None:
    assert ensure_card(machine.python)
    assert machine.version("pyscard") == VERSION
    assert machine.version("swig") == ""
    assert "pyscard" in capfd.readouterr().err  # it says what takes so long


def test_what_is_there_already_is_not_installed_again(machine: Machine, capfd: pytest.CaptureFixture[str]) -> None:
    assert ensure_card(machine.python)
    capfd.readouterr()
    for wheel in machine.wheels.iterdir():
        wheel.unlink()
    assert ensure_card(machine.python)
    assert capfd.readouterr().err == ""


def test_another_version_gives_way_to_the_pinned_one(machine: Machine) -> None:
    older = make_wheel(machine.wheels, "pyscard", "0.1")
    (machine.wheels.parent / "older.txt").write_text(older)
    install = [machine.python, "-I", "-m", "pip", "install", "-qq", "-r", machine.wheels.parent / "older.txt"]
    subprocess.run(install, check=True)
    assert machine.version("pyscard") == "0.1"
    assert ensure_card(machine.python)
    assert machine.version("pyscard") == VERSION


def test_what_has_another_hash_is_not_installed(machine: Machine, capfd: pytest.CaptureFixture[str]) -> None:
    machine.wants(f"pyscard=={VERSION} --hash=sha256:{'0' * 64}\n")
    assert not ensure_card(machine.python)
    assert machine.version("pyscard") == ""
    assert machine.version("swig") == ""
    assert "could not be installed" in capfd.readouterr().err


def test_where_it_cannot_be_compiled_the_reason_is_told_and_the_tools_are_gone(
    machine: Machine, capfd: pytest.CaptureFixture[str]
) -> None:
    machine.wants(make_source(machine.wheels, "def build_wheel(*_):\n    raise SystemExit('no winscard.h')\n"))
    assert not ensure_card(machine.python)
    said = capfd.readouterr().err
    assert "no winscard.h" in said
    assert "could not be installed" in said
    assert machine.version("swig") == ""


@pytest.mark.skipif(sys.platform == "win32", reason="only where it is compiled")
@pytest.mark.parametrize("lacks", ["compiler", "PC/SC's headers", "Python's headers"])
def test_where_something_is_missing_nothing_is_tried(
    machine: Machine, lacks: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    if lacks == "compiler":
        monkeypatch.setenv("PATH", str(tmp_path))
    elif lacks == "PC/SC's headers":
        machine.has_headers(False)
    else:
        monkeypatch.setattr(sysconfig, "get_paths", lambda: {"include": str(tmp_path)})
    assert not ensure_card(machine.python)
    assert machine.version("pyscard") == ""
    assert capfd.readouterr().err == ""


def test_on_windows_only_a_wheel_is_taken_and_no_tools(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(card.sys, "platform", "win32")
    machine.has_headers(False)
    assert not ensure_card(machine.python)  # there is a source distribution only
    assert machine.version("pyscard") == ""
    machine.wants(make_wheel(machine.wheels, "pyscard", VERSION))
    (machine.requirements / "card-build.txt").unlink()
    assert ensure_card(machine.python)
    assert machine.version("pyscard") == VERSION


def test_the_pinned_version_is_that_of_the_requirements() -> None:
    assert pinned_version() == pins("card")["pyscard"][0]
