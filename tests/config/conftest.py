from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

NOBODY = 65534


@pytest.fixture
def as_somebody_else(tmp_path: Path) -> Iterator[None]:
    """``tmp_path/agent.toml`` may be read by nobody; root, who may read all, becomes somebody else meanwhile."""
    if sys.platform == "win32":
        pytest.skip("only on Linux: Windows has other permissions")
    file = tmp_path / "agent.toml"
    file.write_text('profile = "p"')
    file.chmod(0)
    for folder in (tmp_path, *tmp_path.parents[:2]):
        if os.geteuid() == 0:
            folder.chmod(folder.stat().st_mode | 0o055)
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
