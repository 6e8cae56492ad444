"""A desk that cannot record is held and covered; with its ledger mended and a supervisor's code it works on."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from kiosk_agent.clock import SystemClock
from kiosk_agent.ledger import FILE_NAME, Ledger
from kiosk_agent.ledger.aside import kept_aside
from kiosk_agent.locale import translator
from kiosk_agent.session import entries as en
from tests.desk.conftest import MakeDesk
from tests.desk.whole_desk import ROOT, WAIT_S, WholeDesk, until
from tests.ledger.children import held, let_go
from tests.ledger.test_held_back import fill, mounted
from tests.ledger.visits import bodies_of, plain_visit, verified
from tests.support.living import lives

CODE = "open sesame 73"
UNFINISHED = "5" * 32


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def small_data_dir(tmp_path: Path) -> Iterator[Path]:
    """A data folder on a small disk of its own."""
    with mounted(tmp_path / "data", "2m") as folder:
        yield folder


def with_an_unfinished_visit(data_dir: Path) -> Path:
    """The ledger of a desk whose PC lost its power in the middle of a visit."""
    path = data_dir / FILE_NAME
    ledger = Ledger(path, SystemClock())
    for entry in [*plain_visit(1), en.VisitStarted(UNFINISHED), en.SignedIn(UNFINISHED)]:
        ledger.append(entry)
    ledger.close()
    return path


def command(*arguments: str | Path) -> dict[str, Any]:
    """What a command of the agent says, as JSON, with its exit status."""
    line = [sys.executable, "-m", "kiosk_agent", *map(str, arguments), "--json"]
    done = subprocess.run(
        line, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert done.stdout, done.stderr
    return {**json.loads(done.stdout), "exit_status": done.returncode}


def told(desk: WholeDesk, cause: str) -> None:
    """The desk is held and covered, it says why, its status as well, and only the right code has any effect."""
    assert desk.do("wait", states=["Held"])["state"] == "Held"
    desk.do("release", code="a wrong code", mark="S")
    look = said(desk, "This release code is not right.")
    assert (look["state"], look["covered"]) == ("Held", True)
    assert look["warnings"]["ledger"].startswith(f"{cause}: ")
    status = command("status", "--data-dir", desk.folder / "data")
    if not status["running"]:  # a disk that was full before the start has no room for the status file
        assert cause == "full"
        return
    assert status["state"] == "Held"
    assert {one["code"]: one["severity"] for one in status["warnings"]}["ledger"] == "red"


def doctor_says(desk: WholeDesk, code: str) -> dict[str, Any]:
    answer = command("doctor", "--config", desk.folder / "agent.toml")
    (check,) = (one for one in answer["checks"] if one["code"] == code)
    return dict(check)


def said(desk: WholeDesk, sentence: str) -> dict[str, Any]:
    """What can be seen at the desk once the cover says this."""
    limit = time.monotonic() + WAIT_S
    while translator("ja")(sentence) not in (look := desk.do("look"))["said"]:
        assert time.monotonic() < limit, look
    return look


def release(desk: WholeDesk) -> None:
    desk.do("release", code=CODE, mark="S")


def release_too_early(desk: WholeDesk, cause: str) -> None:
    """The code is right, but the ledger is not: the desk stays as it is, and says so."""
    release(desk)
    said(desk, "Nothing can be recorded yet.")
    told(desk, cause)


def works_on(desk: WholeDesk) -> None:
    """The next resident can begin, and is recorded."""
    desk.do("start")
    desk.do("sign_in", user="resident-b")
    desk.do("next_person")
    desk.do("confirm")
    assert verified(desk.folder / "data" / FILE_NAME).sound
    assert "ledger" not in desk.do("look")["warnings"]


# before the start


def test_a_desk_whose_ledger_is_held_at_the_start_settles_its_last_visit_after_the_release(
    make_desk: MakeDesk, data_dir: Path
) -> None:
    path = with_an_unfinished_visit(data_dir)
    with held(path, "everything") as holder:
        desk = make_desk(release_code=CODE)
        told(desk, "locked")
        release_too_early(desk, "locked")
        let_go(holder)
    release(desk)  # the visit that was found is ended first, and the desk is held as before
    desk.do("wait", states=["Ending"])
    release(desk)
    desk.do("wait", states=["Gate"])
    (outcome,) = (one for one in desk.entries("Outcome") if one["visit_id"] == UNFINISHED)
    assert (outcome["reason"], outcome["proof"]) == ("found_unfinished", "unproven")
    assert [one["visit_id"] for one in desk.entries("Override")] == [UNFINISHED]
    assert {one["reason"] for one in desk.entries("DeskHeld")} == {"ledger_locked"}
    works_on(desk)


def test_a_desk_whose_disk_is_full_at_the_start_begins_with_room(make_desk: MakeDesk, small_data_dir: Path) -> None:
    ballast = fill(small_data_dir)
    desk = make_desk(release_code=CODE)
    told(desk, "full")
    assert doctor_says(desk, "data folder")["severity"] == "red"
    release_too_early(desk, "full")
    ballast.unlink()
    release(desk)
    desk.do("wait", states=["Gate"])
    assert [one["reason"] for one in desk.entries("DeskHeld")] == ["ledger_full"]
    assert len(desk.entries("Override")) == 1
    works_on(desk)


def test_a_desk_whose_ledger_is_damaged_at_the_start_keeps_it_and_begins_another_after_the_release(
    make_desk: MakeDesk, data_dir: Path
) -> None:
    path = with_an_unfinished_visit(data_dir)
    torn = path.read_bytes()[:9000]
    path.write_bytes(torn)
    desk = make_desk(release_code=CODE)
    told(desk, "damaged")
    (kept,) = kept_aside(path)
    assert (data_dir / kept).read_bytes() == torn
    assert not path.exists()
    desk.signal_agent("SIGKILL")  # whoever switches the PC off and on gains nothing
    desk.connect()
    told(desk, "damaged")
    assert doctor_says(desk, "ledger")["severity"] == "red"
    release(desk)
    desk.do("wait", states=["Gate"])
    assert bodies_of(path)[0]["code"] == "ledger_damaged"
    assert [one["reason"] for one in desk.entries("DeskHeld")] == ["ledger_damaged"]
    works_on(desk)
    assert (data_dir / kept).read_bytes() == torn
    check = doctor_says(desk, "ledger")
    assert check["severity"] == "amber"
    assert kept in check["detail"]


# in the middle of a visit


def in_a_visit(desk: WholeDesk) -> list[psutil.Process]:
    """Somebody is signed in; returns the processes of the visit's browser."""
    resting = {process.pid for process in desk.browsers()}
    desk.do("start")
    desk.do("sign_in", user="resident-a")
    until(lambda: desk.entries("SignedIn") != [])  # seen is not yet recorded
    browser = [process for process in desk.browsers() if process.pid not in resting]
    assert browser
    return browser


