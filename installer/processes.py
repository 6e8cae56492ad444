"""Running the programs that do the set-up's work."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

from installer.messages import SetupError, text


def shown(command: Sequence[str]) -> str:
    """The command as a person would type it."""
    return subprocess.list2cmdline(command) if sys.platform == "win32" else shlex.join(command)


def run(command: Sequence[str], *, cwd: Path | None = None, environment: dict[str, str] | None = None) -> None:
    """Run to the end, everything it prints on the error stream. Never asks: it has no input. Raises SetupError."""
    status = _status(command, cwd, environment)
    if status != 0:
        raise SetupError(text("command failed", command=shown(command), status=status))


def works(command: Sequence[str], *, cwd: Path | None = None, environment: dict[str, str] | None = None) -> bool:
    """As :func:`run`, for what may fail: returns whether it ended well."""
    return _status(command, cwd, environment) == 0


def works_quietly(command: Sequence[str]) -> bool:
    """As :func:`works`, for chatty programs: what they print is shown only where they fail."""
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",  # a program need not speak the terminal's code page
        check=False,
    )
    if done.returncode != 0:
        print(done.stdout, file=sys.stderr)
    return done.returncode == 0


def answer(command: Sequence[str]) -> str | None:
    """What a command prints, stripped; None where it is missing, fails or takes over a minute."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _status(command: Sequence[str], cwd: Path | None, environment: dict[str, str] | None) -> int:
    sys.stderr.flush()
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr.fileno(),
            cwd=cwd,
            env={**os.environ, **(environment or {})},
        )
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        return 127
    try:
        return process.wait()
    except BaseException:
        # Whoever is interrupted takes along what it started; five seconds are pip's own time to tidy up.
        process.terminate()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        raise


class Interrupted(BaseException):
    """Somebody ended the set-up from outside."""


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """SIGTERM and SIGHUP arrive as :class:`Interrupted`, so that they tidy up as Ctrl+C does."""

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        raise Interrupted(signal.Signals(number).name)

    names = [name for name in ("SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)]
    before = {name: signal.signal(getattr(signal, name), stop) for name in names}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)
