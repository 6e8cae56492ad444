"""The ledger as outbox: what central acknowledged is remembered, all else waits; what the cap cuts off is counted."""

from __future__ import annotations

import datetime
import sqlite3
from pathlib import Path

import pytest

from kiosk_agent.clock import ManualClock
from kiosk_agent.errors import LedgerError
from kiosk_agent.ledger import Acknowledged, Ledger, LedgerReader, Outgoing
from kiosk_agent.ledger.chain import first_link
from kiosk_agent.ledger.outbox import MOST_WAITING_DAYS
from kiosk_agent.session import entries as en

DAY_S = 86_400.0
ALL = 10_000


def work_a_day(ledger: Ledger, clock: ManualClock) -> str:
    """Start the agent, and go to the next day; returns the day."""
    day = clock.wall().date().isoformat()
    ledger.append(en.AgentRan(True, "0.1.0"))
    clock.advance(DAY_S)
    return day


def days_of(report: Outgoing) -> list[str]:
    return [one.day for one in report.days]


def take(ledger: Ledger, report: Outgoing) -> None:
    ledger.acknowledge(Acknowledged({one.day: one.changed_seq for one in report.days}, report.entries))


def test_a_new_ledger_has_nothing_to_report_but_that_it_is_there(ledger: Ledger) -> None:
    report = ledger.next_report(ALL)
    assert (report.epoch, report.number, report.entries) == (ledger.epoch, 1, 0)
    assert (report.digest, report.days, report.known) == (first_link(ledger.epoch), (), None)


def test_a_day_waits_until_it_is_acknowledged_and_again_once_it_changes(ledger: Ledger, clock: ManualClock) -> None:
    ledger.append(en.AgentRan(True, "0.1.0"))
    first = ledger.next_report(ALL)
    assert [(one.day, one.counts) for one in first.days] == [("2026-04-01", {"agent_starts": 1})]
    assert days_of(ledger.next_report(ALL)) == ["2026-04-01"], "sending is no acknowledgement"
    take(ledger, first)
    assert ledger.next_report(ALL).days == ()
    ledger.append(en.AgentRan(False, "0.1.0"))
    assert ledger.next_report(ALL).days[0].counts == {"agent_starts": 1, "agent_stops": 1}


def test_what_changed_while_a_report_was_under_way_still_waits(ledger: Ledger) -> None:
    ledger.append(en.AgentRan(True, "0.1.0"))
    report = ledger.next_report(ALL)
    ledger.append(en.AgentRan(False, "0.1.0"))
    take(ledger, report)
    assert days_of(ledger.next_report(ALL)) == ["2026-04-01"]


def test_an_old_acknowledgement_that_comes_late_takes_nothing_back(ledger: Ledger) -> None:
    ledger.append(en.AgentRan(True, "0.1.0"))
    old = ledger.next_report(ALL)
    ledger.append(en.AgentRan(False, "0.1.0"))
    take(ledger, ledger.next_report(ALL))
    take(ledger, old)
    assert ledger.next_report(ALL).days == ()


def test_the_oldest_days_go_first_and_those_for_later_are_left_out(ledger: Ledger, clock: ManualClock) -> None:
    days = [work_a_day(ledger, clock) for _ in range(5)]
    assert days_of(ledger.next_report(3)) == days[:3]
    assert days_of(ledger.next_report(3, frozenset(days[:1]))) == days[1:4]


def test_numbers_grow_by_one_and_survive_that_the_file_is_closed(path: Path, clock: ManualClock) -> None:
    numbers = []
    for _ in range(3):
        ledger = Ledger(path, clock)
        numbers += [ledger.next_report(ALL).number, ledger.next_report(ALL).number]
        ledger.close()
    assert numbers == [1, 2, 3, 4, 5, 6]


def test_an_acknowledgement_survives_that_the_file_is_closed(path: Path, clock: ManualClock) -> None:
    ledger = Ledger(path, clock)
    ledger.append(en.AgentRan(True, "0.1.0"))
    take(ledger, ledger.next_report(ALL))
    ledger.close()
    ledger = Ledger(path, clock)
    report = ledger.next_report(ALL)
    ledger.close()
    assert report.days == ()
    assert report.known == (1, report.digest)


