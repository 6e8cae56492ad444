"""What a running agent says of itself, in a file that ``kiosk-agent status`` reads. Nothing of a resident is in it."""

from __future__ import annotations

import contextlib
import datetime
import os
from pathlib import Path
from typing import Annotated

import msgspec
import psutil

from kiosk_agent.health import HealthWarning
from kiosk_agent.report.state import CentralState
from kiosk_agent.sensors.sense import SenseStatus

FILE_NAME = "status.json"
BLOCK_BYTES = 4096  # what a file takes up in any case; the rest is blanks


class Status(msgspec.Struct, frozen=True):
    """``state`` is a StateName; ``started`` is the agent's start, ``changed`` the last change of state or health."""

    pid: Annotated[int, msgspec.Meta(ge=1)]
    pid_created: float  # of the process, so that a recycled pid is not taken for the agent
    version: str
    desk: str
    state: str
    started: datetime.datetime
    changed: datetime.datetime
    headless: bool
    warnings: tuple[HealthWarning, ...] = ()
    senses: tuple[SenseStatus, ...] = ()
    central: CentralState | None = None  # None where nothing is reported


def write_status(data_dir: Path, status: Status) -> None:
    """Replace the status file in one step, so that a reader never sees half of it. Raises OSError.

    On a full disk it is written over instead, in the room that it has: the desk is held then, and must say so.
    """
    path = data_dir / FILE_NAME
    fresh = path.with_suffix(".new")
    text = msgspec.json.encode(status)
    text = text.ljust(-(-len(text) // BLOCK_BYTES) * BLOCK_BYTES)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text)
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        with path.open("r+b") as file:
            file.write(text)
            file.truncate()


def remove_status(data_dir: Path) -> None:
    """The agent stopped in good order."""
    with contextlib.suppress(FileNotFoundError):
        (data_dir / FILE_NAME).unlink()


def read_status(data_dir: Path) -> Status | None:
    """The running agent's status; None where no agent has left one.

    Raises OSError, and ValueError on a foreign file, such as another version's.
    """
    try:
        data = (data_dir / FILE_NAME).read_bytes()
    except FileNotFoundError:
        return None
    return msgspec.json.decode(data, type=Status)


def is_alive(status: Status) -> bool:
    """Whether the process that wrote ``status`` still runs."""
    try:
        return abs(psutil.Process(status.pid).create_time() - status.pid_created) < 1.0
    except psutil.Error:
        return False
