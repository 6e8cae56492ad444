"""The server's memory in large pages."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk_agent.central import large_pages
from kiosk_agent.central.large_pages import LARGE, _allocated, use_large_pages

STATE = Path("/sys/kernel/mm/transparent_hugepage/enabled")

MAPS = """\
00400000-00800000 r-xp 00000000 08:01 1                                  /usr/bin/python3
01100000-01e00000 rw-p 00000000 00:00 0                                  [heap]
10000000-10100000 rw-p 00000000 00:00 0
20000000-20001000 ---p 00000000 00:00 0
20001000-20801000 rw-p 00000000 00:00 0
30000000-30800000 rw-p 00000000 00:00 0
40000000-40800000 rw-p 00000000 08:01 2                                  /usr/lib/a file.so
50000000-50800000 rw-s 00000000 00:01 3                                  /dev/shm/shared
60000000-60800000 rw-p 00000000 00:00 0                                  [stack]
ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]
"""


def test_what_was_allocated_is_gathered_and_nothing_else() -> None:
    """Not: code, files, shared memory, stacks of threads (behind a guard) and of the process, what is too small."""
    assert list(_allocated(MAPS.splitlines())) == [(0x1200000, 0x1E00000), (0x30000000, 0x30800000)]


PROGRAM = """
from kiosk_agent.central.large_pages import use_large_pages
def large_kb():
    return int(open("/proc/self/smaps_rollup").read().split("AnonHugePages:")[1].split()[0])
kept = [bytes(2000) for _ in range(20_000)]
before = large_kb()
asked = use_large_pages()
assert kept == [bytes(2000)] * 20_000
print(before, asked, large_kb())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="only on Linux: large pages of Windows are another thing")
def test_the_kernel_gathers_it_and_what_is_in_it_stays() -> None:
    if not STATE.exists() or "[never]" in STATE.read_text():
        pytest.skip("this kernel has large pages switched off")
    if tuple(map(int, os.uname().release.split(".")[:2])) < (6, 1):
        pytest.skip("this kernel gathers in its own time: it is older than Linux 6.1")
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    before, asked, after = map(int, done.stdout.split())
    assert asked >= 10 * LARGE
    assert before * 1024 < LARGE <= 40_000_000 // 2 < after * 1024


def test_so_it_does_where_the_process_cannot_see_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(large_pages, "MAPS", tmp_path / "maps")
    assert use_large_pages() == 0


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_elsewhere_everything_stays_as_it_is(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert use_large_pages() == 0
