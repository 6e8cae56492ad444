"""The counts are what the entries say, day by day, whatever the clock, the time zone and the order of visits do."""

from __future__ import annotations

import contextlib
import datetime
import itertools
import json
import re
import sqlite3
import tempfile
import zoneinfo
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk_agent.clock import ManualClock
from kiosk_agent.errors import LedgerError
from kiosk_agent.ledger import FILE_NAME, Ledger
from kiosk_agent.ledger.counts import counted
from kiosk_agent.session import entries as en
from kiosk_agent.session.residue import Residue, ResidueKind
from kiosk_agent.session.vocabulary import CentralAsks, CommandResult, EndReason, ForeignFate, ForeignKind, Proof
from tests.ledger.visits import bodies_of, entries_of, plain_visit, reading, verified, visit_sequences

Body = dict[str, Any]

# What each kind of entry adds, told once more and from the stored text alone.
RULES: dict[str, Callable[[Body], list[str]]] = {
    "VisitStarted": lambda _: ["visits"],
    "SignedIn": lambda _: ["sign_ins"],
    "SignalNoted": lambda body: ["signal." + body["signal"]],
    "WarningGiven": lambda body: ["warnings." + body["kind"]],
    "WarningResponse": lambda body: ["answers." + body["answer"] + "." + body["by"]],
    "ChallengeGiven": lambda _: ["challenges"],
    "ChallengeResponse": lambda body: ["challenge_answers." + body["answer"]],
    "FormHeld": lambda body: ["forms_held", "form_held." + body["check"]],
    "FormDecision": lambda body: ["form_answers." + body["answer"] + "." + body["check"]],
    "NavigationRefusals": lambda body: ["refused_addresses"] * body["count"],
    "OperationDone": lambda _: ["operations"],
    "EndBegan": lambda _: [],
    "Outcome": lambda body: (
        ["outcomes", "ended." + body["reason"], "proof." + body["proof"]]
        + ([] if body["residue_clean"] else ["residue_left"])
        + [f"residue_removed.{one['kind']}" for one in body["residue"] for _ in range(one["removed"])]
        + [f"residue_left.{one['kind']}" for one in body["residue"] for _ in range(one["left"] or one["unknown"])]
    ),
    "OutcomeRevised": lambda body: ["revised." + body["proof"]],
    "Confirmation": lambda _: ["confirmations"],
    "Override": lambda _: ["overrides"],
    "Incident": lambda body: ["incidents", "incident." + body["code"]],
    "DeskHeld": lambda body: ["held." + body["reason"]],
    "PolicyTaken": lambda body: ["policy_changes"],
    "CentralCommand": lambda body: [f"commands.{body['asks']}.{body['result']}"],
    "ForeignProgram": lambda body: [f"foreign.{body['kind']}.{body['what']}"],
    "AgentRan": lambda body: ["agent_starts" if body["began"] else "agent_stops"],
}


def recounted(path: Path) -> dict[str, dict[str, int]]:
    """The counts, made again from the entries as they stand in the file."""
    days: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for one in entries_of(path):
        body = json.loads(one.body)
        local = datetime.datetime.fromisoformat(one.at)
        days[local.date().isoformat()].update(RULES[body["type"]](body))
    return {day: dict(counts) for day, counts in days.items() if counts}


class Traveller:
    """A clock whose PC is carried about: it has a moment and a time zone, and both may change at any time."""

    def __init__(self, moment: datetime.datetime, zone: str) -> None:
        self.moment = moment
        self.zone = zoneinfo.ZoneInfo(zone)

    def now(self) -> float:
        return self.moment.timestamp()

    def running(self) -> float:
        return self.moment.timestamp()

    def wall(self) -> datetime.datetime:
        return self.moment.astimezone(self.zone)


# Tokyo has no summer time; London and New York change at an hour of the night, Apia once left out a whole day.
ZONES = ["Asia/Tokyo", "Europe/London", "America/New_York", "Pacific/Apia", "Asia/Kathmandu"]
MOMENTS = [
    datetime.datetime(2026, 3, 29, 0, 55, tzinfo=datetime.UTC),  # London's clocks go forward
    datetime.datetime(2026, 10, 25, 0, 30, tzinfo=datetime.UTC),  # ... and back
    datetime.datetime(2026, 11, 1, 5, 30, tzinfo=datetime.UTC),  # New York's go back
    datetime.datetime(2011, 12, 30, 9, 50, tzinfo=datetime.UTC),  # Apia's last minutes before the day it left out
    datetime.datetime(2026, 12, 31, 14, 58, tzinfo=datetime.UTC),  # Tokyo's new year
]
minutes = st.sampled_from([0, 1, 4, 7, 61, 24 * 60, -3, -90])  # below zero: somebody turned the clock back


