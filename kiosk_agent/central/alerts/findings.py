"""What is the matter at offices now, read from desks, their counters and the alarms."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from kiosk_agent.central.alerts.schemas import OF_ALARMS, AlertKind, Finding, Thresholds
from kiosk_agent.central.dashboard.silence import JAPAN, SILENT_AFTER
from kiosk_agent.central.database.tables import alarms, desk_days, desks, office_days, offices
from kiosk_agent.central.opening.service import open_now
from kiosk_agent.central.policy.schemas import DeskAt
from kiosk_agent.central.policy.service import all_in_force, resolve
from kiosk_agent.central.times import to_ms
from kiosk_agent.wire.policy import SilentDesk

# What was seen in a ledger lately is still the matter, until somebody acknowledges it.
ALARM_LASTS = datetime.timedelta(days=1)
ASKED_TOGETHER = 1_000  # offices: a statement takes a limited number of values


def findings(connection: Connection, now: datetime.datetime, thresholds: Thresholds) -> list[Finding]:
    """All of them, in the whole nation."""
    return [*_silent(connection, now), *_counted(connection, now, thresholds), *_alarmed(connection, now)]


def _silent(connection: Connection, now: datetime.datetime) -> Iterator[Finding]:
    """Offices none of whose desks is heard of, and others with single silent desks, where the policy wants those told.

    At night that is nothing new, but they are still not heard of.
    """
    open_hours = open_now(connection, now)
    is_silent = sa.func.coalesce(desks.c.reported_at_ms, desks.c.enrolled_at_ms) < to_ms(now - SILENT_AFTER)
    # mostly there are few of them: only their offices are looked at
    silent = sa.select(desks.c.office_id, sa.func.count().label("silent")).where(is_silent).group_by(desks.c.office_id)
    found = silent.subquery()
    query = (
        sa.select(
            offices.c.id.label("office_id"),
            offices.c.municipality_code,
            offices.c.opening_hours,
            sa.func.count().label("desks"),
            found.c.silent,
        )
        .join(found, found.c.office_id == offices.c.id)
        .join(desks, desks.c.office_id == offices.c.id)
        .group_by(offices.c.id, offices.c.municipality_code, offices.c.opening_hours, found.c.silent)
        .order_by(offices.c.id)
    )
    rows = connection.execute(query).all()
    told = _silent_desks_to_tell(connection, is_silent)
    for row in rows:
        opens, whole = row.opening_hours in open_hours, row.silent == row.desks
        if whole:
            yield Finding(
                AlertKind.OFFICE_SILENT, row.office_id, row.municipality_code, row.desks, row.desks, fresh=opens
            )
        if (number := told.get(row.office_id, 0)) > 0:
            # where all are silent that is said already; but the single desk is not heard of by that
            fresh = opens and not whole
            yield Finding(AlertKind.DESK_SILENT, row.office_id, row.municipality_code, number, row.desks, fresh=fresh)


def _silent_desks_to_tell(connection: Connection, is_silent: sa.ColumnElement[bool]) -> dict[int, int]:
    """By office, how many desks are silent of which the policy says that a single one is an alert."""
    standing = all_in_force(connection)
    if not any(one.settings.silent_desk is SilentDesk.ALERT for found in standing.values() for one in found):
        return {}
    query = sa.select(desks.c.id, desks.c.office_id, desks.c.municipality_code).where(is_silent)
    told: dict[int, int] = {}
    for row in connection.execute(query):
        answer = resolve(DeskAt(row.id, row.office_id, row.municipality_code), standing)
        if answer.settings.silent_desk is SilentDesk.ALERT:
            told[row.office_id] = told.get(row.office_id, 0) + 1
    return told


def _counted(connection: Connection, now: datetime.datetime, thresholds: Thresholds) -> Iterator[Finding]:
    """Confirmations and proofs that are missing, today and yesterday: a confirmation may come the next morning.

    Sums of offices say nearly all of it. Only where a logout was not proved at first the desks' own rows are read.
    """
    today = now.astimezone(JAPAN).date()
    days = (today - datetime.timedelta(days=1), today)
    column = office_days.c
    counted = {
        "outcomes": column.outcomes,
        "confirmations": column.confirmations,
        "ever": column.proof_unproven + column.proof_half,
    }
    query = (
        sa.select(
            column.office_id,
            column.municipality_code,
            *(sa.func.sum(counter).label(name) for name, counter in counted.items()),
        )
        .where(column.day.between(*days))
        .group_by(column.office_id, column.municipality_code)
    )
    rows = connection.execute(query).all()
    suspects = [row.office_id for row in rows if int(row.ever) >= max(1, thresholds.unproven)]
    unsettled = _unsettled(connection, suspects, days) if suspects else {}
    for row in rows:
        ended, unproven = int(row.outcomes), unsettled.get(row.office_id, 0)
        missing = max(0, ended - int(row.confirmations))
        enough = missing * 100 >= thresholds.missing_percent * ended
        if missing >= thresholds.missing_confirmations and enough:
            # one more may be a visit whose support worker is just about to confirm
            kind, news = AlertKind.CONFIRMATIONS_MISSING, max(1, thresholds.missing_confirmations)
            yield Finding(kind, row.office_id, row.municipality_code, missing, ended, news=news, falls=True)
        if unproven >= thresholds.unproven:
            kind, ever = AlertKind.LOGOUTS_UNPROVEN, int(row.ever)
            yield Finding(kind, row.office_id, row.municipality_code, unproven, ended, ever=ever, falls=True)


def _unsettled(
    connection: Connection, suspects: Sequence[int], days: tuple[datetime.date, datetime.date]
) -> dict[int, int]:
    """By office, logouts that nobody could prove, then or later; of these offices.

    A proof that was found later settles a logout of the same ledger, and none that came after it: what one desk found
    today of the day before yesterday says nothing of another desk, or of tomorrow.
    """
    column = desk_days.c
    open_now = column.proof_unproven - column.revised_revoked - column.revised_cleared
    yesterday, today = (sa.func.sum(sa.case((column.day == day, open_now), else_=0)) for day in days)
    ledgers = (
        sa.select(
            desks.c.office_id,
            (_not_below_0(_not_below_0(yesterday) + today) + sa.func.sum(column.proof_half)).label("unsettled"),
        )
        .join(desks, sa.and_(column.municipality_code == desks.c.municipality_code, column.desk_id == desks.c.id))
        .where(desks.c.office_id.in_(sa.bindparam("offices", expanding=True)), column.day.between(*days))
        .group_by(desks.c.office_id, column.desk_id, column.epoch)
        .subquery()
    )
    query = sa.select(ledgers.c.office_id, sa.func.sum(ledgers.c.unsettled)).group_by(ledgers.c.office_id)
    found: dict[int, int] = {}
    for begin in range(0, len(suspects), ASKED_TOGETHER):
        rows = connection.execute(query, {"offices": suspects[begin : begin + ASKED_TOGETHER]})
        found.update((office, int(unsettled)) for office, unsettled in rows)
    return found


def _not_below_0(number: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    return sa.case((number > 0, number), else_=0)


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
