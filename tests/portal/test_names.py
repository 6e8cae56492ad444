"""Two names are compared as people and banks write them, and never guessed at."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk_agent.portal.names import is_same_name, joined, plain_name

# The kana of the transfer format of the Japanese Bankers Association: no small ones, marks by themselves.
BANK_KANA = "ｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾛﾜﾝ"
KATAKANA = [chr(code) for code in range(0x30A1, 0x30F5)]  # ァ to ヴ
SMALL = "ァィゥェォッャュョヮ"
LARGE = "アイウエオツヤユヨワ"
MARKED = [one for one in KATAKANA if len(unicodedata.normalize("NFD", one)) == 2]
DASHES = "ー-－−‐‑–—―ｰ"
GAPS = " 　・･.,／"

NAMES = st.text(st.sampled_from(KATAKANA), min_size=1, max_size=12)


def by_bank(name: str) -> str:
    """As the transfer format writes it."""
    text = "".join(LARGE[SMALL.index(one)] if one in SMALL else one for one in name)
    text = unicodedata.normalize("NFD", text).replace("\u3099", "ﾞ").replace("\u309a", "ﾟ")
    half = {unicodedata.normalize("NFKC", one): one for one in BANK_KANA}
    return "".join(half.get(one, one) for one in text).replace("ー", "-")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ヤマダ　タロウ", "ﾔﾏﾀﾞ ﾀﾛｳ"),
        ("キョウコ", "ｷﾖｳｺ"),
        ("ジョン・スミス", "ｼﾞﾖﾝ.ｽﾐｽ"),
        ("アン・リー", "ｱﾝ ﾘ-"),
        ("ユーコ", "ユ−コ"),
        ("ガ", "カ゛"),
        ("ガ", "か\u3099"),
        ("ガ", "ｶ ﾞ"),
        ("パ", "ハ゜"),
        ("ヴィクトル", "ｳﾞｲｸﾄﾙ"),
        ("やまだ", "ヤマダ"),
        ("ヵ", "カ"),
        ("ヶ", "ケ"),
        ("ㇰ", "ク"),
        ("Ｌｉ　Ｎａ", "LI NA"),
        ("山田 太郎", "山田　太郎"),
        ("ヤマダ\u200bタロウ", "ヤマダタロウ"),
    ],
)
def test_one_name_in_two_ways_of_writing(one: str, other: str) -> None:
    assert is_same_name(one, other)
    assert is_same_name(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ヲノ", "オノ"),
        ("ヂ", "ジ"),
        ("ヅ", "ズ"),
        ("ヴ", "ブ"),
        ("ヱ", "エ"),
        ("オオノ", "オーノ"),
        ("ハ", "バ"),
        ("バ", "パ"),
        ("山田", "ヤマダ"),
        ("髙橋", "高橋"),
        ("ヤマダ タロウ", "タロウ ヤマダ"),
        ("ヤマダ タロウ", "ヤマダ"),
        ("", ""),
        (" ・ ", ""),
    ],
)
def test_two_names_that_look_alike(one: str, other: str) -> None:
    assert not is_same_name(one, other)


@given(NAMES)
def test_a_name_is_the_same_as_a_bank_writes_it(name: str) -> None:
    assert is_same_name(name, by_bank(name))


@given(NAMES)
def test_a_name_is_the_same_in_hiragana(name: str) -> None:
    hiragana = "".join(chr(ord(one) - 0x60) for one in name)  # ァ–ヴ lie 0x60 above ぁ–ゔ
    assert is_same_name(name, hiragana)


@given(NAMES, st.data())
def test_dashes_and_gaps_may_be_any_of_their_kind(name: str, data: st.DataObject) -> None:
    places = data.draw(st.lists(st.integers(0, len(name)), max_size=4))
    one, other = name, name
    for place in sorted(places, reverse=True):
        kind = data.draw(st.sampled_from((DASHES, GAPS)))
        first, second = data.draw(st.sampled_from(kind)), data.draw(st.sampled_from(kind))
        one, other = one[:place] + first + one[place:], other[:place] + second + other[place:]
    assert is_same_name(one, other)


@given(st.sampled_from(MARKED), st.sampled_from(["", " ", "　"]))
def test_a_mark_belongs_to_the_kana_before_it_wherever_it_was_typed(kana: str, gap: str) -> None:
    bare, mark = unicodedata.normalize("NFD", kana)
    for spacing in {"\u3099": "゛ﾞ\u3099", "\u309a": "゜ﾟ\u309a"}[mark]:
        assert is_same_name(kana, bare + gap + spacing)


@given(NAMES, NAMES)
def test_names_that_differ_in_more_than_writing_stay_different(one: str, other: str) -> None:
    def told_again(name: str) -> str:
        return "".join(LARGE[SMALL.index(kana)] if kana in SMALL else kana for kana in name)

    assert is_same_name(one, other) == (told_again(one) == told_again(other))


@given(st.text(max_size=30))
def test_a_plain_name_is_its_own_plain_name(text: str) -> None:
    assert plain_name(plain_name(text)) == plain_name(text)


@given(st.text(min_size=1, max_size=30))
def test_every_name_is_the_same_as_itself_unless_nothing_is_in_it(text: str) -> None:
    assert is_same_name(text, text) == bool(plain_name(text))


def test_the_parts_of_a_name_are_one_name() -> None:
    assert is_same_name(joined([" ヤマダ", "タロウ "]), "ﾔﾏﾀﾞﾀﾛｳ")
