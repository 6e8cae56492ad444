"""A file that is no sound recording is told with line, what was expected, what came and what to do."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from kiosk_agent.recording.stream import MOST_PROBLEMS, VERSION, StreamError, encode, read_parts
from kiosk_agent.replay.simulate import simulated

DAY = simulated(1, 1)[0]
HEADER = encode(DAY.header)
REAL = encode(msgspec.structs.replace(DAY.header, seed=None))
GOOD = b'{"t":1.5,"kind":"SignInSeen"}\n'


def problems(tmp_path: Path, text: bytes) -> list[tuple[int | None, str, str, str]]:
    path = tmp_path / "week.jsonl"
    path.write_bytes(text)
    with pytest.raises(StreamError) as raised:
        read_parts([path])
    assert all(one.file == str(path) and one.hint for one in raised.value.problems)
    return [(one.line, one.key, one.expected, one.found) for one in raised.value.problems]


@pytest.mark.parametrize(
    ("line", "key", "expected", "found"),
    [
        (b"{\n", "line", "one JSON object", "truncated"),
        (b"[1]\n", "line", "one JSON object", "array"),
        (b"\xff\xfe\n", "line", "one JSON object", ""),
        (b'{"t":2,"kind":"Typed"}\n', "line", "an event of version 1", "Typed"),
        (b'{"t":2}\n', "line", "an event of version 1", "kind"),
        (b'{"t":"2","kind":"SignInSeen"}\n', "line", "an event of version 1", "t"),
        (b'{"t":2,"kind":"SignInSeen","name":"x"}\n', "line", "an event of version 1", "name"),
        (b'{"t":2,"kind":"SignInSeen","word":"x"}\n', "word", "no word", "'x'"),
        (b'{"t":2,"kind":"AccountSeen"}\n', "word", '"first"', "''"),
        (b'{"t":2,"kind":"ChangeSignalled","word":"card"}\n', "word", '"card_removed"', "'card'"),
        (b'{"t":2,"kind":"SignInSeen","n":3}\n', "n", "Lost", "3"),
        (b'{"t":1.4,"kind":"SignInSeen"}\n', "t", "not before 1.5", "1.4"),
        (b'{"t":-1,"kind":"SignInSeen"}\n', "t", "seconds", "-1"),
        (b'{"t":1e99,"kind":"SignInSeen"}\n', "t", "seconds", "1e+99"),
        (b'{"t":2,"kind":"Person","n":1}\n', "kind", "notice", "Person"),
        (b'{"t":2,"kind":"SignInSeen","word":"' + b"x" * 20_000 + b'"}\n', "line", "at most", "20"),
        (b'{"format":"kiosk-agent events","version":2}\n', "version", str(VERSION), "2"),
        (b'{"format":"kiosk-agent events","version":1}\n', "header", "a header of version 1", "missing"),
        (b'{"format":"something"}\n', "format", "first line", "'something'"),
    ],
    ids=lambda value: value.decode(errors="replace")[:40] if isinstance(value, bytes) else None,
)
def test_a_wrong_line_is_named(tmp_path: Path, line: bytes, key: str, expected: str, found: str) -> None:
    ((number, wrong, was_expected, was_found),) = problems(tmp_path, REAL + GOOD + line + GOOD.replace(b"1.5", b"9"))
    assert (number, wrong) == (3, key)
    assert expected in was_expected
    assert found in was_found


@pytest.mark.parametrize("text", [b"", b"\n\n", GOOD, b"PK\x03\x04 a zip file", b"<html>"], ids=repr)
def test_what_is_no_recording_is_told_once(tmp_path: Path, text: bytes) -> None:
    assert len(problems(tmp_path, text)) == 1


def test_every_wrong_line_is_told_up_to_a_limit(tmp_path: Path) -> None:
    assert [line for line, *_ in problems(tmp_path, REAL + b"{\n" + GOOD + b"{\n")] == [2, 4]
    assert len(problems(tmp_path, REAL + b"{\n" * 1000)) == MOST_PROBLEMS


def test_a_file_that_is_not_there_and_a_folder_are_told(tmp_path: Path) -> None:
    with pytest.raises(StreamError, match=r"no\.jsonl: file: expected a readable recording, found No such file"):
        read_parts([tmp_path / "no.jsonl"])
    with pytest.raises(StreamError, match="found a folder"):
        read_parts([tmp_path])


def test_what_was_written_is_read_again_in_the_order_of_its_days(tmp_path: Path) -> None:
    week = simulated(1, 1)
    paths = []
    for number, part in enumerate(reversed(week)):
        paths.append(tmp_path / f"{number}.jsonl")
        paths[-1].write_bytes(encode(part.header) + b"".join(map(encode, part.lines)))
    assert read_parts(paths) == week
