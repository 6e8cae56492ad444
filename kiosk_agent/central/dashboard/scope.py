"""What somebody may see, as a condition of every query: rows beyond it are never read."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from kiosk_agent.central.database.tables import desks, offices
from kiosk_agent.central.places.schemas import Level, Place

Condition = ColumnElement[bool]


def of_nation(scope: Place) -> Condition:
    """For rows that are the nation's."""
    return sa.literal(scope.level is Level.NATION)


def of_prefectures(scope: Place, code: ColumnElement[str]) -> Condition:
    """For rows that are a prefecture's; ``code``: the column of its two digits."""
    if scope.level is Level.NATION:
        return sa.true()
    return code == scope.key if scope.level is Level.PREFECTURE else sa.false()


def of_municipalities(scope: Place, code: ColumnElement[str]) -> Condition:
    """For rows that are a municipality's as a whole; ``code``: the column of its six digits."""
    match scope.level:
        case Level.NATION:
            return sa.true()
        case Level.PREFECTURE:
            # its first two digits are the prefecture's; a range, unlike LIKE, uses the key in either database
            return code.between(f"{scope.key}0000", f"{scope.key}9999")
        case Level.MUNICIPALITY:
            return code == scope.key
        case _:
            return sa.false()


def of_offices(scope: Place) -> Condition:
    """For rows of ``offices``."""
    return of_offices_in(scope, offices.c.municipality_code, offices.c.id)


def of_offices_in(scope: Place, municipality: ColumnElement[str], office: ColumnElement[int]) -> Condition:
    """For rows of any table that have the municipality's code and the office's number."""
    if scope.level is Level.OFFICE:
        return office == number(scope)
    return of_municipalities(scope, municipality)


def of_desks(scope: Place) -> Condition:
    """For rows of ``desks``."""
    match scope.level:
        case Level.OFFICE:
            return desks.c.office_id == number(scope)
        case Level.DESK:
            return desks.c.id == number(scope)
        case _:
            return of_municipalities(scope, desks.c.municipality_code)


def number(place: Place) -> int:
    """The number of an office or a desk; one that is none is nobody's."""
    return int(place.key) if place.key.isascii() and place.key.isdigit() and len(place.key) <= 18 else -1
