"""A ledger in a folder of its own, and a clock for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk_agent.clock import ManualClock
from kiosk_agent.ledger import FILE_NAME, Ledger


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the ledger is to be."""
    return tmp_path / "data" / FILE_NAME


@pytest.fixture
def ledger(path: Path, clock: ManualClock) -> Iterator[Ledger]:
    opened = Ledger(path, clock)
    yield opened
    opened.close()