def test_what_is_known_is_told_with_this_ledgers_own_digest(ledger: Ledger) -> None:
    for began in (True, False, True):
        ledger.append(en.AgentRan(began, "0.1.0"))
    ledger.acknowledge(Acknowledged(known_entries=2))
    rows = ledger._db.execute("SELECT digest FROM entries ORDER BY seq").fetchall()
    assert ledger.next_report(ALL).known == (2, rows[1][0])
    ledger.acknowledge(Acknowledged(known_entries=0))
    assert ledger.next_report(ALL).known == (0, first_link(ledger.epoch))
    ledger.acknowledge(Acknowledged(known_entries=99))
    assert ledger.next_report(ALL).known is None, "an entry that is not there has no digest"


def test_beyond_the_cap_the_oldest_days_are_counted_as_a_gap(ledger: Ledger, clock: ManualClock) -> None:
    days = [work_a_day(ledger, clock) for _ in range(MOST_WAITING_DAYS + 2)]
    report = ledger.next_report(ALL)
    assert days_of(report) == days[2:]
    assert report.dropped_days == 2
    assert ledger.next_report(ALL).dropped_days == 2, "each is counted once"
    take(ledger, report)
    assert ledger.next_report(ALL).dropped_days == 2, "the gap stays"
    assert set(days[:2]) <= set(ledger.counts()), "and the ledger has them all"


def test_a_day_that_was_dropped_while_its_report_was_under_way_is_no_gap(ledger: Ledger, clock: ManualClock) -> None:
    for _ in range(MOST_WAITING_DAYS):
        work_a_day(ledger, clock)
    under_way = ledger.next_report(1)
    work_a_day(ledger, clock)
    assert ledger.next_report(1).dropped_days == 1
    take(ledger, under_way)
    assert ledger.next_report(1).dropped_days == 0


def test_what_was_refused_for_good_is_counted_once_however_often(ledger: Ledger) -> None:
    for _ in range(2):
        ledger.acknowledge(Acknowledged(set_aside={"2026-04-01 visits": "Expected `int` <= 10000000"}))
    ledger.acknowledge(Acknowledged(set_aside={"2026-04-02": "too large"}))
    assert ledger.next_report(ALL).set_aside == 2
    assert list(ledger.outbox_state().set_aside) == ["2026-04-01 visits", "2026-04-02"]


def test_another_recipient_gets_everything_and_the_same_one_nothing_twice(ledger: Ledger, clock: ManualClock) -> None:
    ledger.report_to("https://one.example")
    days = [work_a_day(ledger, clock) for _ in range(3)]
    take(ledger, ledger.next_report(ALL))
    ledger.acknowledge(Acknowledged(set_aside={days[0]: "too large"}))
    ledger.report_to("https://one.example")
    assert ledger.next_report(ALL).days == ()
    ledger.report_to("https://two.example")
    report = ledger.next_report(ALL)
    assert (days_of(report), report.known, report.set_aside) == (days, None, 0)
    assert report.number == 3, "the numbers go on"


def test_a_reader_sees_how_it_stands_and_the_ledger_still_verifies(ledger: Ledger, clock: ManualClock) -> None:
    work_a_day(ledger, clock)
    take(ledger, ledger.next_report(ALL))
    work_a_day(ledger, clock)
    reader = LedgerReader(ledger.path)
    assert reader.outbox_state().waiting_days == 1
    assert reader.verify().sound
    reader.close()


def test_a_number_that_cannot_be_made_durable_is_not_given(ledger: Ledger) -> None:
    other = sqlite3.connect(ledger.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    ledger._db.execute("PRAGMA busy_timeout = 0")
    with pytest.raises(LedgerError):
        ledger.next_report(ALL)
    other.execute("ROLLBACK")
    other.close()
    assert ledger.next_report(ALL).number == 1


def test_ninety_days_offline_go_out_in_three_reports(ledger: Ledger, clock: ManualClock) -> None:
    days = [work_a_day(ledger, clock) for _ in range(90)]
    assert datetime.date.fromisoformat(days[-1]) == datetime.date(2026, 6, 29)
    sent = []
    while (report := ledger.next_report(31)).days:
        sent += days_of(report)
        take(ledger, report)
    assert sent == days
    assert report.number == 4
