"""Where the agent keeps its files."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def default_data_dir() -> Path:
    """The user's own data folder: ``%LOCALAPPDATA%/kiosk-agent``, or ``$XDG_DATA_HOME/kiosk-agent``."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA")
        return (Path(base) if base else Path.home() / "AppData" / "Local") / "kiosk-agent"
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "kiosk-agent"


def open_data_dir(chosen: Path | None) -> Path:
    """The data folder, made where it is missing, for this user alone. Raises OSError."""
    path = chosen or default_data_dir()
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path
