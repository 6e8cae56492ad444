"""What a process has in its memory: all that it can write to, as a dump of it would hold."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from io import FileIO
from pathlib import Path

import pytest

BLOCK = 4 << 20
OVERLAP = 1 << 13  # longer than anything that is searched for


def memory_of(pid: int) -> Iterator[bytes]:
    """In overlapping blocks. Skips the test where this machine lets nobody look."""
    maps = Path(f"/proc/{pid}/maps").read_text(encoding="utf-8", errors="replace")
    try:
        with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
            for line in maps.splitlines():
                found = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
                if found is not None:
                    yield from _blocks(memory, int(found[1], 16), int(found[2], 16))
    except PermissionError:
        pytest.skip("this machine lets nobody read another process' memory (kernel.yama.ptrace_scope)")


def _blocks(memory: FileIO, at: int, end: int) -> Iterator[bytes]:
    while at < end:
        try:
            memory.seek(at)
            block = memory.read(min(BLOCK, end - at))
        except OSError:
            return  # a device's, or gone meanwhile
        if not block:
            return
        yield block
        at = end if at + len(block) >= end else at + max(len(block) - OVERLAP, 1)


def found_in_memory(pid: int, patterns: Iterable[re.Pattern[bytes]]) -> list[bytes]:
    """Which of the patterns its memory holds."""
    left = set(patterns)
    for block in memory_of(pid):
        left -= {pattern for pattern in left if pattern.search(block)}
    return sorted(pattern.pattern for pattern in set(patterns) - left)


def as_base64(secret: str) -> list[bytes]:
    """As one program tells another what was sent: somewhere within more, so it may begin at any of three places."""
    alone = ((before, base64.b64encode(b"x" * before + secret.encode())) for before in range(3))
    return [encoded[4 if before else 0 : -4] for before, encoded in alone]
