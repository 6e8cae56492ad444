"""The card sense with the real PC/SC service and cards on a virtual reader."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from kiosk_agent.sensors.card import watch
from kiosk_agent.sensors.card.identity import Likeness
from kiosk_agent.sensors.sense import SenseState
from kiosk_agent.session.vocabulary import Signal
from tests.sensors.card.card_desk import CardDesk, card_desk, until
from tests.support.card_world import CardWorld, contact_card, my_number_card, random_card, storage_card

ROOT = Path(__file__).parents[3]
SAME, DIFFERENT, UNTELLABLE = Likeness

CARDS = {"random UID": random_card(), "type B": my_number_card(2), "contact": contact_card()}


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a card answers late, and would count as one that cannot be told; see test_watch."""
    monkeypatch.setattr(watch, "ASK_LIMIT_S", 30.0)


async def signed_in(desk: CardDesk, world: CardWorld, card: dict[str, Any]) -> None:
    """Somebody signs in with ``card``."""
    await until(lambda: desk.state is SenseState.WORKING)
    world.put(card)
    await desk.sign_in()


async def moved(desk: CardDesk, world: CardWorld, card: dict[str, Any], likeness: Likeness) -> None:
    """The card is taken away, and this one is put on."""
    world.take()
    await until(lambda: desk.sense.on_reader() is None)
    world.put(card)
    await until(lambda: desk.sense.on_reader() is likeness)


async def test_the_same_card_is_no_sign_and_another_one_is_a_certain_one(card_world: CardWorld) -> None:
    async with card_desk() as desk:
        await signed_in(desk, card_world, storage_card(1))
        await moved(desk, card_world, storage_card(1), SAME)
        assert desk.events.empty()
        await moved(desk, card_world, storage_card(2), DIFFERENT)
        assert await desk.signal() is Signal.CARD_DIFFERENT
        assert desk.events.empty()


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
async def test_a_card_without_a_uid_that_counts_cannot_be_told(card_world: CardWorld, card: dict[str, Any]) -> None:
    async with card_desk() as desk:
        await signed_in(desk, card_world, card)
        assert desk.events.empty()
        await moved(desk, card_world, card, UNTELLABLE)
        assert await desk.signal() is Signal.CARD_UNTELLABLE
        assert desk.events.empty()


@pytest.mark.parametrize("card", [my_number_card(1), contact_card()], ids=["type B", "contact"])
async def test_a_card_that_cannot_be_told_is_not_even_spoken_to(card_world: CardWorld, card: dict[str, Any]) -> None:
    async with card_desk() as desk:
        await signed_in(desk, card_world, card)
        await moved(desk, card_world, card, UNTELLABLE)
        assert card_world.commands == []


async def test_where_the_page_expects_the_card_only_another_one_is_a_sign(card_world: CardWorld) -> None:
    async with card_desk() as desk:
        await signed_in(desk, card_world, storage_card(1))
        desk.expected = True
        await moved(desk, card_world, my_number_card(1), UNTELLABLE)
        await moved(desk, card_world, storage_card(1), SAME)
        await moved(desk, card_world, storage_card(2), DIFFERENT)
        assert await desk.signal() is Signal.CARD_DIFFERENT
        assert desk.events.empty()


async def test_a_card_that_is_taken_away_is_a_sign_after_the_grace(card_world: CardWorld) -> None:
    async with card_desk(grace_s=0.3) as desk:
        await signed_in(desk, card_world, my_number_card(1))
        card_world.take()
        assert await desk.signal() is Signal.CARD_REMOVED
        assert desk.events.empty()


