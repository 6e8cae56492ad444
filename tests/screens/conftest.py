"""The gate's page in a real browser, shown at the sizes that people have."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from kiosk_agent.config import WindowMode
from kiosk_agent.hands.driver import driver
from kiosk_agent.hands.gate import DeskGate
from kiosk_agent.hands.ports import GateView
from kiosk_agent.session import events as ev

SIZE = {"width": 1024, "height": 768}


class Posted(list[ev.Event]):
    """What the hands posted."""

    def post(self, event: ev.Event) -> None:
        self.append(event)


@pytest.fixture(scope="module")
def everything_posted() -> Posted:
    return Posted()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_gate(
    browser_path: str, everything_posted: Posted, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[DeskGate]:
    data_dir = tmp_path_factory.mktemp("driver")
    async with driver(data_dir) as playwright:
        desk_gate = DeskGate(
            playwright,
            everything_posted.post,
            executable=Path(browser_path),
            data_dir=data_dir,
            headless=True,
            window=WindowMode.NORMAL,
            language="ja",
        )
        await desk_gate.open()
        yield desk_gate
        await desk_gate.close()


@pytest.fixture
def posted(everything_posted: Posted) -> Posted:
    """What is posted from now on."""
    everything_posted.clear()
    return everything_posted


@pytest_asyncio.fixture(loop_scope="module")
async def gate(shared_gate: DeskGate, posted: Posted) -> DeskGate:
    """The module's gate as at its start: Japanese, light, at 1024×768, and nothing kept of the last screen."""
    page = shared_gate.page
    await page.emulate_media(color_scheme="light")
    await page.set_viewport_size(SIZE)
    await shared_gate.show(GateView(screen="ending", language="ja", desk=""), front=False)
    if await page.evaluate("document.documentElement.lang") != "ja":
        await page.locator("[data-act=language]").click()
        await page.wait_for_function("document.documentElement.lang === 'ja'")
    return shared_gate
