"""What the runner does beside the session: it ticks, however busy it is, and records what others noticed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from kiosk_agent.clock import SystemClock
from kiosk_agent.errors import LedgerFullError
from kiosk_agent.hands import runner as runner_module
from kiosk_agent.hands.runner import Hands, Runner, Watchers
from kiosk_agent.hands.shield import NullCover
from kiosk_agent.hands.visit_language import VisitLanguage, Voices, Words
from kiosk_agent.health import Health
from kiosk_agent.session import events as ev
from kiosk_agent.session.entries import AgentRan, EndBegan, Entry, ForeignProgram
from kiosk_agent.session.machine import Session
from kiosk_agent.session.policy import MarkPolicy, Policy
from kiosk_agent.session.residue import Residue
from kiosk_agent.session.vocabulary import EndSource, ForeignFate, ForeignKind, Proof, StateName
from tests.stage.hands import NoGate, NoTray, PaperVisit, SlowCover

LIMIT_S = 20.0
NOTICED = ForeignProgram(ForeignKind.BROWSER, ForeignFate.NOTICED, "Firefox")


class PaperLedger:
    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.is_full = False

    async def append(self, entry: Entry) -> int:
        if self.is_full:
            raise LedgerFullError("planted")
        self.entries.append(entry)
        return len(self.entries)

    async def mend(self) -> None: ...

    async def left_over(self) -> ev.AgentStarted:
        return ev.AgentStarted()


class Desk:
    def __init__(self, cover: NullCover) -> None:
        self.ledger = PaperLedger()
        self.visit = PaperVisit()
        self.ticks = 0
        self.is_busy = False
        self.heard: list[object] = []
        self.ticked = asyncio.Event()
        clock = SystemClock()

        async def sweep(_visit_id: str) -> tuple[Residue, ...]:
            return ()

        self.health = Health(clock.wall)
        self.runner = Runner(
            Session(Policy(), expect=Proof.REVOKED),
            Hands(
                cover,
                NoGate(),
                NoTray(),
                self.ledger,
                lambda _visit: self.visit,
                sweep,
                lambda _code: True,
                False,
            ),
            self.health,
            clock,
            Words("窓口", Voices("ja", VisitLanguage("ja")), MarkPolicy.NONE),
            Watchers(tick=self._tick, observe=self._observe),
        )

    def _tick(self) -> None:
        self.ticks += 1
        self.ticked.set()

    def _observe(self, what: object, _now: float) -> None:
        self.heard.append(what)
        if self.is_busy and isinstance(what, ev.PortalActivity):
            self.runner.post(what)

    async def until_state(self, state: StateName) -> None:
        async with asyncio.timeout(LIMIT_S):
            while self.runner.state is not state:
                await asyncio.sleep(0)


@asynccontextmanager
async def opened(cover: NullCover) -> AsyncIterator[Desk]:
    desk = Desk(cover)
    work = asyncio.create_task(desk.runner.run())
    desk.runner.post(ev.AgentStarted())
    await desk.until_state(StateName.GATE)
    yield desk
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)


async def end_of_a_visit(desk: Desk) -> None:
    """Up to the moment in which its end has begun."""
    desk.runner.post(ev.StartRequested("0" * 32))
    async with asyncio.timeout(LIMIT_S):
        while ev.VisitBrowserOpened() not in desk.heard:
            await asyncio.sleep(0)
    desk.runner.post(ev.SignInSeen())
    await desk.until_state(StateName.SIGNED_IN)
    desk.runner.post(ev.EndRequested(EndSource.TRAY))
    await desk.until_state(StateName.ENDING)


@pytest.fixture
async def desk(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    monkeypatch.setattr(runner_module, "TICK_S", 0.05)
    async with opened(NullCover()) as desk:
        yield desk


async def test_it_ticks_while_nothing_happens(desk: Desk) -> None:
    async with asyncio.timeout(LIMIT_S):
        while desk.ticks < 3:
            desk.ticked.clear()
            await desk.ticked.wait()


async def test_it_ticks_while_there_is_always_something_to_do(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner_module, "TICK_S", 1.0)  # a busy PC never lets so long pass between two events
    desk.is_busy = True
    for _ in range(3):
        desk.runner.post(ev.PortalActivity())  # and each of them once more as soon as it is heard
    async with asyncio.timeout(LIMIT_S):
        while desk.heard.count(ev.PortalActivity()) < 10:
            await asyncio.sleep(0)
        desk.ticks = 0
        while desk.ticks < 2:
            desk.ticked.clear()
            await desk.ticked.wait()
    desk.is_busy = False


async def test_what_the_session_knows_nothing_of_is_recorded_too(desk: Desk) -> None:
    desk.runner.record(NOTICED)
    async with asyncio.timeout(LIMIT_S):
        while NOTICED not in desk.ledger.entries:
            await asyncio.sleep(0)
    desk.runner.record(NOTICED)
    async with asyncio.timeout(LIMIT_S):
        while desk.heard.count(NOTICED) < 2:
            await asyncio.sleep(0)
        desk.runner.post(ev.PortalActivity())
        while ev.PortalActivity() not in desk.heard:
            await asyncio.sleep(0)
    assert not any(isinstance(one, ev.EntryRecorded) and one.ticket is None for one in desk.heard)
    assert isinstance(desk.ledger.entries[0], AgentRan)
    assert desk.runner.state is StateName.GATE


async def test_a_ledger_that_cannot_take_it_holds_the_desk(desk: Desk) -> None:
    desk.ledger.is_full = True
    desk.runner.record(NOTICED)
    await desk.until_state(StateName.HELD)
    assert [warning.code for warning in desk.health.warnings] == ["ledger"]


async def test_nothing_else_begins_until_the_shield_is_on_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner_module, "HEAD_START_S", LIMIT_S)
    cover = SlowCover()
    async with opened(cover) as desk:
        await end_of_a_visit(desk)
        for _ in range(50):
            await asyncio.sleep(0)
        assert cover.panels[-1].kind == "shield"
        assert desk.visit.shown == []
        assert not any(isinstance(entry, EndBegan) for entry in desk.ledger.entries)
        cover.on_screen.set_result(0.0)
        async with asyncio.timeout(LIMIT_S):
            while "logout" not in desk.visit.shown:
                await asyncio.sleep(0)


async def test_a_shield_that_does_not_come_keeps_nothing_waiting_for_long() -> None:
    cover = SlowCover()
    async with opened(cover) as desk:
        await end_of_a_visit(desk)
        async with asyncio.timeout(LIMIT_S):
            while not any(isinstance(entry, EndBegan) for entry in desk.ledger.entries):
                await asyncio.sleep(0)
        assert not cover.on_screen.done()
