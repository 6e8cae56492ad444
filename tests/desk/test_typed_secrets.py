"""What people type is nowhere in the agent: not in its memory, nor in the supervisor's, nor in anything they write.

Real keys at a whole desk with all its senses on; the memory is searched while the visit runs and afterwards.
"""

from __future__ import annotations

import base64
import contextlib
import re
import secrets
import string
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("only on Linux: it types through X11 and reads /proc", allow_module_level=True)

from Xlib import display as x_display

from kiosk_agent.hands.visit_folders import all_roots
from kiosk_agent.practice.portal import PracticePortal
from tests.cover.screen import keys
from tests.desk.conftest import MakeDesk
from tests.desk.loud_visit import CORNER
from tests.desk.test_privacy import files_of, found_in, needles, status_of
from tests.desk.whole_desk import WholeDesk, until
from tests.support.living import lives
from tests.support.logind import OURS, mock_logind
from tests.support.memory import as_base64, found_in_memory

HOTKEY = "<ctrl>+<alt>+<end>"
FIELDS = ("#user", "#password")
FEW = 6  # so many keys in a row are no chance any more


def planted() -> str:
    """Nobody else has it, no word contains it, and no letter stands in it twice in a row."""
    letters = [secrets.choice(string.ascii_lowercase)]
    while len(letters) < 14:
        letters += set(secrets.choice(string.ascii_lowercase)) - {letters[-1]}
    return "".join(letters)


def as_text(secret: str) -> list[re.Pattern[bytes]]:
    """As a program would hold it: in one piece, or as the names of its keys one after the other."""
    spellings = [secret, *(between.join(secret) for between in (" ", ",", ", ", "+", "\n", "\0"))]
    spellings += [", ".join(f"{mark}{letter}{mark}" for letter in secret) for mark in "'\""]
    spelt = [spelling.encode(encoding) for spelling in spellings for encoding in ("utf-8", "utf-16-le", "utf-32-le")]
    return [re.compile(re.escape(one)) for one in (*spelt, *as_base64(secret))]


def as_events(secret: str, display: str) -> re.Pattern[bytes]:
    """As X11 sends it: events of 32 bytes, a key's code in the second; the keys go up again in between."""
    connection = x_display.Display(display)
    codes = [connection.keysym_to_keycode(ord(letter)) for letter in secret[:FEW]]
    connection.close()
    presses = [b"\x02" + re.escape(bytes([code])) + b".{30}" for code in codes]
    return re.compile(b"(?:[\x03\x06].{31}){0,2}".join(presses), re.DOTALL)


@pytest.fixture
def desk(make_desk: MakeDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, display: str) -> Iterator[WholeDesk]:
    """With every sense on."""
    with contextlib.ExitStack() as stack:
        folder = tmp_path / "logind"
        folder.mkdir()
        logind = stack.enter_context(mock_logind(folder))
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", logind.address)
        monkeypatch.setenv("XDG_SESSION_ID", OURS)
        desk = make_desk(headless=False, hotkey=HOTKEY, os_session=True)
        until(lambda: not {"hotkey", "os_session", "input"} & set(desk.do("look")["warnings"]))
        yield desk


def type_into_the_portal(desk: WholeDesk, words: list[str]) -> None:
    """Into a form, copied, sent, and refused by the portal."""
    desk.do("press", selector="#to-sign-in")
    desk.do("see", selector=FIELDS[0])
    keys("mousemove", *CORNER, "click", "1")  # the window has the keyboard's focus
    for selector, word in zip(FIELDS, words, strict=True):
        desk.do("press", selector=selector)
        keys("type", "--delay", "20", word)
        length = f"() => document.querySelector('{selector}').value.length"
        until(lambda: desk.do("read", script=length)["answer"] == len(word))  # noqa: B023  # called at once
    desk.do("press", selector=FIELDS[0])
    keys("key", "ctrl+a", "ctrl+c")
    keys("key", "Return")


def typed_beside(desk: WholeDesk, word: str) -> None:
    """Into no field at all, and with the hotkey's keys in between."""
    keys("key", "Escape")
    keys("type", "--delay", "20", word)
    keys("key", "ctrl+alt+Home")


def test_what_is_typed_is_nowhere(desk: WholeDesk, display: str, portal: PracticePortal) -> None:
    words = [planted() for _ in range(3)]
    wanted = [pattern for word in words for pattern in (*as_text(word), as_events(word, display))]
    agent, supervisor = desk.agent_pid, desk.supervisor.pid
    desk.do("start")
    type_into_the_portal(desk, words[:2])
    typed_beside(desk, words[2])
    during = {pid: found_in_memory(pid, wanted) for pid in (agent, supervisor)}
    desk.do("goto", url=f"{portal.url}/")
    desk.do("sign_in", user="resident-a")
    desk.do("next_person")
    desk.do("wait", states=["Confirming"])
    after = {pid: found_in_memory(pid, wanted) for pid in (agent, supervisor)}
    assert (during, after) == ({agent: [], supervisor: []}, {agent: [], supervisor: []})
    said = status_of(desk, "--json") + status_of(desk)
    desk.do("confirm")
    assert written(desk, words, said) == {}


def test_what_is_typed_is_in_no_crash(desk: WholeDesk, display: str) -> None:
    """The agent is killed by a signal that makes programs dump themselves, with the visit open."""
    words = [planted() for _ in range(3)]
    desk.do("start")
    type_into_the_portal(desk, words[:2])
    typed_beside(desk, words[2])
    processes = desk.browsers()
    desk.signal_agent("SIGABRT")
    desk.connect()
    until(lambda: not any(map(lives, processes)))
    desk.do("wait", states=["Confirming", "Gate"])
    assert written(desk, words, status_of(desk, "--json") + status_of(desk)) == {}


def written(desk: WholeDesk, words: list[str], said: bytes) -> dict[str, list[bytes]]:
    """Where any of the words stands: ledger, logs, status, what is left of browsers, dumps beside the program."""
    wanted = needles(words)
    data = desk.folder / "data"
    files = [*files_of(data, *all_roots(data)), desk.folder / "log.txt", *Path.cwd().glob("core*")]
    found = {str(path): found_in(path, wanted) for path in files if path.is_file()}
    found["said"] = [one for one in wanted if one in said]
    return {where: what for where, what in found.items() if what}


HOLDER = """
import sys
kept = bytes.fromhex(sys.argv[1])[::-1] * 2
print(len(kept), flush=True)
sys.stdin.read()
"""


def holds(kept: bytes) -> subprocess.Popen[bytes]:
    """A process that has this in its memory, and was told it backwards."""
    command = [sys.executable, "-c", HOLDER, kept[::-1].hex()]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline()
    return process


@pytest.mark.parametrize("how", ["utf-8", "utf-16-le", "names", "events", "base64"])
def test_what_is_in_a_memory_is_found(how: str, display: str) -> None:
    """Otherwise the tests above say nothing."""
    word = planted()
    connection = x_display.Display(display)
    events = b"".join(
        bytes([kind, connection.keysym_to_keycode(ord(letter))]) + secrets.token_bytes(30)
        for letter in word
        for kind in (2, 3)
    )
    connection.close()
    body = f"user={word}&password=".encode()
    kept = {"names": ", ".join(map(repr, word)).encode(), "events": events, "base64": base64.b64encode(body)}
    process = holds(kept.get(how) or word.encode(how))
    try:
        found = found_in_memory(process.pid, [*as_text(word), as_events(word, display)])
    finally:
        process.communicate()
    assert found
