"""What central says, in a running desk: at the gate, and never in the middle of a visit."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from msgspec.structs import replace

from kiosk_agent.clock import SystemClock
from kiosk_agent.from_central import AtTheDesk, FromCentral
from kiosk_agent.hands import runner as runner_module
from kiosk_agent.hands.runner import Hands, Runner, Watchers
from kiosk_agent.hands.shield import NullCover
from kiosk_agent.hands.visit_language import VisitLanguage, Voices, Words
from kiosk_agent.health import Health, Severity
from kiosk_agent.ledger import LedgerWriter
from kiosk_agent.report.commands import Closed
from kiosk_agent.report.state import CentralState
from kiosk_agent.sensors.sense import Senses
from kiosk_agent.session import events as ev
from kiosk_agent.session.entries import DeskHeld, Entry, Outcome, PolicyTaken
from kiosk_agent.session.machine import Session
from kiosk_agent.session.policy import MarkPolicy, Policy
from kiosk_agent.session.residue import Residue
from kiosk_agent.session.vocabulary import EndReason, HoldReason, Proof, StateName
from kiosk_agent.wire import v1
from kiosk_agent.wire.commands import DoctorLine
from tests.session.playbook import SURE
from tests.stage.hands import NoGate, NoTray, PaperVisit

LIMIT_S = 20.0
SHORT = replace(Policy(), idle_limit_s=50.0, mark=MarkPolicy.INITIALS)
DOCTOR = [DoctorLine("ledger", v1.Severity.GREEN)]
SURE_AND_SIGNED = replace(SURE, mark="ab")


@dataclass
class Follower:
    policy: Policy | None = None

    def keep_to(self, policy: Policy) -> None:
        self.policy = policy


class Desk:
    """A runner with a real session and a real ledger, and what central says."""

    def __init__(self, folder: Path) -> None:
        clock = SystemClock()
        self.entries: list[Entry] = []
        self.changes = 0
        self.examined = 0
        self.health = Health(clock.wall)
        self.recorder = LedgerWriter(folder, clock)
        self.senses = Senses(["card"], self.health, self._post, clock.wall)

        async def sweep(_visit_id: str) -> tuple[Residue, ...]:
            return ()

        async def doctor() -> Sequence[DoctorLine]:
            self.examined += 1
            return DOCTOR

        desk = AtTheDesk(self.health, self.senses, self.recorder, doctor)
        self.central = FromCentral(lambda: self.runner, desk, Policy(), 0)
        words = Words("窓口", Voices("ja", VisitLanguage("ja")), MarkPolicy.NONE)
        self.session = Session(Policy(), expect=Proof.REVOKED)
        hands = Hands(
            NullCover(),
            NoGate(),
            NoTray(),
            self.recorder,
            lambda _visit: PaperVisit(),
            sweep,
            lambda _code: True,
            False,
        )
        watchers = self.central.watched(Watchers(observe=self._observe))
        self.runner = Runner(self.session, hands, self.health, clock, words, watchers)

    def begin(self, closed: Closed | None = None, senses: Sequence[object] = ()) -> None:
        self.central.begin(senses, closed, self._changed)
        self.runner.post(ev.AgentStarted())

    def _post(self, event: ev.Event) -> None:
        self.runner.post(event)

    def _changed(self) -> None:
        self.changes += 1

    def _observe(self, what: object, _now: float) -> None:
        if isinstance(what, Entry):
            self.entries.append(what)

    async def until_state(self, state: StateName) -> None:
        async with asyncio.timeout(LIMIT_S):
            while self.runner.state is not state:
                await asyncio.sleep(0)

    async def until_policy(self, policy: Policy) -> None:
        async with asyncio.timeout(LIMIT_S):
            while self.session.policy != policy:
                await asyncio.sleep(0)

    async def until_recorded(self, kind: type[Entry], count: int = 1) -> None:
        async with asyncio.timeout(LIMIT_S):
            while sum(isinstance(entry, kind) for entry in self.entries) < count:
                await asyncio.sleep(0)

    async def visit(self) -> None:
        self.runner.post(ev.StartRequested("a" * 32))
        await self.until_state(StateName.OPEN)

    async def leave(self) -> None:
        await self.until_state(StateName.CONFIRMING)
        self.runner.post(SURE_AND_SIGNED)

    @property
    def told(self) -> CentralState:
        return self.central.told_in(CentralState("http://c"))


@pytest.fixture
async def desk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[Desk]:
    monkeypatch.setattr(runner_module, "TICK_S", 0.05)
    desk = Desk(tmp_path)
    await desk.recorder.open()
    work = asyncio.create_task(desk.runner.run())
    await asyncio.sleep(0)  # it has its event loop now
    yield desk
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    await desk.recorder.close()


async def test_a_policy_is_taken_at_the_gate_by_everybody_whom_it_concerns(desk: Desk) -> None:
    follower = Follower()
    desk.begin(senses=[follower, object()])
    await desk.until_state(StateName.GATE)
    desk.central.offer(SHORT, 7)
    await desk.until_policy(SHORT)
    await desk.until_recorded(PolicyTaken)
    assert follower.policy == SHORT
    assert desk.runner.stage._words.mark is MarkPolicy.INITIALS
    assert (desk.told.policy_revision, desk.told.policy_waiting) == (7, None)
    assert PolicyTaken(7) in desk.entries


async def test_in_the_middle_of_a_visit_it_waits_for_the_next_time_at_the_gate(desk: Desk) -> None:
    desk.begin()
    await desk.until_state(StateName.GATE)
    await desk.visit()
    desk.central.offer(SHORT, 7)
    desk.central.offer(replace(SHORT, gap_s=40.0), 8)  # the newest one counts
    assert (desk.told.policy_revision, desk.told.policy_waiting) == (0, 8)
    assert desk.central.end_visit()
    await desk.until_state(StateName.CONFIRMING)
    assert desk.session.policy == Policy()
    await desk.leave()
    await desk.until_policy(replace(SHORT, gap_s=40.0))
    assert (desk.told.policy_revision, desk.told.policy_waiting) == (8, None)
    await desk.until_recorded(PolicyTaken)
    assert [entry for entry in desk.entries if isinstance(entry, PolicyTaken)] == [PolicyTaken(8)]


async def test_another_number_for_the_same_policy_changes_nothing_at_the_desk(desk: Desk) -> None:
    desk.begin()
    await desk.until_state(StateName.GATE)
    desk.central.offer(Policy(), 9)
    assert (desk.told.policy_revision, desk.told.policy_waiting, desk.changes) == (9, None, 1)


async def test_a_sense_that_becomes_mandatory_and_does_not_work_holds_the_desk(desk: Desk) -> None:
    desk.begin()
    await desk.until_state(StateName.GATE)
    desk.central.offer(replace(Policy(), mandatory_senses=("card",)), 7)
    await desk.until_state(StateName.HELD)
    await desk.until_recorded(DeskHeld)
    assert desk.entries[-1] == DeskHeld(None, HoldReason.SENSE_LOST)


async def test_a_visit_is_ended_from_afar_and_without_one_there_is_nothing_to_end(desk: Desk) -> None:
    desk.begin()
    await desk.until_state(StateName.GATE)
    assert not desk.central.end_visit()
    await desk.visit()
    assert desk.central.end_visit()
    await desk.until_state(StateName.CONFIRMING)
    assert not desk.central.end_visit()
    await desk.until_recorded(Outcome)
    assert [entry.reason for entry in desk.entries if isinstance(entry, Outcome)] == [EndReason.CENTRAL_ENDED]


async def test_a_desk_is_closed_once_its_visit_has_been_ended_and_confirmed(desk: Desk) -> None:
    desk.begin()
    await desk.until_state(StateName.GATE)
    await desk.visit()
    desk.central.close("点検中")
    assert desk.told.closed
    await desk.until_state(StateName.CONFIRMING)
    await desk.leave()
    await desk.until_state(StateName.HELD)
    assert desk.runner.stage.gate._view.hold_note == "点検中"
    desk.runner.post(ev.Released("cd"))
    desk.runner.post(ev.StartRequested("b" * 32))
    desk.central.open()
    await desk.until_state(StateName.GATE)
    assert not desk.told.closed
    desk.central.close("")
    await desk.until_state(StateName.HELD)
    await desk.until_recorded(DeskHeld, 2)


async def test_a_desk_that_is_opened_before_its_visit_has_ended_is_never_closed(desk: Desk) -> None:
    desk.begin()
    await desk.until_state(StateName.GATE)
    await desk.visit()
    desk.central.close("")
    desk.central.open()
    await desk.until_state(StateName.CONFIRMING)
    await desk.leave()
    await desk.until_state(StateName.GATE)
    await desk.visit()


async def test_a_desk_that_was_closed_starts_closed(desk: Desk) -> None:
    desk.begin(Closed("点検中"))
    await desk.until_recorded(DeskHeld)
    assert desk.runner.state is StateName.HELD
    assert desk.runner.stage.gate._view.hold_note == "点検中"
    desk.central.open()
    await desk.until_state(StateName.GATE)


async def test_diagnostics_say_how_the_desk_is_and_nothing_of_anybody(desk: Desk) -> None:
    desk.begin()
    await desk.until_state(StateName.GATE)
    desk.health.fail("browser", Severity.RED, "/home/佐藤/ヒミツ")
    desk.runner.record(PolicyTaken(1))
    await desk.until_recorded(PolicyTaken)
    told = await desk.central.diagnostics()
    assert (told.state, told.doctor, told.waiting_days) == ("Gate", DOCTOR, 1)
    assert told.entries >= 2
    assert [(one.name, one.state) for one in told.senses] == [("card", "absent")]
    assert [(one.code, one.severity) for one in told.health][-1] == ("browser", v1.Severity.RED)
    assert isinstance(told.health[-1].since, datetime.datetime)
    assert "ヒミツ" not in str(told)


async def test_doctor_is_not_asked_while_a_resident_sits_there(desk: Desk) -> None:
    desk.begin()
    await desk.until_state(StateName.GATE)
    await desk.visit()
    told = await desk.central.diagnostics()
    assert (told.state, told.doctor, desk.examined) == ("Open", [], 0)
