"""The agent dies or hangs in each state: its browser goes with it, and the next agent puts things right."""

from __future__ import annotations

import psutil
import pytest

from kiosk_agent.hands.visit_folders import all_roots
from kiosk_agent.practice.portal import PracticePortal
from kiosk_agent.practice.records import PEOPLE
from tests.desk.conftest import MakeDesk
from tests.desk.test_privacy import files_of, found_in
from tests.desk.whole_desk import WAIT_S, WholeDesk, until


def bring_to(desk: WholeDesk, state: str) -> None:
    desk.do("start")
    if state == "Open":
        return
    desk.do("sign_in", user="resident-a")
    if state == "Warning":
        desk.do("wait", states=["Warning"])
    elif state == "Ending":
        desk.do("next_person")
        desk.do("wait", states=["Ending", "Confirming"])
    elif state == "Confirming":
        desk.do("next_person")
        desk.do("wait", states=["Confirming"])


@pytest.mark.parametrize("how", ["SIGKILL", "SIGSTOP"])
@pytest.mark.parametrize("state", ["Open", "SignedIn", "Warning", "Ending", "Confirming"])
def test_a_lost_agent_leaves_no_browser_and_its_visit_is_settled_by_the_next(
    make_desk: MakeDesk, portal: PracticePortal, state: str, how: str
) -> None:
    desk = make_desk(idle_limit_s=3.0 if state == "Warning" else 300.0)
    bring_to(desk, state)
    processes = desk.browsers()
    desk.signal_agent(how)
    _, alive = psutil.wait_procs(processes, timeout=WAIT_S)
    assert alive == []
    desk.connect()
    assert desk.do("wait", states=["Confirming"])["state"] == "Confirming"
    desk.do("confirm")
    outcomes = desk.entries("Outcome")
    assert len(outcomes) == 1
    assert len(desk.entries("Confirmation")) == 1
    if state in {"Open", "SignedIn", "Warning"}:
        assert outcomes[0]["reason"] == "found_unfinished"
        # ... also where no sign-in was recorded: one may have been lost with the agent
        assert outcomes[0]["proof"] == "unproven"
    desk.do("start")  # and the next resident can begin


def test_what_a_resident_had_downloaded_does_not_outlive_a_lost_agent(make_desk: MakeDesk) -> None:
    desk = make_desk()
    notice = PEOPLE["resident-a"].notice.encode()

    def kept() -> list[str]:
        return [str(path) for path in files_of(*all_roots(desk.folder / "data")) if found_in(path, [notice])]

    bring_to(desk, "SignedIn")
    desk.do("run", script="() => { location.assign('/account/statement') }")
    until(lambda: kept() != [])
    desk.signal_agent("SIGKILL")
    desk.connect()
    desk.do("wait", states=["Confirming"])
    assert kept() == []
    (outcome,) = desk.entries("Outcome")
    assert outcome["residue_clean"]
    desk.do("confirm")


def test_an_agent_whose_event_loop_hangs_is_replaced(make_desk: MakeDesk) -> None:
    desk = make_desk()
    desk.do("start")
    desk.do("sign_in", user="resident-a")
    processes = desk.browsers()
    desk.tell("hang")
    _, alive = psutil.wait_procs(processes, timeout=WAIT_S)
    assert alive == []
    desk.connect()
    desk.do("confirm")
    assert [one["reason"] for one in desk.entries("Outcome")] == ["found_unfinished"]
