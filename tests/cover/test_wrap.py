"""Breaking lines, measured in characters: a wide one is two."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk_agent.cover.panel import countdown_text
from kiosk_agent.cover.wrap import NOT_FIRST, wrap


def cells(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("しばらくお待ちください。", 40, ["しばらくお待ちください。"]),
        ("1分以上続くときは、支援員に知らせてください。", 26, ["1分以上続くときは、", "支援員に知らせてください。"]),
        ("安全を確認しています", 18, ["安全を", "確認しています"]),
        ("Please ask the person at the desk.", 20, ["Please ask the", "person at the desk."]),
        ("", 10, [""]),
    ],
)
def test_lines_break_where_people_expect_it(text: str, width: int, lines: list[str]) -> None:
    assert wrap(text, cells, width) == lines


@given(st.text("あいう漢字カナ、。（）abc 123", max_size=80), st.integers(8, 60))
def test_nothing_is_lost_nothing_is_too_wide_and_no_line_begins_with_a_full_stop(text: str, width: int) -> None:
    lines = wrap(text, cells, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(cells(line) <= width for line in lines)
    if not any(char in NOT_FIRST and text[i - 1 : i] in NOT_FIRST | {" ", ""} for i, char in enumerate(text)):
        assert not any(line[:1] in NOT_FIRST for line in lines[1:] if line)


@pytest.mark.parametrize(("left_s", "shown"), [(20.0, "20"), (19.2, "20"), (0.4, "1"), (0.0, "0"), (-5.0, "0")])
def test_a_countdown_shows_whole_seconds_and_never_less_than_nothing(left_s: float, shown: str) -> None:
    assert countdown_text("あと {seconds} 秒", left_s) == f"あと {shown} 秒"