async def test_between_visits_no_card_is_asked_and_no_key_is_kept(card_world: CardWorld) -> None:
    async with card_desk() as desk:
        await signed_in(desk, card_world, storage_card(1))
        keys = {desk.sense._key}
        asked = card_world.commands
        assert asked == ["ffca000000"]
        desk.end_visit()
        assert desk.sense._key is None
        assert desk.sense.on_reader() is None
        assert desk.sense._watch._known == ()
        assert desk.sense._watch._last is None
        world_before = desk.sense._seen
        card_world.put(storage_card(2))
        await until(lambda: desk.sense._seen != world_before and any(one.has_card for one in desk.sense._seen.values()))
        assert card_world.commands == []
        await desk.sign_in()
        assert desk.sense._key not in keys
        assert card_world.commands == ["ffca000000"], "the card that lay there is asked anew for the new visit"
        assert desk.events.empty(), "another visit may have another card"


async def test_certificates_are_compared_where_that_is_switched_on(card_world: CardWorld) -> None:
    async with card_desk(certificate=True) as desk:
        await signed_in(desk, card_world, my_number_card(1))
        await moved(desk, card_world, {**my_number_card(1), "uid": "99999999"}, SAME)
        assert not [command for command in card_world.commands if command.startswith("ffca")]
        await moved(desk, card_world, contact_card(), UNTELLABLE)
        assert await desk.signal() is Signal.CARD_UNTELLABLE
        await moved(desk, card_world, my_number_card(2), DIFFERENT)
        assert await desk.signal() is Signal.CARD_DIFFERENT
        assert desk.events.empty()


