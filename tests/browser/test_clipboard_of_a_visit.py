"""What becomes of the clipboard at a visit's end, and at the start of an agent: emptied, looked at again, and told."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("only on Linux: it looks at the clipboard through X11", allow_module_level=True)

from playwright.async_api import Browser, BrowserContext

from kiosk_agent.hands import residue
from kiosk_agent.hands.clipboard import ClipboardState, clipboard_state
from kiosk_agent.hands.residue import VisitResidue, sweep
from kiosk_agent.session.residue import Residue, ResidueKind
from tests.browser.test_clipboard import owned

REMOVED = Residue(ResidueKind.CLIPBOARD, removed=1)
LEFT = Residue(ResidueKind.CLIPBOARD, left=1)
UNKNOWN = Residue(ResidueKind.CLIPBOARD, unknown=True)


class NoFiles:
    """A visit that leaves no files."""

    root_pid: int | None = None

    async def start(self) -> tuple[Browser, BrowserContext]:
        raise AssertionError("no browser is wanted here")

    async def close(self) -> None:
        pass

    async def wipe(self) -> bool:
        return True

    def downloads(self) -> int:
        return 0

    def temporary_files(self) -> int:
        return 0


async def begun(limit_s: float = 10.0) -> VisitResidue:
    """A visit on a screen, at whose beginning the clipboard was looked at."""
    visit = VisitResidue(NoFiles(), on_screen=True, spooler=None, limit_s=limit_s)
    visit.begin()
    assert visit._noting is not None
    await visit._noting
    return visit


@pytest.fixture
def hang() -> Iterator[threading.Event]:
    """What waits for it hangs until the test is over."""
    event = threading.Event()
    yield event
    event.set()


async def test_what_a_program_beside_keeps_is_taken_from_it(display: str) -> None:
    visit = await begun()
    with owned(display, "CLIPBOARD"):
        await visit.before_end()
        assert await visit.remove() == (REMOVED,)
        assert not clipboard_state().is_used


async def test_what_is_put_back_again_and_again_is_left(display: str) -> None:
    visit = await begun()
    with owned(display, "CLIPBOARD", takes_back=1000):
        await visit.before_end()
        assert await visit.remove() == (LEFT,)


@pytest.mark.parametrize(("at_the_end", "expected"), [(2, (LEFT,)), (1, (REMOVED,))], ids=["copied", "not copied"])
async def test_what_windows_keeps_of_the_visit_is_left_and_what_was_there_before_is_not_its_own(
    display: str, monkeypatch: pytest.MonkeyPatch, at_the_end: int, expected: tuple[Residue, ...]
) -> None:
    states = [ClipboardState(is_used=True, serial=1), ClipboardState(is_used=True, serial=at_the_end)]
    monkeypatch.setattr(residue, "clipboard_state", lambda: states.pop(0))
    monkeypatch.setattr(residue, "keeps_history", lambda: True)
    visit = await begun()
    await visit.before_end()
    assert await visit.remove() == expected


async def test_a_clipboard_that_does_not_say_whether_it_is_empty_counts_as_used(
    display: str, monkeypatch: pytest.MonkeyPatch, hang: threading.Event
) -> None:
    visit = await begun()
    monkeypatch.setattr(residue, "clipboard_state", hang.wait)
    await visit.before_end()
    assert await visit.remove() == (REMOVED,)


async def test_a_clipboard_that_cannot_be_emptied_in_time_is_not_known_to_be_empty(
    display: str, monkeypatch: pytest.MonkeyPatch, hang: threading.Event
) -> None:
    visit = await begun(limit_s=0.5)
    monkeypatch.setattr(residue, "clear_clipboard", hang.wait)
    assert await visit.remove() == (UNKNOWN,)


async def test_an_agent_that_starts_empties_it(display: str, tmp_path: Path) -> None:
    with owned(display, "CLIPBOARD"):
        assert await sweep(tmp_path) == ()
        assert not clipboard_state().is_used


async def test_an_agent_that_starts_tells_what_it_cannot_empty(display: str, tmp_path: Path) -> None:
    with owned(display, "CLIPBOARD", takes_back=1000):
        assert await sweep(tmp_path) == (LEFT,)


async def test_an_agent_that_starts_tells_what_gives_no_answer(
    display: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hang: threading.Event
) -> None:
    monkeypatch.setattr(residue, "clear_clipboard", hang.wait)
    assert await sweep(tmp_path, limit_s=0.5) == (UNKNOWN,)
