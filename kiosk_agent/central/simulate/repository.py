"""The queries of a simulation."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from kiosk_agent.central.database.bulk import Bulk
from kiosk_agent.central.database.tables import desks, enrol_codes, municipalities

ADD_DESKS = Bulk(
    "INSERT INTO desks (municipality_code, office_id, name, token_hash, enrolled_at_ms, agent_version)"
    " SELECT r.municipality_code, o.id, r.name, r.token_hash, :at_ms, :version FROM {rows}"
    " JOIN offices AS o ON o.municipality_code = r.municipality_code AND o.name = r.office"
    " ORDER BY r.place",
    {"place": "bigint", "municipality_code": "text", "office": "text", "name": "text", "token_hash": "text"},
)
ADD_OFFICES = Bulk(
    "INSERT INTO offices (municipality_code, name) SELECT r.municipality_code, r.name FROM {rows} WHERE true"
    " ORDER BY r.place ON CONFLICT (municipality_code, name) DO NOTHING",
    {"place": "bigint", "municipality_code": "text", "name": "text"},
)


def keep_others_out(connection: Connection) -> None:
    """Nobody enrols a desk until the transaction ends."""
    if connection.dialect.name != "sqlite":  # whose transaction has locked the file already
        connection.execute(sa.text("LOCK TABLE desks, enrol_codes IN SHARE ROW EXCLUSIVE MODE"))


def is_in_use(connection: Connection) -> bool:
    """Whether there are desks, or codes for some."""
    tables = (sa.select(sa.exists(sa.select(table))) for table in (desks, enrol_codes))
    return any(connection.execute(query).scalar_one() for query in tables)


def municipality_codes(connection: Connection) -> list[str]:
    """All of them, in order."""
    return list(connection.execute(sa.select(municipalities.c.code).order_by(municipalities.c.code)).scalars())


def add_desks(connection: Connection, rows: Sequence[tuple[str, str, str, str]], at_ms: int, version: str) -> None:
    """Add desks and their offices: (municipality, office, name, hash of the token)."""
    offices = dict.fromkeys((code, office) for code, office, _, _ in rows)
    ADD_OFFICES.run(
        connection,
        [{"place": place, "municipality_code": code, "name": name} for place, (code, name) in enumerate(offices)],
    )
    ADD_DESKS.run(
        connection,
        [
            {"place": place, "municipality_code": code, "office": office, "name": name, "token_hash": token_hash}
            for place, (code, office, name, token_hash) in enumerate(rows)
        ],
        at_ms=at_ms,
        version=version,
    )


def desk_ids(connection: Connection) -> dict[str, int]:
    """The number of each desk, by the hash of its token."""
    return {row.token_hash: row.id for row in connection.execute(sa.select(desks.c.token_hash, desks.c.id))}
