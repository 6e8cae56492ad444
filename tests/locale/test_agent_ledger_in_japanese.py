"""A ledger that is missing, damaged or changed is told in the language of whoever looks at it."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from pathlib import Path

from kiosk_agent.clock import ManualClock
from kiosk_agent.doctor.files import check_data_dir, check_ledger
from kiosk_agent.ledger import FILE_NAME, Ledger
from kiosk_agent.locale import translator
from kiosk_agent.session import entries as en
from tests.locale.agent_lines import KEPT, Run, assert_japanese, run_all
from tests.support.two_languages import JAPANESE, english_in

t = translator("ja")
# What somebody who can write to the file may do to it, and what `ledger verify` finds then.
CHANGED = {
    "missing_entry": "DROP TRIGGER entries_remain; DELETE FROM entries WHERE seq = 1",
    "other_text": "DROP TRIGGER entries_stay; UPDATE entries SET body = '{}' WHERE seq = 2",
    "other_day": "DROP TRIGGER entries_stay; UPDATE entries SET day = '2020-01-01' WHERE seq = 2",
    "other_visit": "DROP TRIGGER entries_stay; UPDATE entries SET visit_id = 'x' WHERE seq = 2",
    "other_counts": "INSERT INTO counts VALUES ('2020-01-01', 'visits', 3)",
    "other_tables": "CREATE TABLE more (x TEXT)",
}
DAMAGED = {
    "other_format": "PRAGMA user_version = 99",
    "no_format": "PRAGMA user_version = 0",
    "no_epoch": "DELETE FROM about",
}


def ledgers(folder: Path) -> dict[str, str]:
    """A sound ledger, and others to which something was done; paths by names."""
    sound = folder / "sound.sqlite3"
    ledger = Ledger(sound, ManualClock())
    for number in range(3):
        ledger.append(en.Incident(None, f"test_{number}", ""))
    ledger.close()
    places = {"sound": sound, "missing": folder / "missing.sqlite3", "text": folder / "text.sqlite3"}
    places["text"].write_text("no database " * 100, encoding="utf-8")
    places["empty"] = folder / "empty.sqlite3"
    places["empty"].touch()
    for name, statements in {**CHANGED, **DAMAGED}.items():
        places[name] = folder / f"{name}.sqlite3"
        shutil.copy(sound, places[name])
        with contextlib.closing(sqlite3.connect(places[name], isolation_level=None)) as db:
            db.executescript(statements)
    return {name: str(path) for name, path in places.items()}


def runs() -> list[Run]:
    none = ("missing", "text", "empty", *DAMAGED)
    found = [Run(f"ledger verify --file {{{name}}}") for name in (*none, *CHANGED)]
    return found + [Run(f"ledger {command} --file {{{none[0]}}}") for command in ("show", "counts")]


def test_what_is_wrong_with_a_ledger_is_told_in_japanese_and_in_english(tmp_path: Path) -> None:
    places = ledgers(tmp_path)
    for line, told in run_all(runs(), places, tmp_path).said.items():
        assert told.status == 1, line
        assert_japanese(told.err)
    for line, told in run_all(runs(), places, tmp_path, "en").said.items():
        assert told.status == 1, line
        assert not JAPANESE.search(told.err), line


def test_for_programs_what_is_wrong_is_in_english_in_every_language(tmp_path: Path) -> None:
    run = Run("ledger verify --json --file {missing_entry}")
    places = ledgers(tmp_path)
    told = [run_all([run], places, tmp_path, language).said[run.arguments].out for language in ("ja", "en")]
    assert told[0] == told[1]
    assert "entry 1 is missing" in told[0]


def test_the_doctor_tells_the_same_in_japanese(tmp_path: Path) -> None:
    places = ledgers(tmp_path)
    for name in ("text", "other_format", *CHANGED):
        folder = tmp_path / name
        folder.mkdir()
        shutil.copy(places[name], folder / FILE_NAME)
        looked = check_ledger(folder, t)
        assert looked.severity == "red", name
        assert_japanese(looked.detail)


def test_a_data_folder_that_cannot_be_used_is_told_in_japanese(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    looked = check_data_dir(tmp_path / "file", t)
    assert_japanese(looked.detail)
    assert english_in(looked.detail, KEPT) == []
