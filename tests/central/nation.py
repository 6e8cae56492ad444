"""Desks for the tests: each has a ledger that grows, and writes the reports that a real one would."""

from __future__ import annotations

import datetime
import hashlib
import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.database.tables import HEADLINES
from kiosk_agent.central.desks.service import enrol, hash_of, make_code
from kiosk_agent.central.ingest.schemas import Arrived
from kiosk_agent.central.places.repository import store_municipalities
from kiosk_agent.central.places.schemas import Municipality
from kiosk_agent.wire import v1

NOW = datetime.datetime(2026, 4, 20, 3, 0, tzinfo=datetime.UTC)
PLACES = [
    Municipality("011002", "北海道", "札幌市"),
    Municipality("131016", "東京都", "千代田区"),
    Municipality("131024", "東京都", "中央区"),
]

OFFICE = "市民課"
SUMS = ("office_days", "municipality_days", "prefecture_days", "nation_days")  # from the smallest places to all


def digest_at(epoch: str, entries: int) -> str:
    return hashlib.sha256(f"{epoch} {entries}".encode()).hexdigest()


@dataclass
class DeskOfTests:
    """One desk with its ledger."""

    municipality_code: str
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    epoch: str = field(default_factory=lambda: secrets.token_hex(16))
    disk: str | None = None
    id: int = 0
    entries: int = 0
    number: int = 0
    days: dict[str, Counter[str]] = field(default_factory=dict)

    def count(self, day: str, **amounts: int) -> None:
        """Counters grow; two underscores stand for a full stop."""
        self.entries += 1
        self.days.setdefault(day, Counter()).update({name.replace("__", "."): more for name, more in amounts.items()})

    def report(self, *days: str, **changes: Any) -> v1.Report:
        """The next report: of ``days``, or all."""
        self.number += 1
        told = [
            v1.DayCounts(datetime.date.fromisoformat(day), dict(self.days[day])) for day in days or sorted(self.days)
        ]
        values: dict[str, Any] = {
            "epoch": self.epoch,
            "number": self.number,
            "sent_at": NOW,
            "agent_version": "0.1.0",
            "chain": v1.ChainPoint(self.entries, digest_at(self.epoch, self.entries)),
            "days": told,
            "disk": self.disk,
        }
        return v1.Report(**{**values, **changes})

    def arrived(self, report: v1.Report) -> Arrived:
        return Arrived(hash_of(self.token), v1.ReadReport(report, []), NOW)


def enrolled(database: Database, desk: DeskOfTests, office: str = OFFICE) -> DeskOfTests:
    """Enrol it, as a person would."""
    with database.writing() as connection:
        store_municipalities(connection, PLACES)
    valid = datetime.timedelta(hours=1)
    code = make_code(database, desk.municipality_code, office, NOW, valid, new_office=True)
    desk.id = enrol(database, v1.EnrolRequest(code, desk.token, "0.1.0"), NOW).desk_id
    return desk


def _counts(row: Mapping[str, Any]) -> dict[str, int]:
    import json

    headlines = {name: row[column] for name, column in HEADLINES.items() if row[column]}
    return {**headlines, **json.loads(row["more"])}


def sums(database: Database, table: str) -> dict[tuple[str, ...], dict[str, int]]:
    """All rows of a table of sums, by scope and day; an office's scope is its municipality and name."""
    scope = {
        "office_days": ("municipality_code", "name"),
        "municipality_days": ("municipality_code",),
        "prefecture_days": ("prefecture_code",),
    }.get(table, ())
    named = "(SELECT o.name, s.* FROM office_days AS s JOIN offices AS o ON o.id = s.office_id) AS named"
    with database.reading() as connection:
        query = f"SELECT * FROM {named if table == 'office_days' else table}"  # noqa: S608 - names of ours
        rows = connection.execute(sa.text(query)).mappings().all()
    return {
        (*(row[name] for name in scope), str(row["day"])): {**_counts(row), "ledgers": row["ledgers"]} for row in rows
    }


def scope_of(table: str, code: str, office: str) -> tuple[str, ...]:
    """Where an office's counts stand in a table of sums, as :func:`sums` tells it."""
    scopes = {"office_days": (code, office), "municipality_days": (code,), "prefecture_days": (code[:2],)}
    return scopes.get(table, ())


def expected(ledgers: list[tuple[str, dict[str, Counter[str]]]], table: str) -> dict[tuple[str, ...], dict[str, int]]:
    """What the sums must be: (municipality, its ledger's days) added up. Each municipality has one office."""
    totals: dict[tuple[str, ...], Counter[str]] = {}
    for code, days in ledgers:
        scope = scope_of(table, code, OFFICE)
        for day, counts in days.items():
            totals.setdefault((*scope, day), Counter()).update({**counts, "ledgers": 1})
    return {key: {name: value for name, value in total.items() if value} for key, total in totals.items()}


def alarms(database: Database) -> list[tuple[str, int, str]]:
    """(kind, desk, subject) of each."""
    with database.reading() as connection:
        rows = connection.execute(sa.text("SELECT kind, desk_id, subject FROM alarms ORDER BY kind, desk_id, subject"))
        return [(row.kind, row.desk_id, row.subject) for row in rows]
