"""What stands in an exported table."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Iterator
from typing import Any, Literal

from sqlalchemy.engine import Row

from kiosk_agent.central.dashboard.compliance import Figure, compliance
from kiosk_agent.central.dashboard.repository import COUNTERS, totals_of
from kiosk_agent.central.dashboard.schemas import Days
from kiosk_agent.central.dashboard.service import named
from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.export import repository
from kiosk_agent.central.places.schemas import Level, Place

Language = Literal["ja", "en"]
Cell = str | int | float | datetime.date

PLACES = {
    Level.MUNICIPALITY: ("prefecture", "municipality_code", "municipality"),
    Level.OFFICE: ("prefecture", "municipality_code", "municipality", "office"),
    Level.DESK: ("prefecture", "municipality_code", "municipality", "office", "desk_id", "desk"),
}
PARTS = ("total", "yes", "no", "unknown")
HEADS: dict[Language, dict[str, str]] = {
    "en": {
        "prefecture": "Prefecture",
        "municipality_code": "Municipality code",
        "municipality": "Municipality",
        "office": "Office",
        "desk_id": "Desk number",
        "desk": "Desk",
        "first": "From",
        "last": "To",
        Figure.SIGNED_IN: "Visits with sign-in",
        Figure.UNFORCED: "Ended without the agent's force",
        Figure.PROVED: "Logout proved",
        Figure.CONFIRMED: "Confirmed in time",
        "total": "all",
        "yes": "yes",
        "no": "no",
        "unknown": "unknown",
        "incidents": "Incidents",
    },
    "ja": {
        "prefecture": "都道府県",
        "municipality_code": "団体コード",
        "municipality": "市区町村",
        "office": "窓口",
        "desk_id": "端末番号",
        "desk": "端末",
        "first": "期間の初日",
        "last": "期間の末日",
        Figure.SIGNED_IN: "ログインのあった利用",
        Figure.UNFORCED: "強制によらず終わった利用",
        Figure.PROVED: "ログアウトを確かめられた利用",
        Figure.CONFIRMED: "次の利用までに支援員が確認した利用",
        "total": "全体",
        "yes": "はい",
        "no": "いいえ",
        "unknown": "不明",
        "incidents": "インシデント",
    },
}


@contextlib.contextmanager
def compliance_table(
    database: Database,
    scope: Place,
    place: Place,
    level: Level,
    days: Days,
    *,
    each_day: bool = False,
    language: Language = "ja",
) -> Iterator[tuple[list[str], Iterator[list[Cell]]]]:
    """The heads, and the rows: the four numbers of the municipalities, offices or desks (``level``) of a place.

    Raises PlaceUnknownError where the place is not within the scope.
    """
    named(database, scope, place)
    with database.reading() as connection:
        found = repository.rows(connection, scope, place, level, days, each_day=each_day)
        yield heads(level, language), (_cells(row, level, days, each_day=each_day) for row in found)


def heads(level: Level, language: Language) -> list[str]:
    """The heads of the columns."""
    texts = HEADS[language]
    numbers = [f"{texts[figure]} ({texts[part]})" for figure in Figure for part in PARTS]
    return [*(texts[name] for name in (*PLACES[level], "first", "last")), *numbers, texts["incidents"]]


def _cells(row: Row[Any], level: Level, days: Days, *, each_day: bool) -> list[Cell]:
    totals = totals_of(row[-len(COUNTERS) :])
    made = compliance(totals)
    numbers = [getattr(made.of(figure), part) for figure in Figure for part in PARTS]
    first, last = (row.day, row.day) if each_day else days
    return [*(getattr(row, name) for name in PLACES[level]), first, last, *numbers, totals.incidents]
