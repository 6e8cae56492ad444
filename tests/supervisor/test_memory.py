"""The agent's threads share one arena of the C library, and it leaves alone what its desk has no use for."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from kiosk_agent import app, memory
from kiosk_agent.hands.runner import Watchers
from kiosk_agent.session.vocabulary import StateName

# an arena of a thread is a mapping of 64 MiB, of which most cannot be read yet
COUNT = """
import ctypes, re, sys, threading
from kiosk_agent import memory
if sys.argv[1] == "told":
    assert memory.keep_little()
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


HOLES = """
import re, sys
from kiosk_agent import memory
def resident_mib():
    return int(re.search(r"^VmRSS:\\s+(\\d+)", open("/proc/self/status").read(), re.M)[1]) / 1024
memory.keep_little()
blocks = [bytearray(1000) for _ in range(40_000)]
kept = blocks[::100]  # nothing of the end of the heap can go by itself
del blocks
before = resident_mib()
if sys.argv[1] == "told":
    memory.give_back()
print(before - resident_mib())
"""


def arenas(argument: str) -> int:
    done = subprocess.run([sys.executable, "-c", COUNT, argument], capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="only on Linux: the GNU C library's allocator")
def test_threads_get_no_arenas_of_their_own() -> None:
    assert arenas("told") == 0
    assert arenas("not told") > 0


def test_a_desk_without_a_central_loads_no_tls_and_could_still() -> None:
    script = """
import sys
from kiosk_agent.memory import import_asyncio_without_tls
import_asyncio_without_tls()
import kiosk_agent.app
print(sorted({"ssl", "_ssl"} & set(sys.modules)))
import ssl
print(ssl.create_default_context().verify_mode.name)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["[]", "CERT_REQUIRED"]


@pytest.mark.skipif(sys.platform != "linux", reason="only on Linux: the GNU C library's allocator")
def test_holes_between_what_is_kept_are_given_back() -> None:
    gone = {}
    for argument in ("told", "not told"):
        done = subprocess.run([sys.executable, "-c", HOLES, argument], capture_output=True, text=True, check=True)
        gone[argument] = float(done.stdout)
    assert gone["told"] > 20 > gone["not told"]


@pytest.mark.skipif(sys.platform != "linux", reason="only on Linux: an X library is named by its file")
def test_the_supervisor_leaves_alone_what_only_a_search_for_libraries_needs() -> None:
    script = (
        "import sys, kiosk_agent.cover.window; print(sorted({'ctypes.util', 'tempfile', 'shutil'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_agent_gives_back_where_nobody_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    happened: list[str] = []
    monkeypatch.setattr(memory, "give_back", lambda: happened.append("given back"))
    lifeline: Any = SimpleNamespace(hello={})
    told = app.surroundings(lifeline, Watchers(state_changed=lambda state: happened.append(state.value))).watchers
    for state in (StateName.GATE, StateName.OPEN, StateName.SIGNED_IN, StateName.ENDING):
        told.state_changed(state)
    assert happened == ["Gate", "given back", "Open", "SignedIn", "given back", "Ending"]
