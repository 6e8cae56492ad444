"""What somebody sees, as a condition of a query."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from kiosk_agent.central.staff.schemas import Scope, ScopeKind


def within(
    scope: Scope,
    *,
    prefecture: sa.ColumnElement[str] | None = None,
    municipality: sa.ColumnElement[str] | None = None,
    office: sa.ColumnElement[Any] | None = None,
) -> sa.ColumnElement[bool]:
    """The rows that ``scope`` may see, by whichever of these columns the query has.

    What no given column can narrow down to the scope is not seen at all: sums of a prefecture are nothing for one of
    its municipalities.
    """
    match scope.kind:
        case ScopeKind.NATION:
            return sa.true()
        case ScopeKind.PREFECTURE if prefecture is not None:
            return prefecture == scope.code
        case ScopeKind.PREFECTURE if municipality is not None:
            # a municipality's code begins with its prefecture's; a range can use the index
            return sa.and_(municipality >= scope.code, municipality < f"{int(scope.code) + 1:02}")
        case ScopeKind.MUNICIPALITY if municipality is not None:
            return municipality == scope.code
        case ScopeKind.OFFICE if office is not None:
            return office == int(scope.code)
        case _:
            return sa.false()
