"""The end of a server of the tests that goes on as long as its input is open."""

from __future__ import annotations

import subprocess

END_LIMIT_S = 30


def close_input(process: subprocess.Popen[str]) -> None:
    """Let it end by itself; one that does not is killed."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    try:
        process.wait(END_LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()