@settings(max_examples=60, deadline=None)
@given(
    visit_sequences(),
    st.sampled_from(MOMENTS),
    st.lists(st.tuples(st.sampled_from(ZONES), minutes), min_size=1, max_size=12),
)
def test_counts_are_always_what_a_recount_gives(
    entries: list[en.Entry], moment: datetime.datetime, moves: list[tuple[str, int]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / FILE_NAME
        clock = Traveller(moment, moves[0][0])
        ledger = Ledger(path, clock)
        days = []
        for entry, (zone, step) in zip(entries, itertools.cycle(moves), strict=False):
            clock.zone = zoneinfo.ZoneInfo(zone)
            clock.moment += datetime.timedelta(minutes=step)
            ledger.append(entry)
            days.append(clock.wall().date().isoformat())
        kept = ledger.counts()
        ledger.close()
        assert [one.day for one in entries_of(path)] == days
        assert kept == recounted(path)
        verdict = verified(path)
        assert (verdict.entries, verdict.problem) == (len(entries), "")
        totals = Counter[str]()
        for counts in kept.values():
            totals.update(counts)
        assert totals["outcomes"] == sum(n for name, n in totals.items() if name.startswith("ended."))
        assert totals["outcomes"] == sum(n for name, n in totals.items() if name.startswith("proof."))
        assert totals["outcomes"] <= totals["visits"] == sum(isinstance(one, en.VisitStarted) for one in entries)


def test_a_visit_over_midnight_counts_each_thing_on_the_day_on_which_it_happened(path: Path) -> None:
    clock = Traveller(datetime.datetime(2026, 4, 1, 14, 59, tzinfo=datetime.UTC), "Asia/Tokyo")
    ledger = Ledger(path, clock)
    start, signed_in, *rest = plain_visit(1)
    ledger.append(start)
    ledger.append(signed_in)
    clock.moment += datetime.timedelta(minutes=2)
    for entry in rest:
        ledger.append(entry)
    assert ledger.counts() == {
        "2026-04-01": {"sign_ins": 1, "visits": 1},
        "2026-04-02": {"confirmations": 1, "ended.own_logout": 1, "outcomes": 1, "proof.revoked": 1},
    }
    ledger.close()


def test_the_hour_that_comes_twice_belongs_to_one_day_and_keeps_its_order(path: Path) -> None:
    clock = Traveller(datetime.datetime(2026, 10, 25, 0, 50, tzinfo=datetime.UTC), "Europe/London")
    ledger = Ledger(path, clock)
    ledger.append(en.VisitStarted("a"))
    clock.moment += datetime.timedelta(minutes=20)
    ledger.append(en.VisitStarted("b"))
    ledger.close()
    assert [one.at for one in entries_of(path)] == ["2026-10-25T01:50:00.000+01:00", "2026-10-25T01:10:00.000+00:00"]
    assert list(recounted(path)) == ["2026-10-25"]
    assert verified(path).sound


def test_the_visit_to_settle_is_the_last_that_was_begun_whatever_the_clock_says(path: Path) -> None:
    clock = Traveller(datetime.datetime(2026, 4, 1, 9, 0, tzinfo=datetime.UTC), "Asia/Tokyo")
    ledger = Ledger(path, clock)
    ledger.append(en.VisitStarted("first"))
    clock.moment -= datetime.timedelta(hours=3)
    ledger.append(en.VisitStarted("second"))
    assert ledger.left_over().unfinished == "second"
    ledger.close()


def test_counters_only_grow(ledger: Ledger, clock: ManualClock) -> None:
    before: dict[str, int] = {}
    for number in range(3):
        for entry in [*plain_visit(number), en.OutcomeRevised(f"{number:032x}", Proof.CLEARED)]:
            ledger.append(entry)
            after = ledger.counts()["2026-04-01"]
            assert all(after[name] >= value for name, value in before.items())
            before = after


def test_an_entry_that_is_refused_leaves_neither_an_entry_nor_a_count(ledger: Ledger, path: Path) -> None:
    for entry in plain_visit(1):
        ledger.append(entry)
    before = ledger.counts(), bodies_of(path)
    with pytest.raises(LedgerError, match="has an outcome already"):
        ledger.append(en.Outcome(f"{1:032x}", EndReason.IDLE, Proof.UNPROVEN, True, None, True, 0, 1.0))
    assert (ledger.counts(), bodies_of(path)) == before
    assert ledger.append(en.AgentRan(False, "1")) == 6
    assert verified(path).sound


def test_what_a_retry_settles_has_a_counter_of_its_own(ledger: Ledger, path: Path) -> None:
    ledger.append(en.VisitStarted("a"))
    ledger.append(en.Outcome("a", EndReason.IDLE, Proof.UNPROVEN, True, True, True, 0, 1.0))
    ledger.append(en.OutcomeRevised("a", Proof.REVOKED))
    counts = ledger.counts()["2026-04-01"]
    assert (counts["proof.unproven"], counts["revised.revoked"]) == (1, 1)
    assert "proof.revoked" not in counts
    with reading(path) as reader:
        assert reader.verify().sound


def test_residue_is_counted_by_kind_and_what_is_not_known_counts_as_left(ledger: Ledger) -> None:
    found = (Residue(ResidueKind.DOWNLOADS, 3), Residue(ResidueKind.PRINT_JOBS, 1, 2), Residue(ResidueKind.CLIPBOARD))
    unknown = (Residue(ResidueKind.PRINT_JOBS, unknown=True),)
    for visit_id, residue in (("a", found), ("b", unknown)):
        ledger.append(en.Outcome(visit_id, EndReason.IDLE, Proof.REVOKED, True, True, False, 0, 1.0, residue))
    counts = ledger.counts()["2026-04-01"]
    assert {name: value for name, value in counts.items() if name.startswith("residue")} == {
        "residue_left": 2,
        "residue_left.print_jobs": 3,
        "residue_removed.downloads": 3,
        "residue_removed.print_jobs": 1,
    }


def test_a_day_is_due_for_sending_up_to_its_last_entry(path: Path) -> None:
    clock = Traveller(datetime.datetime(2026, 4, 1, 14, 59, tzinfo=datetime.UTC), "Asia/Tokyo")
    ledger = Ledger(path, clock)
    for entry in plain_visit(1):
        ledger.append(entry)
    clock.moment += datetime.timedelta(minutes=2)
    for entry in plain_visit(2):
        ledger.append(entry)
    ledger.close()
    with contextlib.closing(sqlite3.connect(path)) as db:
        due = db.execute("SELECT day, changed_seq, acknowledged_seq FROM outbox ORDER BY day").fetchall()
    assert due == [("2026-04-01", 5, 0), ("2026-04-02", 10, 0)]


def test_a_confirmation_whose_outcome_stands_in_another_file_leaves_nothing_to_settle(ledger: Ledger) -> None:
    ledger.append(en.Confirmation("a", "K"))  # the ledger before was kept aside while the confirmation was due
    assert ledger.left_over().unfinished is None
    assert ledger.left_over().unconfirmed is None


def test_the_documentation_names_every_counter() -> None:
    text = (Path(__file__).parents[2] / "docs" / "ledger.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `([a-z_]+)(?:\.…)?(?:\.…)?`", text, re.MULTILINE))
    assert all(f"`{kind}`" in text for kind in ResidueKind)
    one_of_each = [
        *plain_visit(0),
        en.SignalNoted("a", "card_changed", "certain"),  # type: ignore[arg-type]  # only the names matter
        en.WarningGiven("a", "idle"),  # type: ignore[arg-type]
        en.WarningResponse("a", "same", "resident", 1),  # type: ignore[arg-type]
        en.ChallengeGiven("a"),
        en.ChallengeResponse("a", "same", "K"),  # type: ignore[arg-type]
        en.FormHeld("a", "name_different"),  # type: ignore[arg-type]
        en.FormDecision("a", "name_different", "same", "K"),  # type: ignore[arg-type]
        en.NavigationRefusals("a", 2),
        en.OperationDone("a", "x"),
        en.Outcome("a", EndReason.IDLE, Proof.HALF, True, True, False, 0, 1.0, (Residue(ResidueKind.CLIPBOARD, 1, 1),)),
        en.OutcomeRevised("a", Proof.REVOKED),
        en.Override("a", "ledger_full", "S"),  # type: ignore[arg-type]
        en.Incident("a", "x"),
        en.DeskHeld("a", "ledger_full"),  # type: ignore[arg-type]
        en.ForeignProgram(ForeignKind.BROWSER, ForeignFate.CLOSED, "Firefox"),
        en.PolicyTaken(7),
        en.CentralCommand(7, CentralAsks.END_VISIT, CommandResult.DONE),
        en.AgentRan(True, "1"),
        en.AgentRan(False, "1"),
    ]
    names = {name.split(".")[0] for entry in one_of_each for name in counted(entry)}
    assert names <= documented
    assert {type(entry) for entry in one_of_each} | {en.EndBegan} == set(en.AnyEntry.__args__)
    assert all(grown >= 1 for entry in one_of_each for grown in counted(entry).values())
