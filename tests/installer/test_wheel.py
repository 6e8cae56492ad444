"""What is packed is what runs: pages, styles, scripts and compiled catalogues travel with the code."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names in a wheel that is built from a copy of the project."""
    copy = tmp_path_factory.mktemp("copy") / "project"
    leave_out = shutil.ignore_patterns("__pycache__", "*.mo")
    copy.mkdir()
    for name in ("kiosk_agent", "installer"):
        shutil.copytree(ROOT / name, copy / name, ignore=leave_out)
    for name in ("pyproject.toml", "README.md", ".gitignore"):
        shutil.copy(ROOT / name, copy / name)
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", "out"], cwd=copy, check=True)
    (wheel,) = (copy / "out").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_everything_of_the_package_is_in_the_wheel(packed: set[str]) -> None:
    here = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "kiosk_agent").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert here - packed == set()


def test_each_catalogue_is_in_the_wheel_compiled(packed: set[str]) -> None:
    sources = [path.relative_to(ROOT) for path in (ROOT / "kiosk_agent" / "locale").rglob("*.po")]
    assert sources
    assert {str(path.with_suffix(".mo")) for path in sources} - packed == set()


def test_nothing_but_the_package_is_in_the_wheel(packed: set[str]) -> None:
    tops = {name.split("/")[0] for name in packed}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"kiosk_agent"}
