"""What cards mean for a visit, at any time; no reader, no clock."""

from __future__ import annotations

import pytest

from kiosk_agent.sensors.card.identity import Identity, Likeness
from kiosk_agent.sensors.card.watch import ASK_LIMIT_S, CardWatch
from kiosk_agent.session.vocabulary import Signal

A, B, C, BLANK = Identity(uid="a"), Identity(uid="b"), Identity(uid="c"), Identity()
DIFFERENT, UNTELLABLE, REMOVED = [Signal.CARD_DIFFERENT], [Signal.CARD_UNTELLABLE], [Signal.CARD_REMOVED]
GRACE_S = 30.0


def signed_in_with(*cards: Identity | None) -> CardWatch:
    """Somebody has signed in with these cards on as many readers."""
    watch = CardWatch(GRACE_S)
    watch.follow("v1", signed_in=False)
    for number, card in enumerate(cards):
        assert watch.put_on(f"r{number}", card, 0.0) == []
    watch.follow("v1", signed_in=True)
    return watch


def test_before_the_sign_in_cards_come_and_go() -> None:
    watch = CardWatch(GRACE_S)
    assert watch.put_on("r0", A, 0.0) == []
    watch.follow("v1", signed_in=False)
    for card in (A, B, BLANK):
        assert watch.put_on("r0", card, 1.0) == []
        assert watch.taken_off("r0", 2.0) == []
    assert watch.next_deadline() is None
    assert watch.tick(1000.0) == []


@pytest.mark.parametrize(
    ("first", "then", "signals"),
    [(A, A, []), (A, B, DIFFERENT), (A, BLANK, UNTELLABLE), (BLANK, BLANK, UNTELLABLE), (BLANK, A, UNTELLABLE)],
)
def test_a_card_that_is_put_on_during_the_session(first: Identity, then: Identity, signals: list[Signal]) -> None:
    watch = signed_in_with(first)
    assert watch.taken_off("r0", 10.0) == []
    assert watch.put_on("r0", then, 11.0) == signals


def test_the_card_may_be_taken_away_before_the_sign_in_is_noticed() -> None:
    watch = CardWatch(GRACE_S)
    watch.follow("v1", signed_in=False)
    watch.put_on("r0", B, 0.0)
    watch.put_on("r0", A, 1.0)
    watch.taken_off("r0", 2.0)
    watch.follow("v1", signed_in=True)
    assert watch.next_deadline() is None, "it was not taken away while the session went on"
    assert watch.put_on("r0", A, 3.0) == []
    assert watch.put_on("r0", B, 4.0) == DIFFERENT


def test_a_card_that_was_there_too_briefly_to_be_known_is_not_taken_for_an_earlier_one() -> None:
    watch = CardWatch(GRACE_S)
    watch.follow("v1", signed_in=False)
    watch.put_on("r0", B, 0.0)
    watch.taken_off("r0", 1.0)
    watch.put_on("r0", None, 1.0)
    watch.taken_off("r0", 1.1)
    watch.follow("v1", signed_in=True)
    assert watch.put_on("r0", A, 3.0) == UNTELLABLE


def test_after_a_sign_in_without_a_card_the_first_one_cannot_be_told_and_then_can() -> None:
    watch = signed_in_with()
    assert watch.put_on("r0", A, 1.0) == UNTELLABLE
    watch.taken_off("r0", 2.0)
    assert watch.put_on("r0", A, 3.0) == []
    assert watch.put_on("r0", B, 4.0) == DIFFERENT


def test_what_the_page_expects_is_no_sign_unless_it_is_another_card() -> None:
    for first, then, signals in ((A, A, []), (A, B, DIFFERENT), (A, BLANK, []), (BLANK, BLANK, []), (BLANK, B, [])):
        watch = signed_in_with(first)
        watch.taken_off("r0", 10.0)
        assert watch.put_on("r0", then, 11.0, expected=True) == signals
    assert signed_in_with().put_on("r0", A, 1.0, expected=True) == []


def test_a_card_that_stays_away_is_a_sign_after_the_grace_and_once() -> None:
    for card in (A, BLANK):
        watch = signed_in_with(card)
        watch.taken_off("r0", 10.0)
        assert watch.next_deadline() == 10.0 + GRACE_S
        assert watch.tick(10.0 + GRACE_S - 0.01) == []
        assert watch.tick(10.0 + GRACE_S) == REMOVED
        assert watch.next_deadline() is None
        assert watch.tick(1000.0) == []


