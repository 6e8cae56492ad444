"""pip by copying, in place of ensurepip's three seconds: the ways to a pip have tests of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

VARIABLE = "KIOSK_AGENT_TESTS_PIP"  # the folder of an installed pip


def copy_pip_into(folder: Path, python: Path, base: str, build: Path) -> None:
    """Stands in for :func:`installer.pip_sources.put_pip_into`."""
    subprocess.run([base, "-m", "venv", "--without-pip", str(folder)], check=True)
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    target = subprocess.run([str(python), "-I", "-c", ask], check=True, capture_output=True, text=True).stdout.strip()
    pip = Path(os.environ[VARIABLE])
    shutil.copytree(pip, Path(target) / "pip")
