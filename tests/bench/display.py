"""A screen and a logind for measuring."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.logind import OURS, MockLogind, mock_logind


@contextmanager
def open_display() -> Iterator[str]:
    """An X server; its name is what ``DISPLAY`` should say."""
    read_fd, write_fd = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write_fd), "-screen", "0", "1280x900x24", "-nolisten", "tcp", "-noreset"],
        pass_fds=[write_fd],
        stderr=subprocess.DEVNULL,
    )
    os.close(write_fd)
    try:
        with os.fdopen(read_fd) as answers:
            yield f":{answers.readline().strip()}"
    finally:
        server.terminate()
        server.wait()


@contextmanager
def a_logind() -> Iterator[MockLogind]:
    """The environment's system bus is the mock's."""
    with TemporaryDirectory(prefix="kiosk-bench-") as folder, mock_logind(Path(folder)) as logind:
        os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = logind.address
        os.environ["XDG_SESSION_ID"] = OURS
        yield logind
