"""The queries of accounts, sessions and attempts."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, RowMapping

from kiosk_agent.central.database.tables import municipalities, offices
from kiosk_agent.central.staff.schemas import Role
from kiosk_agent.central.staff.tables import staff, staff_attempts, staff_sessions


def find(connection: Connection, name: str, *, lock: bool = False) -> RowMapping | None:
    """The account of this name; ``lock``: nobody else changes it until the transaction ends."""
    query = sa.select(staff).where(staff.c.name == name)
    return connection.execute(query.with_for_update() if lock else query).mappings().one_or_none()


def everybody(connection: Connection) -> list[RowMapping]:
    """All accounts, by name."""
    return list(connection.execute(sa.select(staff).order_by(staff.c.name)).mappings())


def lock_administrators(connection: Connection) -> list[RowMapping]:
    """The accounts that may sign in and are an administrator's, in order, locked until the transaction ends."""
    query = sa.select(staff).where(staff.c.role == Role.ADMINISTRATOR.value, staff.c.disabled_at_ms.is_(None))
    return list(connection.execute(query.order_by(staff.c.id).with_for_update()).mappings())


def add(connection: Connection, **values: Any) -> int:
    """Add an account; returns its number."""
    return int(connection.execute(staff.insert().values(**values).returning(staff.c.id)).scalar_one())


def change(connection: Connection, staff_id: int, **values: Any) -> None:
    """Change columns of an account."""
    connection.execute(staff.update().where(staff.c.id == staff_id).values(**values))


def begin_session(
    connection: Connection, token_hash: str, staff_id: int, at_ms: int, sealed_hint: str | None = None
) -> None:
    """Add a session."""
    connection.execute(
        staff_sessions.insert().values(
            token_hash=token_hash, staff_id=staff_id, made_at_ms=at_ms, seen_at_ms=at_ms, sealed_hint=sealed_hint
        )
    )


def sealed_hint(connection: Connection, token_hash: str) -> str | None:
    """What a provider has left with a session; None where no provider has opened it."""
    query = sa.select(staff_sessions.c.sealed_hint).where(staff_sessions.c.token_hash == token_hash)
    return connection.execute(query).scalar_one_or_none()


def find_session(connection: Connection, token_hash: str) -> RowMapping | None:
    """A session with its account."""
    query = (
        sa.select(staff_sessions.c.made_at_ms, staff_sessions.c.seen_at_ms, staff)
        .join(staff, staff.c.id == staff_sessions.c.staff_id)
        .where(staff_sessions.c.token_hash == token_hash)
    )
    return connection.execute(query).mappings().one_or_none()


def touch_session(connection: Connection, token_hash: str, at_ms: int) -> None:
    """Note that it was used. One that has ended meanwhile stays so."""
    connection.execute(
        staff_sessions.update().where(staff_sessions.c.token_hash == token_hash).values(seen_at_ms=at_ms)
    )


def end_session(connection: Connection, token_hash: str) -> int:
    """Delete it; returns how many there were."""
    return connection.execute(staff_sessions.delete().where(staff_sessions.c.token_hash == token_hash)).rowcount


def end_sessions(connection: Connection, staff_id: int) -> None:
    """Delete all of an account."""
    connection.execute(staff_sessions.delete().where(staff_sessions.c.staff_id == staff_id))


def end_sessions_unseen_since(connection: Connection, seen_at_ms: int, made_at_ms: int) -> None:
    """Delete those that were used or made too long ago."""
    old = sa.or_(staff_sessions.c.seen_at_ms < seen_at_ms, staff_sessions.c.made_at_ms < made_at_ms)
    _delete(connection, staff_sessions.c.token_hash, old)


def lock_attempts(connection: Connection, key: str, at_ms: int) -> RowMapping:
    """What is known of attempts under ``key``, made where there is nothing yet, locked for this transaction."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    new = dialect.insert(staff_attempts).values(key=key, failures=0, last_at_ms=at_ms, locked_until_ms=0)
    # an update without effect, and not DO NOTHING: it waits for a row that another process is just deleting
    made = new.on_conflict_do_update(index_elements=["key"], set_={"key": key}).returning(*staff_attempts.c)
    return connection.execute(made).mappings().one()


def store_attempts(connection: Connection, key: str, **values: int) -> None:
    """Change what is known of ``key``."""
    connection.execute(staff_attempts.update().where(staff_attempts.c.key == key).values(**values))


def forget_attempts(connection: Connection, before_ms: int) -> None:
    """Delete what is older, and locks nothing any more."""
    old = sa.and_(staff_attempts.c.last_at_ms < before_ms, staff_attempts.c.locked_until_ms < before_ms)
    _delete(connection, staff_attempts.c.key, old)


def has_prefecture(connection: Connection, code: str) -> bool:
    """Whether a municipality of it is known."""
    query = sa.select(municipalities.c.code).where(municipalities.c.prefecture_code == code).limit(1)
    return connection.execute(query).first() is not None


def office_of(connection: Connection, office_id: int) -> RowMapping | None:
    """An office, by its number."""
    return connection.execute(sa.select(offices).where(offices.c.id == office_id)).mappings().one_or_none()


def _delete(connection: Connection, key: sa.Column[str], condition: sa.ColumnElement[bool]) -> None:
    """Delete rows, but for those that somebody else is at: two that wait for each other's would be a circle."""
    picked = sa.select(key).where(condition).with_for_update(skip_locked=True)
    connection.execute(sa.delete(key.table).where(key.in_(picked)))
