"""Files that spreadsheets open: as the text that it is, never as a formula."""

from __future__ import annotations

import csv
import datetime
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import xlsxwriter

from kiosk_agent import reasons
from kiosk_agent.central.export.service import Cell
from kiosk_agent.errors import CentralError
from kiosk_agent.text import Text

# What spreadsheets begin a formula with, in Japanese also full-width; tabs and line ends are skipped before it.
# OWASP, "CSV Injection".
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
MOST_ROWS = 1_048_576  # of a sheet, its head included: Excel's own limit
LARGEST_WIDTH = 40  # characters

Rows = Iterable[Sequence[Cell]]


class ExportError(CentralError):
    """The file cannot be written."""


def write(path: Path, heads: Sequence[str], rows: Rows) -> int:
    """Write ``path`` as its ending says; returns how many rows. Whole or not at all. Raises ExportError."""
    writer = WRITERS.get(path.suffix.lower())
    if writer is None:
        raise ExportError(
            Text("{name}: the ending of the file says nothing known.", name=path.name),
            Text("Choose one of: {endings}", endings=" ".join(WRITERS)),
        )
    part = path.with_name(f"{path.name}.part")
    try:
        try:
            count = writer(part, heads, rows)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise ExportError(
            Text("{file}: {reason}.", file=path, reason=reasons.of_system(error)), Text("Choose another place.")
        ) from error
    return count


def _write_csv(path: Path, heads: Sequence[str], rows: Rows) -> int:
    """UTF-8 with a byte order mark: without it Excel takes Japanese for Shift_JIS."""
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(heads)
        for row in rows:
            count += 1
            writer.writerow([harmless(cell) for cell in row])
    return count


def harmless(cell: Cell) -> Cell:
    """A text that a spreadsheet would take for a formula, with an apostrophe before it."""
    return f"'{cell}" if isinstance(cell, str) and cell.lstrip(" \u3000").startswith(FORMULA) else cell


def _write_xlsx(path: Path, heads: Sequence[str], rows: Rows) -> int:
    """Cells have types here, so that texts stay as they are."""
    count = 0
    with path.open("wb") as file, xlsxwriter.Workbook(file, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        bold, date = book.add_format({"bold": True, "text_wrap": True}), book.add_format({"num_format": "yyyy-mm-dd"})
        for column, head in enumerate(heads):
            sheet.set_column(column, column, min(LARGEST_WIDTH, 2 * len(head)))
            sheet.write_string(0, column, head, bold)
        sheet.freeze_panes(1, 0)
        for count, row in enumerate(rows, start=1):
            if count >= MOST_ROWS:
                raise ExportError(
                    Text("A sheet has at most {most} rows.", most=f"{MOST_ROWS:,}"),
                    Text("Choose fewer days or places, or CSV."),
                )
            for column, cell in enumerate(row):
                if isinstance(cell, str):
                    sheet.write_string(count, column, cell)
                elif isinstance(cell, datetime.date):
                    sheet.write_datetime(count, column, cell, date)
                else:
                    sheet.write_number(count, column, cell)
        sheet.autofilter(0, 0, count, max(0, len(heads) - 1))
    return count


WRITERS: dict[str, Callable[[Path, Sequence[str], Rows], int]] = {".csv": _write_csv, ".xlsx": _write_xlsx}
