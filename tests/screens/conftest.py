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
from kiosk_agent.hands.visit_language import VisitLanguage
from kiosk_agent.locale import SPOKEN
from kiosk_agent.session import events as ev

SIZE = {"width": 1024, "height": 768}


RESIDENTS = VisitLanguage()


class Posted(list[ev.Event]):
    """What the hands posted."""

    def post(self, event: ev.Event) -> None:
        self.append(event)


@pytest.fixture(scope="module")
def everything_posted() -> Posted:
    return Posted()


@pytest.fixture(scope="module")
def everything_read() -> list[int]:
    return []


@pytest.fixture
def read(everything_read: list[int]) -> list[int]:
    """The bulletins that are read from now on."""
    everything_read.clear()
    return everything_read


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_gate(
    browser_path: str,
    everything_posted: Posted,
    everything_read: list[int],
    tmp_path_factory: pytest.TempPathFactory,
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
            residents=RESIDENTS,
            bulletin_read=everything_read.append,
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
    RESIDENTS.go_back()
    await shared_gate.show(GateView(screen="visit", language="ja", desk=""), front=False)
    await speak(shared_gate, "ja")
    await shared_gate.show(GateView(screen="ending", language="ja", desk=""), front=False)
    return shared_gate


async def speak(gate: DeskGate, language: str) -> None:
    """Have the screen that is shown speak a language: the residents', or that of the workers on theirs."""
    page, tag = gate.page, SPOKEN[language].tag
    if await page.evaluate("document.documentElement.lang") == tag:
        return
    workers = page.locator("[data-act=worker_language]")
    if await workers.is_visible():
        await workers.click()
    else:
        RESIDENTS.choose(language)  # what the button does
    await page.wait_for_function("tag => document.documentElement.lang === tag", arg=tag)
