"""The queries of enrolment."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from kiosk_agent.central.database.tables import desks, enrol_codes, offices


def store_code(connection: Connection, code_hash: str, office_id: int, made_at_ms: int, expires_at_ms: int) -> None:
    """Keep a new code's hash."""
    connection.execute(
        enrol_codes.insert().values(
            code_hash=code_hash, office_id=office_id, made_at_ms=made_at_ms, expires_at_ms=expires_at_ms
        )
    )


def lock_code(connection: Connection, code_hash: str) -> RowMapping | None:
    """The code with its office, locked until the transaction ends; None where there is none."""
    query = (
        sa.select(enrol_codes, offices.c.municipality_code, offices.c.name.label("office"))
        .join(offices, offices.c.id == enrol_codes.c.office_id)
        .where(enrol_codes.c.code_hash == code_hash)
        .with_for_update(of=enrol_codes)
    )
    return connection.execute(query).mappings().one_or_none()


def find_desk(connection: Connection, token_hash: str) -> RowMapping | None:
    """The desk of a token."""
    query = sa.select(desks.c.id, desks.c.name).where(desks.c.token_hash == token_hash)
    return connection.execute(query).mappings().one_or_none()


def begin_desk(connection: Connection, **values: Any) -> int:
    """Add a desk; returns its number."""
    return int(connection.execute(desks.insert().values(**values).returning(desks.c.id)).scalar_one())


def use_code(connection: Connection, code_hash: str, desk_id: int, at_ms: int) -> None:
    """Note which desk has used it."""
    connection.execute(
        enrol_codes.update().where(enrol_codes.c.code_hash == code_hash).values(used_at_ms=at_ms, desk_id=desk_id)
    )
