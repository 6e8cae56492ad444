"""What the scheduled task starts, on Windows: its end is the desk's end, and it speaks to the event log."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from kiosk_agent.desk_start import (
    CODE,
    CODE_KEY,
    INFORMATION,
    KEY,
    STARTED,
    forget_the_code,
    start,
    to_event_log,
    told_by_the_installer,
)
from tests.windows.conftest import PATIENCE_S, Outside

# Starts an agent that says its number and lives until it is killed.
START = """
import pathlib, sys
from kiosk_agent.desk_start import start

agent = "import os, sys, threading; print(os.getpid(), file=sys.stderr, flush=True); threading.Event().wait()"
told = {"Profile": "practice", "Folder": sys.argv[1]}
say = lambda *entry: print(entry[2], flush=True)
start(told, [sys.executable, "-c", agent], pathlib.Path(sys.argv[1]), say, lambda: None)
"""


def test_whoever_ends_the_task_ends_the_desk(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", START, str(tmp_path)], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert b"The desk is guarded" in process.stdout.readline()
        agent = psutil.Process(int(process.stdout.readline()))
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE_S)
    _, alive = psutil.wait_procs([agent], timeout=PATIENCE_S)
    assert not alive


def test_the_event_log_takes_what_it_is_told() -> None:
    to_event_log(INFORMATION, STARTED, "試験")


# Enrols for real, and guards nothing.
ENROLS = (
    "import runpy, sys; sys.argv[1] == 'run' and sys.exit(0); "
    "runpy.run_module('kiosk_agent', run_name='__main__', alter_sys=True)"
)


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Writes values as the installer does; all of them are gone at the end."""
    monkeypatch.setenv("PROGRAMDATA", str(tmp_path / "ProgramData"))

    def write(key: str, name: str, value: str) -> None:
        subprocess.run(["reg", "add", rf"HKLM\{key}", "/v", name, "/d", value, "/f"], check=True, capture_output=True)

    yield write
    subprocess.run(["reg", "delete", rf"HKLM\{KEY}", "/f"], check=False, capture_output=True)


def test_the_code_goes_from_the_registry_once_the_desk_is_enrolled(
    told: Callable[..., None], outside: Outside, tmp_path: Path
) -> None:
    central = outside.ask("code")
    told(KEY, "CentralUrl", central["url"])
    told(KEY, "Profile", "practice")
    told(KEY, "Folder", str(Path("config").absolute()))
    told(CODE_KEY, CODE, central["code"])
    assert told_by_the_installer()["EnrollCode"] == central["code"]
    agent, log = [sys.executable, "-X", "utf8", "-c", ENROLS], [(0, 0, "")][:0]
    assert start(told_by_the_installer(), agent, tmp_path / "desk", lambda *one: log.append(one), forget_the_code) == 0
    assert [number for _, number, _ in log] == [STARTED]
    assert (tmp_path / "desk" / "enrolment.json").exists()
    assert "EnrollCode" not in told_by_the_installer()
    assert told_by_the_installer()["CentralUrl"] == central["url"]
