"""The tables of settings in ``docs/configuration.md``: one below each table's heading; what stands around stays."""

from __future__ import annotations

import re
from collections.abc import Iterable

from kiosk_agent.settings.model import SETTINGS, WEIGHTS, Kind, Setting
from kiosk_agent.settings.texts import MEANING, NO_VALUE

TOP = "The top of the file"
HEADING = re.compile(r"#{2,3} (.+)")
FIRST_COLUMNS = ("| key |", "| sign |")


def with_tables(text: str) -> str:
    """The page with each of its tables of settings made anew. Raises ValueError where one has no place."""
    lines: list[str] = []
    heading, inside = "", False
    placed = set()
    for line in text.splitlines():
        if found := HEADING.fullmatch(line):
            heading = found[1].strip("`[]")
        inside = line.startswith("|") and (inside or line.startswith(FIRST_COLUMNS))
        table = "" if heading == TOP else heading
        settings = [one for one in SETTINGS.values() if one.table == table]
        if not inside or not settings:
            lines.append(line)
        elif table not in placed:
            placed.add(table)
            lines += _table(table, settings)
    if missing := {one.table for one in SETTINGS.values()} - placed:
        raise ValueError(f"docs/configuration.md has no heading with a table for: {', '.join(sorted(missing))}")
    return "\n".join(lines) + "\n"


def _table(table: str, settings: list[Setting]) -> list[str]:
    bounded = any(one.bounds is not None for one in settings)
    weights = table == WEIGHTS
    columns = ["sign" if weights else "key", "default", *(["from – to"] if bounded else [])]
    columns.append("seen when" if weights else "meaning")
    rows = [
        [f"`{one.name}`", default_of(one), *([_range(one)] if bounded else []), MEANING[one.key]] for one in settings
    ]
    return [_row(columns), _row("---" for _ in columns), *map(_row, rows)]


def _row(columns: Iterable[str]) -> str:
    return "|" + "|".join(f" {column} " if column else " " for column in columns) + "|"


def default_of(setting: Setting) -> str:
    """The column of the default."""
    if setting.key in NO_VALUE:
        return NO_VALUE[setting.key]
    if setting.kind is Kind.FLAG:
        return f"`{str(setting.default).lower()}`"
    if setting.kind is Kind.WORDS:
        return "`[" + ", ".join(f'"{one}"' for one in setting.default) + "]`"
    return f'`"{setting.default}"`' if isinstance(setting.default, str) else f"{setting.default:g}"


def _range(setting: Setting) -> str:
    return f"{setting.bounds[0]:g} – {setting.bounds[1]:g}" if setting.bounds is not None else ""
