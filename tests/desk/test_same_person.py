"""A form in another name, at a whole desk: held, asked about, and then sent once or never."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kiosk_agent.practice.portal import PracticePortal
from kiosk_agent.practice.records import PEOPLE
from tests.desk.conftest import Desks
from tests.desk.test_privacy import files_of, found_in, needles, status_of
from tests.desk.whole_desk import WholeDesk, signed_in, until

OWN = "リヨウシャ エー"
OTHERS = "ヒミツノ ナマエ"


def send(desk: WholeDesk, portal: PracticePortal, name: str) -> None:
    """Resident A, signed in, sends the page with the account holder's name."""
    signed_in(desk)
    desk.do("named")
    desk.do("goto", url=f"{portal.url}/register/holder")
    desk.do("see", selector="#holder")
    script = f"() => {{ document.getElementById('holder').value = {name!r}; document.getElementById('next').click() }}"
    desk.do("run", script=script)


def sent(portal: PracticePortal, since: int) -> int:
    """How many such pages have reached the portal since its journal had so many entries."""
    return sum((one.method, one.path) == ("POST", "/register/holder") for one in list(portal.journal)[since:])


def asked(desk: WholeDesk, check: str) -> dict[str, Any]:
    """Wait for the question; what the desk shows then."""
    until(lambda: desk.do("look")["panel"] == f"form_{check}")
    return desk.do("look")


def test_ones_own_name_is_not_asked_about(desks: Desks, portal: PracticePortal) -> None:
    desk = desks.make()
    begun = len(portal.journal)
    send(desk, portal, OWN)
    until(lambda: sent(portal, begun) == 1)
    desk.do("see", selector="#registration-form input[name=bank]")
    assert desk.do("look")["state"] == "SignedIn"
    assert desk.entries("FormHeld") == []


def test_the_same_person_goes_on_and_the_form_is_sent_once(desks: Desks, portal: PracticePortal) -> None:
    desk = desks.make(policy='mark = "initials"')
    begun = len(portal.journal)
    send(desk, portal, OTHERS)
    assert asked(desk, "name_different")["state"] == "Challenge"
    desk.do("answer", button="same", texts=[""])  # unsigned: it does not count
    assert desk.do("look")["covered"]
    assert sent(portal, begun) == 0
    desk.do("answer", button="same", texts=["KS"])
    desk.do("wait", states=["SignedIn"])
    desk.do("see", selector="#registration-form input[name=bank]")
    assert sent(portal, begun) == 1
    assert not desk.do("look")["covered"]
    until(lambda: desk.entries("FormDecision") != [])  # recorded while the form is on its way
    (held,), (decided,) = desk.entries("FormHeld"), desk.entries("FormDecision")
    assert held["check"] == "name_different"
    assert (decided["check"], decided["answer"], decided["mark"]) == ("name_different", "same", "KS")


def test_somebody_else_ends_the_visit_and_the_form_is_never_sent(desks: Desks, portal: PracticePortal) -> None:
    desk = desks.make()
    begun = len(portal.journal)
    send(desk, portal, OTHERS)
    asked(desk, "name_different")
    desk.do("answer", button="other")
    desk.do("wait", states=["Confirming"])
    assert sent(portal, begun) == 0
    assert desk.entries("FormDecision")[0]["answer"] == "other"
    (outcome,) = desk.entries("Outcome")
    assert (outcome["reason"], outcome["proof"]) == ("change_of_person", "revoked")


def test_without_an_answer_the_visit_ends_and_the_form_is_never_sent(desks: Desks, portal: PracticePortal) -> None:
    desk = desks.make(policy="challenge_s = 20.0")
    begun = len(portal.journal)
    send(desk, portal, OTHERS)
    asked(desk, "name_different")
    desk.do("wait", states=["Confirming"], limit_s=60.0)
    assert sent(portal, begun) == 0
    assert desk.entries("FormDecision") == []
    assert desk.entries("Outcome")[0]["reason"] == "challenge_unanswered"


CARD = "confirm_card = true"


def test_the_same_card_sends_the_form(desks: Desks, portal: PracticePortal) -> None:
    desk = desks.make(same_person=CARD)
    begun = len(portal.journal)
    send(desk, portal, OWN)
    asked(desk, "card_wanted")
    assert sent(portal, begun) == 0
    desk.do("card", verdict="same")
    desk.do("wait", states=["SignedIn"])
    until(lambda: sent(portal, begun) == 1 and desk.entries("FormDecision") != [])
    assert desk.entries("FormDecision")[0]["check"] == "card_wanted"


def test_another_card_ends_the_visit(desks: Desks, portal: PracticePortal) -> None:
    desk = desks.make(same_person=CARD)
    begun = len(portal.journal)
    send(desk, portal, OWN)
    asked(desk, "card_wanted")
    desk.do("card", verdict="different")
    desk.do("wait", states=["Confirming"])
    assert sent(portal, begun) == 0
    assert desk.entries("SignalNoted")[0]["signal"] == "card_different"
    assert desk.entries("Outcome")[0]["reason"] == "change_of_person"


@pytest.mark.parametrize("verdict", ["untellable", "absent", "no_reader"])
def test_a_card_that_tells_nothing_is_the_support_workers_to_decide(
    desks: Desks, portal: PracticePortal, verdict: str
) -> None:
    desk = desks.make(same_person=CARD)
    begun = len(portal.journal)
    send(desk, portal, OWN)
    asked(desk, "card_wanted")
    desk.do("card", verdict=verdict)
    asked(desk, f"card_{verdict}")
    assert sent(portal, begun) == 0
    desk.do("answer", button="same")
    desk.do("wait", states=["SignedIn"])
    until(lambda: sent(portal, begun) == 1)


def test_name_and_card_are_asked_about_one_after_the_other(desks: Desks, portal: PracticePortal) -> None:
    desk = desks.make(same_person=CARD)
    begun = len(portal.journal)
    send(desk, portal, OTHERS)
    asked(desk, "name_different")
    desk.do("answer", button="same")
    asked(desk, "card_wanted")
    assert sent(portal, begun) == 0
    desk.do("card", verdict="same")
    until(lambda: sent(portal, begun) == 1 and len(desk.entries("FormDecision")) == 2)
    assert [one["check"] for one in desk.entries("FormDecision")] == ["name_different", "card_wanted"]


def test_neither_name_is_in_ledger_log_status_or_panel(desks: Desks, portal: PracticePortal) -> None:
    desk = desks.make()
    send(desk, portal, OTHERS)
    shown = json.dumps(asked(desk, "name_different"), ensure_ascii=False).encode()
    said = status_of(desk, "--json") + shown
    desk.do("answer", button="other")
    desk.do("wait", states=["Confirming"])
    said += status_of(desk, "--json")
    names = [OTHERS, OTHERS.replace(" ", ""), *OTHERS.split(), PEOPLE["resident-a"].kana, "リヨウシヤエー"]
    wanted = needles([*names, PEOPLE["resident-a"].name])
    files = [*files_of(desk.folder / "data"), desk.folder / "log.txt"]
    assert len(files) > 2
    assert {str(path): found for path in files if (found := found_in(path, wanted))} == {}
    assert [one for one in wanted if one in said] == []
