"""What a report changes: the larger value stands, sums grow by the difference, and what cannot be raises an alarm."""

from __future__ import annotations

import datetime
from collections import Counter

import msgspec
import pytest
import sqlalchemy as sa

from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.ingest.service import take_reports
from kiosk_agent.wire import v1
from tests.central.nation import NOW, SUMS, DeskOfTests, alarms, digest_at, enrolled, expected, sums


@pytest.fixture
def desk(database: Database) -> DeskOfTests:
    return enrolled(database, DeskOfTests("131016"))


def take(database: Database, desk: DeskOfTests, *reports: v1.Report) -> list[v1.ReportAnswer]:
    answers = take_reports(database, [desk.arrived(report) for report in reports])
    return [answer for answer in answers if answer is not None]


def check_sums(database: Database, *desks: DeskOfTests) -> None:
    ledgers = [(desk.municipality_code, desk.days) for desk in desks]
    for table in SUMS:
        assert sums(database, table) == expected(ledgers, table), table


def test_counters_grow_at_every_level(database: Database, desk: DeskOfTests) -> None:
    neighbour, far = enrolled(database, DeskOfTests("131024")), enrolled(database, DeskOfTests("011002"))
    for one in (desk, neighbour, far):
        one.count("2026-04-01", visits=2, proof__revoked=1, signal__card_different=1)
        take(database, one, one.report())
        one.count("2026-04-01", visits=1, warnings__idle=3)
        one.count("2026-04-02", visits=5)
        take(database, one, one.report())
    check_sums(database, desk, neighbour, far)
    assert alarms(database) == []


def test_a_report_again_and_an_old_one_late_change_nothing(database: Database, desk: DeskOfTests) -> None:
    desk.count("2026-04-01", visits=2)
    old = desk.report()
    desk.count("2026-04-01", visits=1, sign_ins=1)
    new = desk.report()
    take(database, desk, new, new, old)
    take(database, desk, old)
    take(database, desk, new)
    check_sums(database, desk)
    assert alarms(database) == []


def test_the_answer_names_the_report_and_the_furthest_entry(database: Database, desk: DeskOfTests) -> None:
    desk.count("2026-04-01", visits=2)
    old = desk.report()
    desk.count("2026-04-01", visits=2)
    take(database, desk, desk.report())
    (answer,) = take(database, desk, old)
    assert (answer.epoch, answer.number) == (desk.epoch, 1)
    assert answer.chain == v1.ChainPoint(2, digest_at(desk.epoch, 2))


def test_an_unknown_token_takes_nobody_else_with_it(database: Database, desk: DeskOfTests) -> None:
    desk.count("2026-04-01", visits=2)
    stranger = DeskOfTests("131016")
    stranger.count("2026-04-01", visits=9)
    answers = take_reports(database, [stranger.arrived(stranger.report()), desk.arrived(desk.report())])
    assert [answer is None for answer in answers] == [True, False]
    check_sums(database, desk)


def test_a_counter_that_goes_back_raises_an_alarm_and_the_larger_value_stands(
    database: Database, desk: DeskOfTests
) -> None:
    desk.count("2026-04-01", visits=5, sign_ins=2)
    take(database, desk, desk.report())
    kept = {day: Counter(counts) for day, counts in desk.days.items()}
    desk.days["2026-04-01"] = Counter(visits=3, sign_ins=2)
    desk.entries += 1
    take(database, desk, desk.report())
    desk.days = kept
    check_sums(database, desk)
    assert alarms(database) == [("counter_shrunk", desk.id, "2026-04-01")]


def test_it_does_so_as_well_when_the_later_report_arrives_first(database: Database, desk: DeskOfTests) -> None:
    desk.count("2026-04-01", visits=5)
    early = desk.report()
    desk.days["2026-04-01"] = Counter(visits=3)
    take(database, desk, desk.report())
    take(database, desk, early)
    desk.days["2026-04-01"] = Counter(visits=5)
    check_sums(database, desk)
    assert alarms(database) == [("counter_shrunk", desk.id, "2026-04-01")]


def test_a_counter_that_is_gone_has_gone_back(database: Database, desk: DeskOfTests) -> None:
    desk.count("2026-04-01", visits=5, sign_ins=2)
    take(database, desk, desk.report())
    del desk.days["2026-04-01"]["sign_ins"]
    take(database, desk, desk.report())
    assert alarms(database) == [("counter_shrunk", desk.id, "2026-04-01")]


def test_a_counter_that_could_not_be_read_has_not_gone_back(database: Database, desk: DeskOfTests) -> None:
    desk.count("2026-04-01", visits=5, sign_ins=2)
    take(database, desk, desk.report())
    body = msgspec.json.encode(desk.report()).replace(b'"sign_ins":2', b'"sign_ins":-2')
    arrived = msgspec.structs.replace(desk.arrived(desk.report()), read=v1.read_report(body))
    take_reports(database, [arrived])
    assert alarms(database) == []


def test_the_same_alarm_again_is_counted_not_repeated(database: Database, desk: DeskOfTests) -> None:
    desk.count("2026-04-01", visits=5)
    take(database, desk, desk.report())
    desk.days["2026-04-01"] = Counter(visits=3)
    for _ in range(3):
        take(database, desk, desk.report())
    with database.reading() as connection:
        (row,) = connection.execute(sa.text("SELECT times, detail FROM alarms")).all()
    assert (row.times, row.detail) == (3, "visits 5 → 3")


