"""Every folder that a visit's browser had is gone with it, also where the driver cannot see to that."""

from __future__ import annotations

import asyncio
import shutil
import sys
from pathlib import Path

import psutil
import pytest
from playwright.async_api import Playwright

from kiosk_agent.errors import BrowserLostError
from kiosk_agent.hands.driver import driver
from kiosk_agent.hands.launch import MemoryLaunch, context_options, launch_options
from kiosk_agent.hands.launched import profile_of
from kiosk_agent.hands.visit_folders import all_browsers_dirs, all_roots, browsers_dir
from kiosk_agent.hands.wiping import LOCK_SOCKET
from kiosk_agent.practice.portal import PracticePortal
from kiosk_agent.session.residue import Residue, ResidueKind
from tests.browser.conftest import LIMIT_S, Visit, visiting
from tests.support.writing_on import writing_on

BREAKS = """#!{python}
# a browser that makes its profile and ends before it answers
import pathlib, sys
profile = next(one.partition("=")[2] for one in sys.argv if one.startswith("--user-data-dir="))
pathlib.Path(profile, "Default").mkdir(parents=True)
pathlib.Path({noted!r}).write_text(profile)
{then}
"""


def left_in(data_dir: Path) -> list[Path]:
    """What is in the folders of browsers, in memory and on the disk."""
    return [entry for folder in all_browsers_dirs(data_dir) for entry in folder.iterdir()]


def profile_in(visit: Visit, data_dir: Path) -> Path:
    profile = profile_of(visit.root_pid, data_dir)
    assert profile is not None
    assert profile in left_in(data_dir)
    return profile


def driver_of(visit: Visit) -> psutil.Process:
    parent = psutil.Process(visit.root_pid).parent()
    assert parent is not None
    return parent


async def test_after_its_end_nothing_of_a_visit_is_left(portal: PracticePortal, tmp_path: Path) -> None:
    async with visiting(portal, tmp_path) as visit:
        await visit.sign_in()
        profile_in(visit, tmp_path / "data")
        assert await visit.browser.destroy()
        assert await visit.browser.remove_residue() == ()
        assert left_in(tmp_path / "data") == []
    assert [root for root in all_roots(tmp_path / "data") if root.exists()] == []


@pytest.mark.skipif(sys.platform == "win32", reason="only on Linux: elsewhere the lock is no folder")
async def test_the_lock_of_a_killed_browser_does_not_stay_among_the_temporary_files(
    portal: PracticePortal, tmp_path: Path
) -> None:
    async with visiting(portal, tmp_path) as visit:
        lock = (profile_in(visit, tmp_path / "data") / LOCK_SOCKET).readlink().parent
        assert lock.is_dir()
        assert await visit.browser.destroy()
        assert await visit.browser.remove_residue() == ()
        assert not lock.exists()


async def test_what_still_writes_after_the_browser_was_killed_is_ended_first(
    portal: PracticePortal, tmp_path: Path
) -> None:
    async with visiting(portal, tmp_path) as visit:
        profile = profile_in(visit, tmp_path / "data")
        with writing_on(profile) as process:
            psutil.Process(visit.root_pid).kill()
            assert await visit.browser.destroy()
            assert await visit.browser.remove_residue() == ()
            assert await asyncio.to_thread(process.wait, LIMIT_S) < 0
            assert left_in(tmp_path / "data") == []


async def test_a_killed_driver_removes_nothing_but_the_wipe_does(portal: PracticePortal, tmp_path: Path) -> None:
    async with visiting(portal, tmp_path) as visit:
        profile = profile_in(visit, tmp_path / "data")
        driver_of(visit).kill()
        assert await visit.browser.destroy()
        assert profile in left_in(tmp_path / "data")
        assert await visit.browser.remove_residue() == ()
        assert left_in(tmp_path / "data") == []


async def test_a_profile_that_stays_is_told(
    portal: PracticePortal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk_agent.hands.wiping.WIPE_LIMIT_S", 0.2)
    async with visiting(portal, tmp_path) as visit:
        profile = profile_in(visit, tmp_path / "data")
        driver_of(visit).kill()
        assert await visit.browser.destroy()
        shutil.rmtree(profile)
        profile.write_text("a file in its place cannot be removed as a folder")
        assert await visit.browser.remove_residue() == (Residue(ResidueKind.TEMPORARY_FILES, left=1),)
        profile.unlink()
        assert await visit.browser.remove_residue() == ()


@pytest.mark.parametrize("then", ["sys.exit(1)", "import os; os.kill(os.getpid(), 9)"], ids=["ends", "is killed"])
async def test_a_browser_that_does_not_come_up_leaves_nothing(tmp_path: Path, then: str) -> None:
    noted = tmp_path / "noted"
    broken = tmp_path / "broken-browser"
    broken.write_text(BREAKS.format(python=sys.executable, noted=str(noted), then=then))
    broken.chmod(0o700)
    data_dir = tmp_path / "data"
    async with driver(data_dir) as playwright:
        launch = memory_launch(playwright, data_dir, broken)
        with pytest.raises(BrowserLostError):
            await launch.start()
        profile = Path(noted.read_text())
        assert profile.parent == browsers_dir(data_dir)
        (profile / "Default").mkdir(parents=True, exist_ok=True)  # as where the driver was not quick enough
        beside = browsers_dir(data_dir) / "playwright_chromiumdev_profile-beside"
        with writing_on(beside, kind=""):
            assert await launch.wipe()
            assert left_in(data_dir) == [beside], "another browser's profile is none of our business"
        assert await launch.wipe()
        assert left_in(data_dir) == [], "once nothing runs on it any more, it is left over"


async def test_a_browser_lost_before_its_context_leaves_nothing(browser_path: str, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    async with driver(data_dir) as playwright:
        options = launch_options(Path(browser_path), headless=True, proxy=None)
        launch = MemoryLaunch(playwright, data_dir, launch_options=options, context_options={"locale": 4711})
        with pytest.raises(BrowserLostError):
            await launch.start()
        assert launch.root_pid is not None
        profile = profile_of(launch.root_pid, data_dir)
        assert profile is not None
        with writing_on(profile):
            await launch.close()
            assert await launch.wipe()
        assert left_in(data_dir) == []


def memory_launch(playwright: Playwright, data_dir: Path, executable: Path) -> MemoryLaunch:
    options = launch_options(executable, headless=True, proxy=None)
    return MemoryLaunch(playwright, data_dir, launch_options=options, context_options=context_options(headless=True))
