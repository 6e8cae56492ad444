"""However a browser ends: in the folders of this desk's browsers nothing is left but what the living gate needs."""

from __future__ import annotations

from pathlib import Path

import psutil

from kiosk_agent.hands.launched import profile_of
from kiosk_agent.hands.visit_folders import all_browsers_dirs, memory_root
from tests.desk.conftest import Desks, MakeDesk
from tests.desk.whole_desk import WAIT_S, WholeDesk, driver_of, gate_browser_of, signed_in, until
from tests.support.living import lives
from tests.support.writing_on import writing_on


def folders_of(desk: WholeDesk) -> set[Path]:
    """What is in the folders of the desk's browsers."""
    return {entry for folder in all_browsers_dirs(desk.folder / "data") for entry in folder.iterdir()}


def profile_in(desk: WholeDesk, browser: psutil.Process) -> Path:
    """The profile of this browser of the desk's."""
    profile = profile_of(browser.pid, desk.folder / "data")
    assert profile in folders_of(desk)
    assert profile is not None
    return profile


def gates_own(desk: WholeDesk) -> set[Path]:
    """The folders of a desk at its gate: the profile, and one of the agent's making with nothing of anybody in it."""
    profile = profile_in(desk, gate_browser_of(desk))
    (own,) = folders_of(desk) - {profile}
    assert {path.name for path in own.iterdir()} == {"downloads", "artifacts", "temporary"}
    # the browser has its lock, and now and then a piece of shared memory, among the temporary files
    assert [path for name in ("downloads", "artifacts") for path in (own / name).iterdir()] == []
    return {profile, own}


def keep_a_file(desk: WholeDesk) -> None:
    """The resident signs in and keeps the own data as a file."""
    desk.do("run", script="() => { location.assign('/account/statement') }")
    until(lambda: any(path.is_file() for folder in folders_of(desk) for path in folder.glob("downloads/*")))


def test_after_a_visit_only_the_gates_folders_are_left(desks: Desks) -> None:
    desk = desks.shared()
    gates = gates_own(desk)
    signed_in(desk)
    keep_a_file(desk)
    assert len(folders_of(desk)) == 2 * len(gates)
    desk.do("next_person")
    desk.do("wait", states=["Confirming"])
    assert folders_of(desk) == gates
    desk.do("confirm")


def test_after_a_visit_without_a_sign_in_too(desks: Desks) -> None:
    desk = desks.shared()
    gates = gates_own(desk)
    desk.do("start")
    desk.do("end")
    desk.do("wait", states=["Gate", "Confirming"])
    assert folders_of(desk) == gates
    if desk.do("look")["state"] == "Confirming":
        desk.do("confirm")


def test_after_a_visit_whose_browser_was_killed_too(desks: Desks) -> None:
    desk = desks.shared()
    gates = gates_own(desk)
    (root,) = signed_in(desk)
    keep_a_file(desk)
    with writing_on(profile_in(desk, root)):
        root.kill()
        desk.do("wait", states=["Confirming"])
        assert folders_of(desk) == gates
    desk.do("confirm")


def test_a_killed_gate_leaves_only_its_successors_folders(desks: Desks) -> None:
    desk = desks.shared()
    before = gates_own(desk)
    killed = gate_browser_of(desk)
    with writing_on(profile_in(desk, killed)):
        killed.kill()
        until(lambda: not lives(killed) and desk.do("gate_offers", act="start")["answer"])
        until(lambda: before.isdisjoint(folders_of(desk)))
        assert gates_own(desk)


def lose_driver(desk: WholeDesk) -> None:
    """The agent ends with its driver and all browsers, and another one takes over."""
    processes = desk.browsers()
    driver_of(desk).kill()
    _, alive = psutil.wait_procs(processes, timeout=WAIT_S)
    assert alive == []
    desk.connect()


def test_after_a_killed_driver_the_next_agent_removes_what_the_visit_left(make_desk: MakeDesk) -> None:
    desk = make_desk()
    gates = gates_own(desk)
    signed_in(desk)
    keep_a_file(desk)
    lose_driver(desk)
    desk.do("wait", states=["Confirming"])
    assert gates_own(desk).isdisjoint(gates)
    desk.do("confirm")


def test_after_a_driver_killed_at_the_gate_the_next_agent_removes_what_the_gate_left(make_desk: MakeDesk) -> None:
    desk = make_desk()
    gates = gates_own(desk)
    lose_driver(desk)
    desk.do("wait", states=["Gate"])
    assert gates_own(desk).isdisjoint(gates)


def test_an_agent_that_stops_in_good_order_leaves_nothing_at_all(make_desk: MakeDesk) -> None:
    desk = make_desk()
    signed_in(desk)
    keep_a_file(desk)
    desk.supervisor.terminate()
    assert desk.supervisor.wait(timeout=WAIT_S) == 0
    assert folders_of(desk) == set()
    assert memory_root(desk.folder / "data", make=False) is None
