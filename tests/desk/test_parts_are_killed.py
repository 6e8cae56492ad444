"""A part of the desk is killed, or told to stop: nothing is left open, nothing is left running, and it is recorded."""

from __future__ import annotations

import signal
import subprocess
import sys

import psutil
import pytest

from kiosk_agent.practice.portal import PracticePortal
from kiosk_agent.practice.switches import LogoutWay, Switches
from kiosk_agent.supervisor import EXIT_BUSY
from tests.desk.conftest import Desks, MakeDesk
from tests.desk.whole_desk import ROOT, WAIT_S, WholeDesk, driver_of, gate_browser_of, signed_in, until
from tests.support.living import lives


def test_a_visit_whose_browser_is_killed_ends_and_its_open_session_is_told(desks: Desks) -> None:
    desk = desks.shared()
    roots = signed_in(desk)
    tree = [one for root in roots for one in [root, *root.children(recursive=True)]]
    for root in roots:
        root.kill()
    desk.do("wait", states=["Confirming"])
    until(lambda: not any(lives(process) for process in tree))  # its helpers notice, and end by themselves
    outcome = desk.entries("Outcome")[-1]
    assert outcome["reason"] == "browser_crashed"
    # the session lives on at the portal; without a positive control before its end even that is not certain
    assert outcome["proof"] == "unproven"
    assert [one["code"] for one in desk.entries("Incident")][-1] == "proof_less_than_expected"
    desk.do("confirm")


def test_a_visit_whose_browser_hangs_altogether_ends_with_its_browser_killed(make_desk: MakeDesk) -> None:
    desk = make_desk(policy="logout_limit_s = 5.0")
    roots = signed_in(desk)
    tree = [one for root in roots for one in [root, *root.children(recursive=True)]]
    for root in roots:
        root.suspend()  # it answers nothing any more, not even the wish to close
    desk.do("next_person")
    desk.do("wait", states=["Confirming"])
    assert [process for process in roots if lives(process)] == []
    until(lambda: not any(lives(process) for process in tree))
    (outcome,) = desk.entries("Outcome")
    assert outcome["reason"] == "change_of_person"
    assert outcome["proof"] in {"cleared", "unproven"}  # nobody could log out
    desk.do("confirm")
    desk.do("start")


def test_a_visit_whose_last_tab_is_closed_is_still_logged_out(desks: Desks, portal: PracticePortal) -> None:
    desk = desks.shared()
    before = portal.sessions
    roots = signed_in(desk)
    desk.do("close_pages")
    desk.do("wait", states=["Confirming"])
    assert [process for process in roots if lives(process)] == []
    outcome = desk.entries("Outcome")[-1]
    assert (outcome["reason"], outcome["proof"]) == ("browser_closed", "revoked")
    assert portal.sessions == before
    desk.do("confirm")


def test_without_its_driver_the_desk_is_covered_until_a_new_agent_has_put_things_right(make_desk: MakeDesk) -> None:
    desk = make_desk()
    signed_in(desk)
    processes = desk.browsers()
    driver_of(desk).kill()
    _, alive = psutil.wait_procs(processes, timeout=WAIT_S)
    assert alive == []
    desk.connect()
    desk.do("confirm")
    (outcome,) = desk.entries("Outcome")
    assert outcome["reason"] in {"browser_crashed", "found_unfinished"}
    assert outcome["saw_sign_in"]
    desk.do("start")


def test_a_killed_gate_is_shown_again(desks: Desks) -> None:
    desk = desks.shared()
    killed = gate_browser_of(desk)
    killed.kill()
    until(lambda: not lives(killed) and desk.do("gate_offers", act="start")["answer"])
    desk.do("start")
    desk.do("end")
    desk.do("confirm")


def test_a_gate_killed_during_a_visit_is_back_for_its_end(desks: Desks) -> None:
    desk = desks.shared()
    gate = gate_browser_of(desk)
    signed_in(desk)
    gate.kill()
    until(lambda: not lives(gate) and desk.do("gate_offers", act="next_person")["answer"])
    desk.do("next_person")
    desk.do("confirm")
    assert desk.entries("Outcome")[-1]["proof"] == "revoked"


def test_a_second_agent_on_the_same_desk_says_so_and_leaves(desks: Desks) -> None:
    desk = desks.shared()
    command = [sys.executable, "-m", "kiosk_agent", "run", "--config", str(desk.folder / "agent.toml")]
    second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=WAIT_S, check=False)
    assert second.returncode == EXIT_BUSY
    assert str(desk.supervisor.pid) in second.stderr
    assert "already guards this desk" in second.stderr
    desk.do("start")  # the first one has not noticed
    desk.do("end")
    desk.do("confirm")


def test_a_supervisor_that_is_started_again_waits_for_the_agent_that_still_logs_out(
    make_desk: MakeDesk, portal: PracticePortal
) -> None:
    """Two agents on one ledger would settle one visit twice."""
    portal.switches = Switches(logout=LogoutWay.SLOW, logout_answers_after_s=3.0)
    desk = make_desk()
    signed_in(desk)
    agent = psutil.Process(desk.agent_pid)
    desk.supervisor.kill()
    desk.supervisor.wait()
    second = WholeDesk(desk.folder / "agent.toml", headless=True)
    try:
        second.connect()
        assert not lives(agent)
        second.do("confirm")
        (outcome,) = second.entries("Outcome")
        assert (outcome["reason"], outcome["proof"]) == ("agent_stopping", "revoked")
        assert len(second.entries("Confirmation")) == 1
    finally:
        second.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_desk_told_to_stop_in_a_visit_logs_out_first(
    make_desk: MakeDesk, portal: PracticePortal, number: signal.Signals
) -> None:
    desk = make_desk()
    before = portal.sessions
    signed_in(desk)
    processes = [psutil.Process(desk.agent_pid), *desk.browsers()]
    desk.supervisor.send_signal(number)
    assert desk.supervisor.wait(timeout=WAIT_S) == 0
    assert [process for process in processes if lives(process)] == []
    assert portal.sessions == before
    (outcome,) = desk.entries("Outcome")
    assert (outcome["reason"], outcome["proof"]) == ("agent_stopping", "revoked")
    assert desk.entries("Confirmation") == []


def test_a_killed_supervisor_takes_agent_and_browsers_with_it_and_the_session_is_ended(
    make_desk: MakeDesk, portal: PracticePortal
) -> None:
    desk = make_desk()
    before = portal.sessions
    signed_in(desk)
    processes = [psutil.Process(desk.agent_pid), *desk.browsers()]
    desk.supervisor.kill()
    desk.supervisor.wait()
    _, alive = psutil.wait_procs(processes, timeout=WAIT_S)
    assert alive == []
    assert portal.sessions == before
    assert [one["reason"] for one in desk.entries("Outcome")] == ["agent_stopping"]
