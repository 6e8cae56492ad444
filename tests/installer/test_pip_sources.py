"""Each way to a pip, taken for real where this machine has what it needs."""

from __future__ import annotations

import ensurepip
import hashlib
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


def test_ensurepip_brings_pip(place: Place) -> None:
    assert pip_sources._ensurepip(making(place))
    assert has_pip(place)


@pytest.fixture
def bundled(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The wheel of pip that comes with this Python, in a folder where the distribution might have put it."""
    (wheel,) = (Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl")
    monkeypatch.setattr(pip_sources, "WHEEL_FOLDERS", ("/nonexistent", str(wheel.parent)))
    return wheel


def test_a_wheel_on_the_disk_brings_pip(place: Place, bundled: Path) -> None:
    assert pip_sources._wheel_on_disk(making(place))
    assert has_pip(place)


def test_without_a_wheel_on_the_disk_there_is_no_pip(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pip_sources, "WHEEL_FOLDERS", ("/nonexistent",))
    assert not pip_sources._wheel_on_disk(making(place))
    assert not has_pip(place)


# apt's own settings, in place of the machine's: one local source with one package, everything below one folder
APT = """\
Dir "{folder}/apt";
Dir::Etc::sourcelist "{folder}/sources.list";
Dir::Etc::sourceparts "-";
Dir::State::status "{folder}/status";
APT::Sandbox::User "root";
"""


def offer_package(folder: Path, wheel: Path) -> None:
    """A source with ``python3-pip-whl`` in it, as a distribution offers it."""
    content = folder / "content"
    (content / "DEBIAN").mkdir(parents=True)
    control = "Package: python3-pip-whl\nVersion: 1\nArchitecture: all\nMaintainer: tests\nDescription: pip\n"
    (content / "DEBIAN" / "control").write_text(control)
    place = content / "usr" / "share" / "python-wheels"
    place.mkdir(parents=True)
    shutil.copy(wheel, place)
    package = folder / "python3-pip-whl_1_all.deb"
    subprocess.run(["dpkg-deb", "--build", str(content), str(package)], check=True, capture_output=True)
    raw = package.read_bytes()
    fields = f"Filename: ./{package.name}\nSize: {len(raw)}\nSHA256: {hashlib.sha256(raw).hexdigest()}\n"
    (folder / "Packages").write_text(control + fields)
    (folder / "sources.list").write_text(f"deb [trusted=yes] file:{folder} ./\n")
    (folder / "apt.conf").write_text(APT.format(folder=folder))
    (folder / "status").touch()  # nothing is installed
    for part in ("var/lib/apt/lists/partial", "var/cache/apt/archives/partial"):
        (folder / "apt" / part).mkdir(parents=True)


@pytest.mark.skipif(shutil.which("dpkg-deb") is None or shutil.which("apt-get") is None, reason="needs apt and dpkg")
def test_the_distributions_package_brings_pip_without_root(
    place: Place, bundled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = place.folder / "wheels" / "distribution"
    offer_package(source, bundled)
    monkeypatch.setenv("APT_CONFIG", str(source / "apt.conf"))
    subprocess.run(["apt-get", "-q", "update"], check=True, capture_output=True)
    assert pip_sources._wheel_from_package(making(place))
    assert has_pip(place)


@pytest.mark.skipif(shutil.which("dpkg-deb") is None or shutil.which("apt-get") is None, reason="needs apt and dpkg")
def test_a_distribution_that_does_not_offer_the_package_brings_nothing(
    place: Place, bundled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = place.folder / "wheels" / "distribution"
    offer_package(source, bundled)  # but nobody has asked for its list
    monkeypatch.setenv("APT_CONFIG", str(source / "apt.conf"))
    assert not pip_sources._wheel_from_package(making(place))
    assert not has_pip(place)


def test_virtualenv_brings_pip_where_there_is_one(place: Place) -> None:
    assert pip_sources._virtualenv(making(place)) is (shutil.which("virtualenv") is not None)
    assert has_pip(place) is (shutil.which("virtualenv") is not None)


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
