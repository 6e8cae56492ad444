"""The cover on a desktop whose windows are painted together by a compositing manager, as most are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from kiosk_agent.hands.ports import Panel, PanelAnswer, PanelButton
from kiosk_agent.hands.shield import StandaloneCover
from tests.cover.screen import LoudWindow, Screen, keys
from tests.support.compositor import compositor

QUESTION = Panel(
    kind="challenge",
    title="同じ方が続けていますか？",
    buttons=(PanelButton("same", "同じ方", "primary"), PanelButton("other", "別の方", "danger")),
)
DANGER = (0xCE, 0x00, 0x00)
PATIENCE_S = 60.0


@pytest.fixture
async def cover(display: str) -> AsyncIterator[StandaloneCover]:
    with compositor(display):
        cover = StandaloneCover(scale=1.0)
        await cover.start()
        yield cover
        await cover.close()


async def test_the_cover_rises_again_above_whatever_comes(cover: StandaloneCover, display: str) -> None:
    await cover.show(QUESTION)
    with LoudWindow(display) as window:
        window.show()
        async with asyncio.timeout(PATIENCE_S):
            while not window.is_covered():
                await asyncio.sleep(0.02)
        await cover.hide()
        assert not window.is_covered()
        async with asyncio.timeout(PATIENCE_S):
            while not window.is_seen():
                await asyncio.sleep(0.02)


async def test_its_buttons_can_be_clicked_and_afterwards_whatever_lies_beneath(
    cover: StandaloneCover, display: str
) -> None:
    answers: asyncio.Queue[PanelAnswer] = asyncio.Queue()
    cover.on_answer(answers.put_nowait)
    await cover.show(QUESTION)
    screen = Screen(display)
    async with asyncio.timeout(PATIENCE_S):  # what is drawn is seen once the compositing manager has painted it, too
        while (place := screen.find(DANGER)) is None:
            await asyncio.sleep(0.02)
    screen.close()
    await asyncio.sleep(0.8)  # a click that was on its way when the panel came does not count
    x, y = str(place[0] + 40), str(place[1] + 20)
    await asyncio.to_thread(keys, "mousemove", x, y, "click", "1")
    async with asyncio.timeout(PATIENCE_S):
        assert await answers.get() == PanelAnswer("challenge", "other", ())
    with LoudWindow(display) as beneath:
        beneath.show()
        await cover.hide()
        await asyncio.to_thread(keys, "click", "1")
        async with asyncio.timeout(PATIENCE_S):
            while not beneath.was_clicked():
                await asyncio.sleep(0.02)


async def test_a_compositor_that_starts_beneath_the_cover_does_not_paint_over_it(display: str) -> None:
    cover = StandaloneCover(scale=1.0)
    await cover.start()
    await cover.show(QUESTION)
    with LoudWindow(display) as window:
        window.show()
        assert not window.is_seen()
        with compositor(display):
            await asyncio.sleep(2.0)  # the cover looks around twice a second
            assert not window.is_seen()
            await cover.close()
            async with asyncio.timeout(PATIENCE_S):
                while not window.is_seen():
                    await asyncio.sleep(0.02)
