"""Settling months, some time after they are over."""

from __future__ import annotations

import datetime

from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.months import repository

# A desk that was away for a month tells of none that is settled. A later one may, and each of its days costs more.
SETTLED_AFTER = datetime.timedelta(days=35)


def settle_next(database: Database, today: datetime.date) -> datetime.date | None:
    """Settle the next month that ended long enough before ``today``: gives its first day; None where there is none."""
    with database.writing(is_large=True) as connection:
        return repository.settle_next(connection, today - SETTLED_AFTER)


def settle(database: Database, today: datetime.date) -> list[datetime.date]:
    """Settle all of them, each in a transaction; gives their first days."""
    months = []
    while (month := settle_next(database, today)) is not None:
        months.append(month)
    return months