def test_one_ledger_at_two_desks_is_a_clone(database: Database, desk: DeskOfTests) -> None:
    desk.count("2026-04-01", visits=5)
    take(database, desk, desk.report())
    copy = enrolled(database, DeskOfTests("131024", epoch=desk.epoch, entries=desk.entries, days=desk.days))
    take(database, copy, copy.report())
    assert alarms(database) == [("clone", copy.id, "desk")]


def test_one_ledger_on_two_disks_is_a_clone(database: Database, desk: DeskOfTests) -> None:
    desk.count("2026-04-01", visits=5)
    take(database, desk, desk.report(disk="1" * 64))
    take(database, desk, desk.report(disk="1" * 64), desk.report(disk=None))
    assert alarms(database) == []
    take(database, desk, desk.report(disk="2" * 64))
    assert alarms(database) == [("clone", desk.id, "disk")]


def test_two_reports_of_one_number_are_a_clone(database: Database, desk: DeskOfTests) -> None:
    desk.count("2026-04-01", visits=5)
    take(database, desk, desk.report())
    take(database, desk, desk.report(number=1, chain=v1.ChainPoint(7, "7" * 64)))
    assert alarms(database) == [("clone", desk.id, "number")]


def test_another_digest_at_a_known_entry_is_another_ledger(database: Database, desk: DeskOfTests) -> None:
    desk.count("2026-04-01", visits=5)
    take(database, desk, desk.report())
    desk.entries += 4
    take(database, desk, desk.report(known=v1.ChainPoint(1, "f" * 64)))
    assert alarms(database) == [("chain_forked", desk.id, "")]


def test_a_ledger_that_lost_entries_is_told(database: Database, desk: DeskOfTests) -> None:
    desk.entries = 10
    desk.count("2026-04-01", visits=5)
    take(database, desk, desk.report())
    desk.entries = 4
    take(database, desk, desk.report())
    assert alarms(database) == [("ledger_shorter", desk.id, "")]


def test_a_new_ledger_at_the_same_desk_is_added(database: Database, desk: DeskOfTests) -> None:
    desk.count("2026-04-01", visits=5)
    take(database, desk, desk.report())
    after = DeskOfTests("131016", token=desk.token, id=desk.id)
    after.count("2026-04-01", visits=1)
    take(database, after, after.report())
    check_sums(database, desk, after)
    assert alarms(database) == []


def test_a_day_that_has_not_come_is_refused_alone(database: Database, desk: DeskOfTests) -> None:
    tomorrow = (NOW + datetime.timedelta(days=1)).date().isoformat()
    desk.count("2026-04-01", visits=5)
    desk.count(tomorrow, visits=1)
    desk.count("2027-04-01", visits=1)
    (answer,) = take(database, desk, desk.report())
    assert [(one.index, one.taken, one.problems[0].code) for one in answer.items] == [(2, False, "future")]
    del desk.days["2027-04-01"]
    check_sums(database, desk)


def test_the_place_of_a_refused_day_is_that_of_the_report(database: Database, desk: DeskOfTests) -> None:
    desk.count("2027-04-01", visits=1)
    body = msgspec.json.encode(desk.report()).replace(b'"days":[', b'"days":[1,')
    (answer,) = take_reports(
        database, [msgspec.structs.replace(desk.arrived(desk.report()), read=v1.read_report(body))]
    )
    assert answer is not None
    assert [(one.index, one.problems[0].code) for one in answer.items] == [(0, "invalid"), (1, "future")]


def test_a_desk_shows_its_newest_report_whatever_arrives_late(database: Database, desk: DeskOfTests) -> None:
    item = v1.HealthItem("card", v1.Severity.AMBER, NOW)
    desk.count("2026-04-01", visits=5)
    old = desk.report(agent_version="0.1.0", health=[item])
    new = desk.report(agent_version="0.2.0", sent_at=NOW + datetime.timedelta(hours=3), dropped_days=2, set_aside=1)
    take(database, desk, new, old)
    take(database, desk, old)
    with database.reading() as connection:
        row = connection.execute(sa.text("SELECT * FROM desks")).one()
    assert (row.agent_version, row.health, row.number) == ("0.2.0", "[]", 2)
    assert (row.clock_ahead_ms, row.dropped_days, row.set_aside) == (3 * 3600 * 1000, 2, 1)


@pytest.mark.parametrize("sent_at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_clock_that_is_centuries_wrong_harms_nothing(database: Database, desk: DeskOfTests, sent_at: str) -> None:
    desk.count("0001-01-01", visits=1)
    take(database, desk, desk.report(sent_at=datetime.datetime.fromisoformat(sent_at)))
    check_sums(database, desk)


def test_a_counter_may_be_called_as_the_column_of_ledgers_is(database: Database, desk: DeskOfTests) -> None:
    desk.count("2026-04-20", ledgers=5)
    for _ in range(2):
        desk.count("2026-04-20", ledgers=1)
        take_reports(database, [desk.arrived(desk.report())])
    for table in ("desk_days", *SUMS):
        columns = "more" if table == "desk_days" else "more, ledgers"
        with database.reading() as connection:
            row = connection.exec_driver_sql(f"SELECT {columns} FROM {table}").one()  # noqa: S608 - names of ours
        assert msgspec.json.decode(row[0]) == {"ledgers": 7}
        assert row[1:] in ((), (1,))
