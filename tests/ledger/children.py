"""How tests start the other processes."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]


@contextlib.contextmanager
def child(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of :mod:`tests.ledger.other_process`; it is gone afterwards."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.ledger.other_process", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            pipe.close()


def line(process: subprocess.Popen[bytes]) -> str:
    """Its next line."""
    assert process.stdout is not None
    return process.stdout.readline().decode().strip()


def let_go(process: subprocess.Popen[bytes]) -> None:
    """End its input, and wait for its end."""
    assert process.stdin is not None
    process.stdin.close()
    process.wait()


@contextlib.contextmanager
def held(path: Path, mode: str) -> Iterator[subprocess.Popen[bytes]]:
    """The ledger held by another process."""
    with child("hold", str(path), mode) as process:
        assert line(process) == "held"
        yield process
