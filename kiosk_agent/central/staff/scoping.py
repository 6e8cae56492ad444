"""What somebody sees, as a condition of a query."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from kiosk_agent.central.places.schemas import Level, Place


def within(
    scope: Place,
    *,
    prefecture: sa.ColumnElement[str] | None = None,
    municipality: sa.ColumnElement[str] | None = None,
    office: sa.ColumnElement[Any] | None = None,
) -> sa.ColumnElement[bool]:
    """The rows that ``scope`` may see, by whichever of these columns the query has.

    What no given column can narrow down to the scope is not seen at all: sums of a prefecture are nothing for one of
    its municipalities.
    """
    match scope.level:
        case Level.NATION:
            return sa.true()
        case Level.PREFECTURE if prefecture is not None:
            return prefecture == scope.key
        case Level.PREFECTURE if municipality is not None:
            # a municipality's code begins with its prefecture's; a range can use the index
            return sa.and_(municipality >= scope.key, municipality < f"{int(scope.key) + 1:02}")
        case Level.MUNICIPALITY if municipality is not None:
            return municipality == scope.key
        case Level.OFFICE if office is not None:
            return office == int(scope.key)
        case _:
            return sa.false()
