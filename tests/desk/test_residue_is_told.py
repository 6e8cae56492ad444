"""What a visit left is told at the confirmation, also by an agent that was not there, and stands in the ledger."""

from __future__ import annotations

from kiosk_agent.hands.temporary import count_files
from kiosk_agent.hands.visit_folders import all_roots
from kiosk_agent.practice.portal import PracticePortal
from tests.desk.conftest import MakeDesk
from tests.desk.whole_desk import WholeDesk, signed_in, until


def says_what_was_removed(desk: WholeDesk) -> bool:
    said = str(desk.do("gate_says")["answer"])
    return "この PC に今回のデータは残っていません。" in said and "保存したファイル 1 件" in said


def test_a_saved_file_is_removed_and_told_also_after_the_agent_has_died(
    make_desk: MakeDesk, portal: PracticePortal
) -> None:
    desk = make_desk()
    signed_in(desk)
    desk.do("goto", url=f"{portal.url}/account")
    desk.do("press", selector="#download")
    until(lambda: is_saved(desk))
    desk.do("end")
    desk.do("wait", states=["Confirming"])
    until(lambda: says_what_was_removed(desk))
    found = [{"kind": "downloads", "removed": 1, "left": 0, "unknown": False}]
    assert desk.entries("Outcome")[-1]["residue"] == found
    assert not is_saved(desk)
    desk.signal_agent("SIGKILL")
    desk.connect()
    desk.do("wait", states=["Confirming"])
    until(lambda: says_what_was_removed(desk))
    desk.do("confirm")


def is_saved(desk: WholeDesk) -> bool:
    """Whether a file of the visit lies where visits keep their files."""
    return any(count_files(folder) for home in all_roots(desk.folder / "data") for folder in home.glob("*/*/downloads"))
