"""A small nation to be shown: desks of two prefectures, one silent, one with alarms and warnings, and policies."""

from __future__ import annotations

import datetime
import random

import msgspec

from kiosk_agent.central.alerts.findings import findings
from kiosk_agent.central.alerts.schemas import Pace, Thresholds
from kiosk_agent.central.alerts.service import look
from kiosk_agent.central.commands import service as commands
from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.desks.service import hash_of
from kiosk_agent.central.ingest.service import take_reports
from kiosk_agent.central.places.schemas import Level, Place
from kiosk_agent.central.policy import service as policies
from kiosk_agent.central.staff.schemas import Role
from kiosk_agent.wire import v1
from kiosk_agent.wire.commands import (
    CommandKind,
    CommandResult,
    Diagnostics,
    DoctorLine,
    ReadResults,
    Result,
    SenseLine,
)
from kiosk_agent.wire.policy import Settings
from tests.central.nation import NOW, DeskOfTests, enrolled
from tests.central.people import add_person

EARLIER = NOW - datetime.timedelta(hours=2)
PEOPLE = {
    "nation-viewer": (Role.VIEWER, "nation"),
    "nation-manager": (Role.MANAGER, "nation"),
    "nation-administrator": (Role.ADMINISTRATOR, "nation"),
    "tokyo-viewer": (Role.VIEWER, "prefecture:13"),
    "chiyoda-viewer": (Role.VIEWER, "municipality:131016"),
    "chiyoda-manager": (Role.MANAGER, "municipality:131016"),
    "chiyoda-administrator": (Role.ADMINISTRATOR, "municipality:131016"),
    "office-manager": (Role.MANAGER, "office:131016/市民課"),
}


DIAGNOSTICS = Diagnostics(
    agent_version="0.3.0",
    system="Windows 11",
    python="3.11.9",
    state="Gate",
    health=[v1.HealthItem("card", v1.Severity.AMBER, EARLIER)],
    senses=[SenseLine("card", "absent"), SenseLine("input", "working")],
    doctor=[DoctorLine("ledger", v1.Severity.GREEN), DoctorLine("cover", v1.Severity.RED)],
    entries=1234,
    waiting_days=0,
    policy_revision=2,
)


def a_day(chance: random.Random, visits: int) -> dict[str, int]:
    signed = visits - chance.randint(0, visits // 6)
    worker, nudge, forced = chance.randint(0, 3), chance.randint(0, 2), chance.randint(0, 2)
    unproven = chance.randint(0, 1)
    return {
        "visits": visits,
        "sign_ins": signed,
        "outcomes": visits,
        "ended__own_logout": visits - worker - nudge - forced,
        "ended__worker_ended": worker,
        "ended__nudge_accepted": nudge,
        "ended__idle": forced,
        "proof__revoked": signed - unproven,
        "proof__unproven": unproven,
        "proof__not_needed": visits - signed,
        "confirmations": visits - chance.randint(0, 1),
    }


def told_visits(chance: random.Random, desk: DeskOfTests) -> list[v1.VisitFact]:
    """Facts of the desk's visits of the last ten days; the mornings are busier."""
    hours = (8, 9, 9, 9, 10, 10, 10, 11, 11, 12, 13, 13, 14, 14, 15, 16)
    told: list[v1.VisitFact] = []
    for day in sorted(desk.days)[-10:]:
        for _ in range(desk.days[day]["visits"]):
            number = len(told) + 1
            hour, when = chance.choice(hours), datetime.date.fromisoformat(day)
            told.append(v1.VisitFact(number, number, when, hour, 300, "own_logout", "revoked", signed_in=True))
    return told


def fill(database: Database) -> list[DeskOfTests]:
    """The desks: of Chiyoda two (the second one silent and warning), of Chuo and Sapporo one, each with a story."""
    chance = random.Random(1)
    desks = [
        enrolled(database, DeskOfTests("131016")),
        enrolled(database, DeskOfTests("131016"), "本庁舎 2階 マイナンバーカード特設窓口"),
        enrolled(database, DeskOfTests("131024"), "日本橋特別出張所"),
        enrolled(database, DeskOfTests("011002"), "中央区役所"),
    ]
    for desk, visits in zip(desks, (14, 9, 11, 1), strict=True):
        for back in range(40):
            day = NOW.date() - datetime.timedelta(days=back)
            if day.weekday() < 5 and (visits > 1 or back < 20):
                desk.count(day.isoformat(), **a_day(chance, visits))
    first, silent, other, few = desks
    for desk in (first, other, few):
        for days in (sorted(desk.days)[:20], sorted(desk.days)[20:]):
            take_reports(database, [desk.arrived(desk.report(*days))] if days else [])
    take_reports(database, [first.arrived(first.report(visits=told_visits(chance, first)))])
    items = [
        v1.HealthItem("card_reader_missing", v1.Severity.AMBER, EARLIER),
        v1.HealthItem("cover_missing", v1.Severity.RED, EARLIER),
    ]
    report = silent.report(health=items, agent_version="0.3.0", set_aside=2, sent_at=EARLIER)
    clone = msgspec.structs.replace(report, chain=v1.ChainPoint(1, "7" * 64))  # the same number, another ledger
    for one in (report, clone):
        take_reports(database, [msgspec.structs.replace(silent.arrived(one), at=EARLIER)])
    policies.change(database, Place(Level.NATION), Settings(idle_limit_s=120, warning_s=30), "tests", "国の基準", NOW)
    policies.change(
        database, Place(Level.MUNICIPALITY, "131016"), Settings(idle_limit_s=90), "tests", "混雑のため短くする", NOW
    )
    give_commands(database, silent)
    with database.writing() as connection:
        look(connection, findings(connection, NOW, Thresholds()), NOW, Pace())
    return desks


def give_commands(database: Database, desk: DeskOfTests) -> None:
    """One that was done, one that failed, one that was answered, one that came too late, and one that waits."""
    why, by = "庁舎の停電のため、復旧まで利用を止める", "chiyoda-manager"
    for kind, result in (
        (CommandKind.CLOSE_DESK, Result.DONE),
        (CommandKind.OPEN_DESK, Result.FAILED),
        (CommandKind.SEND_DIAGNOSTICS, Result.DONE),
        (CommandKind.END_VISIT, None),
    ):
        note = "停電のため停止中です" if kind is CommandKind.CLOSE_DESK else ""
        number = commands.give(database, desk.id, kind, by, why, EARLIER, note=note)
        if result is not None:
            told = DIAGNOSTICS if kind is CommandKind.SEND_DIAGNOSTICS else None
            results = ReadResults([CommandResult(number, result, told)], [])
            assert commands.exchange(database, hash_of(desk.token), results, EARLIER) is not None
    commands.give(database, desk.id, CommandKind.SEND_DIAGNOSTICS, by, "復旧したか確かめる", NOW)


def add_people(database: Database) -> None:
    """Everyone of ``PEOPLE``."""
    for name, (role, scope) in PEOPLE.items():
        add_person(database, name, role, scope)
