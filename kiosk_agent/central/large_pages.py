"""The server's memory in large pages, where Linux has them to give.

A server that takes three hundred reports a second touches some ten pages of 4 KiB for each. Where the machine is a
virtual one, each of them that was not touched lately is looked up anew by its host, which took more time here than all
else about a report. In pages of 2 MiB the same memory is a few dozen of them.
"""

from __future__ import annotations

import ctypes
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

LARGE = 2 * 1024 * 1024  # bytes, on x86-64 and on ARM with small pages of 4 KiB
MADV_HUGEPAGE = 14  # of madvise(2)
MADV_COLLAPSE = 25  # since Linux 6.1; before, the kernel gathers by itself what was advised, in its own time
MAPS = Path("/proc/self/maps")
MAPPING = re.compile(r"([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ \S+ (\d+) *(.*)")


def use_large_pages() -> int:
    """Gather what the process has allocated until now in large pages; says how many bytes were asked for.

    What is allocated later stays in small pages until it is called again. Other systems, a kernel that has large pages
    switched off, and a container without /proc leave everything as it is.
    """
    if not sys.platform.startswith("linux"):
        return 0
    try:
        maps = MAPS.read_text().splitlines()
    except OSError:
        return 0
    madvise = ctypes.CDLL(None).madvise
    asked = 0
    for start, end in _allocated(maps):
        place, size = ctypes.c_void_p(start), ctypes.c_size_t(end - start)
        if madvise(place, size, MADV_HUGEPAGE) == 0:
            madvise(place, size, MADV_COLLAPSE)
            asked += end - start
    return asked


def _allocated(maps: Iterable[str]) -> Iterator[tuple[int, int]]:
    """The large pages, from and to, that lie in what was allocated; threads' stacks, each behind a guard, are not."""
    guarded = 0  # where the last mapping ended, if nobody may touch it
    for line in maps:
        found = MAPPING.fullmatch(line)
        if found is None:
            continue
        start, end, rights, file, name = int(found[1], 16), int(found[2], 16), *found.group(3, 4, 5)
        if rights == "rw-p" and file == "0" and name in ("", "[heap]") and start != guarded:
            first, last = -(-start // LARGE) * LARGE, end // LARGE * LARGE
            if first < last:
                yield first, last
        guarded = end if rights == "---p" else 0
