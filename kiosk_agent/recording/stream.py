"""The format of a stream of events, version 1: JSON lines, each a time and a kind. ``docs/tuning.md`` describes it.

A line can hold nothing but a number, a kind and one word, the last two from closed lists: so nothing of a resident, no
account, no name and no text finds its way in, whatever an event carries.
"""

from __future__ import annotations

import codecs
import datetime
import enum
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from kiosk_agent.errors import InputError, Problem
from kiosk_agent.session.policy import Policy
from kiosk_agent.session.vocabulary import Answer, Answerer, CardVerdict, Check, EndSource, Signal

FORMAT = "kiosk-agent events"
VERSION = 1
LONGEST_LINE = 10_000  # bytes; the longest is the header, of about a thousand
MOST_PROBLEMS = 20  # of a file that is no recording at all, the first ones tell enough
YEARS = (2000, 2999)  # of the header: far enough from where the calendar ends for every "t"
REMEDY = "Leave that line out, or take another file. docs/tuning.md describes the format."


class Fact(enum.StrEnum):
    """What senses notice beneath their signs: a policy decides when it becomes one."""

    CARD_OFF = "CardOff"  # the visit's card is off the reader while somebody is signed in
    CARD_BACK = "CardBack"  # a card is on it again
    PC_INPUT = "PcInput"  # somebody uses the PC, in the portal or not


class Kind(enum.StrEnum):
    """Every kind of line. Events of the session have their own name."""

    AGENT_STARTED = "AgentStarted"
    STOP_REQUESTED = "StopRequested"
    START_REQUESTED = "StartRequested"
    END_REQUESTED = "EndRequested"
    BROWSER_LOST = "VisitBrowserLost"
    PORTAL_ACTIVITY = "PortalActivity"
    SIGN_IN_SEEN = "SignInSeen"
    SIGN_OUT_SEEN = "SignOutSeen"
    ACCOUNT_SEEN = "AccountSeen"
    OPERATION_FINISHED = "OperationFinished"
    NAVIGATION_REFUSED = "NavigationRefused"
    CHANGE_SIGNALLED = "ChangeSignalled"
    WARNING_ANSWERED = "WarningAnswered"
    CHALLENGE_ANSWERED = "ChallengeAnswered"
    FORM_HELD = "FormHeld"
    CARD_CHECKED = "CardChecked"
    CARD_OFF = Fact.CARD_OFF.value
    CARD_BACK = Fact.CARD_BACK.value
    PC_INPUT = Fact.PC_INPUT.value
    LOST = "Lost"  # so many lines could not be written just before this one
    PERSON = "Person"  # simulated streams only: who is at the desk from now on; 0: nobody
    WORKER = "Worker"  # simulated streams only: whether the support worker is free


class Seen(enum.StrEnum):
    """An account, compared within the visit."""

    FIRST = "first"
    SAME = "same"
    OTHER = "other"


# The one word that a line of each kind may have; kinds that are not named have none.
WORDS: dict[Kind, frozenset[str]] = {
    Kind.END_REQUESTED: frozenset(EndSource),
    Kind.BROWSER_LOST: frozenset({"closed", "crashed"}),
    Kind.ACCOUNT_SEEN: frozenset(Seen),
    Kind.CHANGE_SIGNALLED: frozenset(Signal),
    Kind.WARNING_ANSWERED: frozenset(f"{answer}/{by}" for answer in Answer for by in Answerer),
    Kind.CHALLENGE_ANSWERED: frozenset(
        [*Answer, *(f"{answer}/{check}" for answer in Answer for check in Check)]  # the second: about a form
    ),
    Kind.FORM_HELD: frozenset(Check),
    Kind.CARD_CHECKED: frozenset(CardVerdict),
    Kind.WORKER: frozenset({"free", "busy"}),
}
COUNTED = frozenset({Kind.LOST, Kind.PERSON})
TRUTH = frozenset({Kind.PERSON, Kind.WORKER})


