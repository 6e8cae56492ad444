"""The language button at a whole desk: it holds for the visit, and nothing of it is kept."""

from __future__ import annotations

from kiosk_agent.ledger import FILE_NAME
from kiosk_agent.locale import SPOKEN, speaker
from kiosk_agent.practice.portal import PracticePortal
from tests.desk.conftest import Desks
from tests.desk.test_privacy import files_of, found_in, status_of, told_to_processes
from tests.desk.whole_desk import WholeDesk, until

CHOSEN = "vi"


def gate_speaks(desk: WholeDesk, language: str) -> bool:
    return bool(desk.do("gate_speaks")["answer"] == SPOKEN[language].tag)


def page_speaks(desk: WholeDesk) -> str:
    """The language of the resident's page; "" while it changes."""
    try:
        return str(desk.do("read", script="() => document.documentElement.lang")["answer"])
    except AssertionError as error:
        if "Execution context was destroyed" not in str(error):
            raise
        return ""


def test_the_language_holds_for_the_visit_is_the_desks_again_at_the_next_and_is_recorded_nowhere(
    desks: Desks, portal: PracticePortal
) -> None:
    desk = desks.shared()
    until(lambda: gate_speaks(desk, "ja"))
    desk.do("choose_language", language=CHOSEN)
    until(lambda: gate_speaks(desk, CHOSEN))
    desk.do("start")
    desk.do("sign_in", user="resident-a")
    desk.do("run", script="() => { window.location = 'http://elsewhere.invalid/' }")
    until(lambda: page_speaks(desk) == CHOSEN)
    said = status_of(desk, "--json")
    words = speaker(CHOSEN)
    desk.do("next_person")
    until(lambda: words("Logging out") in desk.do("panels_said")["answer"])
    until(lambda: gate_speaks(desk, "ja"))  # the confirmation is the support worker's
    desk.do("confirm")
    until(lambda: gate_speaks(desk, "ja") and desk.do("gate_offers", act="start")["answer"])
    said += status_of(desk, "--json") + status_of(desk)
    data = desk.folder / "data"
    wanted = [form.encode() for form in (f'"{CHOSEN}"', f"'{CHOSEN}'", words("Logging out"), SPOKEN[CHOSEN].name)]
    own = [*files_of(data), desk.folder / "log.txt"]
    assert data / FILE_NAME in own
    assert {str(path): found for path in own if (found := found_in(path, wanted))} == {}
    assert [one for one in (*wanted, b"language") if one in said] == []
    assert [one for one in wanted if one in told_to_processes(desk)] == []
