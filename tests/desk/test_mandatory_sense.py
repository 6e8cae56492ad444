"""A desk that must not be without one of its senses, here the icon beside the clock, in a real tray."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.desk.conftest import MakeDesk
from tests.desk.whole_desk import WholeDesk, signed_in, until


@contextmanager
def tray_host() -> Iterator[subprocess.Popen[bytes]]:
    if shutil.which("trayer") is None:
        pytest.skip("trayer is not on this machine")
    process = subprocess.Popen(["trayer", "--edge", "top", "--align", "right"], stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=10)


def state_is(desk: WholeDesk, state: str) -> Callable[[], bool]:
    return lambda: bool(desk.do("look")["state"] == state)


@pytest.mark.timeout(300)
def test_the_desk_is_closed_until_the_sense_works_and_a_visit_ends_when_it_is_lost(
    make_desk: MakeDesk, display: str
) -> None:
    desk = make_desk(headless=False, policy='mandatory_senses = ["tray"]')
    until(lambda: [entry["reason"] for entry in desk.entries("DeskHeld")] == ["sense_lost"])
    assert desk.do("look")["state"] == "Held"
    with tray_host() as host:
        until(state_is(desk, "Gate"))
        signed_in(desk)
        host.terminate()
        host.wait(timeout=10)
        until(state_is(desk, "Held"), limit_s=120.0)  # a tray is looked for twice a minute
    assert [outcome["reason"] for outcome in desk.entries("Outcome")] == ["sense_lost"]
    with tray_host():
        until(state_is(desk, "Confirming"), limit_s=120.0)
