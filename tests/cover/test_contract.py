"""One contract for all covers: the supervisor's, the one in a process of its own, the one that covers nothing."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, BinaryIO, cast

import msgspec
import pytest

from kiosk_agent.clock import SystemClock
from kiosk_agent.errors import ShieldLostError
from kiosk_agent.hands.ports import Cover, Panel, PanelAnswer, PanelButton
from kiosk_agent.hands.shield import CoverClient, NullCover, StandaloneCover
from kiosk_agent.lifeline import Channel

SHIELD = Panel(kind="shield", title="ログアウトしています", lines=("しばらくお待ちください。",))
QUESTION = Panel(
    kind="challenge",
    title="同じ方が続けていますか？",
    tone="warning",
    countdown_s=60.0,
    countdown_label="あと {seconds} 秒",
    buttons=(PanelButton("same", "同じ方です", "primary"), PanelButton("other", "別の方です", "danger")),
)
PATIENCE_S = 60.0

Press = Callable[[str], Awaitable[None]]


async def press_with_keys(button: str) -> None:
    """Tab to the button and press it, again until it counts: for a short while after it appears it does not."""
    tabs = {"same": 1, "other": 2, "languages": 1}[button]  # where it is, it comes first
    subprocess.run(["xdotool", "key", *["Tab"] * tabs], check=True)
    await asyncio.sleep(0.8)
    subprocess.run(["xdotool", "key", "space"], check=True)


@pytest.fixture(params=["standalone", "null"])
async def cover(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Cover, Press]]:
    if request.param == "null":
        null = NullCover()

        async def press(button: str) -> None:
            null.press(button)

        yield null, press
        return
    request.getfixturevalue("display")
    standalone = StandaloneCover(scale=1.0)
    await standalone.start()
    yield standalone, press_with_keys
    await standalone.close()


async def test_it_is_visible_from_show_until_hide(cover: tuple[Cover, Press]) -> None:
    real, _ = cover
    assert not real.visible
    assert 0.0 <= await real.show(SHIELD) < 60.0
    assert real.visible
    await real.update(QUESTION)
    assert real.visible
    await real.hide()
    assert not real.visible
    await real.hide()
    assert not real.visible


async def test_showing_twice_and_updating_what_is_hidden_cover_the_screen(cover: tuple[Cover, Press]) -> None:
    real, _ = cover
    await real.show(SHIELD)
    await real.show(QUESTION)
    await real.hide()
    await real.update(SHIELD)
    assert real.visible


async def test_a_shield_is_answered_by_a_cover_that_then_says_what_it_was_asked_to(cover: tuple[Cover, Press]) -> None:
    real, press = cover
    answers: asyncio.Queue[PanelAnswer] = asyncio.Queue()
    real.on_answer(answers.put_nowait)
    asked_at = SystemClock().now()
    assert asked_at <= await real.shield(QUESTION) <= SystemClock().now()
    assert real.visible
    await press("other")
    async with asyncio.timeout(PATIENCE_S):
        assert await answers.get() == PanelAnswer("challenge", "other", ())
    await real.shield(SHIELD)
    await real.hide()
    assert not real.visible


# in a process of its own: Tk belongs to one thread
COVERED = """
import tkinter
from kiosk_agent.cover.panel import Panel
from kiosk_agent.cover.window import CoverWindow

root = tkinter.Tk()
cover = CoverWindow(root, 1.0)
panel = Panel(kind="shield", title="title")
seen = []
cover.show(panel, lambda _ms: seen.append((bool(cover._window.winfo_viewable()), cover._panel is panel)))
print(seen, cover._panel is panel)
"""


def test_a_shield_is_answered_when_it_is_on_screen_and_before_its_text_is(display: str) -> None:
    done = subprocess.run([sys.executable, "-c", COVERED], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[(True, False)] True"


async def test_a_pressed_button_is_told_with_its_panel(cover: tuple[Cover, Press]) -> None:
    real, press = cover
    answers: asyncio.Queue[PanelAnswer] = asyncio.Queue()
    real.on_answer(answers.put_nowait)
    await real.show(QUESTION)
    await press("other")
    async with asyncio.timeout(PATIENCE_S):
        assert await answers.get() == PanelAnswer("challenge", "other", ())
    assert real.visible


async def test_the_language_button_is_told_like_any_other(cover: tuple[Cover, Press]) -> None:
    real, press = cover
    answers: asyncio.Queue[PanelAnswer] = asyncio.Queue()
    real.on_answer(answers.put_nowait)
    await real.show(msgspec.structs.replace(QUESTION, languages_label="言語 / Language"))
    await press("languages")
    async with asyncio.timeout(PATIENCE_S):
        assert await answers.get() == PanelAnswer("challenge", "languages", ())


async def test_what_was_asked_last_holds_even_if_nobody_waited_for_it(cover: tuple[Cover, Press]) -> None:
    real, _ = cover
    asking = asyncio.ensure_future(real.show(SHIELD))
    await asyncio.sleep(0)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    await real.hide()
    assert not real.visible


async def test_a_killed_cover_is_lost_and_says_so(display: str) -> None:
    cover = StandaloneCover()
    await cover.start()
    await cover.show(SHIELD)
    os.kill(cover.pid, 9)
    with pytest.raises(ShieldLostError):
        await cover.show(QUESTION)
    assert not cover.visible
    await cover.close()


async def test_a_stopped_cover_is_lost_within_its_limit(display: str) -> None:
    cover = StandaloneCover(show_limit_s=0.3)
    await cover.start()
    os.kill(cover.pid, 19)
    with pytest.raises(ShieldLostError, match="did not answer"):
        await cover.show(SHIELD)
    await cover.close()


async def test_without_a_display_the_cover_is_lost_at_its_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":987654")
    cover = StandaloneCover()
    with pytest.raises(ShieldLostError):
        await cover.start()
    await cover.close()


@pytest.mark.parametrize(
    "panel",
    [None, [], {"kind": "shield"}, {"kind": 1, "title": "x"}, {"kind": "x", "title": "x", "tone": "loud"},
     {"kind": "x", "title": "x", "countdown_s": float("nan")}, {"kind": "x", "title": "x", "buttons": [{}]},
     {"kind": "x", "title": "x", "lines": [1]}, {"kind": "x", "title": "x", "countdown_whole_s": float("inf")},
     {"kind": "x", "title": "x", "language": None}, {"kind": "x", "title": "x", "note": 1},
     {"kind": "x", "title": "x", "languages_label": []}, {"kind": "x", "title": "x", "entries": ["initials"]}],
)  # fmt: skip
async def test_a_panel_that_cannot_be_read_covers_the_screen_and_is_an_error(display: str, panel: Any) -> None:
    process = subprocess.Popen([sys.executable, "-m", "kiosk_agent.cover"], stdin=-1, stdout=-1)
    channel = Channel(cast("BinaryIO", process.stdout), cast("BinaryIO", process.stdin), "test")
    client = CoverClient(channel, show_limit_s=60.0)  # its start is waited for, too
    channel.start()
    with pytest.raises(ShieldLostError, match="panel"):
        await client._ask({"cover": "show", "panel": panel}, "shown")
    assert client.visible
    process.kill()
    process.wait()
    channel.flush_and_close()
