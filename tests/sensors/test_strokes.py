"""Regular things happen together, on the strokes of one clock."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk_agent.clock import next_stroke


@pytest.mark.parametrize(("now_s", "due_s"), [(5.0, 6.0), (5.3, 6.0), (5.949, 6.0), (5.96, 7.0), (5.999999, 7.0)])
def test_it_is_the_next_full_second_and_never_the_one_that_is_just_striking(now_s: float, due_s: float) -> None:
    assert next_stroke(now_s, 1.0) == due_s


@given(now_s=st.floats(0, 1e7), every_s=st.sampled_from([0.5, 1.0, 2.0]))
def test_it_is_never_now_and_never_much_later_than_the_pause(now_s: float, every_s: float) -> None:
    assert 0 < next_stroke(now_s, every_s) - now_s <= 1.06 * every_s
