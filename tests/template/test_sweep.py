"""What visits of a dead agent left is swept at the next start; what is in use is not touched."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from kiosk_agent.hands import visit_folders, wiping
from kiosk_agent.hands.residue import sweep
from kiosk_agent.hands.template import read_template
from kiosk_agent.hands.template_build import build_template
from kiosk_agent.hands.template_copies import make_copy, sweep_copies
from kiosk_agent.hands.visit_folders import memory_root, visit_root
from kiosk_agent.hands.wiping import wipe_folder
from tests.support.living import lives
from tests.template.conftest import LAUNCH_OPTIONS, SANDBOX, Desk, files_with

ROOT = Path(__file__).parents[2]


@contextlib.contextmanager
def agent_with_a_visit(desk: Desk) -> Iterator[tuple[subprocess.Popen[str], psutil.Process]]:
    """Another process in which resident A is signed in; with its browser."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.template.one_visit",
            str(desk.data_dir),
            str(desk.executable),
            desk.portal.url,
            desk.extension.id,
        ],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        account, _found, _seen, root_pid = process.stdout.readline().strip().split("|")
        assert account == "resident A"
        yield process, psutil.Process(int(root_pid))
    finally:
        process.kill()
        process.communicate()


async def test_nothing_is_left_of_a_visit_whose_agent_was_killed(desk: Desk) -> None:
    await build_template(desk.order())
    with agent_with_a_visit(desk) as (agent, browser):
        agent.kill()
        agent.wait(timeout=30)
        assert len(desk.copies) == 1
        assert files_with("resident A", *desk.places)
        assert await sweep_copies(desk.data_dir) == ()
        assert desk.copies == []
        assert files_with("resident A", *desk.places) == []
        assert files_with(desk.portal.data["resident A"], *desk.places) == []
        assert not lives(browser)


async def test_a_browser_that_outlived_its_agent_is_killed(desk: Desk) -> None:
    await build_template(desk.order())
    folder = await abandoned_copy(desk)
    # without a driver that would take it along: as after a crash of the driver
    command = [str(desk.executable), *LAUNCH_OPTIONS["args"], f"--user-data-dir={folder / 'profile'}"]  # type: ignore[misc]  # a list
    browser = subprocess.Popen(
        [*command, *([] if SANDBOX else ["--no-sandbox"]), "--remote-debugging-port=0"],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert browser.stderr is not None
    assert any("DevTools listening" in line for line in browser.stderr)
    running = psutil.Process(browser.pid)
    assert await sweep_copies(desk.data_dir) == ()
    assert running.status() == psutil.STATUS_ZOMBIE  # dead, and not yet waited for by us
    browser.wait(timeout=30)
    browser.stderr.close()
    assert desk.copies == []


async def abandoned_copy(desk: Desk) -> Path:
    """A copy whose name says that a process made it that has ended."""
    maker = subprocess.Popen([sys.executable, "-c", ""])
    started = psutil.Process(maker.pid).create_time()
    maker.wait(timeout=30)
    copy = await make_copy(read_template(desk.profile, desk.data_dir), desk.data_dir)
    token = copy.folder.name.rsplit("-", 1)[1]
    return copy.folder.rename(copy.folder.with_name(f"visit-{maker.pid}-{round(started * 100)}-{token}"))


async def test_a_visit_that_goes_on_is_not_swept(desk: Desk) -> None:
    await build_template(desk.order())
    with agent_with_a_visit(desk) as (agent, browser):
        assert await sweep_copies(desk.data_dir) == ()
        assert len(desk.copies) == 1
        assert browser.is_running()
        agent.communicate("")
    assert desk.copies == []


async def test_a_recycled_process_number_does_not_protect_an_abandoned_copy(tmp_path: Path) -> None:
    other_start = round((psutil.Process().create_time() - 3600) * 100)
    folder = tmp_path / "visits" / f"visit-{os.getpid()}-{other_start}-{'0' * 16}"
    folder.mkdir(parents=True)
    assert await sweep_copies(tmp_path) == ()
    assert not folder.exists()


async def test_a_copy_that_the_power_cut_off_half_way_is_swept(tmp_path: Path) -> None:
    folder = tmp_path / "visits" / f"visit-4194305-100-{'0' * 16}"  # above Linux's highest process number
    (folder / "profile" / "Default").mkdir(parents=True)
    assert await sweep_copies(tmp_path) == ()
    assert list((tmp_path / "visits").iterdir()) == []


async def test_folders_that_are_no_visit_copies_are_left_alone(tmp_path: Path) -> None:
    mine = tmp_path / "visits" / "visit-notes"
    mine.mkdir(parents=True)
    assert await sweep_copies(tmp_path) == ()
    assert mine.exists()


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="only on systems with /dev/shm")
def test_copies_lie_in_memory_for_this_user_alone(tmp_path: Path) -> None:
    root = visit_root(tmp_path)
    try:
        assert root.parent == Path("/dev/shm")
        assert root.stat().st_mode & 0o777 == 0o700
    finally:
        shutil.rmtree(root)


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="only on systems with /dev/shm")
def test_a_folder_in_memory_that_others_may_write_to_is_not_used(tmp_path: Path) -> None:
    root = visit_root(tmp_path)
    root.chmod(0o777)
    try:
        assert memory_root(tmp_path) is None
        assert visit_root(tmp_path) == tmp_path / "visits"
        assert visit_root(tmp_path).stat().st_mode & 0o777 == 0o700
    finally:
        shutil.rmtree(root)


def test_copies_go_to_the_disk_where_memory_has_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visit_folders, "ROOM_BYTES", 1 << 60)
    assert visit_root(tmp_path) == tmp_path / "visits"
    memory = memory_root(tmp_path)
    if memory is not None:
        memory.rmdir()


async def test_a_locked_copy_is_tried_again_until_it_can_be_wiped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "copy"
    folder.mkdir()
    real, calls = shutil.rmtree, []

    def locked_at_first(path: Path) -> None:
        calls.append(path)
        if len(calls) < 3:
            raise PermissionError(13, "The process cannot access the file", str(path))
        real(path)

    monkeypatch.setattr(wiping.shutil, "rmtree", locked_at_first)
    assert await wipe_folder(folder)
    assert not folder.exists()
    assert len(calls) == 3


async def test_a_copy_that_stays_locked_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "visits" / f"visit-4194305-100-{'0' * 16}"
    folder.mkdir(parents=True)

    def locked(path: Path) -> None:
        raise PermissionError(13, "The process cannot access the file", str(path))

    monkeypatch.setattr(wiping, "WIPE_LIMIT_S", 0.2)
    monkeypatch.setattr(wiping.shutil, "rmtree", locked)
    assert await asyncio.wait_for(sweep_copies(tmp_path), 60) == ("profile",)


async def test_the_agents_own_sweep_takes_copies_of_templates_along(tmp_path: Path) -> None:
    folder = tmp_path / "visits" / f"visit-4194305-100-{'0' * 16}"
    folder.mkdir(parents=True)
    assert await sweep(tmp_path) == ()
    assert not folder.exists()
