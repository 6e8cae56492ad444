"""The list of municipalities, in the forms in which it comes."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk_agent.central.places.schemas import Municipality
from kiosk_agent.central.places.service import MunicipalitiesError, is_code, read_municipalities

MINISTRY = ("団体コード,都道府県名\n（漢字）,市区町村名\n（漢字）,都道府県名\n（カナ）,市区町村名\n（カナ）\n").replace(
    "都道府県名\n", "都道府県名"
).replace("市区町村名\n", "市区町村名") + (
    "010006,北海道,,ﾎｯｶｲﾄﾞｳ,\n011002,北海道,札幌市,ﾎｯｶｲﾄﾞｳ,ｻｯﾎﾟﾛｼ\n131016,東京都,千代田区,ﾄｳｷｮｳﾄ,ﾁﾖﾀﾞｸ\n"
)
WANTED = [Municipality("011002", "北海道", "札幌市"), Municipality("131016", "東京都", "千代田区")]


def written(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "list.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_the_ministrys_list_is_read_and_prefectures_are_passed_over(tmp_path: Path, encoding: str) -> None:
    assert read_municipalities(written(tmp_path, MINISTRY, encoding)) == WANTED


def test_a_plain_list_is_read(tmp_path: Path) -> None:
    text = "municipality,code,prefecture\r\n札幌市,011002,北海道\r\n千代田区,131016,東京都\r\n\r\n"
    assert read_municipalities(written(tmp_path, text)) == WANTED


@pytest.mark.parametrize(
    ("code", "good"),
    [("131016", True), ("011002", True), ("010006", True), ("131015", False), ("11002", False), ("1310l6", False)],
)
def test_a_code_has_its_check_digit(code: str, good: bool) -> None:
    assert is_code(code) is good


def test_every_mistake_is_named_with_its_line(tmp_path: Path) -> None:
    text = "code,prefecture,municipality\n131016,東京都,千代田区\n11002,北海道,札幌市\n131024,,中央区\n"
    with pytest.raises(MunicipalitiesError) as caught:
        read_municipalities(written(tmp_path, text))
    assert [(problem.line, problem.key) for problem in caught.value.problems] == [
        (3, "code"),
        (4, "prefecture, municipality"),
    ]


@pytest.mark.parametrize("text", ["", "a,b,c\n1,2,3\n", "code,prefecture,municipality\n"])
def test_what_is_no_list_is_told(tmp_path: Path, text: str) -> None:
    with pytest.raises(MunicipalitiesError):
        read_municipalities(written(tmp_path, text))
    with pytest.raises(MunicipalitiesError, match="Check the path"):
        read_municipalities(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        ('131016,東京都,"千代田区\n131024,東京都,中央区\n', 2),
        ('131024,東京都,中央区\n131016,東京都,"千代田区\n' + "011002,北海道,札幌市\n" * 10_000, 3),
        ("131016,東京都,千代田区\n131016,東京都,中央区\n", 3),
        (f"131016,東京都,{'区' * 101}\n", 2),
        ("131016,東京都,千代\0田区\n", 2),
        ("131024,東京都,中央区\n131016,東京都,\n", 3),  # only a prefecture has a line without a municipality
        ("131024,東京都,中央区\n13101,東京都,\n", 3),
    ],
)
def test_what_would_be_taken_for_something_else_is_a_mistake(tmp_path: Path, rows: str, line: int) -> None:
    with pytest.raises(MunicipalitiesError) as caught:
        read_municipalities(written(tmp_path, f"code,prefecture,municipality\n{rows}"))
    assert [problem.line for problem in caught.value.problems] == [line]


def test_a_line_that_stands_there_twice_is_one_municipality(tmp_path: Path) -> None:
    assert read_municipalities(written(tmp_path, MINISTRY + "131016,東京都,千代田区,,\n")) == WANTED
