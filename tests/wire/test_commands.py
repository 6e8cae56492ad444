"""Commands and results are read item by item: what is wrong is refused alone."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from kiosk_agent.session.vocabulary import CentralAsks
from kiosk_agent.session.vocabulary import CommandResult as Told
from kiosk_agent.wire.commands import (
    LONGEST_VALIDITY_S,
    MOST_COMMANDS,
    Command,
    CommandKind,
    CommandResult,
    Result,
    read_commands,
    read_results,
)

GOOD: dict[str, Any] = {"id": 7, "kind": "end_visit", "valid_for_s": 60}


def answer(*commands: Any, settled: Any = ()) -> bytes:
    return json.dumps({"settled": list(settled), "commands": list(commands), "new": 1}).encode()


def test_a_command_is_read_and_what_a_later_central_adds_is_ignored() -> None:
    read = read_commands(answer({**GOOD, "later": [1]}, settled=[3]))
    assert read.commands == [Command(7, CommandKind.END_VISIT, 60)]
    assert (read.settled, read.refused) == ([3], {})


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "format_the_disk"},
        {"kind": 3},
        {"valid_for_s": -1},
        {"valid_for_s": LONGEST_VALIDITY_S + 1},
        {"valid_for_s": "60"},
        {"note": "two\nlines"},
        {"note": "x" * 201},
    ],
)
def test_a_wrong_command_is_refused_by_its_number_and_the_others_are_not(change: dict[str, Any]) -> None:
    read = read_commands(answer({**GOOD, "id": 8, **change}, GOOD))
    assert [one.id for one in read.commands] == [7]
    assert list(read.refused) == [8]


@pytest.mark.parametrize("number", [0, -1, 2**53, "7", None])
def test_a_command_without_a_number_is_left_out(number: Any) -> None:
    read = read_commands(answer({**GOOD, "id": number}, GOOD))
    assert ([one.id for one in read.commands], read.refused) == ([7], {})


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"status":"ok"}', b'{"settled":[0],"commands":[]}', answer(*[GOOD] * 21)]
)
def test_what_is_no_answer_of_centrals_is_none(body: bytes) -> None:
    assert MOST_COMMANDS == 20
    with pytest.raises(msgspec.DecodeError):
        read_commands(body)


def test_the_words_are_the_agents_own() -> None:
    assert {str(one) for one in CommandKind} == {str(one) for one in CentralAsks}
    assert {str(one) for one in Result} == {*(str(one) for one in Told), "refused"}


def test_results_are_read_one_by_one() -> None:
    good = {"id": 1, "result": "done"}
    body = {"results": [good, {"id": 2, "result": "eaten"}, {"result": "done"}, {**good, "diagnostics": {"state": 1}}]}
    read = read_results(json.dumps(body).encode())
    assert read.results == [CommandResult(1, Result.DONE)]
    assert read.refused == [2, 1]


def test_no_text_fits_into_diagnostics() -> None:
    lines = [{"code": code, "severity": "red"} for code in ("佐藤太郎", "a@b.example", "/home/sato", "a\nb")]
    good = {
        "agent_version": "1",
        "system": "Linux 6.1",
        "python": "3.11.2",
        "state": "Gate",
        "health": [],
        "senses": [],
        "entries": 1,
        "waiting_days": 0,
        "policy_revision": 0,
        "doctor": [],
    }
    for line in lines:
        result = {"id": 1, "result": "done", "diagnostics": {**good, "doctor": [line]}}
        assert read_results(json.dumps({"results": [result]}).encode()).results == []
    whole = {"id": 1, "result": "done", "diagnostics": {**good, "doctor": [{"code": "data folder", "severity": "red"}]}}
    assert len(read_results(json.dumps({"results": [whole]}).encode()).results) == 1
