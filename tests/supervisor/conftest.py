"""A real supervisor with a small agent, and a loud page that nobody may see under the cover."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kiosk_agent.process_tree import ProcessMark, kill_all, mark_of
from kiosk_agent.supervised import Settings

ROOT = Path(__file__).parents[2]
CHILD = Path(__file__).with_name("child.py")
PATIENCE_S = 60.0  # two busy cores; every wait ends as soon as what it waits for has happened

PANELS: dict[str, dict[str, Any]] = {
    "starting": {"kind": "shield", "title": "準備しています"},
    "hang": {
        "kind": "hang",
        "title": "安全を確認しています",
        "lines": ["しばらくお待ちください。"],
        "tone": "warning",
    },
    "crash_loop": {"kind": "hang", "title": "この窓口は閉鎖中です", "tone": "error"},
}


class SupervisedDesk:
    """A supervisor process, what its agent says, and a pipe to tell the agent what to do."""

    def __init__(self, folder: Path, supervisor: str = "kiosk_agent.supervisor", **options: Any) -> None:
        self.pipe = folder / "orders"
        os.mkfifo(self.pipe)
        settings = Settings(
            child=(sys.executable, str(CHILD), str(self.pipe)),
            panels=PANELS,
            **{"hang_limit_s": 1.5, "stop_limit_s": 3.0, **options},
        )
        self.process = subprocess.Popen(
            [sys.executable, "-m", supervisor, json.dumps(settings._asdict())],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        self.said: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self.complaints: list[str] = []
        self._agents: list[ProcessMark] = []
        self._threads = [
            threading.Thread(target=self._read_said, daemon=True),
            threading.Thread(target=self._read_complaints, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def _read_said(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.put(json.loads(line))

    def _read_complaints(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.complaints.append(line.rstrip())

    def order(self, line: str) -> None:
        with self.pipe.open("w") as pipe:
            pipe.write(line + "\n")

    def hear(self, key: str) -> dict[str, Any]:
        """The next thing the agent says about ``key``."""
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                message = self.said.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"the agent never said {key!r}; supervisor: {self.complaints}") from None
            if "up" in message and (mark := mark_of(message["up"])) is not None:
                self._agents.append(mark)
            if key in message:
                return message

    def end(self) -> None:
        """End everything, also a supervisor that the test has stopped."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            try:
                self.process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for thread in self._threads:
            thread.join(timeout=10)
        if any(thread.is_alive() for thread in self._threads):  # somebody still holds the other end of the pipes
            left = kill_all(self._agents, PATIENCE_S)
            raise AssertionError(f"an agent outlived its supervisor; it was killed, but for {left}")
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self.process.stdout.close()
        self.process.stderr.close()


@pytest.fixture
def desk(tmp_path: Path, display: str) -> Iterator[Callable[..., SupervisedDesk]]:
    """Start a supervised desk; options are those of :class:`Settings`, and which program is the supervisor."""
    desks: list[SupervisedDesk] = []

    def start(**options: Any) -> SupervisedDesk:
        folder = tmp_path / f"desk-{len(desks)}"
        folder.mkdir()
        desks.append(SupervisedDesk(folder, **options))
        return desks[-1]

    yield start
    for one in desks:
        one.end()


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Wait, generously, for something that no event tells."""
    until = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > until:
            raise AssertionError(f"never happened: {what}")
        time.sleep(0.02)
