"""The card is read once more before a form is sent: a whole desk, the real PC/SC service, cards on a virtual reader."""

from __future__ import annotations

import pytest

from kiosk_agent.practice.portal import PracticePortal
from tests.desk.conftest import Desks
from tests.desk.test_same_person import OWN, asked, sent
from tests.desk.whole_desk import WholeDesk, signed_in, until
from tests.support.card_world import CardWorld, contact_card, my_number_card, random_card, storage_card

RULE = "confirm_card = true"
UNTELLABLE = {"type B": my_number_card(1), "random UID": random_card(), "contact": contact_card()}


@pytest.fixture
def desk(card_world: CardWorld, desks: Desks) -> WholeDesk:
    """At its gate; its reader works, and its profile wants the card before the form about the account is sent."""
    desk = desks.shared(card=True, same_person=RULE, policy="card_wait_s = 120.0")
    until(lambda: "card" not in desk.do("look")["warnings"])
    return desk


def sign_in_with(desk: WholeDesk, world: CardWorld, card: dict[str, str]) -> None:
    world.put(card)
    signed_in(desk)
    desk.do("named")


def send(desk: WholeDesk, portal: PracticePortal) -> int:
    """Send the form in one's own name, as far as it goes; returns how long the portal's journal was before that."""
    begun = len(portal.journal)
    desk.do("goto", url=f"{portal.url}/register/holder")
    desk.do("see", selector="#holder")
    script = f"() => {{ document.getElementById('holder').value = {OWN!r}; document.getElementById('next').click() }}"
    desk.do("run", script=script)
    return begun


def send_without_card(desk: WholeDesk, world: CardWorld, portal: PracticePortal) -> int:
    """The card was taken away after the sign-in, as people do; it is asked for."""
    world.take()
    world.wait_until_empty()
    begun = send(desk, portal)
    asked(desk, "card_wanted")
    assert desk.do("look")["covered"]
    assert sent(portal, begun) == 0
    return begun


def of_this_visit(desk: WholeDesk, kind: str) -> list[dict[str, str]]:
    visit = desk.entries("VisitStarted")[-1]["visit_id"]
    return [one for one in desk.entries(kind) if one["visit_id"] == visit]


def decision(desk: WholeDesk) -> tuple[str, str]:
    """The one about this visit's form: which check, and its answer. It is recorded while the form is on its way."""
    until(lambda: of_this_visit(desk, "FormDecision") != [])
    (one,) = of_this_visit(desk, "FormDecision")
    return one["check"], one["answer"]


def end(desk: WholeDesk) -> None:
    desk.do("end")
    desk.do("confirm")


def test_the_same_card_put_on_again_sends_the_form_and_nobody_is_asked(
    desk: WholeDesk, card_world: CardWorld, portal: PracticePortal
) -> None:
    sign_in_with(desk, card_world, storage_card(1))
    begun = send_without_card(desk, card_world, portal)
    card_world.put(storage_card(1))
    desk.do("wait", states=["SignedIn"])
    until(lambda: sent(portal, begun) == 1)
    until(lambda: not desk.do("look")["covered"])
    assert of_this_visit(desk, "SignalNoted") == []
    assert decision(desk) == ("card_wanted", "same")
    end(desk)


def test_a_card_that_was_left_on_the_reader_is_enough(
    desk: WholeDesk, card_world: CardWorld, portal: PracticePortal
) -> None:
    sign_in_with(desk, card_world, storage_card(1))
    begun = send(desk, portal)
    until(lambda: sent(portal, begun) == 1)
    assert decision(desk) == ("card_wanted", "same")
    end(desk)


def test_another_card_ends_the_visit_and_the_form_is_never_sent(
    desk: WholeDesk, card_world: CardWorld, portal: PracticePortal
) -> None:
    sign_in_with(desk, card_world, storage_card(1))
    begun = send_without_card(desk, card_world, portal)
    card_world.put(storage_card(2))
    desk.do("wait", states=["Confirming"])
    assert sent(portal, begun) == 0
    assert {one["signal"] for one in of_this_visit(desk, "SignalNoted")} == {"card_different"}
    (outcome,) = of_this_visit(desk, "Outcome")
    assert (outcome["reason"], outcome["proof"]) == ("change_of_person", "revoked")
    desk.do("confirm")


@pytest.mark.parametrize("card", UNTELLABLE.values(), ids=UNTELLABLE)
def test_a_card_that_cannot_be_told_is_the_support_workers_to_decide(
    desk: WholeDesk, card_world: CardWorld, portal: PracticePortal, card: dict[str, str]
) -> None:
    sign_in_with(desk, card_world, card)
    begun = send_without_card(desk, card_world, portal)
    card_world.put(card)
    asked(desk, "card_untellable")
    assert sent(portal, begun) == 0
    desk.do("answer", button="same")
    desk.do("wait", states=["SignedIn"])
    until(lambda: sent(portal, begun) == 1)
    assert decision(desk) == ("card_untellable", "same")
    end(desk)


def test_without_a_card_in_time_the_support_worker_is_asked_and_may_say_no(
    card_world: CardWorld, desks: Desks, portal: PracticePortal
) -> None:
    desk = desks.shared(card=True, same_person=RULE, policy="card_wait_s = 5.0")
    until(lambda: "card" not in desk.do("look")["warnings"])
    sign_in_with(desk, card_world, storage_card(1))
    begun = send_without_card(desk, card_world, portal)
    asked(desk, "card_absent")
    assert sent(portal, begun) == 0
    desk.do("answer", button="other")
    desk.do("wait", states=["Confirming"])
    assert sent(portal, begun) == 0
    desk.do("confirm")


def test_with_certificates_compared_the_same_my_number_card_sends_the_form_and_another_one_ends_the_visit(
    card_world: CardWorld, desks: Desks, portal: PracticePortal
) -> None:
    desk = desks.shared(card=True, same_person=RULE, certificate=True, policy="card_wait_s = 120.0")
    until(lambda: "card" not in desk.do("look")["warnings"])
    sign_in_with(desk, card_world, my_number_card(1))
    begun = send_without_card(desk, card_world, portal)
    card_world.put(my_number_card(1))
    desk.do("wait", states=["SignedIn"])
    until(lambda: sent(portal, begun) == 1)
    begun = send_without_card(desk, card_world, portal)
    card_world.put(my_number_card(2))
    desk.do("wait", states=["Confirming"])
    assert sent(portal, begun) == 0
    assert of_this_visit(desk, "Outcome")[0]["reason"] == "change_of_person"
    desk.do("confirm")


def test_without_a_reader_the_support_worker_is_asked(
    cabled_card_world: CardWorld, desk: WholeDesk, portal: PracticePortal
) -> None:
    sign_in_with(desk, cabled_card_world, storage_card(1))
    cabled_card_world.pull_cable()
    until(lambda: "card" in desk.do("look")["warnings"])
    begun = send(desk, portal)
    asked(desk, "card_no_reader")
    assert sent(portal, begun) == 0
    desk.do("answer", button="same")
    until(lambda: sent(portal, begun) == 1)
    end(desk)
