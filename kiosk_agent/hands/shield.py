"""The agent's hand on the native cover: asks, waits until it is really on screen, hears of pressed buttons.

Three covers keep one contract: the supervisor's (:class:`CoverClient` over the lifeline), one in a process of its own
for programs without a supervisor (:class:`StandaloneCover`), and one that covers nothing (:class:`NullCover`).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import Callable
from typing import BinaryIO, cast

import msgspec

from kiosk_agent.clock import SystemClock
from kiosk_agent.errors import ShieldLostError
from kiosk_agent.hands.ports import Panel, PanelAnswer
from kiosk_agent.lifeline import Channel, Message

# Measured: 3 ms to cover, up to 0.4 s to draw a large panel at double size. More means that it is lost.
SHOW_LIMIT_S = 2.0
START_LIMIT_S = 20.0  # a cold tkinter with a large font on an old disk


class CoverClient:
    """A cover at the other end of a channel. ``covered``: whether it already covers the screen."""

    def __init__(self, channel: Channel, *, covered: bool = False, show_limit_s: float = SHOW_LIMIT_S) -> None:
        self._channel = channel
        self._show_limit_s = show_limit_s
        self._visible = covered
        self._number = 0
        self._waiting: dict[int, tuple[str, asyncio.Future[float]]] = {}  # by number: the word that answers
        self._listeners: list[Callable[[PanelAnswer], None]] = []
        self._lost = False
        channel.on_message(self._heard)
        channel.on_end(self._ended)

    def shield(self, panel: Panel) -> asyncio.Future[float]:
        """Cover every monitor; gives the moment (SystemClock) it came on screen, before ``panel`` is drawn."""
        return self._ask({"cover": "show", "panel": msgspec.to_builtins(panel)}, "covered")

    def show(self, panel: Panel) -> asyncio.Future[float]:
        """Cover every monitor, or change what a cover says; gives seconds until it was mapped, once it can be read."""
        return self._ask({"cover": "show", "panel": msgspec.to_builtins(panel)}, "shown")

    async def update(self, panel: Panel) -> None:
        """Change what the cover says, without a gap; covers the screen where it was not covered."""
        await self._ask({"cover": "update", "panel": msgspec.to_builtins(panel)}, "shown")

    async def hide(self) -> None:
        """Take it away."""
        await self._ask({"cover": "hide"}, "hidden")

    def on_answer(self, listener: Callable[[PanelAnswer], None]) -> None:
        self._listeners.append(listener)

    @property
    def visible(self) -> bool:
        """What the last acknowledgement said; false once the cover's process is gone."""
        return self._visible and not self._lost

    def _ask(self, message: Message, answered_by: str) -> asyncio.Future[float]:
        """Send it now; whoever waits hears how long it took, or that the cover is lost."""
        loop = asyncio.get_running_loop()
        self._number += 1
        number = self._number
        answer: asyncio.Future[float] = loop.create_future()
        answer.add_done_callback(_noticed)
        if self._lost:
            answer.set_exception(ShieldLostError("the cover's process is gone"))
            return answer
        self._waiting[number] = (answered_by, answer)
        self._channel.send({**message, "id": number})
        too_late = ShieldLostError(f"the cover did not answer within {self._show_limit_s:g} s")
        timer = loop.call_later(self._show_limit_s, self._refuse, number, too_late)
        answer.add_done_callback(lambda _answer: timer.cancel())
        answer.add_done_callback(lambda _answer: self._waiting.pop(number, None))
        return answer

    def _heard(self, message: Message) -> None:
        # noted here and not by who asked: a cancelled question is carried out all the same
        if "covered" in message:
            self._visible = True
            self._settle("covered", message, float(message["at"]))
        elif "shown" in message:
            self._visible = True
            self._settle("shown", message, float(message["ms"]) / 1000)
        elif "hidden" in message:
            self._visible = False
            self._settle("hidden", message, 0.0)
        elif "failed" in message:
            self._visible = True  # a blank one
            self._refuse(message["failed"], ShieldLostError(f"the cover could not show the panel: {message['why']}"))
        elif "answer" in message:
            answer = msgspec.convert(message["answer"], PanelAnswer)
            for listener in self._listeners:
                listener(answer)

    def _settle(self, word: str, message: Message, seconds: float) -> None:
        answered_by, answer = self._waiting.get(message[word], ("", None))
        if answer is not None and answered_by == word and not answer.done():
            answer.set_result(seconds)

    def _refuse(self, number: int, error: ShieldLostError) -> None:
        _, answer = self._waiting.get(number, ("", None))
        if answer is not None and not answer.done():
            answer.set_exception(error)

    def _ended(self) -> None:
        self._lost = True
        for number in list(self._waiting):
            self._refuse(number, ShieldLostError("the cover's process is gone"))


def _noticed(answer: asyncio.Future[float]) -> None:
    """A failure that nobody waits for any more is no fault of its own: what was asked since then tells it."""
    if not answer.cancelled():
        answer.exception()


class StandaloneCover(CoverClient):
    """A cover in a process of its own. ``start`` it first; ``close`` ends it, covered or not."""

    def __init__(self, *, scale: float | None = None, show_limit_s: float = SHOW_LIMIT_S) -> None:
        arguments = [] if scale is None else [str(scale)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "kiosk_agent.cover", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ,
        )
        channel = Channel(
            cast("BinaryIO", self._process.stdout), cast("BinaryIO", self._process.stdin), "standalone-cover"
        )
        super().__init__(channel, show_limit_s=show_limit_s)
        self._own_channel = channel
        self._ready = asyncio.Event()
        channel.on_message(self._greeted)

    @property
    def pid(self) -> int:
        """Of the cover's process."""
        return self._process.pid

    async def start(self) -> None:
        """Wait until the window is made. Raises ShieldLostError, for one where there is no display."""
        self._own_channel.on_end(self._ready.set)
        self._own_channel.start()
        try:
            async with asyncio.timeout(START_LIMIT_S):
                await self._ready.wait()
        except TimeoutError as error:
            raise ShieldLostError(f"the cover's process was not ready within {START_LIMIT_S:g} s") from error
        if self._lost:
            raise ShieldLostError("the cover's process ended at its start: see its message above")

    async def close(self) -> None:
        """End the cover's process."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await asyncio.to_thread(self._process.wait)
        self._own_channel.flush_and_close()

    def _greeted(self, message: Message) -> None:
        if "hello" in message:
            self._ready.set()


class NullCover:
    """For programs without a display: covers nothing, and says yes at once."""

    def __init__(self) -> None:
        self._visible = False
        self._listeners: list[Callable[[PanelAnswer], None]] = []
        self.panels: list[Panel] = []

    def shield(self, panel: Panel) -> asyncio.Future[float]:
        return self._put_up(panel, SystemClock().now())

    def show(self, panel: Panel) -> asyncio.Future[float]:
        return self._put_up(panel, 0.0)

    def _put_up(self, panel: Panel, answer: float) -> asyncio.Future[float]:
        self.panels.append(panel)
        self._visible = True
        at_once: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        at_once.set_result(answer)
        return at_once

    async def update(self, panel: Panel) -> None:
        await self.show(panel)

    async def hide(self) -> None:
        self._visible = False

    def on_answer(self, listener: Callable[[PanelAnswer], None]) -> None:
        self._listeners.append(listener)

    def press(self, button: str, *texts: str) -> None:
        """Answer the panel shown last, as a person would with a screen before them."""
        answer = PanelAnswer(self.panels[-1].kind, button, texts)
        for listener in self._listeners:
            listener(answer)

    @property
    def visible(self) -> bool:
        return self._visible
