"""Whether a process still runs."""

from __future__ import annotations

import psutil


def lives(process: psutil.Process) -> bool:
    """Whether it still runs; a zombie does nothing any more, and one that ends between two questions is gone."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
