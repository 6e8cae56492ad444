"""An environment is whole or not there, whatever happens while it is made."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from installer import environment
from installer.environment import ensure_environment, python_of, script_of
from installer.messages import SetupError
from tests.installer.conftest import Place
from tests.installer.quick_pip import VARIABLE, copy_pip_into

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(autouse=True)
def quick_pip(installed_pip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(installed_pip))
    monkeypatch.setattr(environment, "put_pip_into", copy_pip_into)


def version_in(venv: Path) -> str:
    command = [str(python_of(venv)), "-I", "-c", "import sundial; print(sundial.VERSION)"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def ensure(place: Place) -> Path:
    return ensure_environment(place.venv, [place.requirements], build=place.build)


# Another process that sets up, and stops in the middle of installing for as long as the file "hold" is there.
WORKER = """
import sys, time
from pathlib import Path
sys.path.insert(0, {root!r})
from installer import environment
from installer.messages import SetupError
from installer.processes import Interrupted, interruptible
from tests.installer.quick_pip import copy_pip_into
environment.put_pip_into = copy_pip_into
folder = Path({folder!r})
install = environment._install
def held(*args):
    install(*args)
    (folder / "installed").touch()
    while (folder / "hold").exists():
        time.sleep(0.02)
environment._install = held
try:
    with interruptible():
        environment.ensure_environment(folder / ".venv", [folder / "agent.txt"], build=folder / "build.txt")
except Interrupted as error:
    sys.exit(f"interrupted by {{error}}")
"""


def start_worker(place: Place, *, hold: bool = True) -> subprocess.Popen[str]:
    if hold:
        (place.folder / "hold").touch()
    source = WORKER.format(root=str(ROOT), folder=str(place.folder))
    return subprocess.Popen([sys.executable, "-c", source], stderr=subprocess.PIPE, text=True)


def wait_until_installed(place: Place, worker: subprocess.Popen[str]) -> None:
    while not (place.folder / "installed").exists():
        assert worker.poll() is None, worker.communicate()[1]
        time.sleep(0.02)
    (place.folder / "installed").unlink()


def let_go(place: Place) -> None:
    (place.folder / "hold").unlink(missing_ok=True)
    (place.folder / "installed").unlink(missing_ok=True)


def test_what_is_asked_for_is_installed_with_its_commands(place: Place) -> None:
    ensure(place)
    assert version_in(place.venv) == "1.0"
    assert script_of(place.venv, "sundial").exists()
    assert place.names() == {".venv"}


def test_a_second_run_installs_nothing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    ensure(place)
    monkeypatch.setattr(environment, "put_pip_into", lambda *_: pytest.fail("it was built again"))
    assert ensure(place) == python_of(place.venv)


def test_changed_requirements_give_a_new_environment(place: Place) -> None:
    ensure(place)
    place.wheel("2.0")
    ensure(place)
    assert version_in(place.venv) == "2.0"
    assert place.names() == {".venv"}


def test_an_environment_that_covers_more_is_good_enough(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    more = place.folder / "test.txt"
    more.write_text(place.requirements.read_text())
    ensure_environment(place.venv, [more], build=place.build, covers=[place.requirements])
    monkeypatch.setattr(environment, "put_pip_into", lambda *_: pytest.fail("it was built again"))
    ensure(place)


def test_a_wrong_hash_leaves_nothing_behind(place: Place) -> None:
    place.requirements.write_text(f"sundial==1.0 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(SetupError):
        ensure(place)
    assert place.names() == set()


def test_a_package_without_a_hash_is_not_installed(place: Place) -> None:
    place.requirements.write_text("sundial==1.0\n")
    with pytest.raises(SetupError):
        ensure(place)
    assert place.names() == set()


def test_a_failed_change_brings_the_environment_from_before_back(place: Place) -> None:
    ensure(place)
    place.wheel("2.0")
    shutil.rmtree(place.folder / "wheels")
    (place.folder / "wheels").mkdir()
    with pytest.raises(SetupError):
        ensure(place)
    assert version_in(place.venv) == "1.0"
    assert place.names() == {".venv"}


@pytest.mark.skipif(sys.platform == "win32", reason="only on Linux: Windows knows no SIGTERM")
@pytest.mark.parametrize("number", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_a_set_up_that_is_ended_in_the_middle_leaves_nothing_behind(place: Place, number: str) -> None:
    worker = start_worker(place)
    wait_until_installed(place, worker)
    assert (place.venv / environment.BUILDING).exists()
    worker.send_signal(signal.Signals[number])
    worker.communicate()
    let_go(place)
    assert worker.returncode != 0
    assert place.names() == set()


@pytest.mark.skipif(sys.platform == "win32", reason="only on Linux: Windows knows no SIGKILL")
def test_after_a_power_cut_the_next_start_brings_the_environment_from_before_back(place: Place) -> None:
    ensure(place)
    before = place.requirements.read_text()
    place.wheel("2.0")
    worker = start_worker(place)
    wait_until_installed(place, worker)
    worker.kill()
    worker.communicate()
    let_go(place)
    assert place.names() == {".venv", ".venv.old"}
    place.requirements.write_text(before)
    ensure(place)
    assert version_in(place.venv) == "1.0"
    assert place.names() == {".venv"}


@pytest.mark.skipif(sys.platform == "win32", reason="only on Linux: Windows knows no SIGKILL")
def test_half_an_environment_is_never_used(place: Place) -> None:
    worker = start_worker(place)
    wait_until_installed(place, worker)
    worker.kill()
    worker.communicate()
    let_go(place)
    place.wheel("3.0")
    ensure(place)
    assert version_in(place.venv) == "3.0"
    assert place.names() == {".venv"}


def test_two_set_ups_at_once_build_one_environment(place: Place) -> None:
    first = start_worker(place)
    wait_until_installed(place, first)
    second = start_worker(place)
    assert second.stderr is not None
    said = second.stderr.readline()  # that it waits
    let_go(place)
    first.communicate()
    second.communicate()
    assert (first.returncode, second.returncode) == (0, 0)
    assert said.startswith("[kiosk-agent] ")
    assert not (place.folder / "installed").exists()  # the second one installed nothing
    assert version_in(place.venv) == "1.0"


def test_an_environment_that_somebody_else_made_is_kept(place: Place) -> None:
    place.venv.mkdir()
    (place.venv / "notes.txt").write_text("mine")
    ensure(place)
    kept = [name for name in place.names() if name.startswith(".venv.kept-")]
    assert len(kept) == 1
    assert (place.folder / kept[0] / "notes.txt").read_text() == "mine"
    assert version_in(place.venv) == "1.0"


def test_a_project_that_was_moved_gets_a_new_environment(place: Place, tmp_path: Path) -> None:
    ensure(place)
    moved = Place(tmp_path / "moved")
    moved.folder.mkdir()
    for name in (".venv", "build.txt", "agent.txt"):
        os.replace(place.folder / name, moved.folder / name)  # noqa: PTH105 - a folder, like a file
    ensure(moved)
    first_line = script_of(moved.venv, "sundial").read_text(errors="replace").splitlines()[0]
    assert str(moved.folder) in first_line


def test_an_interpreter_that_has_gone_is_noticed(place: Place) -> None:
    ensure(place)
    python_of(place.venv).unlink()
    ensure(place)
    assert version_in(place.venv) == "1.0"
