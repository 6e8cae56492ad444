"""Visits as the session records them, for whoever needs a ledger with something in it."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from kiosk_agent.clock import Clock
from kiosk_agent.ledger import Ledger, LedgerReader
from kiosk_agent.ledger.reading import Recorded, Verdict
from kiosk_agent.session import entries as en
from kiosk_agent.session.residue import Residue, ResidueKind
from kiosk_agent.session.vocabulary import (
    Answer,
    Answerer,
    Check,
    EndReason,
    EndSource,
    HoldReason,
    Proof,
    Signal,
    WarningKind,
    Weight,
)


def plain_visit(number: int) -> list[en.Entry]:
    """The entries of a visit in which nothing unusual happened."""
    visit_id = f"{number:032x}"
    return [
        en.VisitStarted(visit_id),
        en.SignedIn(visit_id),
        en.EndBegan(visit_id, EndReason.OWN_LOGOUT, None),
        en.Outcome(visit_id, EndReason.OWN_LOGOUT, Proof.REVOKED, True, True, True, 0, 61.5),
        en.Confirmation(visit_id, "K"),
    ]


def write_visits(path: Path, clock: Clock, count: int) -> None:
    """A closed ledger with that many plain visits."""
    ledger = Ledger(path, clock)
    for number in range(count):
        for entry in plain_visit(number):
            ledger.append(entry)
    ledger.close()


@contextlib.contextmanager
def reading(path: Path) -> Iterator[LedgerReader]:
    reader = LedgerReader(path)
    try:
        yield reader
    finally:
        reader.close()


def verified(path: Path) -> Verdict:
    with reading(path) as reader:
        return reader.verify()


def entries_of(path: Path) -> list[Recorded]:
    with reading(path) as reader:
        return list(reader.entries())


def bodies_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(one.body) for one in entries_of(path)]


@contextlib.contextmanager
def by_hand(path: Path) -> Iterator[sqlite3.Connection]:
    """The file opened by somebody who knows SQLite, its guards against changes taken away and put back."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        guards = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in guards:
            db.execute(f"DROP TRIGGER {name}")
        yield db
        for _, text in guards:
            db.execute(text)


RESIDUE = st.builds(Residue, st.sampled_from(ResidueKind), st.integers(0, 9), st.integers(0, 9), unknown=st.booleans())


def _of_one_visit(visit_id: str) -> st.SearchStrategy[list[en.Entry]]:
    """All that may be recorded between a visit's start and its confirmation."""
    within = st.one_of(
        st.builds(en.SignalNoted, st.just(visit_id), st.sampled_from(Signal), st.sampled_from(Weight)),
        st.builds(en.WarningGiven, st.just(visit_id), st.sampled_from(WarningKind)),
        st.builds(
            en.WarningResponse, st.just(visit_id), st.sampled_from(Answer), st.sampled_from(Answerer), st.integers(0, 9)
        ),
        st.just(en.ChallengeGiven(visit_id)),
        st.builds(en.ChallengeResponse, st.just(visit_id), st.sampled_from(Answer), st.just("K")),
        st.builds(en.FormHeld, st.just(visit_id), st.sampled_from(Check)),
        st.builds(en.FormDecision, st.just(visit_id), st.sampled_from(Check), st.sampled_from(Answer), st.just("K")),
        st.builds(en.OperationDone, st.just(visit_id), st.just("bank_account")),
        st.builds(en.Incident, st.just(visit_id), st.sampled_from(["shield_lost", "residue_left"])),
    )
    outcome = st.builds(
        en.Outcome,
        st.just(visit_id),
        st.sampled_from(EndReason),
        st.sampled_from(Proof),
        st.booleans(),
        st.sampled_from([None, True, False]),
        st.booleans(),
        st.integers(0, 9),
        st.floats(0, 7200),
        st.lists(RESIDUE, max_size=3).map(tuple),
    )
    after = st.sampled_from(
        [
            [en.Confirmation(visit_id, "K")],
            [en.OutcomeRevised(visit_id, Proof.REVOKED), en.Confirmation(visit_id, "")],
            [en.DeskHeld(visit_id, HoldReason.BROWSER_STUCK), en.Override(visit_id, HoldReason.BROWSER_STUCK, "S")],
            [],
        ]
    )
    return st.builds(
        lambda signed_in, middle, refused, outcome, after: [
            en.VisitStarted(visit_id),
            *([en.SignedIn(visit_id)] if signed_in else []),
            *middle,
            *([en.NavigationRefusals(visit_id, refused)] if refused else []),
            en.EndBegan(visit_id, outcome.reason, EndSource.GATE),
            outcome,
            *after,
        ],
        st.booleans(),
        st.lists(within, max_size=4),
        st.integers(0, 5),
        outcome,
        after,
    )


@st.composite
def visit_sequences(draw: st.DrawFn) -> list[en.Entry]:
    """Some visits, one after another, with the agent's starts and stops; the last one may lack its end."""
    entries: list[en.Entry] = [en.AgentRan(began=True, version="1")]
    for number in range(draw(st.integers(0, 5))):
        entries += draw(_of_one_visit(f"{number:032x}"))
        if draw(st.booleans()):
            entries += [en.AgentRan(began=False, version="1"), en.AgentRan(began=True, version="1")]
    if draw(st.booleans()):
        entries.append(en.VisitStarted("f" * 32))
    return entries
