"""These tests run with a Windows Python, under Wine or on a PC: ``python3 installer/bootstrap.py test --windows``."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

collect_ignore_glob = [] if sys.platform == "win32" else ["test_*.py"]  # Linux has no such calls to be tested

FROZEN = "KIOSK_AGENT_TESTS_FROZEN"  # the folder that PyInstaller has made; making it takes a minute or two under Wine
if not os.environ.get(FROZEN):
    collect_ignore_glob.append("test_frozen.py")

PATIENCE_S = 60.0


class Outside:
    """The door to Linux (outside.py): who is at the mouse, takes pictures, and runs central."""

    def __init__(self, port: str, key: str) -> None:
        self._url, self._key = f"http://127.0.0.1:{port}/", key

    def ask(self, what: str, *words: str) -> Any:
        body = json.dumps({"what": what, "with": words}).encode()
        request = urllib.request.Request(self._url, body, {"Authorization": self._key})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=PATIENCE_S) as reply:
            answer = json.load(reply)
        assert "error" not in answer, answer
        return answer["answer"]


@pytest.fixture(scope="session")
def outside() -> Outside:
    port, key = os.environ.get("KIOSK_AGENT_TESTS_DOOR"), os.environ.get("KIOSK_AGENT_TESTS_DOOR_KEY")
    if not port or not key:
        pytest.skip("nobody outside works the mouse: start it with `bootstrap.py test --windows`")
    return Outside(port, key)


class Tasks:
    """The scheduled tasks of the stand-in for ``schtasks`` (schtasks.c)."""

    folder = Path("C:\\tasks")

    def of(self, name: str = "kiosk-agent") -> str | None:
        """What the task does, as it was given; None where there is none of that name."""
        file = self.folder / f"{name}.xml"
        return file.read_text(encoding="utf-16") if file.exists() else None

    def asked(self) -> list[str]:
        """The command lines since the last call."""
        notes = self.folder / "asked.txt"
        lines = notes.read_text(encoding="ascii").splitlines() if notes.exists() else []
        notes.unlink(missing_ok=True)
        return lines


@pytest.fixture
def tasks(outside: Outside) -> Iterator[Tasks]:
    """Wine's own ``schtasks`` takes a file on an idle machine, and no other word: another program takes its place."""
    # native: what lies there, and not what Wine brings; a variable would not reach the processes of this one
    override = ["reg", "add", r"HKCU\Software\Wine\DllOverrides", "/v", "schtasks.exe", "/d", "native", "/f"]
    subprocess.run(override, check=True, capture_output=True)
    program = Path(os.environ["SYSTEMROOT"]) / "System32" / "schtasks.exe"
    wines = program.read_bytes()
    shutil.rmtree(Tasks.folder, ignore_errors=True)
    program.unlink()
    try:
        program.write_bytes(Path(outside.ask("schtasks")).read_bytes())
        yield Tasks()
    finally:
        program.unlink(missing_ok=True)
        program.write_bytes(wines)
        forget = ["reg", "delete", override[2], "/v", "schtasks.exe", "/f"]
        subprocess.run(forget, check=True, capture_output=True)
        shutil.rmtree(Tasks.folder, ignore_errors=True)


def wait_until(condition: Callable[[], object], what: str) -> None:
    """Wait, generously, for something that no event tells."""
    until = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until, f"never happened: {what}"
        time.sleep(0.05)
