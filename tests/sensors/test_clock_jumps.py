"""Suspend and a turned wall clock, by manual clocks, and once by the kernel's own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk_agent.clock import ManualClock
from kiosk_agent.sensors.clock_jumps import ClockWatch
from kiosk_agent.session.events import ChangeSignalled, Event
from kiosk_agent.session.vocabulary import Signal

RESUMED = ChangeSignalled(Signal.RESUMED)


class Desk:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.events: list[Event] = []
        self.jumps: list[float] = []
        self.watch = ClockWatch(self.clock, self.events.append, self.jumps.append)

    def passes(self, seconds: float, **how: object) -> None:
        self.clock.advance(seconds, **how)  # type: ignore[arg-type]
        self.watch.tick()


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_an_ordinary_day_is_no_signal(desk: Desk) -> None:
    for _ in range(10_000):
        desk.passes(1.0)
    assert (desk.events, desk.jumps) == ([], [])


def test_waking_from_suspend_is_signalled_once(desk: Desk) -> None:
    desk.passes(1.0)
    desk.passes(3600.0, asleep=True)
    desk.passes(1.0)
    assert desk.events == [RESUMED]
    assert desk.jumps == []


def test_a_busy_pc_that_ticks_late_has_not_slept(desk: Desk) -> None:
    desk.passes(45.0)
    assert desk.events == []


def test_a_short_nap_between_two_ticks_is_noticed(desk: Desk) -> None:
    desk.clock.advance(0.5)
    desk.clock.advance(2.5, asleep=True)
    desk.clock.advance(0.5)
    desk.watch.tick()
    assert desk.events == [RESUMED]


def test_the_system_telling_of_a_suspend_that_the_clocks_showed_is_no_second_one(desk: Desk) -> None:
    desk.passes(60.0, asleep=True)
    desk.passes(1.0)
    desk.watch.woken()
    desk.passes(1.0)
    assert desk.events == [RESUMED]


def test_the_clocks_showing_a_suspend_that_the_system_told_of_are_no_second_one(desk: Desk) -> None:
    desk.clock.advance(60.0, asleep=True)
    desk.watch.woken()
    desk.passes(1.0)
    assert desk.events == [RESUMED]


def test_the_next_suspend_is_another_one_whoever_notices_it(desk: Desk) -> None:
    for _ in range(3):
        desk.passes(60.0, asleep=True)
        desk.watch.woken()
        desk.passes(1.0)
    assert desk.events == [RESUMED] * 3
    desk.clock.advance(60.0, asleep=True)
    desk.watch.woken()
    desk.passes(60.0, asleep=True)
    assert desk.events == [RESUMED] * 5


def test_a_suspend_that_the_clocks_do_not_show_is_believed_to_the_system(desk: Desk) -> None:
    desk.passes(1.0)
    desk.watch.woken()
    desk.passes(1.0)
    assert desk.events == [RESUMED]


def test_a_suspend_that_was_not_told_of_hides_no_later_one(desk: Desk) -> None:
    desk.passes(60.0, asleep=True)
    desk.passes(600.0)
    desk.watch.woken()
    assert desk.events == [RESUMED] * 2


@pytest.mark.parametrize("turned_s", [-86400.0, 3600.0, 31_536_000.0])
def test_a_turned_wall_clock_is_told_and_is_no_sign_of_another_person(desk: Desk, turned_s: float) -> None:
    desk.passes(1.0, wall_seconds=1.0 + turned_s)
    desk.passes(1.0)
    assert desk.jumps == [pytest.approx(turned_s)]
    assert desk.events == []


def test_network_time_correcting_slowly_is_not_told(desk: Desk) -> None:
    for _ in range(3600):
        desk.passes(1.0, wall_seconds=1.0005)
    assert desk.jumps == []


JUMP = """
import time
from kiosk_agent.clock import SystemClock
clock = SystemClock()
print(round(clock.now() - clock.running()))
"""


@pytest.mark.skipif(sys.platform != "linux" or shutil.which("unshare") is None, reason="needs Linux and unshare")
def test_the_real_clock_counts_suspend() -> None:
    """A time namespace shifts CLOCK_BOOTTIME as an hour of suspend would."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    plain = subprocess.run([sys.executable, "-c", JUMP], capture_output=True, text=True, env=environment, check=True)
    argv = ["unshare", "-T", "--boottime", "3600", sys.executable, "-c", JUMP]
    shifted = subprocess.run(argv, capture_output=True, text=True, env=environment, check=False)
    if shifted.returncode != 0:
        pytest.skip(f"unshare -T is not allowed here: {shifted.stderr.strip()}")
    assert int(shifted.stdout) - int(plain.stdout) == pytest.approx(3600, abs=2)
