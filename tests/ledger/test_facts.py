"""Facts of visits and incidents wait in the ledger until central has them, and only where they are wanted."""

from __future__ import annotations

import datetime

import pytest

from kiosk_agent.ledger import Acknowledged, Ledger, facts
from kiosk_agent.ledger.facts import Facts, Wanted
from kiosk_agent.session import entries as en
from kiosk_agent.session.vocabulary import EndReason, Proof
from tests.ledger.visits import plain_visit

BOTH = Wanted(visits=True, incidents=True)


def told(ledger: Ledger, wanted: Wanted = BOTH) -> Facts:
    return ledger.next_report(31, wanted=wanted).facts


def take(ledger: Ledger, what: Facts) -> None:
    ledger.acknowledge(Acknowledged(facts=what))


def write(ledger: Ledger, *entries: en.Entry) -> None:
    for entry in entries:
        ledger.append(entry)


def numbers(what: Facts) -> list[tuple[int, int]]:
    return [(one.number, one.seq) for one in what.visits]


def test_a_visit_is_told_once_it_has_ended_and_until_that_is_acknowledged(ledger: Ledger) -> None:
    take(ledger, told(ledger))
    started, signed_in, *rest = plain_visit(1)
    write(ledger, started, signed_in, en.OperationDone("0" * 31 + "1", "口座の登録"))
    first = told(ledger)
    assert first.visits == ()
    take(ledger, first)
    write(ledger, *rest)
    for _ in range(2):
        (visit,) = told(ledger).visits
    assert (visit.number, visit.seq, visit.reason, visit.proof) == (1, 6, "own_logout", "revoked")
    assert (visit.signed_in, visit.length_s, visit.confirmation, visit.mark) == (True, 61.5, "confirmed", "K")
    assert visit.operations == ("口座の登録",)
    assert visit.began.isoformat() == "2026-04-01T09:00:00+00:00"
    take(ledger, told(ledger))
    assert told(ledger).visits == ()


def test_it_is_told_again_when_more_is_known_of_it(ledger: Ledger) -> None:
    take(ledger, told(ledger))
    visit_id = "a" * 32
    outcome = en.Outcome(visit_id, EndReason.IDLE, Proof.UNPROVEN, True, False, True, 2, 9.0)
    write(ledger, en.VisitStarted(visit_id), outcome)
    under_way = told(ledger)
    write(ledger, en.OutcomeRevised(visit_id, Proof.REVOKED))
    take(ledger, under_way)
    (again,) = told(ledger).visits
    assert (again.number, again.seq, again.proof, again.confirmation) == (1, 3, "revoked", None)
    take(ledger, told(ledger))
    write(ledger, en.Confirmation(visit_id, ""))
    assert [one.confirmation for one in told(ledger).visits] == ["confirmed"]


def test_what_happened_before_somebody_wanted_it_or_while_nobody_did_is_never_told(ledger: Ledger) -> None:
    write(ledger, *plain_visit(1))
    assert told(ledger).visits == ()
    write(ledger, *plain_visit(2))
    assert len(told(ledger).visits) == 1
    assert told(ledger, Wanted()) == Facts()
    assert told(ledger).visits == ()
    write(ledger, *plain_visit(3))
    assert len(told(ledger).visits) == 1


def test_incidents_are_told_from_the_first_on_without_the_visit(ledger: Ledger) -> None:
    write(ledger, en.Incident("a" * 32, "residue_left"), *plain_visit(1), en.Incident(None, "phase_ran_out", "proving"))
    what = told(ledger)
    assert [(one.seq, one.code, one.detail) for one in what.incidents] == [
        (1, "residue_left", ""),
        (7, "phase_ran_out", "proving"),
    ]
    assert what.incidents[0].at == datetime.datetime.fromisoformat("2026-04-01T09:00:00+00:00")
    take(ledger, what)
    assert told(ledger).incidents == ()
    write(ledger, en.Incident(None, "shield_lost"))
    assert told(ledger, Wanted(visits=True)).incidents == ()
    assert told(ledger).incidents == ()


def test_another_central_has_nothing_yet(ledger: Ledger) -> None:
    ledger.report_to("http://a")
    write(ledger, en.Incident(None, "shield_lost"))
    take(ledger, told(ledger))
    ledger.report_to("http://a")
    assert told(ledger).incidents == ()
    ledger.report_to("http://b")
    assert len(told(ledger).incidents) == 1


def test_many_go_out_in_several_reports_and_none_is_left_out(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "MOST_VISITS", 2)
    monkeypatch.setattr(facts, "MOST_INCIDENTS", 2)
    monkeypatch.setattr(facts, "MOST_ROWS", 13)
    take(ledger, told(ledger))
    for number in range(5):
        write(ledger, *plain_visit(number), en.Incident(None, "shield_lost"))
    seen: list[tuple[int, int]] = []
    incidents: list[int] = []
    while True:
        what = told(ledger)
        seen += numbers(what)
        incidents += [one.seq for one in what.incidents]
        take(ledger, what)
        if not what.more:
            break
    assert dict(seen) == {1: 5, 7: 11, 13: 17, 19: 23, 25: 29}
    assert incidents == [6, 12, 18, 24, 30]


def test_beyond_the_cap_the_oldest_are_skipped_and_counted(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    take(ledger, told(ledger))
    write(ledger, *plain_visit(1), *plain_visit(2))
    monkeypatch.setattr(facts, "MOST_WAITING_ENTRIES", 5)
    what = told(ledger)
    assert numbers(what) == [(6, 10)]
    assert what.skipped_entries == 10  # five for each of the two places
