"""Each way to a pip, taken for real where this machine has what it needs."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from installer import pip_sources
from installer.environment import base_python, python_of
from installer.messages import SetupError
from installer.pip_sources import Making, put_pip_into
from tests.installer.conftest import Place

HASHED_BY_THE_WAY_ITSELF = ("_pip_of_base", "_uv")


def has_pip(place: Place) -> bool:
    python = python_of(place.venv)
    command = [str(python), "-I", "-m", "pip", "--version"]
    return python.exists() and subprocess.run(command, capture_output=True, check=False).returncode == 0


def making(place: Place) -> Making:
    return Making(place.venv, python_of(place.venv), base_python(), place.build)


@pytest.mark.parametrize("name", ["_ensurepip", "_wheel_on_disk", "_wheel_from_package", "_virtualenv"])
def test_a_way_that_brings_pip_brings_it(place: Place, name: str) -> None:
    way: Callable[[Making], bool] = getattr(pip_sources, name)
    if not way(making(place)):
        if name == "_ensurepip":
            pytest.fail("the Python of the tests has ensurepip, but its way to pip failed")
        assert not has_pip(place)  # this machine does not have what it needs, and it said so
        return
    assert has_pip(place)


@pytest.mark.parametrize("name", HASHED_BY_THE_WAY_ITSELF)
def test_a_way_that_uses_another_program_installs_only_what_has_the_right_hash(
    place: Place, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name == "_uv" and shutil.which("uv") is None:
        assert not pip_sources._uv(making(place))
        return
    pip = subprocess.run([base_python(), "-m", "pip", "--version"], capture_output=True, check=False)
    if name == "_pip_of_base" and pip.returncode != 0:  # a Python of Debian or Ubuntu
        assert not pip_sources._pip_of_base(making(place))
        return
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_FIND_LINKS", str(place.folder / "wheels"))
    way: Callable[[Making], bool] = getattr(pip_sources, name)
    assert way(making(place))
    site = [str(python_of(place.venv)), "-I", "-c", "import builder"]
    assert subprocess.run(site, check=False).returncode == 0
    shutil.rmtree(place.venv)
    place.build.write_text(f"builder==1.0 --hash=sha256:{'0' * 64}\n")
    assert not way(making(place))


def test_where_no_way_leads_to_pip_the_command_that_helps_is_named(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("_ensurepip", "_wheel_on_disk", "_wheel_from_package", "_pip_of_base", "_venv_from_distribution"):
        monkeypatch.setattr(pip_sources, name, lambda _: False)
    monkeypatch.setattr(pip_sources, "_uv", lambda _: False)
    monkeypatch.setattr(pip_sources, "_virtualenv", lambda _: False)
    with pytest.raises(SetupError, match=r"install|ensurepip"):
        put_pip_into(place.venv, python_of(place.venv), base_python(), place.build)


def test_the_least_intrusive_way_is_tried_first(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def way(name: str, works: bool) -> Callable[[Making], bool]:
        return lambda _: tried.append(name) or works

    monkeypatch.setattr(pip_sources, "_ensurepip", way("ensurepip", False))
    monkeypatch.setattr(pip_sources, "_wheel_on_disk", way("wheel on disk", False))
    monkeypatch.setattr(pip_sources, "_wheel_from_package", way("wheel from package", True))
    monkeypatch.setattr(pip_sources, "_venv_from_distribution", way("as root", True))
    put_pip_into(Path("unused"), Path("unused"), "unused", place.build)
    assert tried == ["ensurepip", "wheel on disk", "wheel from package"]
