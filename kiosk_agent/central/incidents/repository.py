"""The queries of what desks tell beside their counts. The transaction holds the desks, so nobody else writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.engine import Connection

from kiosk_agent.central.database.bulk import Bulk, Kind
from kiosk_agent.central.incidents.hours import Growth, Known, grown

VISIT_KEY: dict[str, Kind] = {"municipality_code": "text", "desk_id": "bigint", "epoch": "text", "number": "bigint"}
VISIT: dict[str, Kind] = {
    "seq": "bigint",
    "day": "date",
    "hour": "bigint",
    "length_s": "bigint",
    "ended": "text",
    "proof": "text",
    "signed_in": "bigint",
    "extensions": "bigint",
    "confirmation": "text",
    "operations": "text",
    "worker": "text",
    "account": "text",
}
INCIDENT: dict[str, Kind] = {
    "municipality_code": "text",
    "desk_id": "bigint",
    "epoch": "text",
    "seq": "bigint",
    "at_ms": "bigint",
    "code": "text",
    "detail": "text",
}
_VISIT_COLUMNS = [*VISIT_KEY, *VISIT]
# All names in these statements are our own: values travel as parameters.
STORE_VISITS = Bulk(
    f"INSERT INTO visit_facts ({', '.join(_VISIT_COLUMNS)})"  # noqa: S608
    f" SELECT {', '.join(f'r.{name}' for name in _VISIT_COLUMNS)} FROM {{rows}} WHERE true"
    f" ON CONFLICT ({', '.join(VISIT_KEY)}) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in VISIT)}"
    " WHERE excluded.seq > visit_facts.seq",
    {**VISIT_KEY, **VISIT},
)
STORE_INCIDENTS = Bulk(
    f"INSERT INTO incidents ({', '.join(INCIDENT)}, received_at_ms)"  # noqa: S608
    f" SELECT {', '.join(f'r.{name}' for name in INCIDENT)}, :received_at_ms FROM {{rows}} WHERE true"
    " ON CONFLICT DO NOTHING",
    INCIDENT,
)
FIND_VISITS = Bulk(
    f"SELECT {', '.join(f't.{name}' for name in VISIT_KEY)}, t.seq, t.day, t.hour FROM visit_facts AS t"  # noqa: S608
    f" JOIN {{rows}} ON {' AND '.join(f't.{name} = r.{name}' for name in VISIT_KEY)}",
    VISIT_KEY,
)
GROW_HOURS = Bulk(
    "INSERT INTO visit_hours (code, day, hour, visits) SELECT r.code, r.day, r.hour, r.visits FROM {rows}"
    " WHERE true ORDER BY r.code, r.day, r.hour"
    " ON CONFLICT (code, day, hour) DO UPDATE SET visits = visit_hours.visits + excluded.visits",
    {"code": "text", "day": "date", "hour": "bigint", "visits": "bigint"},
)
NOTE_DESKS = Bulk(
    "INSERT INTO visit_desks (municipality_code, desk_id, first_day, last_day)"
    " SELECT r.municipality_code, r.desk_id, r.first_day, r.last_day FROM {rows} WHERE true"
    " ON CONFLICT (municipality_code, desk_id) DO UPDATE SET"
    " first_day = CASE WHEN excluded.first_day < visit_desks.first_day"
    " THEN excluded.first_day ELSE visit_desks.first_day END,"
    " last_day = CASE WHEN excluded.last_day > visit_desks.last_day"
    " THEN excluded.last_day ELSE visit_desks.last_day END",
    {"municipality_code": "text", "desk_id": "bigint", "first_day": "date", "last_day": "date"},
)


def store_visits(connection: Connection, visits: Sequence[Mapping[str, Any]]) -> Growth:
    """Keep the facts, each visit once in ``visits``; of two tellings the one stands that knows more of the visit.

    Returns by how much the sums by hour grow, for :func:`grow_hours`.
    """
    keys = [{name: one[name] for name in VISIT_KEY} for one in visits]
    rows = FIND_VISITS.run(connection, keys).mappings()
    known = {tuple(row[name] for name in VISIT_KEY): Known(row["seq"], str(row["day"]), row["hour"]) for row in rows}
    STORE_VISITS.run(connection, visits)
    spans: dict[tuple[str, int], list[str]] = {}
    for one in visits:
        spans.setdefault((one["municipality_code"], one["desk_id"]), []).append(one["day"])
    NOTE_DESKS.run(
        connection,
        [
            {"municipality_code": code, "desk_id": desk, "first_day": min(days), "last_day": max(days)}
            for (code, desk), days in sorted(spans.items())
        ],
    )
    return grown(known, {tuple(one[name] for name in VISIT_KEY): one for one in visits})


def grow_hours(connection: Connection, growth: Growth) -> None:
    """Bring the sums by hour up to what was stored. They are locked in the order of their key, after all other sums."""
    rows = [
        {"code": code, "day": day, "hour": hour, "visits": visits}
        for (code, day, hour), visits in sorted(growth.items())
        if visits
    ]
    if rows:
        GROW_HOURS.run(connection, rows)


def store_incidents(connection: Connection, incidents: Sequence[Mapping[str, Any]], received_at_ms: int) -> None:
    """Keep the incidents, each once in ``incidents``; what is known already stays as it is."""
    STORE_INCIDENTS.run(connection, incidents, received_at_ms=received_at_ms)
