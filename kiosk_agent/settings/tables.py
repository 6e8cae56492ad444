"""The tables of settings in the reference, English and Japanese: one below each table's heading; the rest stays."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kiosk_agent.settings import texts, texts_ja
from kiosk_agent.settings.model import SETTINGS, WEIGHTS, Kind, Setting

HEADING = re.compile(r"#{2,3} (.+)")


@dataclass(frozen=True)
class Reference:
    """The reference in one language: where it is, what the settings mean there, and the words of its tables."""

    page: str
    meaning: Mapping[str, str]
    no_value: Mapping[str, str]  # in place of a default that is no value
    top: str  # the heading of what stands before all tables
    key: str
    sign: str
    default: str
    bounds: str
    means: str
    seen_when: str


REFERENCES = {
    "en": Reference(
        "docs/configuration.md", texts.MEANING, texts.NO_VALUE,
        "The top of the file", "key", "sign", "default", "from – to", "meaning", "seen when",
    ),
    "ja": Reference(
        "docs/ja/configuration.md", texts_ja.MEANING, texts_ja.NO_VALUE,
        "ファイルの先頭", "キー", "兆し", "既定値", "範囲", "意味", "起きたこと",
    ),
}  # fmt: skip


def with_tables(text: str, reference: Reference = REFERENCES["en"]) -> str:
    """The page with each of its tables of settings made anew. Raises ValueError where one has no place."""
    first_columns = tuple(f"| {one} |" for one in (reference.key, reference.sign))
    lines: list[str] = []
    heading, inside = "", False
    placed = set()
    for line in text.splitlines():
        if found := HEADING.fullmatch(line):
            heading = found[1].strip("`[]")
        inside = line.startswith("|") and (inside or line.startswith(first_columns))
        table = "" if heading == reference.top else heading
        settings = [one for one in SETTINGS.values() if one.table == table]
        if not inside or not settings:
            lines.append(line)
        elif table not in placed:
            placed.add(table)
            lines += _table(table, settings, reference)
    if missing := {one.table for one in SETTINGS.values()} - placed:
        raise ValueError(f"{reference.page} has no heading with a table for: {', '.join(sorted(missing))}")
    return "\n".join(lines) + "\n"


def _table(table: str, settings: list[Setting], words: Reference) -> list[str]:
    bounded = any(one.bounds is not None for one in settings)
    weights = table == WEIGHTS
    columns = [words.sign if weights else words.key, words.default, *([words.bounds] if bounded else [])]
    columns.append(words.seen_when if weights else words.means)
    rows = [
        [f"`{one.name}`", default_of(one, words), *([_range(one)] if bounded else []), words.meaning[one.key]]
        for one in settings
    ]
    return [_row(columns), _row("---" for _ in columns), *map(_row, rows)]


def _row(columns: Iterable[str]) -> str:
    return "|" + "|".join(f" {column} " if column else " " for column in columns) + "|"


def default_of(setting: Setting, words: Reference) -> str:
    """The column of the default."""
    if setting.key in words.no_value:
        return words.no_value[setting.key]
    if setting.kind is Kind.FLAG:
        return f"`{str(setting.default).lower()}`"
    if setting.kind is Kind.WORDS:
        return "`[" + ", ".join(f'"{one}"' for one in setting.default) + "]`"
    return f'`"{setting.default}"`' if isinstance(setting.default, str) else f"{setting.default:g}"


def _range(setting: Setting) -> str:
    return f"{setting.bounds[0]:g} – {setting.bounds[1]:g}" if setting.bounds is not None else ""
