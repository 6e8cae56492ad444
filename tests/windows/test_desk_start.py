"""What the scheduled task starts, on Windows: its end is the desk's end, and it speaks to the event log."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil

from kiosk_agent.desk_start import INFORMATION, STARTED, to_event_log
from tests.windows.conftest import PATIENCE_S

# Starts an agent that says its number and lives until it is killed.
START = """
import pathlib, sys
from kiosk_agent.desk_start import start

agent = "import os, sys, threading; print(os.getpid(), file=sys.stderr, flush=True); threading.Event().wait()"
told = {"Profile": "practice", "Folder": sys.argv[1]}
start(told, [sys.executable, "-c", agent], pathlib.Path(sys.argv[1]), lambda *entry: print(entry[2], flush=True))
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
