"""The sense "browsers" with a real Chromium that somebody starts beside it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from kiosk_agent.hands.launched import remove_abandoned
from kiosk_agent.process_tree import mark_of
from kiosk_agent.sensors.browsers.scanner import Scanner
from kiosk_agent.sensors.browsers.sense import end_browser
from kiosk_agent.sensors.browsers.telling import Ours, is_child
from tests.sensors.processes import NearTable, line_of, started_elsewhere, until
from tests.support.living import lives


@contextmanager
def chromium(browser_path: str, profile: Path) -> Iterator[psutil.Process]:
    """One with a page, and all the processes that it has then."""
    switches = ["--headless=new", "--no-sandbox", "--no-first-run", "--disable-gpu", f"--user-data-dir={profile}"]
    with started_elsewhere([browser_path, *switches, "data:text/html,x"]) as process:
        until(lambda: any("--type=renderer" in line_of(one) for one in process.children(recursive=True)))
        yield process


def titles(scanner: Scanner) -> list[str]:
    return [beside.program.title for beside in scanner.scan().browsers]


def test_a_chromium_is_noticed_once_and_gone_when_it_is(browser_path: str, tmp_path: Path) -> None:
    scanner = Scanner(NearTable(tmp_path), Ours([], os.getpid()), os.getpid())
    assert titles(scanner) == []
    with chromium(browser_path, tmp_path / "profile") as process:
        (found,) = scanner.scan().browsers
        assert found.root == mark_of(process.pid)
        (found,) = scanner.scan().browsers
    until(lambda: titles(scanner) == [])


def test_one_on_a_folder_of_the_agent_is_the_agents(browser_path: str, tmp_path: Path) -> None:
    with chromium(browser_path, tmp_path / "data" / "profile"):
        assert titles(Scanner(NearTable(tmp_path), Ours([tmp_path / "data"], os.getpid()), os.getpid())) == []
        assert titles(Scanner(NearTable(tmp_path), Ours([tmp_path / "other"], os.getpid()), os.getpid())) != []


def test_it_is_ended_with_all_its_processes(browser_path: str, tmp_path: Path) -> None:
    table = NearTable(tmp_path)
    with chromium(browser_path, tmp_path / "profile") as process:
        tree = [process, *process.children(recursive=True)]
        assert len(tree) > 3
        mark = mark_of(process.pid)
        assert mark is not None
        assert end_browser(mark)
        assert [one for one in tree if lives(one)] == []
        assert [pid for pid in table.pids() - {os.getpid()} if table.read(pid) is not None] == []
        assert end_browser(mark)  # there is nothing left to end


def test_one_that_hangs_is_killed(browser_path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kiosk_agent.sensors.browsers.sense.ASK_LIMIT_S", 0.2)
    with chromium(browser_path, tmp_path / "profile") as process:
        tree = [process, *process.children(recursive=True)]
        process.suspend()
        mark = mark_of(process.pid)
        assert mark is not None
        assert end_browser(mark)
        assert [one for one in tree if lives(one)] == []


def test_every_process_but_the_first_says_that_it_is_a_child(browser_path: str, tmp_path: Path) -> None:
    table = NearTable(tmp_path)
    with chromium(browser_path, tmp_path / "profile") as process:
        read = [details for one in process.children(recursive=True) if (details := table.read(one.pid)) is not None]
        browsers = [details for details in read if "chrom" in details.name and "crashpad" not in details.line[0]]
        assert browsers
        assert all(is_child(details) for details in browsers)
        first = table.read(process.pid)
        assert first is not None
        assert not is_child(first)


async def test_what_a_dead_agent_left_running_is_ended_when_the_next_one_starts(
    browser_path: str, tmp_path: Path
) -> None:
    home = tmp_path / "visits" / "browsers"
    home.mkdir(parents=True)
    left, own = home / "playwright_chromiumdev_profile-Left", home / "playwright_chromiumdev_profile-Mine"
    own_line = [sys.executable, "-c", "input()", f"--user-data-dir={own}"]
    with chromium(browser_path, left) as process, subprocess.Popen(own_line, stdin=subprocess.PIPE) as mine:
        tree = [process, *process.children(recursive=True)]
        await remove_abandoned(tmp_path)
        assert [one for one in tree if lives(one)] == []
        assert not left.exists()
        assert mine.poll() is None  # this process has started it
        assert mine.stdin is not None
        mine.stdin.close()


async def test_what_another_command_of_the_agent_has_started_is_left_alone(browser_path: str, tmp_path: Path) -> None:
    home = tmp_path / "visits" / "browsers"
    home.mkdir(parents=True)
    line = f"--user-data-dir={home / 'playwright_chromiumdev_profile-Kept'}"
    command = tmp_path / "kiosk-agent"  # what `kiosk-agent profile check` looks like from outside
    command.write_text(f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'input()', '{line}'])\n")
    with subprocess.Popen([sys.executable, str(command)], stdin=subprocess.PIPE) as starter:
        until(lambda: any(line in line_of(one) for one in psutil.Process(starter.pid).children()))
        (browser,) = psutil.Process(starter.pid).children()
        await remove_abandoned(tmp_path)
        assert lives(browser)
        assert starter.stdin is not None
        starter.stdin.close()
