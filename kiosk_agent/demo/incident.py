"""The script: resident A walks away and B sits down; then A is merely idle. B must never get into A's session."""

from __future__ import annotations

from collections.abc import Callable

from kiosk_agent.demo.people import Hall, Pace, Resident, SupportWorker
from kiosk_agent.demo.timeline import Timeline
from kiosk_agent.desk import Desk
from kiosk_agent.practice.portal import PracticePortal
from kiosk_agent.practice.records import PEOPLE
from kiosk_agent.session.vocabulary import StateName

Translate = Callable[..., str]

IDLE_LIMIT_S = 60.0  # the demonstration's idle limit and warning together take 24 s


class Incident:
    """Plays both replays at one desk. ``breaches``: how B got into A's session, in plain words; empty is good."""

    def __init__(
        self, desk: Desk, portal: PracticePortal, hall: Hall, timeline: Timeline, pace: Pace, t: Translate
    ) -> None:
        self._portal = portal
        self._hall = hall
        self._clock = desk.clock
        self._timeline = timeline
        self._t = t
        self._worker = SupportWorker(desk, hall, pace)
        self._a = Resident(desk, hall, pace, "resident-a")
        self._b = Resident(desk, hall, pace, "resident-b")
        self.breaches: list[str] = []

    def _say(self, sentence: str) -> None:
        self._timeline.say(self._clock.now(), sentence)

    async def play(self) -> None:
        """The whole demonstration."""
        t = self._t
        await self._hall.until(StateName.GATE)
        self._say(t("FIRST REPLAY: resident A walks away, resident B sits down."))
        await self._a_begins_to_register()
        self._say(t("… and leaves without logging out."))
        self._say(t("B sits down. Support worker: next person!"))
        await self._worker.next_person()
        await self._after_a(limit_s=30.0)
        self._say(t("SECOND REPLAY: resident A is there, but does nothing any more."))
        await self._a_begins_to_register()
        self._say(t("… and stops, still signed in."))
        await self._after_a(limit_s=IDLE_LIMIT_S)

    async def _a_begins_to_register(self) -> None:
        t = self._t
        await self._worker.start_visit()
        await self._a.sign_in()
        self._say(t("A signs in and begins to register a bank account …"))
        await self._a.begin_registration()

    async def _after_a(self, limit_s: float) -> None:
        await self._hall.until(StateName.ENDING, limit_s=limit_s)
        await self._hall.until(StateName.CONFIRMING)
        over_at = self._portal.now()
        await self._worker.confirm()
        await self._b_finds_nothing(over_at)

    async def _b_finds_nothing(self, over_at: float) -> None:
        t = self._t
        await self._worker.start_visit()
        shown = await self._b.look_at_account(self._portal.url)
        a = PEOPLE[self._a.user]
        if a.name in shown or a.notice in shown:
            self.breaches.append(t("B saw a page of A."))
        if self._portal.seen_as(a.user, over_at):
            self.breaches.append(t("Something was shown or done in A's session after its end."))
        if self._portal.registered.get(a.user):
            self.breaches.append(t("A bank account was registered for A."))
        if not self.breaches:
            self._say(t("B asks for the account page, and is asked to sign in: nothing of A is there."))
        await self._worker.end_visit()
        await self._worker.confirm()
