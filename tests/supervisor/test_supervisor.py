"""The agent is stopped, killed, hung, stubborn: the screen is covered, and another agent is started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from kiosk_agent.process_tree import mark_of
from kiosk_agent.supervisor import EXIT_BUSY
from tests.cover.screen import Screen, Watch, loud_page
from tests.supervisor.conftest import SupervisedDesk, wait_until

Start = Callable[..., SupervisedDesk]


@pytest.fixture
def loud_program(browser_path: str, tmp_path: Path) -> list[str]:
    """A real browser that fills the screen with a loud colour."""
    sandbox = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    page = loud_page(tmp_path)
    profile = f"--user-data-dir={tmp_path}/profile"
    return [browser_path, *sandbox, profile, "--no-first-run", "--kiosk", "--password-store=basic", page]


@pytest.fixture
def screen(display: str) -> object:
    screen = Screen(display)
    yield screen
    screen.close()


def covered_visit(desk: SupervisedDesk, program: list[str], screen: Screen) -> tuple[int, int]:
    """An agent with a loud browser on screen; returns both process numbers."""
    agent = desk.hear("up")["up"]
    desk.order("hide")
    desk.hear("hidden")
    desk.order(" ".join(["program", *program]))
    browser = desk.hear("program")["program"]
    wait_until(lambda: screen.loud_pixels() > 500_000, "the loud page fills the screen")
    return agent, browser


@pytest.mark.parametrize("blow", ["SIGSTOP", "SIGKILL", "hang"])
def test_a_lost_agent_is_covered_killed_with_its_browser_and_started_again(
    desk: Start, screen: Screen, loud_program: list[str], blow: str, display: str
) -> None:
    supervised = desk()
    agent, browser = covered_visit(supervised, loud_program, screen)
    tree = [mark_of(pid) for pid in (agent, browser, *(c.pid for c in psutil.Process(browser).children(True)))]
    if blow == "hang":
        supervised.order("hang")
    else:
        os.kill(agent, getattr(signal, blow))
    wait_until(lambda: screen.loud_pixels() == 0, "the loud page is covered")
    with Watch(display) as watch:
        second = supervised.hear("up")
        assert second["up"] != agent
        assert second["hello"] == {"cover": "native", "covered": True}
        wait_until(lambda: all(mark is None or mark.find() is None for mark in tree), "agent and browser are gone")
    assert watch.frames > 0
    assert watch.leaks == []


def test_the_cover_stays_until_the_new_agent_takes_it_away(desk: Start, display: str) -> None:
    supervised = desk()
    agent = supervised.hear("up")["up"]
    os.kill(agent, signal.SIGKILL)
    assert supervised.hear("up")["hello"]["covered"] is True
    supervised.order("hide")
    supervised.hear("hidden")
    supervised.order("show shield")
    assert supervised.hear("shown")["ms"] >= 0.0


def test_a_crash_loop_ends_in_a_panel_that_asks_for_help_while_it_goes_on_trying(desk: Start) -> None:
    supervised = desk(crash_limit=2)
    first = supervised.hear("up")["up"]
    supervised.order("exit 1")
    second = supervised.hear("up")["up"]
    supervised.order("exit 1")
    third = supervised.hear("up")["up"]
    assert len({first, second, third}) == 3
    assert len([line for line in supervised.complaints if "was lost" in line]) == 2


def test_an_agent_that_stops_in_good_order_is_not_started_again(desk: Start) -> None:
    supervised = desk()
    supervised.hear("up")
    supervised.process.send_signal(signal.SIGTERM)
    assert supervised.hear("asked_to_stop")
    assert supervised.process.wait(timeout=60) == 0
    assert supervised.complaints == []


def test_an_agent_that_leaves_and_says_so_is_not_started_again(desk: Start) -> None:
    supervised = desk()
    supervised.hear("up")
    supervised.order("leave 3")
    assert supervised.process.wait(timeout=60) == 3
    assert supervised.complaints == []


def test_an_agent_that_does_not_stop_is_killed_under_the_cover(
    desk: Start, screen: Screen, loud_program: list[str], display: str
) -> None:
    supervised = desk(stop_limit_s=1.0)
    agent, browser = covered_visit(supervised, loud_program, screen)
    marks = [mark_of(agent), mark_of(browser)]
    supervised.order("stubborn")
    supervised.hear("stubborn")
    supervised.process.send_signal(signal.SIGINT)
    assert supervised.process.wait(timeout=60) == 1
    assert [mark.find() for mark in marks if mark] == [None, None]


def test_the_agent_ends_when_its_supervisor_dies(desk: Start) -> None:
    supervised = desk()
    agent = mark_of(supervised.hear("up")["up"])
    supervised.order("patient")  # nothing but the news itself ends it
    supervised.hear("patient")
    supervised.process.kill()
    assert agent is not None
    wait_until(lambda: agent.find() is None, "the orphaned agent has ended")


@pytest.mark.skipif(sys.platform != "linux", reason="the parent-death signal is Linux's")
@pytest.mark.parametrize("state", ["stopped", "hung", "stubborn"])
def test_even_a_stopped_hung_or_stubborn_orphan_ends(desk: Start, state: str) -> None:
    supervised = desk(hang_limit_s=60.0)
    agent = mark_of(supervised.hear("up")["up"])
    assert agent is not None
    if state == "stopped":
        os.kill(agent.pid, signal.SIGSTOP)
    elif state == "hung":
        supervised.order("hang")
        supervised.hear("hanging")
    else:
        supervised.order("stubborn")
        supervised.hear("stubborn")
    supervised.process.kill()
    wait_until(lambda: agent.find() is None, "the orphaned agent has ended")


def test_words_that_are_no_message_are_complained_about_and_change_nothing(desk: Start) -> None:
    supervised = desk()
    supervised.hear("up")
    supervised.order("garbage")
    supervised.hear("garbage")
    wait_until(lambda: any("no message (16 bytes)" in line for line in supervised.complaints), "it is complained about")
    supervised.order("hide")
    assert supervised.hear("hidden")


def test_without_a_display_nothing_is_covered_and_the_agent_is_told_so(
    desk: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISPLAY")
    supervised = desk(headless=True)
    assert supervised.hear("up")["hello"] == {"cover": "none", "covered": True}
    supervised.order("show shield")
    assert supervised.hear("shown")["ms"] == 0.0
    supervised.process.terminate()
    assert supervised.process.wait(timeout=60) == 0


def test_a_screen_that_is_not_there_is_a_clear_error(desk: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":987654")
    supervised = desk()
    assert supervised.process.wait(timeout=60) == 1
    wait_until(lambda: any("no display" in line for line in supervised.complaints), "the error is said")


def test_a_second_supervisor_on_one_desk_says_so_and_exits(desk: Start, tmp_path: object) -> None:
    first = desk(data_dir=str(tmp_path))
    first.hear("up")
    second = desk(data_dir=str(tmp_path))
    assert second.process.wait(timeout=60) == EXIT_BUSY
    wait_until(lambda: bool(second.complaints), "it says why")
    assert f"process {first.process.pid}" in second.complaints[0]


def test_the_supervisor_stays_small(desk: Start) -> None:
    supervised = desk()
    supervised.hear("up")
    loaded = "import sys, kiosk_agent.supervisor; print('\\n'.join(sys.modules))"
    modules = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True).stdout.split()
    assert not {"asyncio", "msgspec", "playwright", "click", "kiosk_agent.session"} & set(modules)
    assert not {"dataclasses", "inspect", "ast"} & set(modules), "the first dataclass brings 1.7 MiB"


def test_a_supervisor_that_stood_still_itself_gives_the_agent_another_chance(desk: Start) -> None:
    """As after a suspend: both stood still, and the supervisor looks first."""
    supervised = desk(hang_limit_s=2.0)  # the least that a configuration may say
    agent = psutil.Process(supervised.hear("up")["up"])
    agent.suspend()
    supervised.process.send_signal(signal.SIGSTOP)
    time.sleep(4.0)  # nothing can tell how long a stopped process has been stopped
    supervised.process.send_signal(signal.SIGCONT)
    time.sleep(0.5)  # nor when it has looked at its clock
    agent.resume()
    supervised.order("hide")
    assert supervised.hear("hidden")
    assert agent.is_running()
    assert supervised.complaints == []
