"""In which order things happen when an agent is lost or stops, told by a cover that says what it saw."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from functools import partial

import pytest

from kiosk_agent.process_tree import ProcessMark, mark_of
from tests.supervisor.conftest import PANELS, SupervisedDesk

Start = Callable[..., SupervisedDesk]
SLEEPER = [sys.executable, "-c", "__import__('time').sleep(1000)"]  # stands for a browser: it lives until it is killed


@pytest.fixture
def witnessed(desk: Start) -> Start:
    return partial(desk, supervisor="tests.supervisor.witness")


def in_a_visit(desk: SupervisedDesk) -> list[ProcessMark]:
    """An agent that has taken the cover away, and its browser."""
    agent = desk.hear("up")["up"]
    desk.order("hide")
    desk.hear("hidden")
    desk.order(" ".join(["program", *SLEEPER]))
    marks = [mark_of(agent), mark_of(desk.hear("program")["program"])]
    return [mark for mark in marks if mark is not None]


@pytest.mark.parametrize("blow", ["SIGSTOP", "hang"])
def test_the_screen_is_covered_before_anything_is_killed(witnessed: Start, blow: str) -> None:
    desk = witnessed()
    agent, browser = in_a_visit(desk)
    if blow == "hang":
        desk.order("hang")
    else:
        os.kill(agent.pid, signal.SIGSTOP)
    assert desk.hear("covered") == {"covered": PANELS["hang"]["title"], "alive": ["up", "program"]}
    assert desk.hear("up")["hello"]["covered"] is True
    assert [agent.find(), browser.find()] == [None, None]


def test_a_lost_agents_cover_speaks_the_language_of_its_visit_and_the_next_agents_the_desks(witnessed: Start) -> None:
    desk = witnessed()
    agent, _ = in_a_visit(desk)
    desk.order("if_lost 안전을 확인하고 있습니다")
    desk.hear("if_lost")
    os.kill(agent.pid, signal.SIGKILL)
    assert desk.hear("covered")["covered"] == "안전을 확인하고 있습니다"
    agent, _ = in_a_visit(desk)
    os.kill(agent.pid, signal.SIGKILL)
    assert desk.hear("covered")["covered"] == PANELS["hang"]["title"]


def test_where_that_cannot_be_read_the_cover_speaks_the_desks_language(witnessed: Start) -> None:
    desk = witnessed()
    agent, _ = in_a_visit(desk)
    desk.order("if_lost")
    desk.hear("if_lost")
    os.kill(agent.pid, signal.SIGKILL)
    assert desk.hear("covered")["covered"] == PANELS["hang"]["title"]


def test_an_agent_that_does_not_stop_is_covered_before_it_is_killed(witnessed: Start) -> None:
    desk = witnessed(stop_limit_s=1.0)
    marks = in_a_visit(desk)
    desk.order("stubborn")
    desk.hear("stubborn")
    desk.process.send_signal(signal.SIGTERM)
    assert desk.hear("covered") == {"covered": PANELS["hang"]["title"], "alive": ["up", "program"]}
    assert desk.process.wait(timeout=60) == 1
    assert [mark.find() for mark in marks] == [None, None]


def test_a_browser_that_a_stopped_agent_left_behind_does_not_stay(witnessed: Start) -> None:
    desk = witnessed()
    _, browser = in_a_visit(desk)
    desk.process.send_signal(signal.SIGTERM)
    assert desk.process.wait(timeout=60) == 0
    assert browser.find() is None


def test_the_last_words_of_an_agent_that_was_given_up_uncover_nothing(witnessed: Start) -> None:
    desk = witnessed()
    in_a_visit(desk)
    desk.order("uncover")  # again and again, to its end, while its event loop hangs
    desk.hear("covered")
    assert desk.hear("up")["hello"]["covered"] is True


def test_after_too_many_losses_the_cover_asks_for_help(witnessed: Start) -> None:
    desk = witnessed(crash_limit=2)
    titles = [desk.hear("covered")["covered"]]
    for _ in range(2):
        desk.hear("up")
        desk.order("exit 1")
        titles.append(desk.hear("covered")["covered"])
    assert titles == [PANELS[name]["title"] for name in ("starting", "hang", "crash_loop")]
    desk.hear("up")  # and it goes on trying
