"""Reading the list of municipalities, in the ministry's form or a plain one."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

from kiosk_agent import reasons
from kiosk_agent.central.places.schemas import Municipality
from kiosk_agent.errors import InputError, Problem
from kiosk_agent.text import Text
from kiosk_agent.wire.v1 import LONGEST_NAME

# Column → the heads it may have: ours, and those of the Ministry of Internal Affairs' list of codes.
HEADS = {
    "code": ("code", "団体コード"),
    "prefecture": ("prefecture", "都道府県名（漢字）", "都道府県名(漢字)", "都道府県名"),
    "name": ("municipality", "市区町村名（漢字）", "市区町村名(漢字)", "市区町村名"),
}
FILE = Text("file")
LARGEST_BYTES = 5_000_000  # the nation's list has about 100,000
PREFECTURE = re.compile("[0-9]{2}000[0-9]")  # its own line in the ministry's list
WEIGHTS = (6, 5, 4, 3, 2)
NAME = re.compile(rf"[^\x00-\x1f\x7f]{{1,{LONGEST_NAME}}}")


class MunicipalitiesError(InputError):
    """The list of municipalities cannot be used."""


def is_code(text: str) -> bool:
    """Whether these are six digits of which the last is the check digit (総務省「全国地方公共団体コード仕様」)."""
    if re.fullmatch(r"[0-9]{6}", text) is None:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(text, WEIGHTS, strict=False))
    return int(text[5]) == (11 - total % 11) % 10


def is_name(text: str) -> bool:
    """Whether a place can be called so: pages, files and mails have to show it."""
    return NAME.fullmatch(text) is not None


def read_municipalities(path: Path) -> list[Municipality]:
    """The municipalities of a CSV file in UTF-8 or Shift_JIS; lines of prefectures alone are passed over.

    Raises MunicipalitiesError with every mistake.
    """
    rows = rows_of(path)
    head = [_tidy(cell) for cell in next(rows, (1, []))[1]]
    columns = {column: _column(head, names) for column, names in HEADS.items()}
    missing = [HEADS[column][0] for column, index in columns.items() if index is None]
    if missing:
        expected = Text("the columns code, prefecture, municipality (missing: {missing})", missing=", ".join(missing))
        found = ", ".join(head)[:100] or Text("an empty line")
        raise MunicipalitiesError([Problem(str(path), 1, Text("heads"), expected, found)])
    problems: list[Problem] = []
    found_codes: dict[str, Municipality] = {}
    for line, row in rows:
        cells = {
            column: _tidy(row[index]) if index < len(row) else ""
            for column, index in columns.items()
            if index is not None
        }
        is_prefecture = PREFECTURE.fullmatch(cells["code"]) is not None and cells["prefecture"] and not cells["name"]
        if not any(cells.values()) or is_prefecture:
            continue
        if not is_code(cells["code"]):
            problems.append(
                Problem(
                    str(path),
                    line,
                    "code",
                    Text("six digits with their check digit"),
                    repr(cells["code"][:40]),
                    Text("Spreadsheets drop a leading zero: keep the column as text."),
                )
            )
        elif not cells["prefecture"] or not cells["name"]:
            problems.append(Problem(str(path), line, "prefecture, municipality", Text("names"), Text("nothing")))
        elif not is_name(cells["prefecture"]) or not is_name(cells["name"]):
            expected = Text("names of at most {most} characters, none of them a control character", most=LONGEST_NAME)
            found = repr(f"{cells['prefecture']} {cells['name']}"[:40])
            problems.append(Problem(str(path), line, "prefecture, municipality", expected, found))
        else:
            one = Municipality(cells["code"], cells["prefecture"], cells["name"])
            if found_codes.setdefault(one.code, one) != one:
                expected = Text("one name for each code")
                problems.append(Problem(str(path), line, "code", expected, Text("{code} once more", code=one.code)))
    if not problems and not found_codes:
        problems.append(Problem(str(path), None, FILE, Text("at least one municipality"), Text("none")))
    if problems:
        raise MunicipalitiesError(problems)
    return list(found_codes.values())


def rows_of(path: Path, error: type[InputError] = MunicipalitiesError) -> Iterator[tuple[int, list[str]]]:
    """The rows of a list, each with the line that it begins on. Raises ``error``.

    A quotation mark that nobody closes is a mistake: it would make one cell of all that follows.
    """
    rows = csv.reader(io.StringIO(text_of(path, error), newline=""), strict=True)
    line = 1
    try:
        for row in rows:
            yield line, row
            line = rows.line_num + 1
    except csv.Error as failed:
        expected, found = Text("quotation marks around whole cells, in pairs"), Text("one that is left open")
        raise error([Problem(str(path), line, Text("row"), expected, found)]) from failed


def text_of(path: Path, error: type[InputError] = MunicipalitiesError) -> str:
    """The text of a list, in UTF-8 or Shift_JIS, as spreadsheets in Japan save it. Raises ``error``."""
    try:
        raw = path.read_bytes()
    except OSError as failed:
        raise error(
            [
                Problem(
                    str(path), None, FILE, Text("a readable file"), reasons.of_system(failed), Text("Check the path.")
                )
            ]
        ) from failed
    if len(raw) > LARGEST_BYTES:
        raise error(
            [Problem(str(path), None, FILE, Text("a list"), Text("more than {most} bytes", most=LARGEST_BYTES))]
        )
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise error([Problem(str(path), None, FILE, Text("text in UTF-8 or Shift_JIS"), Text("something else"))])


def _tidy(cell: str) -> str:
    return "".join(cell.split())


def _column(head: list[str], names: tuple[str, ...]) -> int | None:
    return next((index for index, cell in enumerate(head) if cell in names), None)
