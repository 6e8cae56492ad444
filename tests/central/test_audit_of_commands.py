"""What is changed by the command line stands in the audit log, whoever typed it, and in the same transaction."""

from __future__ import annotations

import datetime
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click
import pytest
from click.testing import CliRunner

from kiosk_agent.central.cli import main
from kiosk_agent.central.database.engine import Database, sqlite_url
from kiosk_agent.central.places.schemas import Level, Place
from kiosk_agent.central.policy import service as policies
from kiosk_agent.central.staff import audit
from kiosk_agent.central.staff.schemas import Action
from kiosk_agent.clock import SystemClock
from kiosk_agent.wire.policy import Settings
from tests.central.nation import NOW, DeskOfTests, enrolled

PASSWORD = "a long enough password\n"
# What only tells, what makes the tables that the log is one of, and what begins or fills a database.
WITHOUT_AN_ENTRY = {
    *("serve", "migrate", "export", "backup", "restore"),
    *("policy show", "command list", "notice list", "alert list", "alert recipients list", "staff list", "staff audit"),
}


class Run(NamedTuple):
    """A command line, what it reads, and the action that the log tells."""

    arguments: str
    action: Action
    detail: str
    given: str = ""


RUNS = (
    Run("import municipalities {folder}/places.csv", Action.PLACES_IMPORTED, "1 municipalities of a list"),
    Run(
        "desk code --municipality 131016 --office 市民課 --new-office --count 2",
        Action.CODES_MADE,
        "2 × 131016/市民課",
    ),
    Run("import opening-hours {folder}/hours.csv", Action.HOURS_SET, "1 offices of a list"),
    Run("office hours --municipality 131016 --office 市民課 --usual", Action.HOURS_SET, "131016/市民課: usual"),
    Run("policy set nation {folder}/policy.toml --share 10 --reason x", Action.POLICY_SET, "set nation 1"),
    Run("policy widen nation 50 --reason x", Action.POLICY_SET, "widen nation 2"),
    Run("policy rollback nation --reason x --by 部長", Action.POLICY_SET, "roll_back nation 3"),
    Run("command desk 1 disable --reason x", Action.COMMAND_GIVEN, "disable desk:1 1"),
    Run("notice add nation --title x --body x --until {until}", Action.NOTICE_ADDED, "nation 1"),
    Run("notice withdraw 1", Action.NOTICE_WITHDRAWN, "1"),
    Run("alert recipients add a@example.jp --scope nation", Action.RECIPIENT_ADDED, "recipient 1: nation all"),
    Run("alert recipients remove 1", Action.RECIPIENT_REMOVED, "recipient 1"),
    Run("staff add one --role administrator --scope nation", Action.ADDED, "administrator nation", PASSWORD),
    Run("staff add two --role viewer --scope nation", Action.ADDED, "viewer nation", PASSWORD),
    Run("staff change two --role manager", Action.CHANGED, "manager nation"),
    Run("staff code two", Action.CODE_CHANGED, "set"),
    Run("staff link two a@example.jp", Action.LOGIN_SET, ""),
    Run("staff unlink two", Action.LOGIN_REMOVED, ""),
    Run("staff disable two", Action.DISABLED, ""),
)
# Tested elsewhere: what needs an alert that is there, and what fills a database with what is not.
ELSEWHERE = {"alert acknowledge", "simulate"}


def leaves(group: click.Group, above: str = "") -> Iterator[str]:
    for name, one in group.commands.items():
        called = f"{above} {name}".strip()
        if isinstance(one, click.Group):
            yield from leaves(one, called)
        else:
            yield called


def test_each_command_is_said_to_stand_in_the_log_or_not() -> None:
    named = {one for one in leaves(main) for run in RUNS if f"{run.arguments} ".startswith(f"{one} ")}
    assert set(leaves(main)) == named | WITHOUT_AN_ENTRY | ELSEWHERE


def test_each_change_by_the_command_line_stands_in_the_log(tmp_path: Path) -> None:
    (tmp_path / "places.csv").write_text("code,prefecture,municipality\n131016,東京都,千代田区\n", encoding="utf-8")
    (tmp_path / "hours.csv").write_text("code,office,hours\n131016,市民課,closed\n", encoding="utf-8")
    (tmp_path / "policy.toml").write_text("idle_limit_s = 75\n", encoding="utf-8")
    until = (SystemClock().wall() + datetime.timedelta(days=1)).isoformat()
    database = Database(sqlite_url(tmp_path / "data"))
    try:
        for number, run in enumerate(RUNS):
            if run.action is Action.COMMAND_GIVEN:
                enrolled(database, DeskOfTests("131016"))
            arguments = [
                *shlex.split(run.arguments.format(folder=tmp_path, until=until)),
                "--data",
                str(tmp_path / "data"),
            ]
            done = CliRunner().invoke(main, arguments, input=run.given, prog_name="kiosk-central")
            assert done.exit_code == 0, (number, done.stderr)
            with database.reading() as connection:
                newest = list(audit.entries(connection))[-1]
            assert (newest.action, newest.actor.split()[0]) == (run.action, "kiosk-central"), run.arguments
            assert newest.detail.startswith(run.detail), run.arguments
        assert audit.verify(database)[1] is None
    finally:
        database.close()


def test_a_policy_that_the_log_does_not_tell_of_is_not_set(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise OSError("no space left")

    policies.change(database, Place(Level.NATION), Settings(idle_limit_s=60), "tests", "x", NOW, 10)
    monkeypatch.setattr(audit, "add", fails)
    place = Place(Level.NATION)
    for change in (
        lambda: policies.change(database, place, Settings(idle_limit_s=70), "tests", "x", NOW),
        lambda: policies.widen(database, place, 50, "tests", "x", NOW),
        lambda: policies.roll_back(database, place, "tests", "x", NOW),
    ):
        with pytest.raises(OSError, match="no space left"):
            change()
    assert [one.share for one in policies.history(database, place)] == [10]
