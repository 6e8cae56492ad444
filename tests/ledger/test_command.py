"""``kiosk-agent ledger``, as it is typed: what it prints, in both languages, and its exit status."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk_agent.clock import ManualClock
from kiosk_agent.ledger import FILE_NAME, Ledger
from tests.ledger.visits import by_hand, entries_of, plain_visit, verified, write_visits


@pytest.fixture
def written(path: Path, clock: ManualClock) -> Path:
    write_visits(path, clock, 2)
    return path


def ledger_command(
    *arguments: str | Path, language: str = "en", home: Path | None = None
) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in {"LC_ALL", "LC_MESSAGES", "LANG"}}
    environment |= {"LANGUAGE": language, "PYTHONUTF8": "1"}
    if home is not None:
        environment |= {"XDG_DATA_HOME": str(home), "LOCALAPPDATA": str(home)}
    command = [sys.executable, "-m", "kiosk_agent", "ledger", *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, encoding="utf-8", check=False)


def test_a_whole_ledger_verifies_and_its_head_is_printed(written: Path) -> None:
    done = ledger_command("verify", "--file", written)
    head = entries_of(written)[-1].digest.hex()
    assert (done.returncode, done.stdout) == (0, f"10 entries, the chain is whole.\nHead: {head}\n")


def test_the_japanese_command_line_speaks_japanese(written: Path) -> None:
    done = ledger_command("verify", "--file", written, language="ja")
    assert done.returncode == 0
    assert "10 件" in done.stdout
    assert "entries" not in done.stdout
    with by_hand(written) as db:
        db.execute("DELETE FROM entries WHERE seq = 4")
    broken = ledger_command("verify", "--file", written, language="ja")
    assert broken.returncode == 1
    assert "4 番の記録がありません" in broken.stderr
    assert any("\u3040" <= letter <= "\u30ff" for letter in broken.stderr)
    for command in ("show", "verify", "counts"):
        words = ledger_command(command, "--help", language="ja").stdout
        assert any("\u3040" <= letter <= "\u30ff" for letter in words)


def test_verify_as_json_says_the_same(written: Path) -> None:
    done = ledger_command("verify", "--json", "--file", written)
    verdict = verified(written)
    assert done.returncode == 0
    assert json.loads(done.stdout) == {
        "sound": True,
        "entries": 10,
        "head": verdict.head,
        "broken_seq": None,
        "problem": "",
    }


def test_verify_names_the_changed_entry_and_ends_with_status_1(written: Path) -> None:
    with by_hand(written) as db:
        db.execute("UPDATE entries SET body = replace(body, 'revoked', 'cleared') WHERE seq = 4")
    done = ledger_command("verify", "--file", written)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "The ledger does not hold: entry 4 was changed, or the one before it\n"
    as_json = ledger_command("verify", "--json", "--file", written)
    answer = json.loads(as_json.stdout)
    assert (as_json.returncode, answer["sound"], answer["broken_seq"]) == (1, False, 4)


def test_show_prints_a_line_for_each_entry_oldest_first(written: Path) -> None:
    done = ledger_command("show", "--file", written)
    lines = done.stdout.splitlines()
    assert done.returncode == 0
    assert [int(line.split()[0]) for line in lines] == list(range(1, 11))
    assert "2026-04-01 09:00:00" in lines[3]
    assert "Outcome" in lines[3]
    assert "proof=revoked" in lines[3]
    last = ledger_command("show", "--last", "3", "--file", written).stdout.splitlines()
    assert last == lines[-3:]
    assert ledger_command("show", "--last", "500", "--file", written).stdout.splitlines() == lines


def test_show_as_json_gives_the_entries_with_their_digests(written: Path) -> None:
    done = ledger_command("show", "--json", "--last", "2", "--file", written)
    rows = json.loads(done.stdout)["entries"]
    stored = entries_of(written)[-2:]
    assert [(row["seq"], row["digest"]) for row in rows] == [(one.seq, one.digest.hex()) for one in stored]
    assert [row["entry"]["type"] for row in rows] == ["Outcome", "Confirmation"]


@pytest.mark.parametrize("text", ["nonsense", "[1, 2]", '"a word"', "{}"])
@pytest.mark.parametrize("options", [["show"], ["show", "--json"]])
def test_show_shows_a_ledger_with_an_entry_that_nobody_can_read(written: Path, text: str, options: list[str]) -> None:
    with by_hand(written) as db:
        db.execute("UPDATE entries SET body = ? WHERE seq = 3", (text,))
    done = ledger_command(*options, "--file", written)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    if "--json" in options:
        assert [row["seq"] for row in json.loads(done.stdout)["entries"]] == list(range(1, 11))
    else:
        assert text in done.stdout or text == "{}"
        assert len(done.stdout.splitlines()) == 10


def test_counts_prints_each_days_counters(written: Path) -> None:
    done = ledger_command("counts", "--file", written)
    assert done.returncode == 0
    day, *counters = done.stdout.splitlines()
    assert day == "2026-04-01"
    assert dict(reversed(line.split()) for line in counters) == {
        "confirmations": "2",
        "ended.own_logout": "2",
        "outcomes": "2",
        "proof.revoked": "2",
        "sign_ins": "2",
        "visits": "2",
    }
    as_json = json.loads(ledger_command("counts", "--json", "--file", written).stdout)
    assert as_json["days"]["2026-04-01"]["visits"] == 2
    assert len(as_json["epoch"]) == 32


def test_without_options_the_ledger_of_the_users_data_folder_is_read(tmp_path: Path, clock: ManualClock) -> None:
    write_visits(tmp_path / "kiosk-agent" / FILE_NAME, clock, 1)
    done = ledger_command("verify", home=tmp_path)
    assert (done.returncode, done.stdout.split()[0]) == (0, "5")


def test_the_configuration_names_the_folder(tmp_path: Path, clock: ManualClock) -> None:
    write_visits(tmp_path / "data" / FILE_NAME, clock, 1)
    (tmp_path / "agent.toml").write_text('profile = "portal.toml"\n[desk]\ndata_dir = "data"\n', encoding="utf-8")
    assert ledger_command("verify", "--config", tmp_path / "agent.toml").returncode == 0
    (tmp_path / "agent.toml").write_text("profile = 3\n", encoding="utf-8")
    wrong = ledger_command("verify", "--config", tmp_path / "agent.toml")
    assert wrong.returncode == 1
    assert "agent.toml:1" in wrong.stderr


@pytest.mark.parametrize("command", ["show", "verify", "counts"])
@pytest.mark.parametrize("kind", ["missing", "empty", "a letter", "a folder", "foreign"])
def test_what_is_no_ledger_is_said_in_one_line_with_status_1(tmp_path: Path, command: str, kind: str) -> None:
    file = tmp_path / "ledger.sqlite3"
    match kind:
        case "empty":
            file.write_bytes(b"")
        case "a letter":
            file.write_text("no ledger\n" * 1000, encoding="utf-8")
        case "a folder":
            file.mkdir()
        case "foreign":
            with contextlib.closing(sqlite3.connect(file)) as db:
                db.execute("CREATE TABLE entries (a)")
    done = ledger_command(command, "--file", file)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: ")
    assert len(done.stderr.splitlines()) == 1


def test_wrong_options_end_with_status_2(written: Path) -> None:
    assert ledger_command("verify", "--nonsense").returncode == 2
    assert ledger_command("show", "--last", "0", "--file", written).returncode == 2


def test_all_commands_work_while_the_agent_writes_and_change_nothing(path: Path, clock: ManualClock) -> None:
    ledger = Ledger(path, clock)
    for entry in plain_visit(1):
        ledger.append(entry)
    before = path.read_bytes()
    for command in ("show", "verify", "counts"):
        assert ledger_command(command, "--file", path).returncode == 0
    assert path.read_bytes() == before
    assert ledger.append(plain_visit(2)[0]) == 6
    ledger.close()


@pytest.mark.parametrize("command", ["show", "verify", "counts"])
def test_a_place_that_cannot_be_looked_at_is_told(command: str) -> None:
    done = ledger_command(command, "--file", "a" * 5000)  # whoever may not enter a folder meets the same
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Error: the name is too long\n"
