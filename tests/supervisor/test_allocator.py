"""The agent's threads share one arena of the C library: each of its own would keep what it had once."""

from __future__ import annotations

import subprocess
import sys

import pytest

# an arena of a thread is a mapping of 64 MiB, of which most cannot be read yet
COUNT = """
import ctypes, re, sys, threading
from kiosk_agent import allocator
if sys.argv[1] == "told":
    assert allocator.keep_little()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
def take():
    assert libc.malloc(1000)
for _ in range(3):
    thread = threading.Thread(target=take)
    thread.start()
    thread.join()
text = open("/proc/self/maps").read()
reserved = [int(end, 16) - int(start, 16) for start, end in re.findall(r"^(\\w+)-(\\w+) ---p 0+ 00:00 0", text, re.M)]
print(sum(size > 60 * 2**20 for size in reserved))
"""


def arenas(argument: str) -> int:
    done = subprocess.run([sys.executable, "-c", COUNT, argument], capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="only on Linux: the GNU C library's allocator")
def test_threads_get_no_arenas_of_their_own() -> None:
    assert arenas("told") == 0
    assert arenas("not told") > 0
