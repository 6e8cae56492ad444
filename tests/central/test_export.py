"""Exports, read back as a spreadsheet would."""

from __future__ import annotations

import csv
import datetime
from pathlib import Path

import openpyxl
import pytest
from openpyxl.utils.escape import unescape

from kiosk_agent.central.dashboard.schemas import Days
from kiosk_agent.central.dashboard.service import PlaceUnknownError
from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.export import files
from kiosk_agent.central.export.files import ExportError, write
from kiosk_agent.central.export.service import Cell, compliance_table, heads
from kiosk_agent.central.ingest.service import take_reports
from kiosk_agent.central.places.schemas import NATION, Level, Place
from tests.central.nation import DeskOfTests, enrolled
from tests.central.serving import command

FIRST, LAST = datetime.date(2026, 4, 1), datetime.date(2026, 4, 2)
DAYS = Days(FIRST, LAST)
DAY = {
    "visits": 9,
    "sign_ins": 6,
    "outcomes": 8,
    "ended.own_logout": 4,
    "ended.worker_ended": 1,
    "ended.idle": 2,
    "ended.found_unfinished": 1,
    "proof.revoked": 5,
    "proof.unproven": 1,
    "proof.not_needed": 2,
    "confirmations": 7,
    "incidents": 1,
}
ONE = [9, 6, 2, 1, 9, 5, 2, 2, 7, 5, 0, 2, 9, 7, 0, 2, 1]
TWO = [2 * one for one in ONE]
NOTHING = [0] * 17
CHIYODA, CHUO, SAPPORO = (
    ["東京都", "131016", "千代田区"],
    ["東京都", "131024", "中央区"],
    ["北海道", "011002", "札幌市"],
)


@pytest.fixture
def desks(database: Database) -> list[DeskOfTests]:
    """Two in one office, one in another, and one that never reported."""
    made = [enrolled(database, DeskOfTests("131016")) for _ in range(2)]
    made.append(enrolled(database, DeskOfTests("011002"), "=HYPERLINK(1)"))
    for desk in made:
        for day in ("2026-03-31", "2026-04-02", "2026-04-03"):
            desk.count(day, **{name.replace(".", "__"): value for name, value in DAY.items()})
        take_reports(database, [desk.arrived(desk.report())])
    return [*made, enrolled(database, DeskOfTests("131024"))]


def table(
    database: Database, level: Level, place: Place = NATION, scope: Place = NATION, *, each_day: bool = False
) -> list[list[Cell]]:
    with compliance_table(database, scope, place, level, DAYS, each_day=each_day) as (_, rows):
        return list(rows)


def test_a_row_for_each_place_whether_it_reported_or_not(database: Database, desks: list[DeskOfTests]) -> None:
    assert table(database, Level.MUNICIPALITY) == [
        [*SAPPORO, FIRST, LAST, *ONE],
        [*CHIYODA, FIRST, LAST, *TWO],
        [*CHUO, FIRST, LAST, *NOTHING],
    ]
    assert table(database, Level.OFFICE) == [
        [*SAPPORO, "=HYPERLINK(1)", FIRST, LAST, *ONE],
        [*CHIYODA, "市民課", FIRST, LAST, *TWO],
        [*CHUO, "市民課", FIRST, LAST, *NOTHING],
    ]
    assert table(database, Level.DESK) == [
        [*SAPPORO, "=HYPERLINK(1)", desks[2].id, "", FIRST, LAST, *ONE],
        [*CHIYODA, "市民課", desks[0].id, "", FIRST, LAST, *ONE],
        [*CHIYODA, "市民課", desks[1].id, "", FIRST, LAST, *ONE],
        [*CHUO, "市民課", desks[3].id, "", FIRST, LAST, *NOTHING],
    ]


@pytest.mark.parametrize("level", [Level.MUNICIPALITY, Level.OFFICE, Level.DESK])
def test_or_for_each_day_that_was_reported(database: Database, desks: list[DeskOfTests], level: Level) -> None:
    rows = table(database, level, each_day=True)
    assert {tuple(row[-19:-17]) for row in rows} == {(LAST, LAST)}
    assert len(rows) == (3 if level is Level.DESK else 2)
    assert sum(int(str(row[-17])) for row in rows) == 27


def test_only_what_was_asked_for_and_may_be_seen(database: Database, desks: list[DeskOfTests]) -> None:
    prefecture, municipality = Place(Level.PREFECTURE, "13"), Place(Level.MUNICIPALITY, "131016")
    for level in (Level.MUNICIPALITY, Level.OFFICE, Level.DESK):
        assert {row[2] for row in table(database, level, prefecture)} == {"千代田区", "中央区"}
        assert {row[2] for row in table(database, level, municipality, prefecture)} == {"千代田区"}
        with pytest.raises(PlaceUnknownError):
            table(database, level, NATION, municipality)
        with pytest.raises(PlaceUnknownError):
            table(database, level, Place(Level.MUNICIPALITY, "131024"), municipality)


