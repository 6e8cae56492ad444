"""The gate's page in a real browser, shown at the sizes that people have."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kiosk_agent.config import WindowMode
from kiosk_agent.hands.gate import DeskGate
from kiosk_agent.hands.launch import driver
from kiosk_agent.session import events as ev

ROOT = Path(__file__).parents[2]
OUTPUT = ROOT / "tests" / "output"
PICTURES = ROOT / "docs" / "screens"  # the README's; written only when KIOSK_AGENT_WRITE_PICTURES=1


class Posted(list[ev.Event]):
    """What the hands posted."""

    def post(self, event: ev.Event) -> None:
        self.append(event)


@pytest.fixture
def posted() -> Posted:
    return Posted()


@pytest.fixture
async def gate(browser_path: str, posted: Posted, tmp_path: Path) -> AsyncIterator[DeskGate]:
    async with driver(tmp_path) as playwright:
        desk_gate = DeskGate(
            playwright,
            posted.post,
            executable=Path(browser_path),
            headless=True,
            window=WindowMode.NORMAL,
            language="ja",
        )
        await desk_gate.open()
        yield desk_gate
        await desk_gate.close()


def picture(name: str) -> Path:
    """Where the picture of a screen goes."""
    folder = PICTURES if os.environ.get("KIOSK_AGENT_WRITE_PICTURES") == "1" and "@" not in name else OUTPUT
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}.png"
