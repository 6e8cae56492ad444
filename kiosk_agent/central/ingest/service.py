"""Taking a group of reports: one transaction for all of them, and an answer for each."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from sqlalchemy.engine import Connection

from kiosk_agent.central.alarms.repository import raise_alarms
from kiosk_agent.central.alarms.schemas import Alarm
from kiosk_agent.central.commands.repository import desks_waited_for
from kiosk_agent.central.database.engine import Database, StandBack
from kiosk_agent.central.incidents.repository import grow_hours, store_incidents, store_visits
from kiosk_agent.central.ingest import repository
from kiosk_agent.central.ingest.arithmetic import Finding, add_growth, follow_ledger, merge_day, shrinking
from kiosk_agent.central.ingest.schemas import Arrived, DayKey, Growth, Ledger, ReportingDesk, Sent, StoredDay
from kiosk_agent.central.months import repository as months
from kiosk_agent.central.refusals import RefusedError
from kiosk_agent.central.times import to_ms
from kiosk_agent.wire import v1

REPORT_EVERY_S = 60
MANY_DAYS = 1_000  # in a group: each is some rows, and entries of their indexes
# No place on Earth is more than 14 hours ahead of UTC; the rest is room for a clock that is hours wrong.
FUTURE_LIMIT = datetime.timedelta(days=2)
_encoder = msgspec.json.Encoder()


def answer_reports(
    database: Database, sent: Sequence[Sent], stand_back: StandBack | None = None
) -> list[bytes | RefusedError | None]:
    """What to answer to each, in their order: JSON, why it cannot be read, or None where the token is not known.

    ``stand_back`` is called between one step and the next. They are read here, one after the other: between other work
    each finds the processor's caches cold.
    """
    arrived: list[Arrived] = []
    unreadable: dict[int, RefusedError] = {}
    for index, one in enumerate(sent):
        if stand_back is not None:
            stand_back()
        try:
            arrived.append(Arrived(one.token_hash, v1.read_report(one.body), one.at))
        except (msgspec.DecodeError, RecursionError) as error:
            unreadable[index] = RefusedError(400, "invalid", str(error))
    answers = iter(take_reports(database, arrived, stand_back) if arrived else [])
    return [unreadable[index] if index in unreadable else _encoded(next(answers)) for index in range(len(sent))]


def _encoded(answer: v1.ReportAnswer | None) -> bytes | None:
    return None if answer is None else _encoder.encode(answer)


def take_reports(
    database: Database, arrived: Sequence[Arrived], stand_back: StandBack | None = None
) -> list[v1.ReportAnswer | None]:
    """Take them all in one transaction; returns the answers in their order, None where the token is not known.

    When this returns, everything is durable; where it raises, nothing of it is there.
    """
    days = sum(len(one.read.report.days) for one in arrived)
    with database.writing(is_large=days >= MANY_DAYS, stand_back=stand_back) as connection:
        return Group(connection, arrived, stand_back).take()


class Group:
    """Reports that share a transaction."""

    def __init__(self, connection: Connection, arrived: Sequence[Arrived], stand_back: StandBack | None) -> None:
        self._connection = connection
        self._stand_back = stand_back
        self._arrived = arrived
        self._ledgers: dict[str, Ledger] = {}
        self._days: dict[DayKey, StoredDay] = {}
        self._there: frozenset[DayKey] = frozenset()  # those of the days that were found
        self._changed: dict[DayKey, StoredDay] = {}
        self._newest: dict[int, dict[str, object]] = {}
        self._alarms: list[Alarm] = []
        self._visits: dict[tuple[int, str, int], dict[str, Any]] = {}
        self._incidents: dict[tuple[int, str, int], dict[str, Any]] = {}
        self._waited_for: frozenset[int] = frozenset()  # desks for which there are commands
        self._growth: dict[repository.Key, Growth] = {}  # by municipality, office and day

    def take(self) -> list[v1.ReportAnswer | None]:
        """Do it."""
        desks = repository.lock_desks(self._connection, {one.token_hash for one in self._arrived})
        known = [(one, desks[one.token_hash]) for one in self._arrived if one.token_hash in desks]
        if not known:
            return [None] * len(self._arrived)
        at_ms = max(to_ms(one.at) for one, _ in known)
        self._load(known, at_ms)
        self._waited_for = desks_waited_for(self._connection, {desk.id for _, desk in known}, at_ms)
        answers = [
            self._take_one(one, desks[one.token_hash]) if one.token_hash in desks else None for one in self._arrived
        ]
        self._store({desk.id for _, desk in known}, at_ms)
        return answers

    def _load(self, known: Sequence[tuple[Arrived, ReportingDesk]], at_ms: int) -> None:
        first: dict[str, Ledger] = {}
        keys = set()
        for one, desk in known:
            report = one.read.report
            first.setdefault(report.epoch, _begun(report, desk.id))
            last = _last_day(one.at)
            keys |= {_key(desk, report.epoch, day.day) for day in report.days if day.day <= last}
        self._ledgers = repository.lock_ledgers(self._connection, list(first.values()), at_ms)
        if keys:
            self._days = repository.find_days(self._connection, list(keys))
            self._there = frozenset(self._days)

    def _take_one(self, arrived: Arrived, desk: ReportingDesk) -> v1.ReportAnswer:
        if self._stand_back is not None:
            self._stand_back()
        report = arrived.read.report
        ledger, findings = follow_ledger(self._ledgers[report.epoch], desk.id, report)
        self._ledgers[report.epoch] = ledger
        self._raise(desk, report.epoch, findings)
        refused = list(arrived.read.refused)
        last = _last_day(arrived.at)
        for index, day in zip(
            arrived.read.indexes if arrived.read.indexes is not None else range(len(report.days)),
            report.days,
            strict=True,
        ):
            if day.day > last:
                refused.append(_future(index))
            else:
                self._take_day(desk, report, day, arrived.read.refused_counters.get(day.day, frozenset()))
        self._take_told(desk, report)
        self._note_newest(arrived, desk)
        return v1.ReportAnswer(
            epoch=report.epoch,
            number=report.number,
            received_at=arrived.at,
            chain=v1.ChainPoint(ledger.entries, ledger.digest),
            items=refused,
            report_every_s=REPORT_EVERY_S,
            commands_waiting=desk.id in self._waited_for,
        )

    def _take_day(self, desk: ReportingDesk, report: v1.Report, day: v1.DayCounts, untold: frozenset[str]) -> None:
        key = _key(desk, report.epoch, day.day)
        before = self._days.get(key)
        merged = merge_day(before, report.number, day.counts, untold)
        if merged.shrunk:
            self._raise(desk, report.epoch, [shrinking(key.day, merged.shrunk)])
        if merged.stored == before:
            return
        self._days[key] = self._changed[key] = merged.stored
        if before is None or merged.growth:
            growth = repository.growth_of(merged.growth, is_new=before is None)
            add_growth(self._growth, (key.municipality_code, desk.office_id, key.day), growth)

    def _take_told(self, desk: ReportingDesk, report: v1.Report) -> None:
        """What is told beside the counts. Of the same visit in two reports of a group, the one that knows more."""
        for visit in report.visits:
            key = (desk.id, report.epoch, visit.number)
            if key not in self._visits or self._visits[key]["seq"] < visit.seq:
                self._visits[key] = {
                    **_owner(desk, report),
                    **msgspec.to_builtins(visit),
                    "signed_in": int(visit.signed_in),
                    "operations": msgspec.json.encode(visit.operations).decode(),
                }
        for incident in report.incidents:
            self._incidents[desk.id, report.epoch, incident.seq] = {
                **_owner(desk, report),
                "seq": incident.seq,
                "at_ms": to_ms(incident.at),
                "code": incident.code,
                "detail": incident.detail,
            }

    def _note_newest(self, arrived: Arrived, desk: ReportingDesk) -> None:
        """What the desk's page shows is its newest report's, whatever arrives late."""
        report = arrived.read.report
        newest = self._newest.get(desk.id, {"epoch": desk.epoch, "number": desk.number})
        number = newest["number"]
        if newest["epoch"] == report.epoch and isinstance(number, int) and number > report.number:
            return
        self._newest[desk.id] = {
            "id": desk.id,
            "epoch": report.epoch,
            "number": report.number,
            "clock_ahead_ms": to_ms(report.sent_at) - to_ms(arrived.at),
            "agent_version": report.agent_version,
            "health": msgspec.json.encode(report.health).decode(),
            "dropped_days": report.dropped_days,
            "set_aside": report.set_aside,
        }

    def _raise(self, desk: ReportingDesk, epoch: str, findings: Sequence[Finding]) -> None:
        for kind, subject, detail in findings:
            self._alarms.append(Alarm(kind, desk.municipality_code, desk.id, epoch, subject, detail))

    def _store(self, desks: set[int], at_ms: int) -> None:
        connection = self._connection
        repository.update_desks(connection, desks, list(self._newest.values()), at_ms)
        repository.update_ledgers(connection, list(self._ledgers.values()))
        if self._changed:
            repository.store_days(connection, self._changed, self._there)
        hours = store_visits(connection, list(self._visits.values())) if self._visits else {}
        if self._incidents:
            store_incidents(connection, list(self._incidents.values()), at_ms)
        if self._growth:
            municipalities = _gathered(self._growth, lambda key: (key[0], key[2]))
            prefectures = _gathered(municipalities, lambda key: (str(key[0])[:2], key[1]))
            self._grow_months(municipalities, prefectures)
            repository.OFFICE_DAYS.grow(connection, self._growth)
            repository.MUNICIPALITY_DAYS.grow(connection, municipalities)
            repository.PREFECTURE_DAYS.grow(connection, prefectures)
            repository.NATION_DAYS.grow(connection, _gathered(prefectures, lambda key: key[1:]))
        grow_hours(connection, hours)
        raise_alarms(connection, self._alarms, at_ms)

    def _grow_months(self, municipalities: repository.Sums, prefectures: repository.Sums) -> None:
        """What is told of months that are settled, which is rare: desks that were away for months."""
        settled_to = months.settled_to_while_written(self._connection)
        if settled_to is None or min(str(key[-1]) for key in self._growth) > settled_to.isoformat():
            return
        levels: list[tuple[months.MonthSums, repository.Sums]] = [
            (months.OFFICE_MONTHS, self._growth),
            (months.MUNICIPALITY_MONTHS, municipalities),
            (months.PREFECTURE_MONTHS, prefectures),
            (months.NATION_MONTHS, _gathered(prefectures, lambda key: key[1:])),
        ]
        for level, sums in levels:
            late = {key: growth for key, growth in sums.items() if str(key[-1]) <= settled_to.isoformat()}
            by_month = _gathered(late, lambda key: (*key[:-1], f"{str(key[-1])[:7]}-01"))
            level.grow(self._connection, {key: growth.headlines for key, growth in by_month.items()})


def _gathered(sums: repository.Sums, above: Callable[[repository.Key], repository.Key]) -> repository.Sums:
    """The sums of the next level. The first two digits of a municipality's code are its prefecture's."""
    gathered: dict[repository.Key, Growth] = {}
    for key, growth in sums.items():
        add_growth(gathered, above(key), growth)
    return gathered


def _key(desk: ReportingDesk, epoch: str, day: datetime.date) -> DayKey:
    return DayKey(desk.municipality_code, desk.id, day.isoformat(), epoch)


def _owner(desk: ReportingDesk, report: v1.Report) -> dict[str, Any]:
    return {"municipality_code": desk.municipality_code, "desk_id": desk.id, "epoch": report.epoch}


def _begun(report: v1.Report, desk_id: int) -> Ledger:
    chain = report.chain
    return Ledger(
        report.epoch, desk_id, report.disk, chain.entries, chain.digest, report.number, chain.entries, chain.digest
    )


def _last_day(now: datetime.datetime) -> datetime.date:
    """The last one that is not in the future."""
    return (now + FUTURE_LIMIT).date()


def _future(index: int) -> v1.ItemAnswer:
    problem = v1.ItemProblem(v1.ProblemCode.FUTURE, "day", "a day that has begun somewhere on Earth")
    return v1.ItemAnswer(v1.ItemKind.DAYS, index, False, [problem])
