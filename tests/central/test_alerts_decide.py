"""What is to be done about findings, and who is told of what: no database, no network."""

from __future__ import annotations

import itertools
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk_agent.central.alerts import decide
from kiosk_agent.central.alerts.decide import due, follow
from kiosk_agent.central.alerts.schemas import (
    Alert,
    AlertKind,
    Channel,
    Finding,
    Language,
    Pace,
    Recipient,
    State,
    Told,
    What,
)
from kiosk_agent.central.places.schemas import Level, Place

NATION = Place(Level.NATION)
PACE = Pace(group_ms=100, reminder_ms=1000)
SILENT, CLONE = AlertKind.OFFICE_SILENT, AlertKind.CLONE


def finding(kind: AlertKind = SILENT, **more: Any) -> Finding:
    return Finding(**{"kind": kind, "office_id": 1, "municipality_code": "131016", "amount": 2, "total": 4, **more})


def alert(kind: AlertKind = SILENT, state: State = State.NOTIFIED, **more: Any) -> Alert:
    values = {
        "id": 1,
        "office_id": 1,
        "municipality_code": "131016",
        "amount": 2,
        "total": 4,
        "measure": 2,
        "opened_at_ms": 0,
    }
    return Alert(**{**values, "kind": kind, "state": state, **more})


def recipient(scope: Place = NATION, kinds: tuple[AlertKind, ...] = (), **more: Any) -> Recipient:
    values = {"id": 1, "channel": Channel.MAIL, "address": "a@b", "language": Language.ENGLISH}
    return Recipient(**{**values, "scope": scope, "kinds": frozenset(kinds), **more})


def acknowledged(amount: int = 2, kind: AlertKind = SILENT) -> Alert:
    return alert(kind, State.ACKNOWLEDGED, acknowledged_at_ms=5, acknowledged_measure=amount)


def test_what_is_found_begins_an_alert_once() -> None:
    assert follow([], [finding()], 7).opened == [finding()]
    assert follow([alert()], [finding()], 7) == decide.Changes([], [])


def test_what_was_settled_meanwhile_hides_no_rise_and_a_day_that_is_over_lowers_the_bar() -> None:
    seen = acknowledged(5)
    assert follow([seen], [finding(amount=1, ever=6, falls=True)], 7).changed[0].state is State.OPEN
    assert follow([seen], [finding(amount=4, ever=5, falls=True)], 7).changed[0].state is State.ACKNOWLEDGED
    lower = follow([seen], [finding(amount=1, ever=1, falls=True)], 7).changed[0]
    assert (lower.state, lower.acknowledged_measure) == (State.ACKNOWLEDGED, 1)
    # what goes up and down by itself keeps its bar: no news with every visit
    assert follow([seen], [finding(amount=1)], 7).changed[0].acknowledged_measure == 5


def test_a_few_more_that_are_just_about_to_be_confirmed_are_no_news_and_the_next_days_are() -> None:
    def missing(alert: Alert, amount: int) -> Alert:
        after = follow([alert], [finding(amount=amount, news=3, falls=True)], 7).changed
        return after[0] if after else alert

    seen = acknowledged(20)
    for amount in (22, 20, 21):
        seen = missing(seen, amount)
        assert (seen.state, seen.acknowledged_measure) == (State.ACKNOWLEDGED, 20)
    assert missing(seen, 23).state is State.OPEN
    day_over = missing(seen, 4)
    assert (missing(day_over, 6).state, missing(day_over, 7).state) == (State.ACKNOWLEDGED, State.OPEN)


def test_another_kind_or_office_is_another_alert() -> None:
    others = [finding(CLONE), finding(office_id=2)]
    assert follow([alert()], [finding(), *others], 7).opened == others


def test_a_silent_office_begins_nothing_at_night_and_is_not_over_either() -> None:
    night = finding(fresh=False)
    assert follow([], [night], 7).opened == []
    kept = follow([alert()], [night], 7).changed[0]
    assert (kept.state, kept.fresh) == (State.NOTIFIED, False)


@pytest.mark.parametrize("state", [State.OPEN, State.NOTIFIED, State.ACKNOWLEDGED])
def test_what_is_found_no_more_is_resolved(state: State) -> None:
    after = follow([alert(state=state)], [], 7).changed[0]
    assert (after.state, after.resolved_at_ms) == (State.RESOLVED, 7)


@pytest.mark.parametrize("kind", sorted(decide.LASTING))
def test_what_a_ledger_has_shown_is_over_only_after_somebody_has_seen_to_it(kind: AlertKind) -> None:
    assert follow([alert(kind)], [], 7).changed == []
    assert follow([acknowledged(kind=kind)], [], 7).changed[0].state is State.RESOLVED


def test_more_than_was_acknowledged_is_open_again() -> None:
    assert follow([acknowledged(2)], [finding(amount=2)], 7).changed == []
    assert follow([acknowledged(2)], [finding(amount=3)], 7).changed[0].state is State.OPEN
    assert follow([acknowledged(2)], [finding(amount=3, fresh=False)], 7).changed[0].state is State.ACKNOWLEDGED