def test_a_card_that_comes_back_in_time_is_no_sign() -> None:
    watch = signed_in_with(A)
    watch.taken_off("r0", 10.0)
    assert watch.put_on("r0", A, 20.0) == []
    assert watch.next_deadline() is None
    watch.taken_off("r0", 50.0)
    assert watch.next_deadline() == 50.0 + GRACE_S
    assert watch.put_on("r0", BLANK, 60.0, expected=True) == []
    assert watch.next_deadline() is None


def test_another_card_is_not_the_card_that_came_back() -> None:
    watch = signed_in_with(A)
    watch.taken_off("r0", 10.0)
    assert watch.put_on("r0", B, 12.0) == DIFFERENT
    watch.taken_off("r0", 13.0)
    assert watch.tick(10.0 + GRACE_S) == REMOVED


def test_a_card_that_was_never_the_visits_is_not_missed() -> None:
    watch = signed_in_with(A)
    assert watch.put_on("r1", B, 1.0) == DIFFERENT
    watch.taken_off("r1", 2.0)
    assert watch.next_deadline() is None


def test_a_card_that_cannot_be_asked_in_time_cannot_be_told_and_is_judged_all_the_same() -> None:
    for then, later in ((A, []), (B, DIFFERENT), (BLANK, [])):
        watch = signed_in_with(A)
        watch.taken_off("r0", 10.0)
        assert watch.put_on("r0", None, 11.0) == []
        assert watch.next_deadline() == 11.0 + ASK_LIMIT_S
        assert watch.tick(11.0 + ASK_LIMIT_S) == UNTELLABLE
        assert watch.tick(12.0) == []
        assert watch.identified("r0", then, 13.0) == later


def test_a_card_that_was_gone_before_it_could_be_asked_cannot_be_told() -> None:
    watch = signed_in_with(A)
    watch.put_on("r0", None, 11.0)
    assert watch.taken_off("r0", 11.1) == UNTELLABLE
    watch = signed_in_with(A)
    watch.put_on("r0", None, 11.0, expected=True)
    assert watch.taken_off("r0", 11.1) == []


def test_a_card_that_is_still_being_asked_at_the_sign_in_is_the_visits_own() -> None:
    watch = signed_in_with(None)
    assert watch.next_deadline() is None
    assert watch.identified("r0", A, 5.0) == []
    assert watch.put_on("r0", B, 6.0) == DIFFERENT
    assert watch.put_on("r0", A, 7.0) == []


def test_several_readers_have_several_cards_of_the_visit() -> None:
    watch = signed_in_with(A, B)
    assert watch.put_on("r2", C, 1.0) == DIFFERENT
    assert watch.put_on("r2", B, 2.0) == []
    watch = signed_in_with(A, BLANK)
    assert watch.put_on("r2", C, 1.0) == UNTELLABLE, "it may be the second one"


def test_another_visit_knows_nothing_of_the_last_one() -> None:
    watch = signed_in_with(A)
    watch.taken_off("r0", 10.0)
    assert watch.follow("", signed_in=False)
    assert watch.tick(1000.0) == []
    assert watch.follow("v2", signed_in=False)
    watch.follow("v2", signed_in=True)
    assert watch.put_on("r0", A, 1001.0) == UNTELLABLE
    assert not watch.follow("v2", signed_in=True)


def test_a_card_left_on_the_reader_is_to_be_identified_anew() -> None:
    watch = signed_in_with(A)
    assert watch.follow("", signed_in=False)
    assert watch.follow("v2", signed_in=False)
    assert watch.on_reader() is None
    watch.identified("r0", B, 2.0)
    watch.follow("v2", signed_in=True)
    assert watch.put_on("r0", A, 3.0) == DIFFERENT


def test_what_lies_on_the_reader_can_be_asked_for() -> None:
    watch = signed_in_with(A)
    assert watch.on_reader() is Likeness.SAME
    watch.taken_off("r0", 1.0)
    assert watch.on_reader() is None
    watch.put_on("r0", BLANK, 2.0)
    assert watch.on_reader() is Likeness.UNTELLABLE
    watch.put_on("r0", B, 3.0)
    assert watch.on_reader() is Likeness.DIFFERENT
    assert signed_in_with(BLANK).on_reader() is Likeness.UNTELLABLE


def test_what_is_no_card_of_ours_is_ignored() -> None:
    watch = signed_in_with(A)
    assert watch.taken_off("r9", 1.0) == []
    assert watch.identified("r9", B, 1.0) == []
