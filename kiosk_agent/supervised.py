"""What a supervisor is told about the agent it runs, and what it knows of the one that is running."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Mapping
from typing import Any, NamedTuple

from kiosk_agent.cover.panel import Panel
from kiosk_agent.process_tree import ProcessMark


class Settings(NamedTuple):
    """What a supervisor is told. ``panels``: ``starting``, ``hang`` and ``crash_loop`` as JSON, already translated.

    ``hang_limit_s``: without heartbeat before the agent is killed. ``start_limit_s``: before its first one; imports
    and a cold browser on an old disk. ``stop_limit_s``: for an orderly end, in which a visit is logged out and
    proved. ``crash_limit``: losses within a minute after which people are told to call for help.
    ``scale`` of the cover's text; None: what the desktop is set to. ``data_dir``: where the lock is; None: no lock.
    """

    child: tuple[str, ...]
    panels: Mapping[str, Mapping[str, Any]]
    hang_limit_s: float = 5.0
    start_limit_s: float = 60.0
    stop_limit_s: float = 75.0
    crash_limit: int = 5
    headless: bool = False
    scale: float | None = None
    data_dir: str | None = None


class Child:
    """One agent process and what it has told us."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        mark: ProcessMark | None,
        started_s: float,
        beat_s: float,
        limit_s: float,
        *,
        lost: bool = False,
    ) -> None:
        self.process = process
        self.mark = mark
        self.started_s = started_s
        self.beat_s = beat_s
        self.limit_s = limit_s
        self.browser: ProcessMark | None = None
        self.stopping = False
        self.lost = lost
        self.hang: Panel | None = None
        self.over = threading.Event()  # the process has ended
        self.lock = threading.Lock()
