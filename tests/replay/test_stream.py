"""A file that is no sound recording is told with line, what was expected, what came and what to do."""

from __future__ import annotations

import codecs
import json
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kiosk_agent.recording.stream import LONGEST_LINE, MOST_PROBLEMS, VERSION, StreamError, encode, read_parts
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
        (b'{"t":2,"kind":"SignInSeen","word":"' + b"x" * 20_000 + b'"}\n', "line", "at most", "longer"),
        (
            b'{"t":2,"x":' + b"[" * 4900 + b"]" * 4900 + b"}\n",
            "line",
            "one JSON object",
            "recursion",
        ),
        (b'{"t":1e400,"kind":"SignInSeen"}\n', "line", "an event of version 1", "out of range"),
        (b'{"t":2,"kind":"Lost","n":1e30}\n', "line", "an event of version 1", "n"),
        (b'{"t":NaN,"kind":"SignInSeen"}\n', "line", "one JSON object", "malformed"),
        (b'{"t":true,"kind":"SignInSeen"}\n', "line", "an event of version 1", "bool"),
        (b"null\n", "line", "one JSON object", "null"),
        (b'{"format":"kiosk-agent events","version":2}\n', "version", str(VERSION), "2"),
        (b'{"format":"kiosk-agent events","version":1}\n', "header", "a header of version 1", "missing"),
        (b'{"format":"kiosk-agent events","version":"1"}\n', "version", str(VERSION), "'1'"),
        (b'{"format":"something"}\n', "format", "first line", "'something'"),
        (b'{"format":7}\n', "format", "first line", "7"),
    ],
    ids=lambda value: value.decode(errors="replace")[:40] if isinstance(value, bytes) else None,
)
def test_a_wrong_line_is_named(tmp_path: Path, line: bytes, key: str, expected: str, found: str) -> None:
    ((number, wrong, was_expected, was_found),) = problems(tmp_path, REAL + GOOD + line + GOOD.replace(b"1.5", b"9"))
    assert (number, wrong) == (3, key)
    assert expected in was_expected
    assert found in was_found


@pytest.mark.parametrize(
    ("change", "key", "expected", "found"),
    [
        ({"began": "9999-12-31T23:00:00+09:00"}, "began", "2999", "9999"),
        ({"began": "0001-01-01T00:00:00+09:00"}, "began", "2000", "0001"),
        ({"began": "2026-04-06T09:00:00"}, "began", "offset", "2026"),
        ({"policy": {"idle_limit_s": -1}}, "policy.idle_limit_s", "not below zero", "-1"),
        ({"policy": {"max_extensions": -1}}, "policy.max_extensions", "not below zero", "-1"),
        ({"policy": {"weights": {"guess": "certain"}}}, "header", "a header", "guess"),
    ],
    ids=str,
)
def test_a_header_that_no_agent_writes_is_refused(
    tmp_path: Path, change: dict[str, Any], key: str, expected: str, found: str
) -> None:
    header = json.dumps(json.loads(REAL) | change).encode() + b"\n"
    ((number, wrong, was_expected, was_found),) = problems(tmp_path, header + GOOD)
    assert (number, wrong) == (1, key)
    assert expected in was_expected
    assert found in was_found


def test_a_line_without_an_end_is_not_read_to_its_end(tmp_path: Path) -> None:
    """A file of another kind may be one line of any length."""
    assert problems(tmp_path, REAL + GOOD.strip() * 20_000 + b"\n{\n") == [
        (2, "line", f"at most {LONGEST_LINE} bytes", "a longer one")
    ]
    if sys.platform != "win32":
        with pytest.raises(StreamError, match="a longer one"):
            read_parts([Path("/dev/zero")])


def test_the_mark_that_windows_editors_put_first_is_no_mistake_and_utf_16_is_named(tmp_path: Path) -> None:
    path = tmp_path / "week.jsonl"
    path.write_bytes(codecs.BOM_UTF8 + (REAL + GOOD).replace(b"\n", b"\r\n"))
    assert [len(part.lines) for part in read_parts([path])] == [1]
    for encoding in ("utf-16-le", "utf-16-be"):
        text = ("\ufeff" + (REAL + GOOD).decode()).encode(encoding)
        assert [one[2:] for one in problems(tmp_path, text)] == [("UTF-8", "UTF-16")]


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
