"""Alerts in the database: what is found, who is told, who has acknowledged, and which process sends."""

from __future__ import annotations

import datetime
from typing import Any

import msgspec
import pytest

from kiosk_agent.central.alarms.schemas import AlarmKind
from kiosk_agent.central.alerts import repository, service
from kiosk_agent.central.alerts.channels import DeliveryError, Ways
from kiosk_agent.central.alerts.decide import GIVE_UP_MS
from kiosk_agent.central.alerts.findings import findings
from kiosk_agent.central.alerts.schemas import (
    AlertKind,
    Channel,
    Finding,
    Message,
    Pace,
    State,
    Thresholds,
    What,
)
from kiosk_agent.central.alerts.sender import Alerting, Sender
from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.ingest.service import take_reports
from kiosk_agent.central.places.schemas import Level, Place
from kiosk_agent.central.staff import audit
from kiosk_agent.central.times import to_ms
from kiosk_agent.clock import ManualClock
from kiosk_agent.errors import CentralError
from kiosk_agent.text import Text
from tests.central.alerting import raise_clone
from tests.central.nation import NOW, DeskOfTests, enrolled

NATION = Place(Level.NATION)
MINUTE = datetime.timedelta(minutes=1)
PACE = Pace(group_ms=0)


class Failing(Ways, frozen=True):
    """A way out that is closed."""

    def deliver(self, message: Message, now: datetime.datetime) -> None:
        raise DeliveryError(Text("closed"))


class Kept(Ways, frozen=True, kw_only=True):
    """A way out that keeps what was handed over."""

    messages: list[Message]

    def deliver(self, message: Message, now: datetime.datetime) -> None:
        self.messages.append(message)


def found(database: Database, now: datetime.datetime = NOW, **thresholds: int) -> list[Finding]:
    with database.reading() as connection:
        return findings(connection, now, Thresholds(**thresholds))


def kinds(database: Database, now: datetime.datetime = NOW, **thresholds: int) -> list[AlertKind]:
    return [one.kind for one in found(database, now, **thresholds)]


def look(database: Database, now: datetime.datetime) -> None:
    seen = found(database, now)
    with database.writing() as connection:
        service.look(connection, seen, now, PACE)


def send(database: Database, now: datetime.datetime) -> list[Message]:
    """Deliver all that is due."""
    sent = []
    with database.writing() as connection:
        while (message := service.begin_try(connection, now)) is not None:
            service.delivered(connection, message, now)
            sent.append(message)
    return sent


def tell(database: Database, address: str = "it@example.test", scope: str = "nation", **more: Any) -> int:
    return service.add_recipient(database, address, scope, NOW, actor="tests", **more).id


def whats(messages: list[Message]) -> list[list[tuple[AlertKind, What]]]:
    return [[(one.kind, one.what) for one in message.content.items] for message in messages]


def states(database: Database, scope: Place = NATION) -> list[State]:
    return [one.alert.state for one in service.listed(database, scope)]


def test_an_office_is_silent_when_none_of_its_desks_is_heard_of(database: Database) -> None:
    first, second = (enrolled(database, DeskOfTests("131016")) for _ in range(2))
    later = NOW + 21 * MINUTE
    assert kinds(database) == []
    assert [(one.kind, one.amount, one.total, one.fresh) for one in found(database, later)] == [
        (AlertKind.OFFICE_SILENT, 2, 2, True)
    ]
    night = NOW + datetime.timedelta(hours=9)
    assert [one.fresh for one in found(database, night)] == [False]
    second.count("2026-04-20", visits=1)
    arrived = second.arrived(second.report(sent_at=later))
    arrived = type(arrived)(arrived.token_hash, arrived.read, later)
    take_reports(database, [arrived])
    assert kinds(database, later) == []
    assert first.id != second.id


