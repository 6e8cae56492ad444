"""What central's staff have desks do: given once, not too late, and what came of it is kept."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kiosk_agent.central.commands import service
from kiosk_agent.central.commands.cli import KINDS
from kiosk_agent.central.commands.schemas import VALID_FOR_S
from kiosk_agent.central.database.engine import Database, sqlite_url
from kiosk_agent.central.database.migrate import migrate
from kiosk_agent.central.desks.service import hash_of
from kiosk_agent.central.ingest.service import take_reports
from kiosk_agent.errors import CentralError
from kiosk_agent.wire.commands import (
    MOST_COMMANDS,
    Command,
    CommandKind,
    CommandResult,
    CommandsAnswer,
    ReadResults,
    Result,
)
from tests.central.nation import NOW, DeskOfTests, enrolled
from tests.central.serving import JSON, bearer, body, command
from tests.central.world import World

WHO, WHY = "課長", "席を離れた"


@pytest.fixture
def desk(database: Database) -> DeskOfTests:
    return enrolled(database, DeskOfTests("131016"))


def give(database: Database, desk: DeskOfTests, kind: CommandKind = CommandKind.END_VISIT, **more: Any) -> int:
    return service.give(database, desk.id, kind, WHO, WHY, NOW, **more)


def ask(database: Database, desk: DeskOfTests, *results: CommandResult, after_s: float = 0.0) -> CommandsAnswer:
    now = NOW + datetime.timedelta(seconds=after_s)
    answer = service.exchange(database, hash_of(desk.token), ReadResults(list(results), []), now)
    assert answer is not None
    return answer


def test_a_command_is_given_until_its_result_has_come_and_then_never_again(
    database: Database, desk: DeskOfTests
) -> None:
    other = enrolled(database, DeskOfTests("131016"))
    number = give(database, desk, CommandKind.CLOSE_DESK, note="点検中")
    given = [Command(number, CommandKind.CLOSE_DESK, 7 * 86_400, "点検中")]
    assert ask(database, other).commands == []
    assert [ask(database, desk).commands for _ in range(2)] == [given, given]
    assert service.history(database, desk.id, 9)[0].fetched_at_ms is not None
    done = CommandResult(number, Result.DONE)
    for _ in range(2):  # the first answer may be lost
        assert ask(database, desk, done) == CommandsAnswer([number], [])
    (kept,) = service.history(database, desk.id, 9)
    assert (kept.result, kept.made_by, kept.reason, kept.municipality_code) == ("done", WHO, WHY, "131016")


def test_each_desk_is_given_its_own_commands_alone(database: Database, desk: DeskOfTests) -> None:
    other = enrolled(database, DeskOfTests("131016"))
    numbers = {one.token: give(database, one, kind) for one, kind in ((desk, CommandKind.END_VISIT),
                                                                     (other, CommandKind.CLOSE_DESK))}  # fmt: skip
    for one in (desk, other):
        assert [command.id for command in ask(database, one).commands] == [numbers[one.token]]


def test_the_oldest_command_comes_first_and_is_fetched_once(database: Database, desk: DeskOfTests) -> None:
    numbers = [give(database, desk, CommandKind.CLOSE_DESK), give(database, desk, CommandKind.OPEN_DESK)]
    for after_s in (0, 10):
        assert [one.id for one in ask(database, desk, after_s=after_s).commands] == numbers
    assert {one.fetched_at_ms for one in service.history(database, desk.id, 9)} == {NOW.timestamp() * 1000}


def test_a_result_that_cannot_be_read_is_not_asked_for_again_when_nothing_waits(
    database: Database, desk: DeskOfTests
) -> None:
    number = give(database, desk)
    late = NOW + datetime.timedelta(seconds=300)
    answer = service.exchange(database, hash_of(desk.token), ReadResults([], [number]), late)
    assert answer == CommandsAnswer([number], [])
    assert service.history(database, desk.id, 9)[0].result == "failed"


def test_it_holds_for_as_long_as_was_said_and_not_a_moment_longer(database: Database, desk: DeskOfTests) -> None:
    give(database, desk)
    assert [one.valid_for_s for one in ask(database, desk, after_s=299).commands] == [1]
    assert ask(database, desk, after_s=300).commands == []
    assert ask(database, desk, CommandResult(99_999, Result.DONE), after_s=300).commands == []
    (kept,) = service.history(database, desk.id, 9)
    assert service.standing(kept, NOW + datetime.timedelta(seconds=300)) == "fetched"
    give(database, desk, valid_for_s=60)
    late = NOW + datetime.timedelta(seconds=60)
    assert [service.standing(one, late) for one in service.history(database, desk.id, 9)] == ["expired", "fetched"]
    assert [service.standing(one, NOW) for one in service.history(database, desk.id, 9)] == ["waiting", "fetched"]


def test_the_first_word_about_a_command_stands_and_no_desk_speaks_for_another(
    database: Database, desk: DeskOfTests
) -> None:
    other = enrolled(database, DeskOfTests("131024"))
    number = give(database, desk)
    assert ask(database, other, CommandResult(number, Result.DONE)).settled == [number]
    assert len(ask(database, desk).commands) == 1
    ask(database, desk, CommandResult(number, Result.NOTHING_TO_DO))
    ask(database, desk, CommandResult(number, Result.FAILED), CommandResult(99_999, Result.DONE))
    assert [one.result for one in service.history(database, desk.id, 9)] == ["nothing_to_do"]


def test_a_result_that_cannot_be_read_is_not_asked_for_again(database: Database, desk: DeskOfTests) -> None:
    number = give(database, desk)
    answer = service.exchange(database, hash_of(desk.token), ReadResults([], [number]), NOW)
    assert answer == CommandsAnswer([number], [])
    assert [one.result for one in service.history(database, desk.id, 9)] == ["failed"]


def test_what_cannot_be_given_is_told_and_kept_nowhere(database: Database, desk: DeskOfTests) -> None:
    end = CommandKind.END_VISIT
    for told, act in (
        ("who", lambda: service.give(database, desk.id, end, " ", WHY, NOW)),
        ("why", lambda: service.give(database, desk.id, end, WHO, "x" * 201, NOW)),
        ("no desk 999", lambda: service.give(database, 999, end, WHO, WHY, NOW)),
        ("at most 30 minutes", lambda: give(database, desk, valid_for_s=31 * 60)),
        ("one line", lambda: give(database, desk, note="a\nb")),
    ):
        with pytest.raises(CentralError, match=told):
            act()
    assert service.history(database, desk.id, 9) == []
    for _ in range(MOST_COMMANDS):
        give(database, desk)
    with pytest.raises(CentralError, match="wait for this desk already"):
        give(database, desk)
    with pytest.raises(CentralError, match="no desk 999"):
        service.history(database, 999, 9)


def test_every_kind_has_a_word_and_a_validity() -> None:
    assert set(KINDS.values()) == set(VALID_FOR_S) == set(CommandKind)


async def test_a_desk_learns_with_its_report_that_something_is_to_be_done(world: World) -> None:
    desk, other = enrolled(world.database, DeskOfTests("131016")), enrolled(world.database, DeskOfTests("131016"))
    number = give(world.database, desk)
    waiting = [(await world.report(one, body(one.report()))).json()["commands_waiting"] for one in (desk, other)]
    assert waiting == [True, False]
    got = await world.client.post("/v1/commands", content=b"{}", headers={**JSON, **bearer(desk)})
    assert (got.status_code, got.headers["cache-control"]) == (200, "no-store")
    assert got.json() == {
        "settled": [],
        "commands": [{"id": number, "kind": "end_visit", "valid_for_s": 300.0, "note": ""}],
    }
    result = {"results": [{"id": number, "result": "done"}]}
    got = await world.client.post("/v1/commands", content=json.dumps(result).encode(), headers={**JSON, **bearer(desk)})
    assert got.json() == {"settled": [number], "commands": []}
    assert not (await world.report(desk, body(desk.report()))).json()["commands_waiting"]
    give(world.database, desk)
    world.clock.advance(300)
    assert not (await world.report(desk, body(desk.report()))).json()["commands_waiting"]


def test_of_a_group_of_reports_only_that_desk_is_told_for_which_something_waits(
    database: Database, desk: DeskOfTests
) -> None:
    other = enrolled(database, DeskOfTests("131016"))
    give(database, desk)
    answers = take_reports(database, [one.arrived(one.report()) for one in (other, desk)])
    assert [one.commands_waiting for one in answers if one is not None] == [False, True]


async def test_only_a_desk_is_given_commands(world: World) -> None:
    for headers, content, status in (
        ({}, b"{}", 401),
        ({"Authorization": "Bearer nobody"}, b"{}", 401),
        (bearer(enrolled(world.database, DeskOfTests("131016"))), b"[]", 400),
    ):
        got = await world.client.post("/v1/commands", content=content, headers={**JSON, **headers})
        assert got.status_code == status


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    done = command("command", *arguments, "--data", str(folder))
    return done.returncode, done.stdout + done.stderr


def test_at_the_command_line(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    reason = ("--reason", WHY, "--by", WHO)
    assert "no desk 1" in run(folder, "desk", "1", "end-visit", *reason)[1]
    database = Database(sqlite_url(folder))
    desk = enrolled(database, DeskOfTests("131016"))
    number = str(desk.id)
    assert run(folder, "desk", number, "diagnostics", *reason) == (0, "Command 1.\n")
    assert run(folder, "desk", number, "disable", *reason, "--note", "点検中", "--valid-minutes", "5")[0] == 0
    assert "at most 30 minutes" in run(folder, "desk", number, "end-visit", *reason, "--valid-minutes", "31")[1]
    assert run(folder, "desk", number, "explode", *reason)[0] == 2
    from tests.report.test_commands import DIAGNOSTICS

    done = CommandResult(1, Result.DONE, DIAGNOSTICS)
    assert service.exchange(database, hash_of(desk.token), ReadResults([done], []), NOW) is not None
    database.close()
    status, out = run(folder, "list", number, "--diagnostics")
    assert status == 0
    newest, oldest, told = out.splitlines()
    assert newest.startswith("2  20")
    assert "  disable  " in newest
    assert oldest.endswith(f"  diagnostics  done  {WHO}  {WHY}")
    assert msgspec.json.decode(told.strip(), type=type(DIAGNOSTICS)) == DIAGNOSTICS


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_list_says_how_a_command_stands_in_the_words_that_programs_read(tmp_path: Path, language: str) -> None:
    database = Database(sqlite_url(tmp_path))
    try:
        migrate(database)
        enrolled(database, DeskOfTests("131016"))
        service.give(database, 1, CommandKind.END_VISIT, "tests", "x", NOW, valid_for_s=60)
        done = command("command", "list", "1", "--data", str(tmp_path), LANGUAGE=language)
        assert done.stdout.split()[2:4] == ["end-visit", "expired"]
        with pytest.raises(CentralError, match=r"^disable holds for at most 43200 minutes, not 99999\."):
            service.give(database, 1, CommandKind.CLOSE_DESK, "tests", "x", NOW, valid_for_s=99999 * 60)
    finally:
        database.close()
