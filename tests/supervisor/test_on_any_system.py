"""What the supervisor promises on Windows too: it starts, hears its agent, ends with it, and takes it along."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from kiosk_agent.supervised import Settings

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60.0
PANEL = {"kind": "shield", "title": "準備しています"}
WORDS = "– ● 髙 Nguyễn"
# Beats, says who it is, waits for the end of its input or the word to stop; ends with the status that it was given.
AGENT = """
import json, os, sys, threading

def send(message):
    sys.stdout.buffer.write(json.dumps(message).encode() + b"\\n")
    sys.stdout.buffer.flush()

def beat():
    while True:
        send({"beat": 1})
        threading.Event().wait(0.2)

send({"say": {"pid": os.getpid(), "words": sys.argv[2]}})
threading.Thread(target=beat, daemon=True).start()
if sys.argv[1] != "wait":
    send({"stopping": True})
    sys.exit(int(sys.argv[1]))
for line in sys.stdin.buffer:
    if "stop" in json.loads(line):
        send({"stopping": True})
        os._exit(0)
if sys.platform == "win32":
    threading.Event().wait()  # even one that does not notice is taken along there
os._exit(4)
"""


@contextmanager
def supervisor(agent: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    settings = Settings(
        child=(sys.executable, "-c", AGENT, agent, WORDS),
        panels={"starting": PANEL, "hang": PANEL, "crash_loop": PANEL},
        headless=True,
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "kiosk_agent.supervisor", json.dumps(settings._asdict())],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE_S)


def said(process: subprocess.Popen[bytes]) -> dict[str, object]:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, process.communicate(timeout=PATIENCE_S)[1].decode(errors="replace")
    return dict(json.loads(line))


def test_it_ends_with_the_status_of_an_agent_that_stops() -> None:
    with supervisor("3") as process:
        said(process)
        assert process.wait(timeout=PATIENCE_S) == 3


def test_a_code_page_that_lacks_a_sign_takes_nothing_from_what_the_agent_says() -> None:
    with supervisor("0", PYTHONIOENCODING="cp932") as process:
        assert said(process)["words"] == WORDS
        assert process.wait(timeout=PATIENCE_S) == 0


def test_a_killed_supervisor_takes_its_agent_along() -> None:
    with supervisor("wait") as process:
        agent = psutil.Process(int(str(said(process)["pid"])))
        process.kill()
        _, alive = psutil.wait_procs([agent], timeout=PATIENCE_S)
        assert not alive
