"""Reports are read item by item, every field has bounds, and nothing that is wrong takes the rest with it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from kiosk_agent.ledger.counts import counted
from kiosk_agent.session import entries as en
from kiosk_agent.wire import v1

GOOD: dict[str, Any] = {
    "epoch": "a" * 32,
    "number": 1,
    "sent_at": "2026-04-01T09:00:00+09:00",
    "agent_version": "0.1.0",
    "chain": {"entries": 3, "digest": "0" * 64},
    "days": [{"day": "2026-04-01", "counts": {"visits": 1}}],
}


def read(**changes: Any) -> v1.ReadReport:
    return v1.read_report(msgspec.json.encode({**GOOD, **changes}))


def test_a_good_report_is_read_whole() -> None:
    got = read(health=[{"code": "card", "severity": "amber", "since": "2026-04-01T08:00:00Z"}])
    assert got.refused == []
    assert got.report.days[0].counts == {"visits": 1}
    assert got.report.health[0].severity is v1.Severity.AMBER


def test_unknown_fields_are_ignored_everywhere() -> None:
    days = [{"day": "2026-04-01", "counts": {"visits": 1}, "new": {"x": [1]}}]
    got = read(days=days, new="field", chain={"entries": 3, "digest": "0" * 64, "new": 1})
    assert (got.refused, got.report.days[0].counts) == ([], {"visits": 1})


def test_wrong_items_are_refused_one_by_one_with_their_place() -> None:
    days = [3, {"day": "2026-13-01", "counts": {}}, {"day": "2026-04-02", "counts": {"visits": 2}}, {"counts": {}}]
    health = [{"code": "card"}, {"code": "tray", "severity": "red", "since": "2026-04-01T08:00:00Z"}]
    got = read(days=days, health=health)
    assert [(one.where, one.index, one.taken) for one in got.refused] == [
        ("days", 0, False),
        ("days", 1, False),
        ("days", 3, False),
        ("health", 0, False),
    ]
    assert ([day.counts for day in got.report.days], got.indexes) == ([{"visits": 2}], (2,))
    assert [item.code for item in got.report.health] == ["tray"]


@pytest.mark.parametrize("value", [-1, v1.LARGEST_COUNT + 1, 1.5, "1", True, None, [], 10**30])
def test_a_wrong_counter_is_refused_alone(value: Any) -> None:
    got = read(days=[{"day": "2026-04-01", "counts": {"visits": 1, "outcomes": value}}])
    assert got.report.days[0].counts == {"visits": 1}
    (answer,) = got.refused
    assert (answer.taken, [problem.at for problem in answer.problems]) == (True, ["outcomes"])
    assert set(got.refused_counters.values()) == {frozenset({"outcomes"})}


@pytest.mark.parametrize("name", ["", "A", "visits\n", "a..b", ".a", "a.", "山田", "a b", "x" * 65, "a.b.c.d.e", "a/b"])
def test_a_counter_has_a_plain_name(name: str) -> None:
    got = read(days=[{"day": "2026-04-01", "counts": {name: 1, "visits": 1}}])
    assert got.report.days[0].counts == {"visits": 1}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("epoch", "A" * 32),
        ("epoch", "a" * 33),
        ("epoch", "a" * 32 + "\n"),
        ("number", 0),
        ("number", 2**53),
        ("sent_at", "2026-04-01T09:00:00"),
        ("agent_version", "x" * 41),
        ("agent_version", "山田"),
        ("chain", {"entries": -1, "digest": "0" * 64}),
        ("chain", {"entries": 1, "digest": "0" * 63}),
        ("known", 1),
        ("disk", "serial 123"),
        ("dropped_days", -1),
        ("days", {}),
        ("days", [{"day": "2026-04-01", "counts": {}}] * (v1.MOST_DAYS + 1)),
        ("health", [1] * (v1.MOST_WARNINGS + 1)),
    ],
)
def test_what_is_wrong_outside_the_lists_refuses_the_report(field: str, value: Any) -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        read(**{field: value})
    assert field in str(caught.value)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"<html>welcome</html>", b"[]", b"null", b"\xff", b'"x"', b'{"epoch":"\\ud800"}', b"[" * 100_000],
)
def test_what_is_no_report_is_an_error(body: bytes) -> None:
    with pytest.raises((msgspec.DecodeError, RecursionError)):
        v1.read_report(body)


def test_every_name_that_the_ledger_counts_by_can_be_reported() -> None:
    entries = [en.VisitStarted(visit_id="v"), en.NavigationRefusals(visit_id="v", count=2)]
    names = {name for entry in entries for name in counted(entry)}
    got = read(days=[{"day": "2026-04-01", "counts": dict.fromkeys(names, 1)}])
    assert (got.refused, set(got.report.days[0].counts)) == ([], names)


def test_the_largest_report_fits_into_the_limit_of_a_body() -> None:
    counts = {f"{'x' * 60}.{number:03}": v1.LARGEST_COUNT for number in range(v1.MOST_COUNTERS)}
    days = [{"day": f"2026-01-{number + 1:02}", "counts": counts} for number in range(v1.MOST_DAYS)]
    body = msgspec.json.encode({**GOOD, "days": days})
    assert v1.read_report(body).refused == []
    assert len(body) <= v1.LARGEST_REPORT_BYTES


def test_no_name_ends_with_a_line_feed() -> None:
    fact = {"number": 1, "seq": 2, "day": "2026-04-01", "hour": 9, "length_s": 60}
    visit = {**fact, "ended": "own_logout", "proof": "cleared", "signed_in": True}
    got = read(visits=[{**visit, "operations": ["口座の登録\n"]}, {**visit, "operations": ["口座の登録"]}])
    assert [one.operations for one in got.report.visits] == [["口座の登録"]]
    enrolling = {"code": "ABCD-EFGH-JKMN", "token": "x" * 43, "agent_version": "0.1.0", "desk_name": "3番\n"}
    with pytest.raises(msgspec.ValidationError, match="desk_name"):
        msgspec.convert(enrolling, v1.EnrolRequest)
