"""What the ledger says of visits: how a session begins after whatever happened, and what nothing can better later."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import msgspec
import pytest

from kiosk_agent.clock import ManualClock
from kiosk_agent.ledger import Ledger
from kiosk_agent.session import entries as en
from kiosk_agent.session import events as ev
from kiosk_agent.session.residue import Residue, ResidueKind
from kiosk_agent.session.vocabulary import EndReason, HoldReason, Proof
from tests.ledger.visits import plain_visit

VISIT = "a" * 32


def ended(proof: Proof, *, saw_sign_in: bool = True, residue_clean: bool = True) -> en.Outcome:
    return en.Outcome(VISIT, EndReason.IDLE, proof, saw_sign_in, True, residue_clean, 2, 61.5)


def unconfirmed(proof: Proof, *, residue_clean: bool = True) -> ev.AgentStarted:
    return ev.AgentStarted(
        unconfirmed=VISIT,
        unconfirmed_reason=EndReason.IDLE,
        unconfirmed_proof=proof,
        unconfirmed_residue_clean=residue_clean,
    )


FOUND = (Residue(ResidueKind.DOWNLOADS, 2), Residue(ResidueKind.PRINT_JOBS, 0, 1, unknown=True))
STARTED, SIGNED_IN = en.VisitStarted(VISIT), en.SignedIn(VISIT)
BEGINNINGS: dict[str, tuple[list[en.Entry], ev.AgentStarted]] = {
    "nothing": ([], ev.AgentStarted()),
    "a visit without sign-in": ([STARTED], ev.AgentStarted(unfinished=VISIT, unfinished_saw_sign_in=False)),
    "a visit with one": ([STARTED, SIGNED_IN], ev.AgentStarted(unfinished=VISIT, unfinished_saw_sign_in=True)),
    "a sign-in whose start stands in another file": (
        [SIGNED_IN],
        ev.AgentStarted(unfinished=VISIT, unfinished_saw_sign_in=True),
    ),
    "an outcome": ([STARTED, SIGNED_IN, ended(Proof.HALF)], unconfirmed(Proof.HALF)),
    "an outcome with something left on the PC": (
        [STARTED, SIGNED_IN, ended(Proof.REVOKED, residue_clean=False)],
        unconfirmed(Proof.REVOKED, residue_clean=False),
    ),
    "an outcome that says what was removed and what stays": (
        [STARTED, SIGNED_IN, msgspec.structs.replace(ended(Proof.REVOKED, residue_clean=False), residue=FOUND)],
        msgspec.structs.replace(unconfirmed(Proof.REVOKED, residue_clean=False), unconfirmed_residue=FOUND),
    ),
    "a revised outcome": (
        [STARTED, SIGNED_IN, ended(Proof.UNPROVEN), en.OutcomeRevised(VISIT, Proof.CLEARED)],
        unconfirmed(Proof.CLEARED),
    ),
    "a confirmation": ([STARTED, ended(Proof.NOT_NEEDED), en.Confirmation(VISIT, "K")], ev.AgentStarted()),
    "an override in its place": (
        [STARTED, ended(Proof.UNPROVEN), en.Override(VISIT, HoldReason.BROWSER_STUCK, "S")],
        ev.AgentStarted(),
    ),
    "an override before any visit": ([en.Override(None, HoldReason.LEDGER_FULL, "S"), STARTED],
                                     ev.AgentStarted(unfinished=VISIT, unfinished_saw_sign_in=False)),
}  # fmt: skip


@pytest.mark.parametrize(("entries", "beginning"), BEGINNINGS.values(), ids=BEGINNINGS.keys())
def test_the_session_begins_with_what_the_last_visit_still_lacks(
    ledger: Ledger, entries: list[en.Entry], beginning: ev.AgentStarted
) -> None:
    for entry in [*plain_visit(1), *entries]:
        ledger.append(entry)
    assert ledger.left_over() == beginning


def row_of(path: Path) -> tuple[object, ...]:
    with contextlib.closing(sqlite3.connect(path)) as db:
        (row,) = db.execute("SELECT * FROM visits WHERE visit_id = ?", (VISIT,)).fetchall()
        return tuple(row)


@pytest.mark.parametrize("proof", [Proof.REVOKED, Proof.CLEARED, Proof.HALF, Proof.NOT_NEEDED])
def test_only_what_was_left_open_can_be_settled_later(ledger: Ledger, path: Path, proof: Proof) -> None:
    for entry in [STARTED, SIGNED_IN, ended(proof)]:
        ledger.append(entry)
    before = row_of(path)
    ledger.append(en.OutcomeRevised(VISIT, Proof.CLEARED if proof is Proof.REVOKED else Proof.REVOKED))
    assert row_of(path) == before


@pytest.mark.parametrize(
    "second", [en.Confirmation(VISIT, "L"), en.Override(VISIT, HoldReason.LEDGER_FULL, "S")], ids=["again", "override"]
)
def test_the_first_confirmation_stands(ledger: Ledger, path: Path, second: en.Entry) -> None:
    for entry in [STARTED, ended(Proof.NOT_NEEDED), en.Confirmation(VISIT, "K")]:
        ledger.append(entry)
    before = row_of(path)
    ledger.append(second)
    assert row_of(path) == before
    assert before[-2:] == ("confirmed", "K")


def test_an_override_is_never_told_as_a_confirmation(ledger: Ledger, path: Path) -> None:
    for entry in [STARTED, ended(Proof.UNPROVEN), en.Override(VISIT, HoldReason.LEDGER_FULL, "S")]:
        ledger.append(entry)
    assert row_of(path)[-2:] == ("override", "S")


def test_a_sign_in_that_only_the_outcome_knows_of_is_not_forgotten(ledger: Ledger, path: Path) -> None:
    """It may have been seen while the visit ended; and one that was recorded is not taken back."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        for entries in ([STARTED, ended(Proof.UNPROVEN)], [en.VisitStarted("b" * 32), en.SignedIn("b" * 32)]):
            for entry in entries:
                ledger.append(entry)
        lost = en.Outcome("b" * 32, EndReason.IDLE, Proof.UNPROVEN, False, None, True, 0, 1.0)
        ledger.append(lost)
        assert db.execute("SELECT saw_sign_in FROM visits").fetchall() == [(1,), (1,)]


def test_a_visits_beginning_is_known(ledger: Ledger, clock: ManualClock) -> None:
    assert ledger.started_at(VISIT) is None
    ledger.append(STARTED)
    assert ledger.started_at(VISIT) == clock.wall()
