"""What is the matter at offices now, read from desks, their counters and the alarms."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from kiosk_agent.central.alerts.schemas import OF_ALARMS, AlertKind, Finding, Thresholds
from kiosk_agent.central.dashboard.silence import JAPAN, SILENT_AFTER, USUAL_HOURS, OpeningHours, silent_before
from kiosk_agent.central.database.tables import alarms, desk_days, desks, municipalities, municipality_days
from kiosk_agent.central.times import to_ms

# What was seen in a ledger lately is still the matter, until somebody acknowledges it.
ALARM_LASTS = datetime.timedelta(days=1)


def findings(
    connection: Connection, now: datetime.datetime, thresholds: Thresholds, hours: OpeningHours = USUAL_HOURS
) -> list[Finding]:
    """All of them, in the whole nation."""
    return [*_silent(connection, now, hours), *_counted(connection, now, thresholds), *_alarmed(connection, now)]


def _silent(connection: Connection, now: datetime.datetime, hours: OpeningHours) -> Iterator[Finding]:
    """Offices none of whose desks is heard of. At night that is nothing new, but they are still not heard of."""
    opens = silent_before(now, hours) is not None
    last = sa.func.max(sa.func.coalesce(desks.c.reported_at_ms, desks.c.enrolled_at_ms))
    query = (
        sa.select(desks.c.office_id, desks.c.municipality_code, sa.func.count().label("desks"))
        .group_by(desks.c.office_id, desks.c.municipality_code)
        .having(last < to_ms(now - SILENT_AFTER))
    )
    for row in connection.execute(query):
        yield Finding(AlertKind.OFFICE_SILENT, row.office_id, row.municipality_code, row.desks, row.desks, fresh=opens)


def _counted(connection: Connection, now: datetime.datetime, thresholds: Thresholds) -> Iterator[Finding]:
    """Confirmations and proofs that are missing, today and yesterday: a confirmation may come the next morning."""
    today = now.astimezone(JAPAN).date()
    days = (today - datetime.timedelta(days=1), today)
    codes = _municipalities_in_question(connection, days)
    if not codes:
        return
    columns = ("outcomes", "confirmations", "proof_unproven", "proof_half", "revised_revoked", "revised_cleared")
    query = (
        sa.select(
            desks.c.office_id,
            desks.c.municipality_code,
            *(sa.func.sum(desk_days.c[name]).label(name) for name in columns),
        )
        .join(
            desk_days,
            sa.and_(desk_days.c.municipality_code == desks.c.municipality_code, desk_days.c.desk_id == desks.c.id),
        )
        .where(desk_days.c.municipality_code.in_(codes), desk_days.c.day.between(*days))
        .group_by(desks.c.office_id, desks.c.municipality_code)
    )
    for row in connection.execute(query):
        ended, missing, unproven = int(row.outcomes), *_missing(row)
        enough = missing * 100 >= thresholds.missing_percent * ended
        if missing >= thresholds.missing_confirmations and enough:
            yield Finding(AlertKind.CONFIRMATIONS_MISSING, row.office_id, row.municipality_code, missing, ended)
        if unproven >= thresholds.unproven:
            yield Finding(AlertKind.LOGOUTS_UNPROVEN, row.office_id, row.municipality_code, unproven, ended)


def _missing(row: sa.Row[Any]) -> tuple[int, int]:
    """Visits that ended and were not confirmed; logouts that nobody could prove, then or later."""
    unproven = int(row.proof_unproven) - int(row.revised_revoked) - int(row.revised_cleared)
    return max(0, int(row.outcomes) - int(row.confirmations)), max(0, unproven) + int(row.proof_half)


def _municipalities_in_question(connection: Connection, days: tuple[datetime.date, datetime.date]) -> list[str]:
    """Those in which anything may be missing: their sums are few, the rows of desks are many."""
    days_of = municipality_days.c
    query = (
        sa.select(municipalities.c.code)
        .join(municipality_days, days_of.municipality_code == municipalities.c.code)
        .where(
            days_of.day.between(*days),
            sa.or_(days_of.proof_unproven > 0, days_of.proof_half > 0, days_of.outcomes > 0),
        )
        .distinct()
    )
    return list(connection.execute(query).scalars())


def _alarmed(connection: Connection, now: datetime.datetime) -> Iterator[Finding]:
    """Desks whose ledger gave an alarm within the last day, by office."""
    query = (
        sa.select(desks.c.office_id, desks.c.municipality_code, alarms.c.kind, alarms.c.desk_id)
        .join(desks, desks.c.id == alarms.c.desk_id)
        .where(alarms.c.last_at_ms >= to_ms(now - ALARM_LASTS), alarms.c.kind.in_([kind.value for kind in OF_ALARMS]))
    )
    found: dict[tuple[AlertKind, int, str], set[int]] = {}
    for row in connection.execute(query):
        kind = {one.value: told for one, told in OF_ALARMS.items()}[row.kind]
        found.setdefault((kind, row.office_id, row.municipality_code), set()).add(row.desk_id)
    totals = _desks_of(connection, {office for _, office, _ in found})
    for (kind, office, code), seen in found.items():
        yield Finding(kind, office, code, len(seen), totals[office])


def _desks_of(connection: Connection, offices: set[int]) -> dict[int, int]:
    query = sa.select(desks.c.office_id, sa.func.count().label("desks")).where(desks.c.office_id.in_(offices))
    return {row.office_id: row.desks for row in connection.execute(query.group_by(desks.c.office_id))}
