"""A whole desk with the real PC/SC service and cards on a virtual reader."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kiosk_agent.practice.portal import PracticePortal
from tests.desk.conftest import Desks, MakeDesk
from tests.desk.whole_desk import WholeDesk, signed_in, until
from tests.support.card_world import CardWorld, my_number_card, random_card, storage_card

EXPECTS_CARD = """
[[operation]]
name = "署名"
url = "{url}/register/*"
done = "#there-is-no-such-thing"
card = "expected"
"""


@pytest.fixture
def desk(card_world: CardWorld, desks: Desks, portal: PracticePortal) -> WholeDesk:
    """At its gate, and its card reader works."""
    desk = desks.shared(card=True, operation=EXPECTS_CARD.format(url=portal.url))
    until(lambda: "card" not in desk.do("look")["warnings"])
    return desk


def state_is(desk: WholeDesk, state: str) -> Callable[[], bool]:
    return lambda: bool(desk.do("look")["state"] == state)


def sign_in_with(desk: WholeDesk, world: CardWorld, card: dict[str, Any]) -> None:
    world.put(card)
    signed_in(desk)


def signals_of_last_visit(desk: WholeDesk) -> list[tuple[str, str]]:
    visit = desk.entries("VisitStarted")[-1]["visit_id"]
    return [(one["signal"], one["weight"]) for one in desk.entries("SignalNoted") if one["visit_id"] == visit]


def end(desk: WholeDesk) -> None:
    desk.do("end")
    desk.do("confirm")


def test_another_card_covers_the_session_and_ends_it(desk: WholeDesk, card_world: CardWorld) -> None:
    sign_in_with(desk, card_world, storage_card(1))
    until(lambda: card_world.commands == ["ffca000000"])
    card_world.put(storage_card(2))
    desk.do("wait", states=["Confirming"])
    desk.do("confirm")
    outcome = desk.entries("Outcome")[-1]
    assert (outcome["reason"], outcome["proof"]) == ("change_of_person", "revoked")
    assert signals_of_last_visit(desk) == [("card_different", "certain")]


def test_a_card_that_cannot_be_told_is_asked_about(desk: WholeDesk, card_world: CardWorld) -> None:
    sign_in_with(desk, card_world, my_number_card(1))
    card_world.take()
    card_world.wait_until_empty()
    card_world.put(my_number_card(1))
    desk.do("wait", states=["Challenge"])
    until(lambda: desk.do("look")["panel"] == "challenge")
    assert desk.do("look")["covered"]
    desk.do("answer", button="same")
    desk.do("wait", states=["SignedIn"])
    until(lambda: signals_of_last_visit(desk) == [("card_untellable", "possible")])
    end(desk)


def test_where_the_page_expects_the_card_nobody_is_asked(
    desk: WholeDesk, card_world: CardWorld, portal: PracticePortal
) -> None:
    sign_in_with(desk, card_world, random_card())
    until(lambda: card_world.commands == ["ffca000000"])
    desk.do("goto", url=f"{portal.url}/register")
    card_world.take()
    card_world.wait_until_empty()
    card_world.put(random_card())
    until(lambda: card_world.commands == ["ffca000000"])  # noticed, and asked
    desk.do("goto", url=f"{portal.url}/account")
    assert (desk.do("look")["state"], signals_of_last_visit(desk)) == ("SignedIn", [])
    card_world.put(random_card())
    desk.do("wait", states=["Challenge"])
    until(lambda: signals_of_last_visit(desk) == [("card_untellable", "possible")])
    until(lambda: desk.do("look")["panel"] == "challenge")
    desk.do("answer", button="other")
    desk.do("confirm")


def test_another_card_is_none_that_the_page_expects(
    desk: WholeDesk, card_world: CardWorld, portal: PracticePortal
) -> None:
    sign_in_with(desk, card_world, storage_card(1))
    until(lambda: card_world.commands == ["ffca000000"])
    desk.do("goto", url=f"{portal.url}/register")
    card_world.put(storage_card(2))
    desk.do("wait", states=["Confirming"])
    desk.do("confirm")
    assert desk.entries("Outcome")[-1]["reason"] == "change_of_person"


def test_before_the_sign_in_and_after_the_end_cards_may_change(desk: WholeDesk, card_world: CardWorld) -> None:
    card_world.put(storage_card(1))
    desk.do("start")
    until(lambda: card_world.commands == ["ffca000000"])
    card_world.put(storage_card(2))
    until(lambda: card_world.commands == ["ffca000000"])
    desk.do("sign_in", user="resident-a")
    assert desk.do("look")["state"] == "SignedIn"
    desk.do("next_person")
    desk.do("wait", states=["Confirming"])
    card_world.put(storage_card(3))
    desk.do("confirm")
    assert signals_of_last_visit(desk) == [("next_person", "certain")]
    desk.do("start")
    until(lambda: card_world.commands == ["ffca000000"])
    desk.do("sign_in", user="resident-b")
    assert desk.do("look")["state"] == "SignedIn"
    assert signals_of_last_visit(desk) == []
    end(desk)


def test_a_card_that_is_taken_away_is_asked_about_after_the_grace(card_world: CardWorld, make_desk: MakeDesk) -> None:
    desk = make_desk(card=True, policy="card_absent_grace_s = 1.0")
    until(lambda: "card" not in desk.do("look")["warnings"])
    sign_in_with(desk, card_world, my_number_card(1))
    card_world.take()
    desk.do("wait", states=["Challenge"])
    until(lambda: signals_of_last_visit(desk) == [("card_removed", "possible")])


def test_a_mandatory_card_reader_that_is_lost_ends_the_visit_and_holds_the_desk(
    card_world: CardWorld, make_desk: MakeDesk
) -> None:
    desk = make_desk(card=True, policy='mandatory_senses = ["card"]')
    until(state_is(desk, "Gate"))
    sign_in_with(desk, card_world, my_number_card(1))
    card_world.kill()
    until(state_is(desk, "Held"))
    assert [one["reason"] for one in desk.entries("Outcome")] == ["sense_lost"]
    assert "service" in desk.do("look")["warnings"]["card"]
    card_world.start()
    until(state_is(desk, "Confirming"))
    assert "card" not in desk.do("look")["warnings"]


def test_nothing_of_a_card_is_kept(card_world: CardWorld, make_desk: MakeDesk) -> None:
    desk = make_desk(card=True)
    until(lambda: "card" not in desk.do("look")["warnings"])
    card = storage_card(0x5A)
    sign_in_with(desk, card_world, card)
    until(lambda: card_world.commands == ["ffca000000"])
    card_world.put(storage_card(2))
    desk.do("wait", states=["Confirming"])
    desk.do("confirm")
    desk.close()
    secrets = [card["uid"].encode(), card["uid"].upper().encode(), bytes.fromhex(card["uid"])]
    for path in desk.folder.rglob("*"):
        if path.is_file():
            found = [secret for secret in secrets if secret in path.read_bytes()]
            assert found == [], path
