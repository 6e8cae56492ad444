"""The invariants of the design, each on random lives of a desk, under every policy that may be configured."""

from __future__ import annotations

from hypothesis import given, settings

from kiosk_agent.session import machine
from kiosk_agent.session.state import Rules
from tests.session.histories import LIVES, Move, live, rules

tried = settings(max_examples=200, deadline=None)


@tried
@given(rules(), LIVES)
def test_1_a_certain_change_of_person_leads_to_shield_and_end_in_every_state(desk: Rules, life: list[Move]) -> None:
    live(machine, desk, life, law=1)


@tried
@given(rules(), LIVES)
def test_2_no_way_to_the_next_visit_but_a_destroyed_browser_and_a_recorded_confirmation(
    desk: Rules, life: list[Move]
) -> None:
    live(machine, desk, life, law=2)


@tried
@given(rules(), LIVES)
def test_3_input_alone_never_leaves_a_warning_or_a_challenge(desk: Rules, life: list[Move]) -> None:
    live(machine, desk, life, law=3)


@tried
@given(rules(), LIVES)
def test_4_without_an_answer_a_session_ends_one_idle_limit_and_one_warning_after_the_last_input_in_the_portal(
    desk: Rules, life: list[Move]
) -> None:
    live(machine, desk, life, law=4)


@tried
@given(rules(), LIVES)
def test_5_each_visit_gets_exactly_one_outcome_also_after_power_loss_at_any_point(
    desk: Rules, life: list[Move]
) -> None:
    live(machine, desk, life, law=5)


@tried
@given(rules(), LIVES)
def test_6_what_was_not_proven_is_never_counted_as_proven(desk: Rules, life: list[Move]) -> None:
    live(machine, desk, life, law=6)


@tried
@given(rules(), LIVES)
def test_7_extensions_are_counted_and_limited_and_a_warning_lasts_long_enough(desk: Rules, life: list[Move]) -> None:
    live(machine, desk, life, law=7)


@tried
@given(rules(), LIVES)
def test_8_a_visit_is_judged_by_one_policy(desk: Rules, life: list[Move]) -> None:
    live(machine, desk, life, law=8)


@tried
@given(rules(), LIVES)
def test_9_what_central_has_closed_is_opened_by_central_alone(desk: Rules, life: list[Move]) -> None:
    live(machine, desk, life, law=9)
