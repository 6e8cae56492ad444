"""``kiosk-agent replay``: what it prints, for people and for programs, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from kiosk_agent.cli.replay import command
from kiosk_agent.recording.stream import Line, encode, read_parts
from kiosk_agent.replay.simulate import simulated
from kiosk_agent.session.policy import Preset


def replay(*arguments: str | Path) -> Result:
    return CliRunner().invoke(command, [str(one) for one in arguments])


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """A folder with two days as a desk would have recorded them."""
    folder = tmp_path / "events"
    folder.mkdir()
    for day in simulated(1, 5)[:2]:
        header = msgspec.structs.replace(day.header, seed=None)
        lines = [line for line in day.lines if line.kind not in ("Person", "Worker")]
        lines = [Line(0.0, kind=day.lines[0].kind.LOST, n=4), *lines]
        path = folder / f"{day.header.began:%Y-%m-%d}.jsonl"
        path.write_bytes(encode(header) + b"".join(map(encode, lines)))
    return folder


def test_a_recorded_week_stands_beside_every_preset(recorded: Path) -> None:
    answer = json.loads(replay(recorded, "--json").output)
    assert answer["simulated"] is False
    assert list(answer["outcomes"]) == ["recorded", *Preset]
    own, standard = answer["outcomes"]["recorded"], answer["outcomes"]["standard"]
    assert own == standard  # it was recorded under that one
    assert (own["days"], own["truth"], own["lost"]) == (2, None, 8)
    strict = answer["outcomes"]["strict"]
    assert strict["met"]["challenges"] > own["met"]["challenges"]
    assert sum(met["warnings"] for met in strict["hours"].values()) == strict["met"]["warnings"]


def test_a_day_that_is_named_twice_counts_once(recorded: Path) -> None:
    day = recorded / "2026-04-06.jsonl"
    once = json.loads(replay(recorded, "--json").output)
    assert json.loads(replay(recorded, day, recorded / ".." / recorded.name, "--json").output) == once


def test_people_read_it_side_by_side_by_day_and_by_hour(recorded: Path) -> None:
    shown = replay(recorded, "--preset", "lenient")
    assert shown.exit_code == 0
    heads = shown.output.splitlines()[0].split()
    assert heads[-1] == "lenient"
    for wanted in ("2026-04-06", "2026-04-07", "09:00", "10:00", "own_logout", "8"):
        assert wanted in shown.output


def test_the_other_policy_may_be_a_desks_configuration(recorded: Path, tmp_path: Path) -> None:
    config = tmp_path / "agent.toml"
    config.write_text('profile = "p.toml"\n[policy]\ngap_s = 900\nidle_limit_s = 900\n', encoding="utf-8")
    answer = json.loads(replay(recorded, "--policy", config, "--json").output)
    assert list(answer["outcomes"]) == ["recorded", "agent.toml"]
    own, other = answer["outcomes"].values()
    assert other["met"]["warnings"] < own["met"]["warnings"] / 4
    config.write_text('profile = "p.toml"\n[policy]\nwarning_s = 3\n', encoding="utf-8")
    refused = replay(recorded, "--policy", config)
    assert refused.exit_code == 1
    assert "policy.warning_s" in refused.output


def test_simulated_weeks_are_written_and_replayed_with_what_was_right(tmp_path: Path) -> None:
    file = tmp_path / "week.jsonl"
    assert replay("--simulate", "1", "--seed", "5", "--write", file).exit_code == 0
    assert read_parts([file]) == simulated(1, 5)
    read = json.loads(replay(file, "--preset", "standard", "--json").output)["outcomes"]["standard"]
    made = json.loads(replay("--simulate", "1", "--seed", "5", "--preset", "standard", "--json").output)
    assert made == {"simulated": True, "outcomes": {"standard": read}}
    assert read["truth"]["exposed_s"] / 5 == pytest.approx(read["exposed_s_per_day"])
    assert read["false_alarms_per_day"] > 1
    again = replay("--simulate", "1", "--write", file)
    assert again.exit_code == 1
    assert str(file) in again.output


def test_a_simulated_week_says_so(tmp_path: Path) -> None:
    first = replay("--simulate", "1", "--preset", "lenient").output.splitlines()[0]
    assert first in ("Simulated: nothing here was measured at a desk.", "模擬データです。窓口での実測ではありません。")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["week.jsonl", "--simulate", "1"],
        ["--simulate", "1", "--preset", "strict", "--policy", "agent.toml"],
        ["week.jsonl", "--seed", "1"],
        ["week.jsonl", "--write", "x"],
        ["--simulate", "0"],
        ["--simulate", "53"],
        ["week.jsonl", "--preset", "stern"],
    ],
    ids=" ".join,
)
def test_what_cannot_be_meant_is_refused(arguments: list[str]) -> None:
    assert replay(*arguments).exit_code == 2


def test_a_broken_file_is_told_with_its_line(tmp_path: Path, recorded: Path) -> None:
    file = recorded / "2026-04-06.jsonl"
    with file.open("ab") as end:
        end.write(b'{"t":1e6,"kind":"Nonsense"}\n')
    number = file.read_bytes().count(b"\n")
    refused = replay(recorded)
    assert refused.exit_code == 1
    assert f"2026-04-06.jsonl:{number}: line: expected an event of version 1" in refused.output
    assert replay(tmp_path / "nothing.jsonl").exit_code == 1


def test_a_place_that_cannot_be_looked_at_is_told() -> None:
    done = replay("a" * 5000)
    assert done.exit_code == 1
    assert isinstance(done.exception, SystemExit)
    assert "File name too long" in done.output
