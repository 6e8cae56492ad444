"""The queries of what desks tell beside their counts. The transaction holds the desks, so nobody else writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.engine import Connection

from kiosk_agent.central.database.bulk import Bulk, Kind

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


def store_visits(connection: Connection, visits: Sequence[Mapping[str, Any]]) -> None:
    """Keep the facts, each visit once in ``visits``; of two tellings the one stands that knows more of the visit."""
    STORE_VISITS.run(connection, visits)


def store_incidents(connection: Connection, incidents: Sequence[Mapping[str, Any]], received_at_ms: int) -> None:
    """Keep the incidents, each once in ``incidents``; what is known already stays as it is."""
    STORE_INCIDENTS.run(connection, incidents, received_at_ms=received_at_ms)
