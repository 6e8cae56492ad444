"""Work that may hang is waited for so long and no longer, and what it says comes back."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from kiosk_agent.hands.bounded import within

ENDS = """
import asyncio, threading
from kiosk_agent.hands.bounded import within

async def main():
    try:
        await within(0.05, threading.Event().wait, "hangs")
    except TimeoutError:
        print("given up")

asyncio.run(main())
"""


async def test_what_it_returns_comes_back() -> None:
    assert await within(30.0, lambda: 4711, "counts") == 4711


async def test_what_it_raises_comes_back() -> None:
    def fails() -> None:
        raise LookupError("nothing there")

    with pytest.raises(LookupError, match="nothing there"):
        await within(30.0, fails, "fails")


async def test_what_hangs_is_given_up() -> None:
    release = threading.Event()
    try:
        with pytest.raises(TimeoutError):
            await within(0.05, release.wait, "hangs")
    finally:
        release.set()


def test_what_hangs_does_not_keep_the_program_from_ending() -> None:
    done = subprocess.run([sys.executable, "-c", ENDS], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "given up\n"
