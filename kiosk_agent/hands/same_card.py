"""The second reading of the card: a door to whatever watches the reader, and a fake beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Protocol

from kiosk_agent.session.vocabulary import CardVerdict

LOOK_PAUSE_S = 0.1  # readers themselves notice a card after 0.3 to 0.5 s


class CardCheck(Protocol):
    """Whoever can tell whether the card of the visit is on the reader."""

    async def same_card_on_reader(self, within_s: float) -> CardVerdict:
        """Wait until a card is on the reader, ``within_s`` at most, and say whether it is the visit's.

        ``ABSENT``: none came in time. Never raises: what fails is ``UNTELLABLE`` or ``NO_READER``.
        """
        ...


class NoCardCheck:
    """A desk without a card sense: nothing can be told, and the support worker is asked."""

    async def same_card_on_reader(self, within_s: float) -> CardVerdict:
        return CardVerdict.NO_READER


class ReaderCheck:
    """Asks whoever watches the reader. ``on_reader``: same, different, untellable; None: no card, or not yet known."""

    def __init__(self, on_reader: Callable[[], str | None], has_reader: Callable[[], bool]) -> None:
        self._on_reader = on_reader
        self._has_reader = has_reader

    async def same_card_on_reader(self, within_s: float) -> CardVerdict:
        loop = asyncio.get_running_loop()
        end = loop.time() + within_s
        while self._has_reader():
            found = self._on_reader()
            if found is not None:
                return CardVerdict(found)
            left_s = end - loop.time()
            if left_s <= 0:
                return CardVerdict.ABSENT
            await asyncio.sleep(
                min(LOOK_PAUSE_S, left_s)
            )  # the sense tells changes of person, not that a card is there
        return CardVerdict.NO_READER


class FakeCardCheck:
    """Answers what it is told to, one verdict after the other; with none left, no card comes in time."""

    def __init__(self, verdicts: Iterable[CardVerdict] = ()) -> None:
        self._verdicts = list(verdicts)
        self._news = asyncio.Event()
        self.asked: list[float] = []

    def put(self, verdict: CardVerdict) -> None:
        """A card is put on the reader, or whatever else gives this verdict."""
        self._verdicts.append(verdict)
        self._news.set()

    async def same_card_on_reader(self, within_s: float) -> CardVerdict:
        self.asked.append(within_s)
        try:
            async with asyncio.timeout(within_s):
                while not self._verdicts:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return CardVerdict.ABSENT
        return self._verdicts.pop(0)
