"""Many command lines of a program in one process: starting one for each would take minutes."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from kiosk_agent.locale.extract import PACKAGE


class Said(NamedTuple):
    """What a command printed."""

    status: int
    out: str
    err: str


def parts_of(arguments: str, places: Mapping[str, str]) -> list[str]:
    """A command line, as a shell takes it apart. ``places`` stand in it as ``{name}``."""
    return [part.format(**places) for part in shlex.split(arguments)]


def run_in_one_process(script: str, lines: list[Any], folder: Path, language: str) -> Any:
    """What ``script`` prints as JSON of ``lines``, which it reads as JSON; the user's folders are below ``folder``."""
    usual = {"XDG_DATA_HOME": str(folder / "usual"), "LOCALAPPDATA": str(folder / "usual")}
    done = subprocess.run(
        [sys.executable, "-c", script],
        input=json.dumps(lines),
        capture_output=True,
        encoding="utf-8",
        check=False,
        cwd=PACKAGE.parent,
        env={**os.environ, "LANGUAGE": language, "PYTHONIOENCODING": "utf-8", **usual},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
