"""A practice portal and a whole desk around it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from kiosk_agent.practice.portal import PracticePortal
from tests.desk.whole_desk import WholeDesk, write_desk

MakeDesk = Callable[..., WholeDesk]


@pytest.fixture
async def portal() -> AsyncIterator[PracticePortal]:
    async with PracticePortal() as running:
        yield running


@pytest.fixture
def make_desk(tmp_path: Path, portal: PracticePortal, browser_path: str) -> Iterator[MakeDesk]:
    """Makes desks that are closed at the end of the test. Headless unless told otherwise."""
    desks: list[WholeDesk] = []

    def make(*, headless: bool = True, **wishes: object) -> WholeDesk:
        config = write_desk(tmp_path, portal, headless=headless, **wishes)  # type: ignore[arg-type]  # passed on
        desk = WholeDesk(config, headless=headless)
        desks.append(desk)
        desk.connect()
        return desk

    yield make
    for desk in desks:
        desk.close()
