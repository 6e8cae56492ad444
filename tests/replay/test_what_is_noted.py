"""What the input sense notes for the recording: that somebody is there, and nothing between portal sessions."""

from __future__ import annotations

import asyncio
import datetime
from contextlib import AsyncExitStack
from pathlib import Path

from msgspec.structs import replace

from kiosk_agent.clock import ManualClock, SystemClock
from kiosk_agent.config import Config, Recording
from kiosk_agent.desk_records import also_recorded
from kiosk_agent.hands.runner import Watchers
from kiosk_agent.health import Health
from kiosk_agent.recording.stream import Fact, read_parts
from kiosk_agent.recording.writer import FOLDER
from kiosk_agent.sensors.input import PcInput
from kiosk_agent.sensors.sense import Senses
from kiosk_agent.session import events as ev
from kiosk_agent.session.policy import Policy
from kiosk_agent.session.vocabulary import StateName
from tests.support.fake_reader import FakeReader

PATIENCE_S = 60.0


def wall() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


async def test_a_look_that_finds_somebody_is_noted_and_only_while_a_session_is_on_screen() -> None:
    reader, facts, told = FakeReader(), list[Fact](), asyncio.Event()
    loop = asyncio.get_running_loop()

    def note(fact: Fact) -> None:
        facts.append(fact)
        loop.call_soon_threadsafe(told.set)

    report = Senses(["input"], Health(wall), lambda _event: None, wall).report_of("input")
    # without a gap each look comes a second after the one before
    sense = PcInput(0.0, SystemClock(), lambda _event: None, report, lambda _clock: reader, note=note)
    sense.start()
    sense.state_changed(StateName.SIGNED_IN)
    assert await asyncio.to_thread(sense.looked.wait, PATIENCE_S)
    assert facts == []
    reader.move()
    async with asyncio.timeout(PATIENCE_S):
        await told.wait()
    assert facts == [Fact.PC_INPUT]
    sense.state_changed(StateName.WARNING)
    reader.move()
    await sense.stop()
    assert facts == [Fact.PC_INPUT]


async def recorded(tmp_path: Path, recording: Recording) -> tuple[list[object], Config]:
    config = Config(tmp_path / "agent.toml", tmp_path / "p.toml", recording=recording, policy=Policy(gap_s=44.0))
    clock, heard = ManualClock(), list[object]()
    own = Watchers(observe=lambda what, _now: heard.append(what))
    async with AsyncExitStack() as stack:
        watchers, note = also_recorded(own, config, tmp_path, clock, Health(clock.wall), stack, [])
        watchers.observe(ev.SignInSeen(), clock.now())
        note(Fact.CARD_OFF)
    return heard, config


async def test_an_agent_records_only_where_that_is_wanted_and_the_others_hear_all_the_same(tmp_path: Path) -> None:
    heard, _ = await recorded(tmp_path, Recording())
    assert heard == [ev.SignInSeen()]
    assert list(tmp_path.iterdir()) == []
    heard, config = await recorded(tmp_path, Recording(events=True, max_mib=1))
    assert heard == [ev.SignInSeen()]
    (part,) = read_parts(list((tmp_path / FOLDER).iterdir()))
    assert part.header.policy == replace(config.policy)
    assert [line.kind for line in part.lines] == ["SignInSeen", "CardOff"]
