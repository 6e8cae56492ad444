"""The queries of municipalities and offices."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from kiosk_agent.central.database.bulk import Bulk
from kiosk_agent.central.database.tables import municipalities, offices
from kiosk_agent.central.places.schemas import Municipality

STORE = Bulk(
    "INSERT INTO municipalities (code, prefecture_code, prefecture, name)"
    " SELECT r.code, r.prefecture_code, r.prefecture, r.name FROM {rows} WHERE true ORDER BY r.code"
    " ON CONFLICT (code) DO UPDATE SET prefecture = excluded.prefecture, name = excluded.name",
    {"code": "text", "prefecture_code": "text", "prefecture": "text", "name": "text"},
)
BEGIN_OFFICE = Bulk(
    "INSERT INTO offices (municipality_code, name) SELECT r.municipality_code, r.name FROM {rows} WHERE true"
    " ON CONFLICT (municipality_code, name) DO NOTHING",
    {"municipality_code": "text", "name": "text"},
)


def store_municipalities(connection: Connection, rows: Sequence[Municipality]) -> None:
    """Add them; one that is there gets its new name."""
    STORE.run(
        connection,
        [
            {"code": one.code, "prefecture_code": one.code[:2], "prefecture": one.prefecture, "name": one.name}
            for one in rows
        ],
    )


def municipality_name(connection: Connection, code: str) -> str | None:
    """Its name; None where there is no such municipality."""
    return connection.execute(sa.select(municipalities.c.name).where(municipalities.c.code == code)).scalar()


def office_id(connection: Connection, municipality_code: str, name: str) -> int | None:
    """The office of this name; None where there is none."""
    query = sa.select(offices.c.id).where(offices.c.municipality_code == municipality_code, offices.c.name == name)
    return connection.execute(query).scalar()


def municipality_of_office(connection: Connection, number: int) -> str:
    """The municipality's code of an office that is there."""
    query = sa.select(offices.c.municipality_code).where(offices.c.id == number)
    return str(connection.execute(query).scalar_one())


def office_names(connection: Connection, municipality_code: str) -> list[str]:
    """All offices of a municipality."""
    query = sa.select(offices.c.name).where(offices.c.municipality_code == municipality_code).order_by(offices.c.name)
    return list(connection.execute(query).scalars())


def begin_office(connection: Connection, municipality_code: str, name: str) -> None:
    """Add an office, where there is none of this name."""
    BEGIN_OFFICE.run(connection, [{"municipality_code": municipality_code, "name": name}])