class Line(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One line. ``t``: seconds since the header. ``word``: see WORDS. ``n``: of the kinds in COUNTED."""

    t: float
    kind: Kind
    word: str = ""
    n: int = 0


class Header(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first line of a stream, and of each further part of it: an agent was started.

    ``began``: local wall time. ``policy``: under which it was recorded. ``seed`` is not None in simulated streams.
    """

    format: str
    version: int
    agent: str
    began: datetime.datetime
    policy: Policy
    seed: int | None = None


class Part(msgspec.Struct, frozen=True):
    """What one agent recorded, from its start on."""

    header: Header
    lines: tuple[Line, ...]


class StreamError(InputError):
    """A recorded stream is missing, unreadable or wrong."""


def encode(value: Header | Line) -> bytes:
    """A line of the file, with its end."""
    return msgspec.json.encode(value) + b"\n"


def read_parts(paths: list[Path]) -> list[Part]:
    """The streams of all files, in the order of their time. Raises StreamError with what is wrong in any of them."""
    problems: list[Problem] = []
    parts = [part for path in paths for part in _parts(path, problems)]
    if problems:
        raise StreamError(problems)
    return sorted(parts, key=lambda part: part.header.began)


def _parts(path: Path, problems: list[Problem]) -> Iterator[Part]:
    header: Header | None = None
    lines: list[Line] = []
    found = len(problems)
    try:
        with path.open("rb") as file:
            for number, raw in enumerate(_lines_of(file), start=1):
                if len(problems) - found >= MOST_PROBLEMS:
                    return
                if not raw.strip():
                    continue
                try:
                    read = _read(raw, header, lines[-1].t if lines else 0.0)
                except _WrongLineError as error:
                    problems.append(Problem(str(path), number, error.key, error.expected, error.found, error.hint))
                    if header is None or len(raw) > LONGEST_LINE:
                        return  # it is another kind of file
                    continue
                if isinstance(read, Line):
                    lines.append(read)
                    continue
                if header is not None:
                    yield Part(header, tuple(lines))
                header, lines = read, []
    except OSError as error:
        reason, hint = error.strerror or str(error), "Check the path."
        if os.path.isdir(path):  # noqa: PTH112 - pathlib's own raises for what may not be looked at
            reason, hint = (
                "a folder",
                "In a folder, recordings end with .jsonl: there is none in it.",
            )
        problems.append(Problem(str(path), None, "file", "a readable recording", reason, hint))
        return
    if header is None:
        problems.append(Problem(str(path), None, "file", "a recording", "an empty file", "Take another file."))
    else:
        yield Part(header, tuple(lines))


def _lines_of(file: BinaryIO) -> Iterator[bytes]:
    """The lines, none of them read further than to where it is too long. Without the mark that editors put first."""
    raw = file.readline(LONGEST_LINE + 1).removeprefix(codecs.BOM_UTF8)
    while raw:
        yield raw
        raw = file.readline(LONGEST_LINE + 1)


class _WrongLineError(Exception):
    def __init__(self, key: str, expected: str, found: str, hint: str = REMEDY) -> None:
        super().__init__(f"{key}: expected {expected}, found {found}")
        self.key, self.expected, self.found, self.hint = key, expected, found, hint


class _Any(msgspec.Struct):
    """What every header of every version has. Whatever stands there is told as what was found."""

    format: Any = None
    version: Any = None


def _read(raw: bytes, header: Header | None, before_s: float) -> Header | Line:
    if len(raw) > LONGEST_LINE:
        raise _WrongLineError("line", f"at most {LONGEST_LINE} bytes", "a longer one")
    if header is None and raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise _WrongLineError("file", "UTF-8", "UTF-16", "Save it as UTF-8, or take the file that the agent wrote.")
    try:
        start = msgspec.json.decode(raw, type=_Any)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        hint = "It was cut off, or is no recording. " + REMEDY
        raise _WrongLineError("line", "one JSON object", str(error), hint) from error
    if start.format is not None or header is None:
        return _read_header(raw, start)
    return _read_line(raw, header, before_s)


def _read_header(raw: bytes, start: _Any) -> Header:
    if start.format != FORMAT:
        found = "no header" if start.format is None else repr(start.format)[:100]
        raise _WrongLineError("format", f"{FORMAT!r} in the first line", found, "Is it the right file?")
    if start.version != VERSION:
        hint = "It was recorded by another version of the agent: replay it with that one."
        raise _WrongLineError("version", str(VERSION), repr(start.version)[:100], hint)
    try:
        header = msgspec.json.decode(raw, type=Header)
    except msgspec.ValidationError as error:
        raise _WrongLineError("header", "a header of version 1", str(error)) from error
    first, last = YEARS
    if header.began.tzinfo is None or not first <= header.began.year <= last:
        raise _WrongLineError("began", f"a time from {first} to {last} with its offset from UTC", str(header.began))
    limits = msgspec.structs.asdict(header.policy)
    if wrong := next((name for name, value in limits.items() if isinstance(value, float | int) and value < 0), None):
        raise _WrongLineError(f"policy.{wrong}", "a number that is not below zero", f"{limits[wrong]:g}")
    return header


def _read_line(raw: bytes, header: Header, before_s: float) -> Line:
    try:
        line = msgspec.json.decode(raw, type=Line)
    except msgspec.ValidationError as error:
        raise _WrongLineError("line", "an event of version 1", str(error)) from error
    words = WORDS.get(line.kind, frozenset())
    if (line.word or words) and line.word not in words:
        expected = "one of " + ", ".join(f'"{word}"' for word in sorted(words)) if words else "no word"
        raise _WrongLineError("word", expected, repr(line.word))
    if line.n < 0 or (line.n and line.kind not in COUNTED):
        raise _WrongLineError("n", "a count, of " + " or ".join(sorted(COUNTED)), str(line.n))
    if line.kind in TRUTH and header.seed is None:
        raise _WrongLineError("kind", "something that a desk can notice", f"{line.kind} outside a simulated stream")
    if not before_s <= line.t < 10**9:
        raise _WrongLineError("t", f"seconds since the header, not before {before_s:g}", f"{line.t:g}")
    return line
