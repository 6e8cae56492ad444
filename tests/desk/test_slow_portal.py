"""A portal that is slow, not broken: what comes late still counts."""

from __future__ import annotations

from kiosk_agent.practice.portal import PracticePortal
from kiosk_agent.practice.switches import Switches
from tests.desk.conftest import MakeDesk
from tests.desk.whole_desk import until

ANSWERS_AFTER_S = 2.5
SHORTER_S = 2.0  # than the portal needs for the replay


def test_a_proof_that_comes_after_its_time_is_not_lost(make_desk: MakeDesk, portal: PracticePortal) -> None:
    desk = make_desk(policy=f"proof_limit_s = {SHORTER_S}\nlogout_limit_s = 60.0", logout_s=30.0)
    desk.do("start")
    desk.do("sign_in", user="resident-a")
    portal.switches = Switches(answers_after_s=ANSWERS_AFTER_S)
    desk.do("next_person")
    desk.do("wait", states=["Confirming"], limit_s=60.0)
    (outcome,) = desk.entries("Outcome")
    assert (outcome["proof"], outcome["steps_ok"]) == ("unproven", True)
    until(lambda: desk.entries("OutcomeRevised") != [])
    (revised,) = desk.entries("OutcomeRevised")
    assert (revised["visit_id"], revised["proof"]) == (outcome["visit_id"], "revoked")
    desk.do("confirm")
    desk.do("wait", states=["Gate"])
