"""Breaking lines, measured in characters: a wide one is two."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk_agent.cover.look import choose_family
from kiosk_agent.cover.panel import countdown_text
from kiosk_agent.cover.wrap import NOT_FIRST, keeps_phrases, wrap


def cells(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("しばらくお待ちください。", 40, ["しばらくお待ちください。"]),
        ("1分以上続くときは、支援員に知らせてください。", 26, ["1分以上続くときは、", "支援員に知らせてください。"]),
        ("安全を確認しています", 18, ["安全を", "確認しています"]),
        ("この申請は、ご本人のものですか", 24, ["この申請は、", "ご本人のものですか"]),
        ("しばらくお待ちください。", 18, ["しばらく", "お待ちください。"]),
        ("もう一度、カードを置いてください", 14, ["もう一度、", "カードを", "置いてください"]),
        ("カードをもう一度", 10, ["カードを", "もう一度"]),
        ("一度置いてください。", 12, ["一度置いて", "ください。"]),
        ("ポータルの画面です", 12, ["ポータルの", "画面です"]),
        ("これは、そのまま", 10, ["これは、", "そのまま"]),
        ("Please ask the person at the desk.", 20, ["Please ask the", "person at the desk."]),
        ("如果超过1分钟仍是这个画面，请叫工作人员。", 26, ["如果超过1分钟仍是这个画", "面，请叫工作人员。"]),
        ("すこし まって ください。", 18, ["すこし まって", "ください。"]),
        ("잠시만 기다려 주세요. 직원이 여쭤보겠습니다.", 30, ["잠시만 기다려 주세요.", "직원이 여쭤보겠습니다."]),
        ("Vui lòng chọn ngôn ngữ.", 16, ["Vui lòng chọn", "ngôn ngữ."]),
        ("", 10, [""]),
    ],
)
def test_lines_break_where_people_expect_it(text: str, width: int, lines: list[str]) -> None:
    assert wrap(text, cells, width) == lines


@pytest.mark.parametrize(
    ("text", "width", "is_whole"),
    [
        ("利用時間が終わりました", 12, True),
        ("利用時間が終わりました", 10, False),
        ("ログアウトしています", 20, True),
        ("ログアウトしています", 19, False),
        ("一度置いてください。", 12, True),  # its last word may stand on the next line
        ("正在退出登录", 4, True),
        ("Đang đăng xuất", 5, True),
        ("Đang đăng xuất", 4, True),
        ("Đang đăng xuất", 3, False),
    ],
)
def test_it_is_told_whether_a_phrase_would_be_cut(text: str, width: int, *, is_whole: bool) -> None:
    assert keeps_phrases(text, cells, width) == is_whole


@given(st.text("あいう漢字カナ请한국ếã、。，（）abc 123", max_size=80), st.integers(8, 60))
def test_nothing_is_lost_nothing_is_too_wide_and_no_line_begins_with_a_full_stop(text: str, width: int) -> None:
    lines = wrap(text, cells, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(cells(line) <= width for line in lines)
    if not any(char in NOT_FIRST and text[i - 1 : i] in NOT_FIRST | {" ", ""} for i, char in enumerate(text)):
        assert not any(line[:1] in NOT_FIRST for line in lines[1:] if line)


@pytest.mark.parametrize(("left_s", "shown"), [(20.0, "20"), (19.2, "20"), (0.4, "1"), (0.0, "0"), (-5.0, "0")])
def test_a_countdown_shows_whole_seconds_and_never_less_than_nothing(left_s: float, shown: str) -> None:
    assert countdown_text("あと {seconds} 秒", left_s) == f"あと {shown} 秒"


INSTALLED = ["DejaVu Sans", "Noto Sans CJK KR", "Noto Sans CJK JP", "Noto Sans CJK SC", "Segoe UI", "Meiryo"]


@pytest.mark.parametrize(
    ("language", "family"),
    [
        ("ja", "Noto Sans CJK JP"),
        ("ja-Hrkt", "Noto Sans CJK JP"),
        ("en", "Noto Sans CJK JP"),
        ("pt-BR", "Noto Sans CJK JP"),
        ("zh-Hans", "Noto Sans CJK SC"),
        ("ko", "Noto Sans CJK KR"),
        ("vi", "Segoe UI"),
    ],
)
def test_each_language_gets_a_family_that_has_its_signs(language: str, family: str) -> None:
    assert choose_family(INSTALLED, language) == family
    assert choose_family(["Meiryo"], language) == "Meiryo", "better other shapes than none"
    assert choose_family([], language) == "TkDefaultFont"