def test_confirmations_and_proofs_that_are_missing_of_today_and_yesterday(database: Database) -> None:
    first, second = (enrolled(database, DeskOfTests("131016")) for _ in range(2))
    other = enrolled(database, DeskOfTests("131016"), "税務課")
    first.count("2026-04-19", outcomes=10, confirmations=8, proof__unproven=2, revised__cleared=1)
    second.count("2026-04-20", outcomes=6, confirmations=5, proof__half=1)
    other.count("2026-04-20", outcomes=40, confirmations=37, proof__unproven=1, revised__revoked=1)
    take_reports(database, [desk.arrived(desk.report()) for desk in (first, second, other)])
    seen = {one.kind: (one.amount, one.total) for one in found(database)}
    assert seen == {AlertKind.CONFIRMATIONS_MISSING: (3, 16), AlertKind.LOGOUTS_UNPROVEN: (2, 16)}
    assert {one.kind: (one.news, one.falls) for one in found(database)} == {
        AlertKind.CONFIRMATIONS_MISSING: (3, True),
        AlertKind.LOGOUTS_UNPROVEN: (1, True),
    }
    assert kinds(database, missing_confirmations=4, unproven=3) == []
    assert kinds(database, missing_percent=20, unproven=3) == []
    assert kinds(database, missing_percent=0, unproven=3) == [AlertKind.CONFIRMATIONS_MISSING] * 2
    heard = NOW + datetime.timedelta(days=2)
    assert {one.kind for one in found(database, heard)} == {AlertKind.OFFICE_SILENT}


def report(database: Database, *desks: DeskOfTests) -> None:
    take_reports(database, [desk.arrived(desk.report()) for desk in desks])


def unproven(database: Database) -> list[int]:
    return [one.amount for one in found(database) if one.kind is AlertKind.LOGOUTS_UNPROVEN]


def test_a_proof_found_later_settles_no_other_desks_logout(database: Database) -> None:
    first, second = (enrolled(database, DeskOfTests("131016")) for _ in range(2))
    first.count("2026-04-18", outcomes=1, proof__unproven=1)
    first.count("2026-04-19", revised__revoked=1)  # of the visit on the day before
    second.count("2026-04-20", outcomes=1, proof__unproven=1)
    report(database, first, second)
    assert unproven(database) == [1]


def test_a_proof_found_later_settles_no_logout_that_came_after_it(database: Database) -> None:
    desk = enrolled(database, DeskOfTests("131016"))
    desk.count("2026-04-18", outcomes=1, proof__unproven=1)
    desk.count("2026-04-19", revised__cleared=1)
    desk.count("2026-04-20", outcomes=1, proof__unproven=1)
    report(database, desk)
    assert unproven(database) == [1]
    desk.count("2026-04-20", revised__cleared=1)
    report(database, desk)
    assert unproven(database) == []


def test_a_proof_found_later_settles_no_logout_of_the_desks_next_ledger(database: Database) -> None:
    desk = enrolled(database, DeskOfTests("131016"))
    desk.count("2026-04-19", revised__revoked=1)
    report(database, desk)
    desk.epoch, desk.days, desk.entries, desk.number = "f" * 32, {}, 0, 0
    desk.count("2026-04-19", outcomes=1, proof__unproven=1)
    report(database, desk)
    assert unproven(database) == [1]


def test_a_proof_found_after_midnight_settles_the_logout_of_the_day_before(database: Database) -> None:
    desk = enrolled(database, DeskOfTests("131016"))
    desk.count("2026-04-19", outcomes=2, proof__unproven=2)
    desk.count("2026-04-20", revised__revoked=1)
    report(database, desk)
    assert unproven(database) == [1]