def none_lives(processes: list[psutil.Process]) -> bool:
    return not any(lives(process) for process in processes)


def released_after_a_visit(desk: WholeDesk) -> None:
    """The end of the visit is recorded, once; the supervisor's override takes the confirmation's place."""
    release(desk)
    desk.do("wait", states=["Gate"])
    (outcome,) = desk.entries("Outcome")
    assert outcome["proof"] == "revoked"
    assert [one["visit_id"] for one in desk.entries("Override")] == [outcome["visit_id"]]
    works_on(desk)
    assert len(desk.entries("Outcome")) == 2


def test_a_ledger_that_is_held_during_a_visit_ends_it_and_records_its_end_after_the_release(
    make_desk: MakeDesk, data_dir: Path
) -> None:
    desk = make_desk(release_code=CODE)
    browser = in_a_visit(desk)
    with held(data_dir / FILE_NAME, "writing") as holder:
        desk.do("next_person")
        told(desk, "locked")
        assert none_lives(browser)
        release_too_early(desk, "locked")
        let_go(holder)
    released_after_a_visit(desk)


def test_a_disk_that_fills_up_during_a_visit_ends_it_and_records_its_end_after_the_release(
    make_desk: MakeDesk, small_data_dir: Path
) -> None:
    desk = make_desk(release_code=CODE)
    browser = in_a_visit(desk)
    ballast = fill(small_data_dir)
    desk.do("next_person")
    told(desk, "full")
    assert none_lives(browser)
    assert command("status", "--data-dir", small_data_dir)["running"]
    assert doctor_says(desk, "data folder")["severity"] == "red"
    ballast.unlink()
    released_after_a_visit(desk)


def test_a_ledger_that_is_damaged_during_a_visit_is_kept_and_the_visits_end_stands_in_a_new_one(
    make_desk: MakeDesk, data_dir: Path
) -> None:
    path = data_dir / FILE_NAME
    desk = make_desk(release_code=CODE)
    browser = in_a_visit(desk)
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("DROP TABLE counts")
    desk.do("next_person")
    desk.do("wait", states=["Held"])
    assert none_lives(browser)
    look = desk.do("look")
    (kept,) = kept_aside(path)
    assert look["covered"]
    assert kept in look["warnings"]["ledger_kept_aside"]
    status = command("status", "--data-dir", data_dir)
    assert kept in {one["code"]: one["detail"] for one in status["warnings"]}["ledger_kept_aside"]
    assert bodies_of(path)[0]["code"] == "ledger_damaged"
    (started,) = (body["visit_id"] for body in bodies_of(data_dir / kept) if body["type"] == "VisitStarted")
    assert [one["visit_id"] for one in desk.entries("Outcome")] == [started]
    released_after_a_visit(desk)
