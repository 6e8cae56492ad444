"""What is built once for all tests of this folder."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.artefacts.machine import Machine, another_machine


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The agent's Debian package, as the build command makes it, but hardly packed."""
    if shutil.which("dpkg-deb") is None:
        pytest.skip("dpkg-deb is not on this machine")
    from installer.artefacts import deb

    (made,) = deb.build(["--quick", "--out", str(tmp_path_factory.mktemp("deb"))])
    return made


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
    """The offline bundle's folder, as it is before it is packed."""
    from installer.artefacts.bundle import fill

    folder = tmp_path_factory.mktemp("bundle") / "bundle"
    fill(folder, [package])
    return folder
