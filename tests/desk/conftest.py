"""A practice portal and whole desks around it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from kiosk_agent.practice.portal import PracticePortal
from kiosk_agent.practice.switches import Switches
from tests.desk.whole_desk import WholeDesk, write_desk

MakeDesk = Callable[..., WholeDesk]


@pytest.fixture(scope="module")
def running_portal() -> Iterator[PracticePortal]:
    portal = PracticePortal()
    portal.start()
    yield portal
    portal.stop()


@pytest.fixture
def portal(running_portal: PracticePortal) -> PracticePortal:
    """Behaves well at the start of each test."""
    running_portal.switches = Switches()
    return running_portal


class Desks:
    """Makes desks, and ends them all."""

    def __init__(self, folders: Callable[[], Path], portal: PracticePortal) -> None:
        self._folders = folders
        self._portal = portal
        self._made: list[WholeDesk] = []
        self._shared: dict[str, WholeDesk] = {}

    def make(self, *, headless: bool = True, **wishes: object) -> WholeDesk:
        """A desk whose agent runs. Headless unless told otherwise."""
        config = write_desk(self._folders(), self._portal, headless=headless, **wishes)  # type: ignore[arg-type]  # passed on
        desk = WholeDesk(config, headless=headless)
        self._made.append(desk)
        desk.connect()
        return desk

    def shared(self, **wishes: object) -> WholeDesk:
        """A desk at its gate: the one that was made with the same wishes, unless a test left it elsewhere."""
        key = repr(sorted(wishes.items()))
        desk = self._shared.get(key)
        if desk is not None and not is_at_gate(desk):
            desk.close()
            desk = None
        if desk is None:
            desk = self._shared[key] = self.make(**wishes)
        return desk

    def close(self) -> None:
        for desk in self._made:
            desk.close()


def is_at_gate(desk: WholeDesk) -> bool:
    try:
        return bool(desk.do("look")["state"] == "Gate")
    except (AssertionError, OSError, psutil.Error):
        return False


@pytest.fixture
def make_desk(tmp_path: Path, portal: PracticePortal, browser_path: str) -> Iterator[MakeDesk]:
    """Makes desks that are closed at the end of the test."""
    desks = Desks(lambda: tmp_path, portal)
    yield desks.make
    desks.close()


@pytest.fixture(scope="module")
def desks(
    tmp_path_factory: pytest.TempPathFactory, running_portal: PracticePortal, browser_path: str
) -> Iterator[Desks]:
    """Makes desks that a module's tests share."""
    made = Desks(lambda: tmp_path_factory.mktemp("desk"), running_portal)
    yield made
    made.close()
