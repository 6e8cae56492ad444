"""Adding counters up, whatever names they have and in whatever order."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from kiosk_agent.central.ingest.arithmetic import add_counts

COUNTS = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 9)), max_size=4).map(dict)
NAMED = st.lists(st.tuples(st.sampled_from("xy"), COUNTS), max_size=8)


@given(NAMED)
def test_sums_are_what_was_added(told: list[tuple[str, dict[str, int]]]) -> None:
    kept = [(key, dict(counts)) for key, counts in told]
    sums: dict[str, dict[str, int]] = {}
    expected: dict[str, Counter[str]] = {}
    for key, counts in told:
        add_counts(sums.setdefault(key, {}), counts)
        expected.setdefault(key, Counter()).update(counts)
    assert sums == expected
    assert told == kept, "what was added must not change with the sums"


def test_the_order_of_the_names_says_nothing() -> None:
    sums = {"a": 1, "b": 2}
    add_counts(sums, {"a": 10, "b": 20})
    add_counts(sums, {"b": 200, "a": 100})
    assert sums == {"a": 111, "b": 222}
