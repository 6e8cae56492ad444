"""What central's staff tell the support workers, as long as it holds; and which of it was read here.

In memory only: after a start it is asked for anew, and without central there is none. What was read is told until
central has it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kiosk_agent.clock import Clock
from kiosk_agent.report.client import Client
from kiosk_agent.wire.notices import MOST_READ, Notice, NoticesAnswer, NoticesRequest

Show = Callable[[tuple[Notice, ...]], None]


@dataclass(frozen=True)
class _Held:
    notice: Notice
    until: float  # on the desk's clock, which counts suspend


class Notices:
    """One desk's. In the event loop only."""

    def __init__(self, clock: Clock, show: Show) -> None:
        """``show`` is told which notices are to be shown, whenever they are others."""
        self._clock, self._show = clock, show
        self._held: tuple[_Held, ...] = ()
        self._shown: tuple[Notice, ...] = ()
        self._read: list[int] = []  # that central does not know of

    @property
    def has_read(self) -> bool:
        """Whether something was read of which central does not know."""
        return bool(self._read)

    def read(self, number: int) -> None:
        """The support worker has read a notice that asks for it. Nothing happens where it is not shown."""
        if any(one.id == number and one.ask_read for one in self._shown) and number not in self._read:
            self._read.append(number)
            self.look()

    def look(self) -> None:
        """Show no more what has ended, or was read."""
        now = self._clock.now()
        self._held = tuple(one for one in self._held if now < one.until)
        shown = tuple(one.notice for one in self._held if one.notice.id not in self._read)
        if [one.id for one in shown] != [one.id for one in self._shown]:
            self._shown = shown
            self._show(shown)

    async def exchange(self, client: Client, token: str) -> None:
        """Tell what was read, and learn what is to be shown. Where central fails, all stays as it is."""
        asked_at = self._clock.now()
        told = self._read[:MOST_READ]
        answer = await client.notices(NoticesRequest(told), token)
        if isinstance(answer, NoticesAnswer):
            self._held = tuple(_Held(one, asked_at + one.shown_for_s) for one in answer.notices)
            settled = set(answer.settled) & set(told)
            self._read = [one for one in self._read if one not in settled]
        self.look()
