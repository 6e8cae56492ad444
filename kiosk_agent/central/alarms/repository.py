"""The queries of alarms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec
from sqlalchemy.engine import Connection

from kiosk_agent.central.alarms.schemas import Alarm
from kiosk_agent.central.database.bulk import Bulk

RAISE = Bulk(
    "INSERT INTO alarms"
    " (municipality_code, desk_id, kind, epoch, subject, first_at_ms, last_at_ms, times, detail)"
    " SELECT r.municipality_code, r.desk_id, r.kind, r.epoch, r.subject, :at_ms, :at_ms, r.times, r.detail"
    " FROM {rows} WHERE true ORDER BY r.desk_id, r.kind, r.epoch, r.subject"
    " ON CONFLICT (desk_id, kind, epoch, subject) DO UPDATE SET"
    " last_at_ms = excluded.last_at_ms, times = alarms.times + excluded.times, detail = excluded.detail",
    {
        "municipality_code": "text",
        "desk_id": "bigint",
        "kind": "text",
        "epoch": "text",
        "subject": "text",
        "detail": "text",
        "times": "bigint",
    },
)


def raise_alarms(connection: Connection, alarms: Iterable[Alarm], at_ms: int) -> None:
    """Record them; what is known already is counted once more."""
    rows: dict[tuple[int, str, str, str], dict[str, object]] = {}
    seen = Counter[tuple[int, str, str, str]]()
    for alarm in alarms:
        key = (alarm.desk_id, alarm.kind, alarm.epoch, alarm.subject)
        seen[key] += 1
        rows[key] = msgspec.structs.asdict(alarm) | {"times": seen[key]}
    if rows:
        RAISE.run(connection, list(rows.values()), at_ms=at_ms)
