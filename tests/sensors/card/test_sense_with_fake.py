"""What the virtual reader cannot do: readers that go, services that misbehave, no pyscard."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from kiosk_agent.recording.stream import Fact
from kiosk_agent.sensors.card.identity import Likeness
from kiosk_agent.sensors.card.pcsc import PcscContext, PcscError, Trouble
from kiosk_agent.sensors.sense import SenseState
from kiosk_agent.session.vocabulary import Signal
from tests.sensors.card.card_desk import card_desk, until
from tests.sensors.card.fake_pcsc import Answers, FakePcsc
from tests.support.card_world import CHIP_B, STORAGE_A

ATR = bytes.fromhex(STORAGE_A)
SECOND = "Fake reader 00 01"


def uid(number: int) -> Answers:
    return lambda _command: bytes([0x04, number, 1, 2, 3, 4, 5, 0x90, 0x00])


@pytest.mark.parametrize(
    ("out", "back"),
    [(FakePcsc.unplug, FakePcsc.plug), (FakePcsc.pull_cable, FakePcsc.push_cable)],
    ids=["no longer listed", "listed, but silent"],
)
async def test_a_reader_that_is_unplugged_and_plugged_in_again_is_one_warning_and_one_all_clear(
    out: Callable[[FakePcsc], None], back: Callable[[FakePcsc], None]
) -> None:
    pcsc = FakePcsc()
    async with card_desk(pcsc=pcsc) as desk:
        await until(lambda: desk.state is SenseState.WORKING)
        pcsc.put(ATR, uid(1))
        await desk.sign_in()
        out(pcsc)
        await until(lambda: desk.state is SenseState.ABSENT)
        assert ([one.code for one in desk.health.warnings], desk.changes) == (["card"], 1)
        back(pcsc)
        await until(lambda: desk.state is SenseState.WORKING)
        assert (desk.health.warnings, desk.changes) == ([], 2)
        pcsc.put(ATR, uid(1))
        await until(lambda: desk.sense.on_reader() is Likeness.SAME)
        assert desk.events.empty()
        pcsc.put(ATR, uid(2))
        assert await desk.signal() is Signal.CARD_DIFFERENT


async def test_a_card_that_goes_with_its_reader_was_taken_away() -> None:
    pcsc = FakePcsc()
    async with card_desk(pcsc=pcsc, grace_s=0.1) as desk:
        await until(lambda: desk.state is SenseState.WORKING)
        pcsc.put(ATR, uid(1))
        await desk.sign_in()
        pcsc.unplug()
        assert await desk.signal() is Signal.CARD_REMOVED


@pytest.mark.parametrize("grace_s", [0.1, 600.0])
async def test_that_the_card_went_and_that_one_is_back_is_noted_whatever_the_grace(grace_s: float) -> None:
    pcsc = FakePcsc()
    async with card_desk(pcsc=pcsc, grace_s=grace_s) as desk:
        await until(lambda: desk.state is SenseState.WORKING)
        pcsc.put(ATR, uid(1))
        await desk.sign_in()
        assert desk.facts == []  # what cards do before the sign-in is nobody's business
        pcsc.unplug()
        await until(lambda: desk.facts == [Fact.CARD_OFF])
        if grace_s < 1.0:
            assert await desk.signal() is Signal.CARD_REMOVED
        pcsc.plug()
        pcsc.put(ATR, uid(1))
        await until(lambda: desk.facts == [Fact.CARD_OFF, Fact.CARD_BACK])
        pcsc.unplug()
        await until(lambda: len(desk.facts) == 3)
        await desk.sign_in(lies_there=None)  # another visit, whose card it never was
        pcsc.plug()
        pcsc.put(ATR, uid(1))
        await until(lambda: desk.sense.on_reader() is not None)
        assert desk.facts == [Fact.CARD_OFF, Fact.CARD_BACK, Fact.CARD_OFF]


async def test_a_card_that_lay_there_while_nobody_could_look_is_asked_again() -> None:
    for after, signal in ((bytes.fromhex(CHIP_B), Signal.CARD_UNTELLABLE), (ATR, Signal.CARD_DIFFERENT)):
        pcsc = FakePcsc()
        async with card_desk(pcsc=pcsc) as desk:
            await until(lambda: desk.state is SenseState.WORKING)  # used before the next round
            pcsc.put(ATR, uid(1))
            await desk.sign_in()
            pcsc.run(False)
            await until(lambda: desk.state is SenseState.ABSENT)
            pcsc.swap_unseen(after, uid(2), counted=0)
            pcsc.run(True)
            assert await desk.signal() is signal
            await until(lambda: desk.health.warnings == [])


async def test_two_cards_that_change_places_unseen_are_noticed() -> None:
    pcsc = FakePcsc()
    async with card_desk(pcsc=pcsc) as desk:
        await until(lambda: desk.state is SenseState.WORKING)
        pcsc.put(ATR, uid(1))
        await desk.sign_in()
        pcsc.swap_unseen(ATR, uid(2))
        assert await desk.signal() is Signal.CARD_DIFFERENT


async def test_a_card_that_is_busy_cannot_be_told_and_is_told_once_it_can_be_asked() -> None:
    pcsc, busy = FakePcsc(), True

    def answers(command: bytes) -> bytes:
        if busy:
            raise PcscError(Trouble.BUSY, "Sharing violation.")
        return uid(2)(command)

    async with card_desk(pcsc=pcsc) as desk:
        await until(lambda: desk.state is SenseState.WORKING)
        pcsc.put(ATR, uid(1))
        await desk.sign_in()
        pcsc.put(ATR, answers)
        assert await desk.signal() is Signal.CARD_UNTELLABLE
        busy = False
        assert await desk.signal() is Signal.CARD_DIFFERENT
        assert desk.events.empty()


async def test_a_driver_that_breaks_is_told_and_the_sense_lives_on() -> None:
    pcsc = FakePcsc()

    class Breaks:
        broken = True

        def establish(self) -> PcscContext:
            if self.broken:
                raise RuntimeError("a driver's own")
            return pcsc.establish()

    breaks = Breaks()
    async with card_desk(pcsc=breaks) as desk:
        await until(lambda: bool(desk.health.warnings))
        assert "a driver's own" in desk.health.warnings[0].detail
        breaks.broken = False
        await until(lambda: desk.state is SenseState.WORKING)


async def test_a_card_on_another_reader_is_compared_too() -> None:
    pcsc = FakePcsc()
    pcsc.plug(SECOND)
    async with card_desk(pcsc=pcsc) as desk:
        await until(lambda: desk.state is SenseState.WORKING)
        pcsc.put(ATR, uid(1))
        await desk.sign_in()
        pcsc.put(ATR, uid(2), SECOND)
        assert await desk.signal() is Signal.CARD_DIFFERENT


async def test_without_pyscard_the_sense_is_absent_and_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "smartcard", None)
    async with card_desk() as desk:
        await until(lambda: bool(desk.health.warnings))
        (warning,) = desk.health.warnings
        assert "pyscard is not installed" in warning.detail
        assert "kiosk-agent[card]" in warning.remedy
        assert desk.state is SenseState.ABSENT
