"""The queries of opening hours. They stand with the offices; an empty text is the usual hours."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from kiosk_agent.central.dashboard import scope as within
from kiosk_agent.central.database.tables import municipalities, offices
from kiosk_agent.central.places.schemas import Place


def offices_of(connection: Connection, scope: Place, place: Place, most: int | None = None) -> Sequence[RowMapping]:
    """The offices of a place with their hours, in order; at most so many."""
    query = (
        sa.select(
            offices.c.id,
            offices.c.name,
            offices.c.opening_hours,
            offices.c.municipality_code,
            municipalities.c.prefecture,
            municipalities.c.name.label("municipality"),
        )
        .join(municipalities, municipalities.c.code == offices.c.municipality_code)
        .where(within.of_offices(place), within.of_offices(scope))
        .order_by(offices.c.municipality_code, offices.c.name, offices.c.id)
    )
    return connection.execute(query if most is None else query.limit(most)).mappings().all()


def set_hours(connection: Connection, office_id: int, text: str) -> None:
    """Change an office's hours."""
    connection.execute(offices.update().where(offices.c.id == office_id).values(opening_hours=text))


def own_hours(connection: Connection) -> list[str]:
    """All hours that any office has of its own."""
    query = sa.select(offices.c.opening_hours).where(offices.c.opening_hours > "").distinct()
    return list(connection.execute(query).scalars())
