"""A tiny project of one wheel with a hash, so that environments are built for real in seconds and without a network."""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from installer.environment import base_python


def make_wheel(folder: Path, name: str, version: str) -> str:
    """Write a wheel with one module; returns the line of a requirements file for it."""
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": f"VERSION = {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[console_scripts]\n{name} = {name}:VERSION\n",
    }
    records = []
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        records.append(f"{path},sha256={digest},{len(text)}")
    files[f"{info}/RECORD"] = "\n".join([*records, f"{info}/RECORD,,", ""])
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return f"{name}=={version} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"


@dataclass
class Place:
    """A folder with requirement files; ``venv`` is where the environment goes."""

    folder: Path

    @property
    def venv(self) -> Path:
        return self.folder / ".venv"

    @property
    def build(self) -> Path:
        return self.folder / "build.txt"

    @property
    def requirements(self) -> Path:
        return self.folder / "agent.txt"

    def wheel(self, version: str) -> None:
        """Ask for another version of the package from now on."""
        self.requirements.write_text(make_wheel(self.folder / "wheels", "sundial", version))

    def names(self) -> set[str]:
        """What stands beside the requirement files."""
        return {entry.name for entry in self.folder.iterdir()} - {"wheels", "build.txt", "agent.txt", ".venv.lock"}


@pytest.fixture(scope="session")
def installed_pip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a pip that was installed once, for all tests that are not about getting one."""
    folder = tmp_path_factory.mktemp("pip") / "venv"
    subprocess.run([base_python(), "-m", "venv", str(folder)], check=True)
    (pip,) = [path for path in folder.rglob("pip") if path.parent.name == "site-packages"]
    return pip


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    (tmp_path / "wheels").mkdir()
    place = Place(tmp_path)
    place.build.write_text(make_wheel(tmp_path / "wheels", "builder", "1.0"))
    place.wheel("1.0")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    return place