def said(alerts: list[Alert], told: list[Told], now_ms: int, **who: Any) -> list[tuple[int, What]]:
    return [(one.id, what) for one, what in due(alerts, [recipient(**who)], told, now_ms, PACE).get(1, [])]


def test_new_once_reminded_after_the_time_and_not_when_acknowledged() -> None:
    told = [Told(1, 1, What.NEW, 0)]
    assert said([alert(state=State.OPEN)], [], 0) == [(1, What.NEW)]
    assert said([alert()], told, 999) == []
    assert said([alert()], told, 1000) == [(1, What.REMINDER)]
    assert said([alert(fresh=False)], told, 1000) == []
    assert said([acknowledged()], told, 5000) == []
    again = msgspec.structs.replace(acknowledged(), state=State.OPEN)
    assert said([again], told, 10) == [(1, What.NEW)]
    assert said([again], [Told(1, 1, What.NEW, 10, 5)], 20) == []


def test_that_it_is_over_is_said_once_and_only_to_whoever_knew() -> None:
    over = alert(state=State.RESOLVED, resolved_at_ms=9)
    assert said([over], [], 9) == []
    assert said([over], [Told(1, 1, What.REMINDER, 0)], 9) == [(1, What.RESOLVED)]
    assert said([over], [Told(1, 1, What.RESOLVED, 9)], 5000) == []


def test_whoever_comes_later_is_not_told_what_somebody_sees_to() -> None:
    assert said([acknowledged()], [], 9) == []
    assert said([alert(state=State.NOTIFIED)], [], 9) == [(1, What.NEW)]


def test_many_at_once_are_one_message_and_the_next_waits() -> None:
    alerts = [alert(id=number, office_id=number, state=State.OPEN) for number in range(1, 501)]
    assert len(said(alerts, [], 50)) == 500
    assert said(alerts, [], 149, last_at_ms=50) == []
    assert len(said(alerts, [], 150, last_at_ms=50)) == 500


@pytest.mark.parametrize(
    ("scope", "hears"),
    [
        (NATION, True),
        (Place(Level.PREFECTURE, "13"), True),
        (Place(Level.PREFECTURE, "01"), False),
        (Place(Level.MUNICIPALITY, "131016"), True),
        (Place(Level.MUNICIPALITY, "131024"), False),
        (Place(Level.OFFICE, "1"), True),
        (Place(Level.OFFICE, "11"), False),
    ],
)
def test_everybody_hears_of_their_own_places_alone(scope: Place, hears: bool) -> None:
    assert bool(said([alert()], [], 0, scope=scope)) is hears


def test_everybody_hears_of_what_they_chose() -> None:
    assert said([alert()], [], 0, kinds=(CLONE,)) == []
    assert said([alert()], [], 0, kinds=(CLONE, SILENT)) == [(1, What.NEW)]


def test_tries_are_further_and_further_apart() -> None:
    waits = [decide.retry_after_ms(attempts, 0.0) for attempts in range(1, 9)]
    assert waits[:3] == [60_000, 120_000, 240_000]
    assert waits[-1] == decide.retry_after_ms(10_000, 0.0) == decide.LONGEST_RETRY_MS
    assert decide.retry_after_ms(1, 1.0) == 72_000


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(1, 400)), max_size=40))
def test_whatever_happens_new_and_over_alternate_and_nothing_is_said_too_often(
    story: list[tuple[bool, bool, int]],
) -> None:
    """(is it found, does somebody acknowledge, how much later) again and again, as the sender would do it."""
    alerts: dict[int, Alert] = {}
    known: dict[int, Told] = {}
    heard: list[tuple[int, int, What]] = []
    now, last = 0, None
    for found, acknowledges, later in story:
        now += later
        alive = [one for one in alerts.values() if one.resolved_at_ms is None]
        changes = follow(alive, [finding()] if found else [], now)
        for begun in changes.opened:
            number = len(alerts) + 1
            alerts[number] = alert(begun.kind, State.OPEN, id=number, opened_at_ms=now)
        alerts |= {one.id: one for one in changes.changed}
        for one, what in due(list(alerts.values()), [recipient(last_at_ms=last)], known.values(), now, PACE).get(1, []):
            heard.append((now, one.id, what))
            known[one.id] = Told(one.id, 1, what, now, one.acknowledged_at_ms)
            last = now
        for one in list(alerts.values()):
            if acknowledges and one.state in (State.OPEN, State.NOTIFIED):
                alerts[one.id] = msgspec.structs.replace(
                    one, state=State.ACKNOWLEDGED, acknowledged_at_ms=now, acknowledged_measure=one.measure
                )
    assert sum(one.resolved_at_ms is None for one in alerts.values()) <= 1
    moments = sorted({at for at, _, _ in heard})
    assert all(after - before >= PACE.group_ms for before, after in itertools.pairwise(moments))
    for number in alerts:
        whats = [(at, what) for at, of, what in heard if of == number]
        names = [what for _, what in whats]
        assert names[:1] in ([], [What.NEW])
        assert names.count(What.NEW) <= 1
        assert names.count(What.RESOLVED) <= 1
        assert What.RESOLVED not in names[:-1]
        for (before, _), (at, what) in itertools.pairwise(whats):
            assert what is not What.REMINDER or at - before >= PACE.reminder_ms
