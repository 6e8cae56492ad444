"""A card sense at a desk of its own, with the real service or the fake one."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from kiosk_agent.clock import SystemClock
from kiosk_agent.health import Health
from kiosk_agent.recording.stream import Fact
from kiosk_agent.sensors.card.identity import Likeness
from kiosk_agent.sensors.card.pcsc import Pcsc
from kiosk_agent.sensors.card.sense import CardSense
from kiosk_agent.sensors.sense import Senses, SenseState
from kiosk_agent.session.events import ChangeSignalled, Event
from kiosk_agent.session.state import Visit
from kiosk_agent.session.vocabulary import Signal

PATIENCE_S = 30.0


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not holds():
            await asyncio.sleep(0.01)


class CardDesk:
    """Events, health, and the visits that the sense is told of."""

    def __init__(self) -> None:
        self.events: asyncio.Queue[Event] = asyncio.Queue()
        self.changes = 0
        self.health = Health(self._wall, self._changed)
        self.senses = Senses(["card"], self.health, lambda _event: None, self._wall)
        self.expected = False
        self.facts: list[Fact] = []
        self.sense: CardSense
        self._visits = 0

    def _wall(self) -> datetime.datetime:
        return datetime.datetime.now(datetime.UTC)

    def _changed(self) -> None:
        self.changes += 1

    @property
    def state(self) -> SenseState:
        return self.senses.statuses[0].state

    async def signal(self) -> Signal:
        async with asyncio.timeout(PATIENCE_S):
            event = await self.events.get()
        assert isinstance(event, ChangeSignalled)
        return event.signal

    def visit(self, *, signed_in: bool) -> None:
        """The visit that runs, or a new one."""
        self.sense.follow(Visit(visit_id=f"v{self._visits}", started_at=0.0, last_input_at=0.0, saw_sign_in=signed_in))

    async def sign_in(self, lies_there: Likeness | None = Likeness.UNTELLABLE) -> None:
        """A new visit; the card on the reader, if there is to be one, was recognised before the sign-in."""
        self._visits += 1
        self.visit(signed_in=False)
        await until(lambda: self.sense.on_reader() is lies_there)
        self.visit(signed_in=True)

    def end_visit(self) -> None:
        self.sense.follow(None)


@asynccontextmanager
async def card_desk(
    *, pcsc: Pcsc | None = None, grace_s: float = 600.0, certificate: bool = False, reader: str = ""
) -> AsyncIterator[CardDesk]:
    """A desk whose sense has started; it need not work yet."""
    desk = CardDesk()
    desk.sense = CardSense(
        desk.events.put_nowait,
        desk.senses.report_of("card"),
        SystemClock(),
        grace_s=grace_s,
        expected=lambda: desk.expected,
        reader=reader,
        compare_certificate=certificate,
        pcsc=pcsc,
        note=desk.facts.append,
    )
    desk.sense.start()
    try:
        yield desk
    finally:
        await desk.sense.stop()
