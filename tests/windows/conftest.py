"""These tests run with a Windows Python, under Wine or on a PC: ``python3 installer/bootstrap.py test --windows``."""

from __future__ import annotations

import json
import os
import sys
import time
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

collect_ignore_glob = [] if sys.platform == "win32" else ["test_*.py"]  # Linux has no such calls to be tested

FROZEN = "KIOSK_AGENT_TESTS_FROZEN"  # the folder that PyInstaller has made; making it takes minutes under Wine
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


def wait_until(condition: Callable[[], object], what: str) -> None:
    """Wait, generously, for something that no event tells."""
    until = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until, f"never happened: {what}"
        time.sleep(0.05)
