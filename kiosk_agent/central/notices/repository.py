"""The queries of notices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from kiosk_agent.central.database.bulk import Bulk
from kiosk_agent.central.notices.tables import notice_reads, notices
from kiosk_agent.central.places.schemas import Place

NOTE_READ = Bulk(
    "INSERT INTO notice_reads (municipality_code, notice_id, desk_id, read_at_ms)"
    " SELECT :municipality_code, r.id, :desk_id, :at_ms FROM {rows} JOIN notices AS t ON t.id = r.id"
    " WHERE t.ask_read = 1 ON CONFLICT DO NOTHING",
    {"id": "bigint"},
)


def add_notice(connection: Connection, place: Place, **values: Any) -> int:
    """Add one; returns its number."""
    row = {"level": place.level.value, "place": place.key, **values}
    return int(connection.execute(notices.insert().values(row).returning(notices.c.id)).scalar_one())


def current(connection: Connection, places: Iterable[Place], now_ms: int, most: int) -> Sequence[RowMapping]:
    """What is to be shown now at a desk beneath all of these places, the newest first."""
    here = [sa.and_(notices.c.level == place.level.value, notices.c.place == place.key) for place in places]
    query = (
        sa.select(notices)
        .where(
            notices.c.until_at_ms > now_ms,
            notices.c.from_at_ms <= now_ms,
            notices.c.withdrawn_at_ms.is_(None),
            sa.or_(*here),
        )
        .order_by(notices.c.id.desc())
        .limit(most)
    )
    return connection.execute(query).mappings().all()


def read_by(connection: Connection, municipality_code: str, desk_id: int, ids: Sequence[int]) -> frozenset[int]:
    """Those of the notices that were read at the desk."""
    query = sa.select(notice_reads.c.notice_id).where(
        notice_reads.c.municipality_code == municipality_code,
        notice_reads.c.desk_id == desk_id,
        notice_reads.c.notice_id.in_(ids),
    )
    return frozenset(connection.execute(query).scalars())


def note_read(connection: Connection, municipality_code: str, desk_id: int, ids: Sequence[int], at_ms: int) -> None:
    """Note that they were read at the desk; the first time counts. One that asks for nothing is left out."""
    rows = [{"id": one} for one in dict.fromkeys(ids)]
    NOTE_READ.run(connection, rows, municipality_code=municipality_code, desk_id=desk_id, at_ms=at_ms)


def newest(connection: Connection, most: int) -> Sequence[RowMapping]:
    """All of them, the newest first, each with by how many desks it was read (``reads``)."""
    reads = (
        sa.select(sa.func.count()).where(notice_reads.c.notice_id == notices.c.id).correlate(notices).scalar_subquery()
    )
    query = sa.select(notices, reads.label("reads")).order_by(notices.c.id.desc()).limit(most)
    return connection.execute(query).mappings().all()


def withdraw(connection: Connection, notice_id: int, by: str, at_ms: int) -> bool:
    """Returns whether there was such a notice that had not been withdrawn."""
    update = (
        notices.update()
        .where(notices.c.id == notice_id, notices.c.withdrawn_at_ms.is_(None))
        .values(withdrawn_at_ms=at_ms, withdrawn_by=by)
    )
    return connection.execute(update).rowcount == 1
