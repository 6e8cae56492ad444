"""The queries of commands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from kiosk_agent.central.commands.schemas import AskingDesk, GivenCommand
from kiosk_agent.central.commands.tables import desk_commands
from kiosk_agent.central.database.bulk import Bulk
from kiosk_agent.central.database.tables import desks
from kiosk_agent.central.places.schemas import Place
from kiosk_agent.central.staff.scoping import within

WAITING = Bulk(
    "SELECT DISTINCT t.desk_id FROM desk_commands AS t JOIN {rows} ON t.desk_id = r.id"
    " WHERE t.settled_at_ms IS NULL AND t.expires_at_ms > :now_ms",
    {"id": "bigint"},
)


def desks_waited_for(connection: Connection, desk_ids: Iterable[int], now_ms: int) -> frozenset[int]:
    """Those of the desks for which there is something to do."""
    rows = WAITING.run(connection, [{"id": one} for one in desk_ids], now_ms=now_ms)
    return frozenset(int(row.desk_id) for row in rows)


def find_desk(connection: Connection, token_hash: str) -> AskingDesk | None:
    """The desk of a token."""
    query = sa.select(desks.c.id, desks.c.municipality_code).where(desks.c.token_hash == token_hash)
    row = connection.execute(query).one_or_none()
    return None if row is None else AskingDesk(row.id, row.municipality_code)


def desk_by_id(connection: Connection, desk_id: int, scope: Place, *, lock: bool = False) -> AskingDesk | None:
    """The desk of a number, within ``scope``; ``lock``: until the transaction ends (SQLite has one writer anyway)."""
    seen = within(scope, municipality=desks.c.municipality_code, office=desks.c.office_id)
    query = sa.select(desks.c.id, desks.c.municipality_code).where(desks.c.id == desk_id, seen)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else AskingDesk(row.id, row.municipality_code)


def add_command(connection: Connection, **values: Any) -> int:
    """Add one; returns its number."""
    return int(connection.execute(desk_commands.insert().values(values).returning(desk_commands.c.id)).scalar_one())


def waiting_for(connection: Connection, desk_id: int, now_ms: int, most: int) -> Sequence[GivenCommand]:
    """What the desk has still to do, the oldest first."""
    return _given(
        connection,
        sa.select(desk_commands)
        .where(
            desk_commands.c.desk_id == desk_id,
            desk_commands.c.settled_at_ms.is_(None),
            desk_commands.c.expires_at_ms > now_ms,
        )
        .order_by(desk_commands.c.id)
        .limit(most),
    )


def commands_of(connection: Connection, desk_id: int, most: int | None) -> Sequence[GivenCommand]:
    """A desk's, at most so many, the newest first."""
    query = sa.select(desk_commands).where(desk_commands.c.desk_id == desk_id)
    return _given(connection, query.order_by(desk_commands.c.id.desc()).limit(most))


def newest_diagnosis(connection: Connection, desk_id: int) -> GivenCommand | None:
    """The command to which the desk last said how it is."""
    query = sa.select(desk_commands).where(desk_commands.c.desk_id == desk_id, desk_commands.c.diagnostics.is_not(None))
    return next(iter(_given(connection, query.order_by(desk_commands.c.id.desc()).limit(1))), None)


def _given(connection: Connection, query: sa.Select[Any]) -> Sequence[GivenCommand]:
    return [GivenCommand(**row) for row in connection.execute(query).mappings()]


def note_fetched(connection: Connection, command_ids: Sequence[int], at_ms: int) -> None:
    """Note that the desk was given them."""
    connection.execute(
        desk_commands.update()
        .where(desk_commands.c.id.in_(command_ids), desk_commands.c.fetched_at_ms.is_(None))
        .values(fetched_at_ms=at_ms)
    )


def settle(connection: Connection, desk_id: int, command_id: int, **values: Any) -> None:
    """Note what came of it; the first word about it stands. Nothing happens where it is no command of this desk's."""
    connection.execute(
        desk_commands.update()
        .where(
            desk_commands.c.id == command_id,
            desk_commands.c.desk_id == desk_id,
            desk_commands.c.settled_at_ms.is_(None),
        )
        .values(values)
    )
