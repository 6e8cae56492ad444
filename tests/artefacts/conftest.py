"""What is built once for all tests of this folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from installer.environment import base_python
from tests.artefacts.machine import Machine, another_machine

ROOT = Path(__file__).resolve().parent.parent.parent


def build(*words: str | Path, language: str = "en") -> subprocess.CompletedProcess[str]:
    """``python3 installer/build.py …`` as a person types it, by a Python that has nothing but itself."""
    ours = ("PYTHONPATH", "VIRTUAL_ENV")
    clean = {name: value for name, value in os.environ.items() if name not in ours}
    command = [base_python(), "installer/build.py", *map(str, words)]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=ROOT, env={**clean, "LANGUAGE": language}
    )


def made_by(*words: str | Path) -> Path:
    """The one file that the build command makes, and names."""
    done = build(*words)
    assert done.returncode == 0, done.stdout + done.stderr
    return Path(done.stdout.removesuffix("\n"))


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The agent's Debian package, as the build command makes it, but hardly packed."""
    if shutil.which("dpkg-deb") is None:
        pytest.skip("dpkg-deb is not on this machine")
    return made_by("deb", "--quick", "--out", tmp_path_factory.mktemp("deb"))


@pytest.fixture(scope="session")
def newer(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same package with a higher version."""
    folder = tmp_path_factory.mktemp("newer")
    subprocess.run(["dpkg-deb", "-R", str(package), str(folder / "tree")], check=True)
    control = folder / "tree" / "DEBIAN" / "control"
    control.write_text(control.read_text().replace("\nVersion: ", "\nVersion: 99."))
    made = folder / "newer.deb"
    subprocess.run(["dpkg-deb", "-Zgzip", "-z1", "--build", str(folder / "tree"), str(made)], check=True)
    return made


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with another_machine(tmp_path) as machine:
        yield machine


@pytest.fixture(scope="session")
def bundle(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The offline bundle as the build command makes it, unpacked."""
    folder = tmp_path_factory.mktemp("bundle")
    packed = made_by("bundle", "--deb", package, "--out", folder)
    with tarfile.open(packed) as archive:
        archive.extractall(folder, filter="data")
    packed.unlink()
    return packed.with_suffix("")
