"""Tables: the same one is shown on a page, and given as a file for spreadsheets."""

from __future__ import annotations

import tempfile
import urllib.parse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from litestar import Request, Response
from markupsafe import Markup, escape

from kiosk_agent.central.export.files import write
from kiosk_agent.central.export.service import Cell as Value

ENDINGS = {
    ".csv": "text/csv",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
TABLE, ENDING = "table", "as"  # of the address that gives the file


@dataclass(frozen=True)
class Column:
    """One column of the page. ``exported``: the heads of what stands for it in a file, where that is more.

    ``is_name``: a column of names, which stay readable: without blanks, as in Japanese, they may be broken anywhere.
    ``is_whole``: its cells are never broken, such as days.
    """

    head: str
    is_number: bool = False
    is_name: bool = False
    is_whole: bool = False
    exported: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """How it is set, as the style sheets call it."""
        return "number" if self.is_number else "name" if self.is_name else "whole" if self.is_whole else ""

    @property
    def heads(self) -> tuple[str, ...]:
        """Of the file."""
        return self.exported or (self.head,)


@dataclass(frozen=True)
class Cell:
    """One cell. ``values``: what stands for it in a file, where that is not the text; ``mark``: good, care or bad."""

    text: str
    values: tuple[Value, ...] = ()
    sub: str = ""
    href: str = ""
    mark: str = ""

    @property
    def exported(self) -> tuple[Value, ...]:
        """In the file."""
        return self.values or (self.text,)

    @property
    def content(self) -> str:
        """What stands in it on a page, as HTML: whatever it is told is escaped."""
        text: str = escape(self.text)
        if self.href:
            text = f'<a href="{escape(self.href)}">{text}</a>'
        elif self.mark:
            text = f'<span class="mark {escape(self.mark)}">{text}</span>'
        return f"{text}<small>{escape(self.sub)}</small>" if self.sub else text


@dataclass(frozen=True)
class Table:
    """A table. ``empty``: what the page says where there are no rows; ``note``: what stands beneath it."""

    name: str
    caption: str
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Cell]]
    empty: str = ""
    note: str = ""

    @property
    def heads(self) -> list[str]:
        """Of the file."""
        return [head for column in self.columns for head in column.heads]

    @property
    def body(self) -> Markup:
        """The rows as they stand on a page: a city has thousands of cells, and a template takes four times as long."""
        kinds = [f' class="{escape(column.kind)}"' if column.kind else "" for column in self.columns]
        tags = [(f'<th scope="row"{kinds[0]}>', "</th>"), *((f"<td{kind}>", "</td>") for kind in kinds[1:])]
        rows = []
        for row in self.rows:
            cells = [f"{begin}{cell.content}{end}" for cell, (begin, end) in zip(row, tags, strict=True)]
            rows.append(f"<tr>{''.join(cells)}</tr>")
        return Markup("\n".join(rows))  # noqa: S704 - tags are ours, and the content of a cell is escaped

    def exported(self) -> list[list[Value]]:
        """The rows of the file."""
        return [[value for cell in row for value in cell.exported] for row in self.rows]


def wanted_file(request: Request[Any, Any, Any], tables: Sequence[Table]) -> Response[bytes] | None:
    """The file that the address asks for; None where it asks for the page."""
    name, ending = (request.query_params.get(key) for key in (TABLE, ENDING))
    found = next((one for one in tables if one.name == name), None)
    if found is None or f".{ending}" not in ENDINGS:
        return None
    return file_of(found, f".{ending}")


def file_of(table: Table, ending: str) -> Response[bytes]:
    """The table as a file. Raises ExportError where it cannot be."""
    with tempfile.TemporaryDirectory(prefix="kiosk-central-") as folder:
        path = Path(folder) / f"{table.name}{ending}"
        write(path, table.heads, table.exported())
        content = path.read_bytes()
    name = urllib.parse.quote(f"{table.caption}{ending}", safe="")
    headers = {"Content-Disposition": f"attachment; filename=\"{table.name}{ending}\"; filename*=UTF-8''{name}"}
    return Response(content, media_type=ENDINGS[ending], headers=headers)


def file_address(request: Request[Any, Any, Any], table: str, ending: str) -> str:
    """Where the page gives its table as a file."""
    left = [(key, value) for key, value in request.query_params.multi_items() if key not in (TABLE, ENDING)]
    return f"{request.url.path}?{urllib.parse.urlencode([*left, (TABLE, table), (ENDING, ending)])}"
