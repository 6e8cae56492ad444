"""Server processes as an office would start them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec

from kiosk_agent.wire import v1
from tests.central.nation import DeskOfTests

COMMAND = [sys.executable, "-m", "kiosk_agent.central"]
JSON = {"Content-Type": "application/json"}


def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", "LANGUAGE": "en", **environment},
    )


class Server:
    """One process of ``kiosk-central serve``; ``url`` is where it listens."""

    def __init__(self, database_url: str, log: Path, *options: str) -> None:
        self._log = log.open("w")
        self.process = subprocess.Popen(
            [*COMMAND, "serve", "--port", "0", "--database", database_url, *options],
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("kiosk-central: http://"), line + log.read_text()
        self.url = line.split()[1]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """Ends as a service manager would end it; returns the exit status."""
        self.process.terminate()
        status = self.process.wait(timeout=30)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self._log.close()
        return status


def bearer(desk: DeskOfTests) -> dict[str, str]:
    return {**JSON, "Authorization": f"Bearer {desk.token}"}


def body(report: v1.Report, **changes: Any) -> bytes:
    return msgspec.json.encode({**msgspec.to_builtins(report), **changes})