class SecondProgram:
    def __init__(self, way: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.sensors.card.second_program", way],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert self._read() == [[0, [0x90, 0x00]]]

    def _read(self) -> list[Any]:
        assert self._process.stdout is not None
        seen: list[Any] = json.loads(self._process.stdout.readline())
        return seen

    def begin(self) -> None:
        """Use the card."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def saw(self) -> list[Any]:
        """What it saw of it."""
        return self._read()

    def end(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        assert self._process.wait(timeout=30) == 0
        self._process.stdout.close()


@contextmanager
def second_program(way: str) -> Iterator[SecondProgram]:
    program = SecondProgram(way)
    try:
        yield program
    finally:
        program.end()


def undisturbed(seen: list[Any], begin: int) -> bool:
    return seen == [[0, [*divmod(number, 256), 0x90, 0x00]] for number in range(begin, begin + len(seen))]


@pytest.mark.parametrize("certificate", [False, True], ids=["uid", "certificate"])
@pytest.mark.parametrize("way", ["shared", "transaction", "exclusive"])
async def test_another_program_uses_the_card_undisturbed(card_world: CardWorld, way: str, certificate: bool) -> None:
    """While the sense wants to know the card again and again."""
    card = my_number_card(1) if certificate else storage_card(1)
    async with card_desk(certificate=certificate) as desk:
        await signed_in(desk, card_world, card)
        before = len(card_world.commands)
        with second_program(way) as program:
            for number in range(3):
                program.begin()
                for _ in range(8):
                    desk._visits += 1
                    desk.visit(signed_in=False)
                    await until(lambda: bool(desk.sense._readings) or desk.sense.on_reader() is not None)
                assert undisturbed(program.saw(), 1 + number * 15)
            foreign = [one for one in card_world.commands[before:] if not one.startswith(("80c0", "00a40400076"))]
            assert set(foreign) <= ({"ffca000000"} if way == "shared" and not certificate else set())
        await until(lambda: desk.sense.on_reader() is UNTELLABLE)
        desk.visit(signed_in=True)
        await moved(desk, card_world, card, SAME)
        assert desk.events.empty()


async def test_a_card_that_another_program_keeps_to_itself_cannot_be_told_until_it_lets_go(
    card_world: CardWorld,
) -> None:
    async with card_desk() as desk:
        await signed_in(desk, card_world, storage_card(1))
        card_world.take()
        await until(lambda: desk.sense.on_reader() is None)
        desk.end_visit()
        card_world.put(storage_card(2))
        await until(lambda: any(one.has_card for one in desk.sense._seen.values()))
        with second_program("exclusive"):
            await desk.sign_in(lies_there=None)
            # the card of this visit is not yet known; nobody says anything of it
            assert desk.events.empty()
        await until(lambda: desk.sense.on_reader() is SAME)
        assert desk.events.empty()


async def test_a_service_that_is_killed_and_started_again_is_one_warning_and_one_all_clear(
    card_world: CardWorld,
) -> None:
    async with card_desk() as desk:
        await signed_in(desk, card_world, storage_card(1))
        assert desk.changes == 0
        card_world.kill()
        await until(lambda: desk.state is SenseState.ABSENT)
        (warning,) = desk.health.warnings
        assert (warning.code, desk.changes) == ("card", 1)
        assert "service" in warning.detail
        assert warning.remedy
        card_world.start()
        await until(lambda: desk.state is SenseState.WORKING)
        assert (desk.health.warnings, desk.changes) == ([], 2)
        card_world.put(storage_card(2))
        assert await desk.signal() is Signal.CARD_DIFFERENT


async def test_a_service_that_is_missing_at_the_start_is_waited_for(card_world: CardWorld) -> None:
    card_world.stop()
    async with card_desk() as desk:
        await until(lambda: bool(desk.health.warnings))
        assert desk.state is SenseState.ABSENT
        card_world.start()
        await until(lambda: desk.state is SenseState.WORKING)
        assert (desk.health.warnings, desk.changes) == ([], 2)
        await signed_in(desk, card_world, storage_card(1))
        await moved(desk, card_world, storage_card(2), DIFFERENT)
        assert await desk.signal() is Signal.CARD_DIFFERENT


async def test_a_service_without_a_reader_and_then_with_one(card_world: CardWorld) -> None:
    """pcscd puts a virtual reader into its list only when it starts."""
    card_world.stop()
    card_world.unplug()
    card_world.start()
    try:
        async with card_desk() as desk:
            await until(lambda: bool(desk.health.warnings))
            assert "No card reader" in desk.health.warnings[0].detail
            card_world.stop()
            card_world.plug()
            card_world.start()
            await until(lambda: desk.state is SenseState.WORKING)
            assert desk.health.warnings == []
            await signed_in(desk, card_world, storage_card(1))
            await moved(desk, card_world, storage_card(2), DIFFERENT)
            assert await desk.signal() is Signal.CARD_DIFFERENT
    finally:
        card_world.stop()
        card_world.plug()


async def test_a_reader_that_is_unplugged_and_plugged_in_again_is_one_warning_and_one_all_clear(
    cabled_card_world: CardWorld,
) -> None:
    world = cabled_card_world
    async with card_desk() as desk:
        await until(lambda: desk.state is SenseState.WORKING)
        await signed_in(desk, world, storage_card(1))
        world.pull_cable()
        await until(lambda: desk.state is SenseState.ABSENT)
        assert ([one.code for one in desk.health.warnings], desk.changes) == (["card"], 1)
        assert "No card reader" in desk.health.warnings[0].detail
        assert desk.sense.on_reader() is None
        world.push_cable()
        await until(lambda: desk.state is SenseState.WORKING)
        assert (desk.health.warnings, desk.changes) == ([], 2)
        await until(lambda: desk.sense.on_reader() is SAME)  # it still lies there, and was asked anew
        assert desk.events.empty()
        await moved(desk, world, storage_card(2), DIFFERENT)
        assert await desk.signal() is Signal.CARD_DIFFERENT


async def test_a_card_that_goes_with_its_reader_was_taken_away(cabled_card_world: CardWorld) -> None:
    async with card_desk(grace_s=0.1) as desk:
        await signed_in(desk, cabled_card_world, storage_card(1))
        cabled_card_world.pull_cable()
        assert await desk.signal() is Signal.CARD_REMOVED


async def test_only_the_reader_that_is_named_counts(card_world: CardWorld) -> None:
    async with card_desk(reader="virtual pcd 00 01") as desk:
        await until(lambda: desk.state is SenseState.WORKING)
        assert list(desk.sense._seen) == ["Virtual PCD 00 01"]
    async with card_desk(reader="another") as desk:
        await until(lambda: desk.state is SenseState.ABSENT and bool(desk.health.warnings))
