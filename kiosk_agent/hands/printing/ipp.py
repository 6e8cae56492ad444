"""The little of the Internet Printing Protocol that it takes to find jobs and to cancel them (RFC 8010, RFC 8011)."""

from __future__ import annotations

import enum
import struct
from collections.abc import Iterator, Mapping, Sequence

import msgspec

VERSION = (2, 0)
REQUEST_ID = 1  # one request at a time on a connection
OPERATION_GROUP, END = 0x01, 0x03
DELIMITERS = range(0x10)  # tags below this begin a group
JOB_GROUP = 0x02
INTEGERS = frozenset({0x21, 0x23})  # integer, enum

Value = bool | int | str


class MessageError(ValueError):
    """What came is no answer of a print server."""


class Operation(enum.IntEnum):
    """What is asked for (RFC 8011, 5.4.15)."""

    CANCEL_JOB = 0x0008
    GET_JOBS = 0x000A


class Tag(enum.IntEnum):
    """How a value is written (RFC 8010, 3.5.2)."""

    BOOLEAN = 0x22
    NAME = 0x42
    KEYWORD = 0x44
    URI = 0x45
    CHARSET = 0x47
    LANGUAGE = 0x48


class Answer(msgspec.Struct, frozen=True):
    """``jobs``: the attributes of each job that the answer tells of, the whole numbers among them only."""

    status: int
    jobs: tuple[Mapping[str, int], ...]

    @property
    def is_ok(self) -> bool:
        """Whether it was done (RFC 8011, appendix B)."""
        return self.status < 0x0100


def request(operation: Operation, attributes: Sequence[tuple[Tag, str, Value | Sequence[str]]]) -> bytes:
    """A request with its operation attributes, the two that each must begin with put first."""
    first: list[tuple[Tag, str, Value]] = [
        (Tag.CHARSET, "attributes-charset", "utf-8"),
        (Tag.LANGUAGE, "attributes-natural-language", "en"),
    ]
    written = bytearray(struct.pack(">BBHI", *VERSION, operation, REQUEST_ID))
    written.append(OPERATION_GROUP)
    for tag, name, value in (*first, *attributes):
        several = [value] if isinstance(value, str | int) else value
        for index, one in enumerate(several):
            written += _attribute(tag, name if index == 0 else "", one)
    written.append(END)
    return bytes(written)


def _attribute(tag: Tag, name: str, value: Value) -> bytes:
    key = name.encode()
    content = struct.pack(">?", value) if tag is Tag.BOOLEAN else str(value).encode()
    return struct.pack(">BH", tag, len(key)) + key + struct.pack(">H", len(content)) + content


def answer(message: bytes) -> Answer:
    """Read an answer. Raises MessageError."""
    try:
        _major, _minor, status, _request = struct.unpack_from(">BBHI", message)
        jobs = tuple(_jobs(message))
    except struct.error as error:
        raise MessageError("it is cut short") from error
    return Answer(status, jobs)


def _jobs(message: bytes) -> Iterator[dict[str, int]]:
    at = 8
    job: dict[str, int] | None = None
    while True:
        (tag,) = struct.unpack_from(">B", message, at)
        at += 1
        if tag in DELIMITERS:
            if job is not None:
                yield job
            if tag == END:
                return
            job = {} if tag == JOB_GROUP else None
            continue
        name, at = _text(message, at)
        value, at = _text(message, at)
        if job is not None and name and tag in INTEGERS:  # of several values the first one
            (job[name.decode(errors="replace")],) = struct.unpack(">i", value)


def _text(message: bytes, at: int) -> tuple[bytes, int]:
    (length,) = struct.unpack_from(">H", message, at)
    end = at + 2 + length
    if end > len(message):
        raise MessageError("it is cut short")
    return message[at + 2 : end], end