def test_offices_beyond_what_one_statement_takes_are_found_as_well(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk_agent.central.alerts.findings.ASKED_TOGETHER", 2)
    desks = [enrolled(database, DeskOfTests("131016"), office) for office in ("市民課", "税務課", "福祉課")]
    for amount, desk in enumerate(desks, 1):
        desk.count("2026-04-20", outcomes=9, proof__unproven=amount)
    report(database, *desks)
    assert unproven(database) == [1, 2, 3]


def test_one_proof_found_and_one_more_missing_at_once_is_news(database: Database) -> None:
    desk = enrolled(database, DeskOfTests("131016"))
    tell(database)
    desk.count("2026-04-20", outcomes=1, confirmations=1, proof__unproven=1)
    report(database, desk)
    look(database, NOW)
    send(database, NOW)
    service.acknowledge(database, NATION, 1, NOW, actor="one")
    look(database, NOW + MINUTE)
    assert states(database) == [State.ACKNOWLEDGED]
    desk.count("2026-04-20", outcomes=1, confirmations=1, proof__unproven=1, revised__revoked=1)
    report(database, desk)
    look(database, NOW + 2 * MINUTE)
    assert whats(send(database, NOW + 2 * MINUTE)) == [[(AlertKind.LOGOUTS_UNPROVEN, What.NEW)]]
    assert [one.alert.amount for one in service.listed(database, NATION)] == [1]


def test_what_is_acknowledged_of_yesterday_hides_nothing_of_tomorrow(database: Database) -> None:
    desk = enrolled(database, DeskOfTests("131016"))
    desk.count("2026-04-19", outcomes=5, confirmations=5, proof__unproven=5)
    desk.count("2026-04-20", outcomes=1, confirmations=1, proof__half=1)
    report(database, desk)
    look(database, NOW)
    service.acknowledge(database, NATION, 1, NOW, actor="one")
    tomorrow = NOW + datetime.timedelta(days=1)
    look(database, tomorrow)
    kept = {one.alert.kind: one.alert.state for one in service.listed(database, NATION)}
    assert kept[AlertKind.LOGOUTS_UNPROVEN] is State.ACKNOWLEDGED
    desk.count("2026-04-21", outcomes=1, confirmations=1, proof__unproven=1)
    arrived = desk.arrived(desk.report(sent_at=tomorrow))
    take_reports(database, [type(arrived)(arrived.token_hash, arrived.read, tomorrow)])
    look(database, tomorrow + MINUTE)
    kept = {one.alert.kind: one.alert.state for one in service.listed(database, NATION)}
    assert kept[AlertKind.LOGOUTS_UNPROVEN] is State.OPEN


@pytest.mark.parametrize(
    ("alarm", "kind"),
    [
        (AlarmKind.CLONE, AlertKind.CLONE),
        (AlarmKind.COUNTER_SHRUNK, AlertKind.COUNTER_SHRUNK),
        (AlarmKind.CHAIN_FORKED, AlertKind.CHAIN_BROKEN),
        (AlarmKind.LEDGER_SHORTER, AlertKind.CHAIN_BROKEN),
    ],
)
def test_alarms_of_a_ledger_are_found_for_a_day(database: Database, alarm: AlarmKind, kind: AlertKind) -> None:
    desks = [enrolled(database, DeskOfTests("131016")) for _ in range(3)]
    for desk in desks[:2]:
        raise_clone(database, desk, kind=alarm)
    assert [(one.kind, one.amount, one.total) for one in found(database)] == [(kind, 2, 3)]
    assert kind not in kinds(database, NOW + datetime.timedelta(days=1, minutes=1))


def test_from_open_to_resolved(database: Database) -> None:
    desk = enrolled(database, DeskOfTests("131016"))
    tell(database)
    raise_clone(database, desk)
    look(database, NOW)
    assert states(database) == [State.OPEN]
    assert whats(send(database, NOW)) == [[(AlertKind.CLONE, What.NEW)]]
    assert states(database) == [State.NOTIFIED]
    look(database, NOW + MINUTE)
    assert send(database, NOW + MINUTE) == []
    number = service.listed(database, NATION)[0].alert.id
    service.acknowledge(database, NATION, number, NOW, actor="one", note="  we look\nat it ")
    kept = service.listed(database, NATION)[0].alert
    assert (kept.state, kept.acknowledged_by, kept.note) == (State.ACKNOWLEDGED, "one", "we look at it")
    tomorrow = NOW + datetime.timedelta(days=1, minutes=1)
    look(database, tomorrow)
    said = [item for message in whats(send(database, tomorrow)) for item in message]
    assert said == [(AlertKind.OFFICE_SILENT, What.NEW), (AlertKind.CLONE, What.RESOLVED)]
    assert AlertKind.CLONE not in [one.alert.kind for one in service.listed(database, NATION)]
    before = service.listed(database, NATION, resolved_since=NOW)
    assert [one.alert.resolved_at_ms is None for one in before if one.alert.kind is AlertKind.CLONE] == [False]
    with pytest.raises(CentralError, match="no open alert"):
        service.acknowledge(database, NATION, number, NOW, actor="one")


def test_a_second_desk_opens_again_what_was_acknowledged(database: Database) -> None:
    desks = [enrolled(database, DeskOfTests("131016")) for _ in range(2)]
    tell(database)
    raise_clone(database, desks[0])
    look(database, NOW)
    send(database, NOW)
    service.acknowledge(database, NATION, 1, NOW, actor="one")
    raise_clone(database, desks[1])
    look(database, NOW + MINUTE)
    assert whats(send(database, NOW + MINUTE)) == [[(AlertKind.CLONE, What.NEW)]]
    assert states(database) == [State.NOTIFIED]


def test_many_desks_of_many_offices_are_one_message_for_each_recipient(database: Database) -> None:
    for code in ("131016", "131024"):
        for office in ("市民課", "税務課"):
            for _ in range(3):
                raise_clone(database, enrolled(database, DeskOfTests(code), office))
    tell(database)
    tell(database, "https://example.test/hook", "municipality:131024")
    look(database, NOW)
    sent = send(database, NOW)
    assert [len(message.content.items) for message in sent] == [4, 2]
    assert {one.municipality for one in sent[1].content.items} == {"中央区"}
    assert {(one.amount, one.total) for one in sent[0].content.items} == {(3, 3)}


def test_what_somebody_may_not_see_is_neither_listed_nor_acknowledged(database: Database) -> None:
    raise_clone(database, enrolled(database, DeskOfTests("131016")))
    look(database, NOW)
    for scope, sees in (
        (Place(Level.MUNICIPALITY, "131024"), False),
        (Place(Level.PREFECTURE, "01"), False),
        (Place(Level.OFFICE, "999"), False),
        (Place(Level.PREFECTURE, "13"), True),
        (Place(Level.OFFICE, "1"), True),
    ):
        assert bool(states(database, scope)) is sees
        if not sees:
            with pytest.raises(CentralError, match="no open alert"):
                service.acknowledge(database, scope, 1, NOW, actor="one")
    assert states(database) == [State.OPEN]
    with pytest.raises(CentralError, match="1000"):
        service.acknowledge(database, NATION, 1, NOW, actor="one", note="x" * 1001)


def test_what_people_do_stands_in_the_audit_log_without_addresses(database: Database) -> None:
    raise_clone(database, enrolled(database, DeskOfTests("131016")))
    look(database, NOW)
    number = tell(database, "https://example.test/hook?token=planted")
    service.acknowledge(database, NATION, 1, NOW, actor="one", note="seen", address="192.0.2.1")
    service.remove_recipient(database, number, NOW, actor="two")
    with pytest.raises(CentralError, match="no recipient"):
        service.remove_recipient(database, number, NOW, actor="two")
    with database.reading() as connection:
        told = [(one.actor, one.action, one.detail) for one in audit.entries(connection)]
    assert told[1:] == [  # the first tells of the desk's code
        ("tests", "recipient_added", f"recipient {number}: nation all"),
        ("one", "alert_acknowledged", "alert 1: seen"),
        ("two", "recipient_removed", f"recipient {number}"),
    ]
    assert audit.verify(database) == (4, None)


def test_a_message_that_fails_is_kept_tried_again_given_up_and_shown(database: Database) -> None:
    raise_clone(database, enrolled(database, DeskOfTests("131016")))
    tell(database)
    look(database, NOW)
    with database.writing() as connection:
        message = service.begin_try(connection, NOW)
        assert message is not None
        service.failed(connection, message, NOW, "it said no")
        assert service.begin_try(connection, NOW + MINUTE * 0.9) is None
        again = service.begin_try(connection, NOW + MINUTE * 1.3)
    assert again is not None
    assert (again.key, again.content, again.attempts) == (message.key, message.content, 2)
    assert [(one.error, one.given_up_at_ms) for one in service.undelivered(database)] == [("it said no", None)]
    assert states(database) == [State.OPEN]
    late = NOW + datetime.timedelta(milliseconds=GIVE_UP_MS)
    with database.writing() as connection:
        service.failed(connection, again, late, "still no")
        assert service.begin_try(connection, late + 90 * MINUTE) is None
    assert [one.given_up_at_ms is None for one in service.undelivered(database)] == [False]


def test_a_process_that_dies_in_a_try_has_lost_nothing(database: Database) -> None:
    raise_clone(database, enrolled(database, DeskOfTests("131016")))
    tell(database)
    look(database, NOW)
    with database.writing() as connection:
        begun = service.begin_try(connection, NOW)
    assert begun is not None
    assert send(database, NOW) == []
    assert [message.key for message in send(database, NOW + 2 * MINUTE)] == [begun.key]
    assert send(database, NOW + 90 * MINUTE) == []


def test_whoever_was_removed_is_told_nothing_more(database: Database) -> None:
    desk = enrolled(database, DeskOfTests("131016"))
    number = tell(database)
    raise_clone(database, desk)
    look(database, NOW)
    service.remove_recipient(database, number, NOW, actor="tests")
    assert send(database, NOW) == []
    raise_clone(database, desk, kind=AlarmKind.COUNTER_SHRUNK)
    look(database, NOW + MINUTE)
    assert send(database, NOW + MINUTE) == []
    assert service.recipients(database) == []


def test_old_messages_are_forgotten_once_they_are_done_with(database: Database) -> None:
    raise_clone(database, enrolled(database, DeskOfTests("131016")))
    number = tell(database)
    look(database, NOW)
    service.remove_recipient(database, number, NOW, actor="tests")
    look(database, NOW + service.KEEP_MESSAGES)
    assert len(service.undelivered(database)) == 1
    look(database, NOW + service.KEEP_MESSAGES + MINUTE)
    assert service.undelivered(database) == []


def test_one_process_sends_and_is_replaced_when_it_is_gone(database: Database) -> None:
    clock, kept = ManualClock(wall=NOW), Kept(messages=[])
    first, second = (Sender(database, clock, Alerting(kept, pace=PACE, every_s=60)) for _ in range(2))
    desk = enrolled(database, DeskOfTests("131016"))
    tell(database)
    raise_clone(database, desk)
    assert (first.round(), second.round()) == (True, False)
    clock.advance(170)
    assert (second.round(), first.round(), second.round()) == (False, True, False)
    clock.advance(181)
    assert (second.round(), first.round()) == (True, False)
    assert whats(kept.messages) == [[(AlertKind.CLONE, What.NEW)]]


def test_a_process_that_stops_leaves_the_lease_at_once(database: Database) -> None:
    clock = ManualClock(wall=NOW)
    first, second = (Sender(database, clock, Alerting()) for _ in range(2))
    first.start()
    first.stop()
    assert second.round() is True


def test_a_recipient_that_cannot_be_told_is_logged_once_and_once_when_it_is_over(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    clock, kept = ManualClock(wall=NOW), Kept(messages=[])
    sender = Sender(database, clock, Alerting(Failing(), pace=PACE))
    raise_clone(database, enrolled(database, DeskOfTests("131016")))
    number = tell(database)
    for _ in range(3):
        sender.round()
        clock.advance(150)
    sender._alerting = Alerting(kept, pace=PACE)
    clock.advance(600)
    sender.round()
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("kiosk_agent")]
    assert lines == [
        f"recipient {number} of alerts cannot be told: closed",
        f"recipient {number} of alerts is told again",
    ]
    assert kept.messages[0].attempts == 4
    assert states(database) == [State.NOTIFIED]


@pytest.mark.parametrize(
    ("address", "channel"),
    [
        ("it@city.example.test", Channel.MAIL),
        ("http://10.0.0.1:8080/hook", Channel.WEBHOOK),
        ("https://example.test/hook?token=x", Channel.WEBHOOK),
        ("https://me:planted@example.test/", None),
        ("ftp://example.test/", None),
        ("https://", None),
        ("https://[::1", None),
        ("a@b\r\nBcc: c@d", None),
        ("a@b, c@d", None),
        ("planted", None),
        ("it@市.example.test", None),
        ("https://example.test/" + "x" * 2000, None),
    ],
)
def test_what_is_no_address_is_refused_without_saying_it(address: str, channel: Channel | None) -> None:
    if channel is not None:
        assert service.read_channel(address) is channel
        return
    with pytest.raises(CentralError) as caught:
        service.read_channel(address)
    assert "planted" not in str(caught.value)


def test_of_many_those_that_nobody_sees_to_are_chosen_and_of_them_the_newest(database: Database) -> None:
    for name in ("a", "b", "c", "d"):
        enrolled(database, DeskOfTests("131016"), name)
    with database.writing() as connection:
        offices = list(connection.exec_driver_sql("SELECT id FROM offices ORDER BY id").scalars())
        for minute, office in enumerate(offices):
            kind = AlertKind.OFFICE_SILENT
            repository.open_alerts(connection, [Finding(kind, office, "131016", 1, 1)], to_ms(NOW + MINUTE * minute))
        newest = repository.active(connection)[-1]
        repository.store(connection, msgspec.structs.replace(newest, state=State.ACKNOWLEDGED))
    for most in range(1, 5):
        chosen = [one.alert.office_id for one in service.listed(database, NATION, most=most)]
        assert chosen == [offices[2], offices[1], offices[0], offices[3]][:most]