def read_csv(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_a_csv_file_opens_in_excel(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    assert write(path, ["都道府県", "日"], [['東京都, "千代田"\n', FIRST], ["x", 3]]) == 2
    raw = path.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf\xe9\x83\xbd")
    assert b"\r\n" in raw
    assert read_csv(path) == [["都道府県", "日"], ['東京都, "千代田"\n', "2026-04-01"], ["x", "3"]]


FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "＝1", "＋1", "－1", "＠a", "\t=1", "\r=1", "\n=1", " =1", "　=1"]
NO_FORMULAS = ["a=1", "1-1", "", "市民課", "'=1"]


def test_no_cell_of_a_csv_file_is_a_formula(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    write(path, ["x"], [[text] for text in [*FORMULAS, *NO_FORMULAS]])
    told = [row[0] if row else "" for row in read_csv(path)[1:]]
    assert told == [*(f"'{text}" for text in FORMULAS), *NO_FORMULAS]


def test_cells_of_an_xlsx_file_have_their_types_and_no_formula(tmp_path: Path) -> None:
    path = tmp_path / "out.xlsx"
    texts = [text for text in [*FORMULAS, *NO_FORMULAS, "http://x.invalid", "011002"] if text]
    write(path, ["見出し", "日", "数"], [[text, FIRST, -3] for text in texts])
    sheet = openpyxl.load_workbook(path).active
    assert sheet is not None
    rows = list(sheet.iter_rows())
    assert [cell.value for cell in rows[0]] == ["見出し", "日", "数"]
    assert [unescape(row[0].value) for row in rows[1:]] == texts  # a carriage return is escaped, as Excel does it
    assert {tuple(cell.data_type for cell in row) for row in rows[1:]} == {("s", "d", "n")}
    assert {(row[1].value, row[2].value) for row in rows[1:]} == {(datetime.datetime(2026, 4, 1), -3)}  # noqa: DTZ001
    assert all(cell.hyperlink is None for row in rows for cell in row)


@pytest.mark.parametrize("name", ["out.csv", "out.xlsx"])
def test_a_file_is_whole_or_not_there(tmp_path: Path, name: str) -> None:
    def broken() -> list[list[Cell]]:
        raise LookupError

    path = tmp_path / name
    write(path, ["a"], [["before"]])
    before = path.read_bytes()
    with pytest.raises(LookupError):
        write(path, ["a"], (cell for _ in "x" for cell in broken()))
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == [name]
    with pytest.raises(ExportError, match="another place"):
        write(tmp_path / "none" / name, ["a"], [])
    with pytest.raises(ExportError, match="csv"):
        write(tmp_path / "out.txt", ["a"], [])


def test_more_rows_than_a_sheet_has_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_ROWS", 3)
    assert write(tmp_path / "out.xlsx", ["a"], [["1"], ["2"]]) == 2
    with pytest.raises(ExportError, match="CSV"):
        write(tmp_path / "more.xlsx", ["a"], [["1"], ["2"], ["3"]])
    assert not (tmp_path / "more.xlsx").exists()


def test_both_languages_name_every_column() -> None:
    for level in (Level.MUNICIPALITY, Level.OFFICE, Level.DESK):
        for language in ("ja", "en"):
            names = heads(level, language)
            assert len(set(names)) == len(names)
            assert all(name.isascii() == (language == "en") for name in names)


def test_a_person_exports(database: Database, url: str, desks: list[DeskOfTests], tmp_path: Path) -> None:
    days = ("--from", "2026-04-01", "--to", "2026-04-02", "--database", url)
    done = command("export", str(tmp_path / "out.csv"), "--by", "office", "--within", "13", *days)
    assert (done.stdout, done.stderr) == ("2 rows.\n", "")
    rows = read_csv(tmp_path / "out.csv")
    assert rows[0][:4] == ["都道府県", "団体コード", "市区町村", "窓口"]
    assert rows[1] == [*CHIYODA, "市民課", "2026-04-01", "2026-04-02", *map(str, TWO)]
    command("export", str(tmp_path / "out.xlsx"), "--by", "desk", "--each-day", "--language", "en", *days)
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx").active
    assert sheet is not None
    rows_of_sheet = list(sheet.iter_rows(values_only=True))
    assert rows_of_sheet[0][:6] == ("Prefecture", "Municipality code", "Municipality", "Office", "Desk number", "Desk")
    assert rows_of_sheet[1][3] == "=HYPERLINK(1)"
    assert len(rows_of_sheet) == 4


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("out.txt",), ".csv"),
        (("out.csv", "--within", "1"), "--within"),
        (("out.csv", "--within", "99"), "prefecture:99"),
        (("out.csv", "--to", "2026-03-01"), "--to"),
    ],
)
def test_what_cannot_be_exported_is_told(tmp_path: Path, arguments: tuple[str, ...], told: str) -> None:
    days = ("--from", "2026-04-01", "--to", "2026-04-02")
    file, *rest = arguments
    data = str(tmp_path / "data")
    assert command("migrate", "--data", data).returncode == 0
    done = command("export", str(tmp_path / file), *days, *rest, "--data", data)
    assert (done.returncode != 0, told in done.stderr, "Traceback" in done.stderr) == (True, True, False)
    assert not (tmp_path / file).exists()
