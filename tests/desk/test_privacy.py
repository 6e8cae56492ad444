"""Whole visits with planted secrets: not one of them is in any file, log, process or answer of the agent afterwards."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from kiosk_agent.hands.visit_folders import all_roots
from kiosk_agent.ledger import FILE_NAME
from kiosk_agent.practice.portal import PracticePortal
from kiosk_agent.practice.profiles import Variant
from kiosk_agent.practice.records import PEOPLE
from kiosk_agent.practice.switches import Credentials, LogoutWay, Switches
from kiosk_agent.recording.stream import read_parts
from kiosk_agent.recording.writer import FOLDER
from tests.desk.conftest import Desks
from tests.desk.whole_desk import ROOT, WAIT_S, WholeDesk, until

USER = "resident-a"
TOKEN = secrets.token_hex(8)  # nobody else on this machine has it, and it looks the same in an address
PLANTED = f"ヒミツ{TOKEN}"
BLOCK = 1 << 20


def secrets_of_resident() -> list[str]:
    """Everything of the resident's that the portal knows or showed."""
    person = PEOPLE[USER]
    return [USER, person.password, person.name, person.kana, person.notice, TOKEN]


def needles(words: list[str]) -> list[bytes]:
    """As they would be written: UTF-8, UTF-16, and escaped for JSON."""
    encodings = ("utf-8", "utf-16-le")
    plain = [word.encode(encoding) for word in words for encoding in encodings]
    return plain + [word.encode("unicode_escape") for word in words if not word.isascii()]


def found_in(path: Path, wanted: list[bytes]) -> list[bytes]:
    """Which of ``wanted`` the file holds; it is read in overlapping blocks."""
    overlap = max(map(len, wanted))
    found: set[bytes] = set()
    try:
        file = path.open("rb")
    except OSError:
        return []  # gone meanwhile
    with file:
        tail = b""
        while block := file.read(BLOCK):
            found |= {one for one in wanted if one in tail + block}
            tail = block[-overlap:]
    return sorted(found)


def files_of(*folders: Path) -> Iterator[Path]:
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file() and not path.is_symlink():
                yield path


def changed_since(moment: float, folder: Path) -> Iterator[Path]:
    """Files directly in a shared folder, and in the folders that browsers and drivers make there."""
    for path in folder.iterdir():
        try:
            if path.name.startswith("pytest-of-") or path.stat().st_mtime < moment:
                continue
            inner = [path] if path.is_file() else list(files_of(path)) if path.name.startswith(MAKERS) else []
        except OSError:
            continue  # another program's, gone meanwhile
        yield from inner


SHARED = (Path(tempfile.gettempdir()), Path("/dev/shm"))
MAKERS = ("playwright", "kiosk", ".org.chromium", "org.chromium", "chromium", "Crashpad")


@pytest.mark.parametrize(
    ("variant", "switches"),
    [
        (Variant.PLAIN, Switches()),
        (Variant.STORAGE, Switches(credentials=Credentials.STORAGE)),
        (Variant.PLAIN, Switches(logout=LogoutWay.ERROR)),
    ],
    ids=["logged out", "token in localStorage", "logout failed"],
)
def test_nothing_of_a_resident_is_left_anywhere_after_the_visit(
    desks: Desks, portal: PracticePortal, variant: Variant, switches: Switches
) -> None:
    portal.switches = switches
    desk = desks.shared(variant=variant, policy="[recording]\nevents = true")
    moment = (desk.folder / "agent.toml").stat().st_mtime
    use_the_portal(desk, portal, scripted=variant is Variant.STORAGE)
    said = status_of(desk, "--json")
    desk.do("next_person")
    desk.do("confirm")
    said += status_of(desk, "--json") + status_of(desk)
    wanted, planted = needles(secrets_of_resident()), needles([TOKEN])
    data = desk.folder / "data"
    own = [*files_of(data, *all_roots(data)), desk.folder / "log.txt"]
    assert data / FILE_NAME in own
    assert {"StartRequested", "SignInSeen", "AccountSeen first", "ChangeSignalled next_person"} <= recorded(desk)
    shared = [path for folder in SHARED if folder.is_dir() for path in changed_since(moment, folder)]
    assert {str(path): found for path in own if (found := found_in(path, wanted))} == {}
    assert {str(path): found for path in shared if (found := found_in(path, planted))} == {}
    assert [one for one in wanted if one in said] == []
    assert [one for one in wanted if one in told_to_processes(desk)] == []


def recorded(desk: WholeDesk) -> set[str]:
    """Which kinds the recording has; it is among the files that are searched."""
    parts = read_parts(list((desk.folder / "data" / FOLDER).iterdir()))
    return {f"{line.kind} {line.word}".strip() for part in parts for line in part.lines}


def use_the_portal(desk: WholeDesk, portal: PracticePortal, *, scripted: bool) -> None:
    """Sign in, type and copy, be refused a page, keep the own data as a file: it is found while the visit runs."""
    desk.do("start")
    desk.do("sign_in", user=USER)
    desk.do("read", script=f"() => {{ document.title = {PLANTED!r}; localStorage.setItem('draft', {PLANTED!r}) }}")
    desk.do("run", script=f"() => {{ window.open('http://elsewhere.invalid/?number={PLANTED}') }}")
    if not scripted:
        desk.do("run", script="() => { location.assign('/account/statement') }")
        notice = PEOPLE[USER].notice.encode()
        until(lambda: any(found_in(path, [notice]) for path in files_of(*all_roots(desk.folder / "data"))))


def status_of(desk: WholeDesk, *form: str) -> bytes:
    """What ``kiosk-agent status`` and ``kiosk-agent ledger show`` say."""
    config = str(desk.folder / "agent.toml")
    said = b""
    places = {"status": ["--data-dir", str(desk.folder / "data")], "ledger": ["--config", config]}
    for words in (["status"], ["ledger", "show"]):
        command = [sys.executable, "-m", "kiosk_agent", *words, *form, *places[words[0]]]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=WAIT_S, check=False)
        assert b"Traceback" not in done.stderr
        assert done.stdout, done.stderr
        said += done.stdout + done.stderr
    return said


def told_to_processes(desk: WholeDesk) -> bytes:
    """Command lines and environments of everything that runs, which others on the PC could read."""
    told = b""
    for process in [psutil.Process(desk.agent_pid), *desk.browsers()]:
        try:
            told += os.fsencode("\n".join([*process.cmdline(), *process.environ().values()]))
        except psutil.Error:
            continue
    return told
