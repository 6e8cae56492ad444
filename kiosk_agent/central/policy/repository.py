"""The queries of policies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from kiosk_agent.central.database.tables import desks, municipalities, offices
from kiosk_agent.central.places.schemas import Level, Place
from kiosk_agent.central.policy.schemas import DeskAt, Version
from kiosk_agent.central.policy.tables import policy_versions
from kiosk_agent.wire.policy import Settings

LOCK = 0x706F6C696379  # "policy": the number under which changes wait for each other

_settings = msgspec.json.Decoder(Settings)


def lock_policies(connection: Connection, *, is_sqlite: bool) -> None:
    """Let changes follow one another until the transaction ends. SQLite has one writer anyway."""
    if not is_sqlite:
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})


def add_version(connection: Connection, place: Place, settings: Settings, **values: Any) -> int:
    """Add a version; returns its number."""
    row = {"level": place.level.value, "place": place.key, "settings": msgspec.json.encode(settings).decode(), **values}
    return int(connection.execute(policy_versions.insert().values(row).returning(policy_versions.c.id)).scalar_one())


def versions_at(connection: Connection, places: Iterable[Place]) -> dict[Place, list[Version]]:
    """All versions at each of the places, the newest first."""
    found: dict[Place, list[Version]] = {place: [] for place in places}
    here = [
        sa.and_(policy_versions.c.level == place.level.value, policy_versions.c.place == place.key) for place in found
    ]
    query = sa.select(policy_versions).where(sa.or_(*here)).order_by(policy_versions.c.id.desc())
    for row in connection.execute(query).mappings():
        version = _version(row)
        found[version.place].append(version)
    return found


def all_versions(connection: Connection) -> dict[Place, list[Version]]:
    """The versions of all places, the newest of each first."""
    found: dict[Place, list[Version]] = {}
    for row in connection.execute(sa.select(policy_versions).order_by(policy_versions.c.id.desc())).mappings():
        version = _version(row)
        found.setdefault(version.place, []).append(version)
    return found


def _version(row: RowMapping) -> Version:
    values = dict(row)
    place = Place(Level(values.pop("level")), values.pop("place"))
    return Version(place=place, settings=_settings.decode(values.pop("settings")), **values)


def find_desk(connection: Connection, token_hash: str) -> DeskAt | None:
    """The desk of a token."""
    row = connection.execute(_desks().where(desks.c.token_hash == token_hash)).mappings().one_or_none()
    return None if row is None else DeskAt(**row)


def desks_beneath(connection: Connection, place: Place) -> Sequence[DeskAt]:
    """All desks of a place, in the order of their numbers."""
    where: sa.ColumnElement[bool]
    match place.level:
        case Level.NATION:
            where = sa.true()
        case Level.PREFECTURE:
            where = desks.c.municipality_code.like(f"{place.key}%")
        case Level.MUNICIPALITY:
            where = desks.c.municipality_code == place.key
        case Level.OFFICE:
            where = desks.c.office_id == int(place.key)
        case Level.DESK:
            where = desks.c.id == int(place.key)
    return [DeskAt(**row) for row in connection.execute(_desks().where(where).order_by(desks.c.id)).mappings()]


def _desks() -> sa.Select[tuple[int, int, str]]:
    return sa.select(desks.c.id.label("desk_id"), desks.c.office_id, desks.c.municipality_code)


def place_is_there(connection: Connection, place: Place) -> bool:
    """Whether there is such a place."""
    query: sa.Select[Any]
    match place.level:
        case Level.NATION:
            return place.key == ""
        case Level.PREFECTURE:
            query = sa.select(municipalities.c.code).where(municipalities.c.prefecture_code == place.key).limit(1)
        case Level.MUNICIPALITY:
            query = sa.select(municipalities.c.code).where(municipalities.c.code == place.key)
        case Level.OFFICE | Level.DESK:
            if not (place.key.isascii() and place.key.isdigit() and len(place.key) < 19):
                return False
            table = offices if place.level is Level.OFFICE else desks
            query = sa.select(table.c.id).where(table.c.id == int(place.key))
    return connection.execute(query).first() is not None
