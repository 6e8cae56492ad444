"""Whatever is changed, left out, put in or moved is found by the walk along the chain, which names the entry."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from pathlib import Path

import pytest

from kiosk_agent.clock import ManualClock
from kiosk_agent.errors import LedgerDamagedError
from kiosk_agent.ledger import Ledger
from kiosk_agent.ledger.chain import first_link, link
from kiosk_agent.ledger.counts import counted
from kiosk_agent.session import entries as en
from tests.ledger.visits import by_hand, entries_of, plain_visit, reading, verified, write_visits

MIDDLE = 7  # neither the first nor the last of the fifteen entries


@pytest.fixture
def three_visits(path: Path, clock: ManualClock) -> Path:
    write_visits(path, clock, 3)
    return path


def test_an_untouched_ledger_is_whole_and_its_head_is_the_last_digest(three_visits: Path) -> None:
    verdict = verified(three_visits)
    assert (verdict.entries, verdict.broken_seq, verdict.problem) == (15, None, "")
    assert verdict.head == entries_of(three_visits)[-1].digest.hex()


def test_the_digests_are_those_that_the_documented_formula_gives(three_visits: Path) -> None:
    with reading(three_visits) as reader:
        previous = hashlib.sha256(reader.epoch.encode()).digest()
        for one in reader.entries():
            text = str(one.seq).encode() + b"\n" + one.at.encode() + b"\n" + one.body.encode()
            assert one.digest == hashlib.sha256(previous + text).digest()
            previous = one.digest


def test_the_head_of_an_empty_ledger_is_what_its_first_entry_will_be_chained_to(ledger: Ledger, path: Path) -> None:
    assert verified(path).head == first_link(ledger.epoch).hex()


CHANGES = {
    "its text": "UPDATE entries SET body = replace(body, 'revoked', 'cleared') WHERE seq = 9",
    "its time": "UPDATE entries SET at = '2026-04-01T09:00:01.000+00:00' WHERE seq = 9",
    "its day": "UPDATE entries SET day = '2026-04-02' WHERE seq = 9",
    "its visit": "UPDATE entries SET visit_id = 'another' WHERE seq = 9",
    "its visit taken away": "UPDATE entries SET visit_id = NULL WHERE seq = 9",
    "its digest": "UPDATE entries SET digest = zeroblob(32) WHERE seq = 9",
    "a text that is none": "UPDATE entries SET body = CAST(x'ff00ff' AS TEXT) WHERE seq = 9",
    "left out": "DELETE FROM entries WHERE seq = 9",
}


@pytest.mark.parametrize("statement", CHANGES.values(), ids=CHANGES.keys())
def test_a_changed_entry_is_found_and_named(three_visits: Path, statement: str) -> None:
    with by_hand(three_visits) as db:
        assert db.execute(statement).rowcount == 1
    verdict = verified(three_visits)
    assert not verdict.sound
    assert "entry 9 " in str(verdict.problem)
    assert verdict.broken_seq == (10 if statement.startswith("DELETE") else 9)


def test_each_single_entry_that_is_left_out_is_found(three_visits: Path) -> None:
    for seq in range(1, 15):
        with by_hand(three_visits) as db:
            (row,) = db.execute("SELECT * FROM entries WHERE seq = ?", (seq,)).fetchall()
            db.execute("DELETE FROM entries WHERE seq = ?", (seq,))
        assert str(verified(three_visits).problem) == f"entry {seq} is missing"
        with by_hand(three_visits) as db:
            db.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)", row)
    assert verified(three_visits).sound


def test_two_entries_in_each_others_place_are_found(three_visits: Path) -> None:
    with by_hand(three_visits) as db:
        db.execute("UPDATE entries SET seq = 100 WHERE seq = 7")
        db.execute("UPDATE entries SET seq = 7 WHERE seq = 8")
        db.execute("UPDATE entries SET seq = 8 WHERE seq = 100")
    assert verified(three_visits).broken_seq == MIDDLE


def test_an_entry_put_in_between_is_found(three_visits: Path) -> None:
    with by_hand(three_visits) as db:
        for seq in range(15, 6, -1):
            db.execute("UPDATE entries SET seq = seq + 1 WHERE seq = ?", (seq,))
        db.execute("INSERT INTO entries SELECT 7, at, day, visit_id, body, digest FROM entries WHERE seq = 6")
    assert verified(three_visits).broken_seq == MIDDLE


def test_an_entry_put_before_the_first_is_found(three_visits: Path) -> None:
    with by_hand(three_visits) as db:
        db.execute("INSERT INTO entries SELECT 0, at, day, visit_id, body, digest FROM entries WHERE seq = 1")
    assert verified(three_visits).broken_seq == 0


def test_entries_cut_off_at_the_end_show_in_visits_and_counts_and_in_the_head(three_visits: Path) -> None:
    head = verified(three_visits).head
    with by_hand(three_visits) as db:
        db.execute("DELETE FROM entries WHERE seq > 10")
    verdict = verified(three_visits)
    assert str(verdict.problem) == "visits do not follow from the entries"
    assert verdict.head != head


@pytest.mark.parametrize(
    ("statement", "table"),
    [
        ("UPDATE counts SET value = value - 1 WHERE name = 'visits'", "counts"),
        ("DELETE FROM counts WHERE name = 'proof.revoked'", "counts"),
        ("UPDATE visits SET proof = 'unproven'", "visits"),
        ("DELETE FROM visits", "visits"),
    ],
)
def test_counts_and_visits_that_somebody_edited_are_found(three_visits: Path, statement: str, table: str) -> None:
    with by_hand(three_visits) as db:
        db.execute(statement)
    assert str(verified(three_visits).problem) == f"{table} do not follow from the entries"


def rechain(db: sqlite3.Connection, epoch: str) -> None:
    """What a careful forger does: every digest computed anew."""
    previous = first_link(epoch)
    for seq, at, body in db.execute("SELECT seq, at, body FROM entries ORDER BY seq").fetchall():
        previous = link(previous, seq, at, body)
        db.execute("UPDATE entries SET digest = ? WHERE seq = ?", (previous, seq))


def test_a_forger_who_computes_the_whole_chain_anew_cannot_keep_the_head(three_visits: Path) -> None:
    before = verified(three_visits)
    with reading(three_visits) as reader:
        epoch = reader.epoch
    with by_hand(three_visits) as db:
        db.execute("UPDATE entries SET body = replace(body, '61.5', '62.5') WHERE seq = 4")
        db.execute("UPDATE visits SET length_s = 62.5 WHERE visit_id = ?", (f"{0:032x}",))
        rechain(db, epoch)
    after = verified(three_visits)
    assert after.sound  # the file alone cannot tell: hence the head leaves the desk
    assert after.head != before.head


OF_THE_FIRST_VISIT = (
    "UPDATE entries SET body = (SELECT body FROM entries WHERE seq = {}), visit_id = printf('%032x', 0) WHERE seq = {}"
)


@pytest.mark.parametrize(
    ("statement", "seq"),
    [
        ('UPDATE entries SET body = \'{"type":"Unheard"}\', visit_id = NULL WHERE seq = 9', 9),
        ("UPDATE entries SET body = 'nonsense' WHERE seq = 9", 9),
        (OF_THE_FIRST_VISIT.format(1, 6), 6),
        (OF_THE_FIRST_VISIT.format(4, 9), 9),
    ],
    ids=["an unknown kind", "no JSON", "a second start", "a second outcome"],
)
def test_a_well_chained_entry_that_cannot_be_is_named(three_visits: Path, statement: str, seq: int) -> None:
    with reading(three_visits) as reader:
        epoch = reader.epoch
    with by_hand(three_visits) as db:
        db.execute(statement)
        rechain(db, epoch)
    verdict = verified(three_visits)
    assert verdict.broken_seq == seq
    assert f"entry {seq} " in str(verdict.problem)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET body = ''",
        "DELETE FROM entries WHERE seq = 3",
        "REPLACE INTO entries SELECT seq, at, day, visit_id, '', digest FROM entries WHERE seq = 3",
        "INSERT INTO entries SELECT 20, at, day, visit_id, body, digest FROM entries WHERE seq = 3",
    ],
)
def test_entries_can_neither_be_changed_nor_removed_by_accident(three_visits: Path, statement: str) -> None:
    db = sqlite3.connect(three_visits)
    with contextlib.closing(db), pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.execute(statement)
    assert verified(three_visits).sound


def test_a_ledger_whose_guards_were_taken_away_is_found_and_not_written_to(
    three_visits: Path, clock: ManualClock
) -> None:
    with contextlib.closing(sqlite3.connect(three_visits)) as db:
        db.execute("DROP TRIGGER entries_stay")
    assert "entries_stay" in str(verified(three_visits).problem)
    with pytest.raises(LedgerDamagedError, match="entries_stay"):
        Ledger(three_visits, clock)


def test_the_reader_sees_one_moment_while_the_agent_goes_on_writing(ledger: Ledger, path: Path) -> None:
    for entry in plain_visit(1):
        ledger.append(entry)
    with reading(path) as reader:
        before = reader.counts()
        for entry in plain_visit(2):
            ledger.append(entry)
        assert reader.verify().entries == 5
        assert reader.counts() == before
    assert verified(path).entries == 10


def test_every_kind_of_entry_is_known_to_the_chain_and_to_the_counts() -> None:
    quiet = {en.EndBegan}
    kinds = {kind for kind in vars(en).values() if isinstance(kind, type) and issubclass(kind, en.Entry)} - {en.Entry}
    names = set(en.AnyEntry.__args__)
    assert kinds == names
    for entry in [*plain_visit(0), en.AgentRan(True, "1"), en.Incident(None, "x"), en.NavigationRefusals("a", 3)]:
        assert (counted(entry) == {}) is (type(entry) in quiet)
        assert set(counted(entry).values()) <= ({3} if isinstance(entry, en.NavigationRefusals) else {1})
