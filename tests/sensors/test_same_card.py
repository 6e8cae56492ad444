"""The second reading of the card: the fake and the real one answer alike."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from kiosk_agent.hands.same_card import CardCheck, FakeCardCheck, NoCardCheck, ReaderCheck
from kiosk_agent.session.vocabulary import CardVerdict

LIMIT_S = 30.0
Put = Callable[[CardVerdict], None]


def with_fake() -> tuple[CardCheck, Put]:
    fake = FakeCardCheck()
    return fake, fake.put


def with_reader() -> tuple[CardCheck, Put]:
    lies_there: list[CardVerdict] = []

    def on_reader() -> str | None:
        return lies_there[-1].value if lies_there else None

    return ReaderCheck(on_reader, lambda: CardVerdict.NO_READER not in lies_there), lies_there.append


each = pytest.mark.parametrize("make", [with_fake, with_reader])
told = pytest.mark.parametrize(
    "verdict", [CardVerdict.SAME, CardVerdict.DIFFERENT, CardVerdict.UNTELLABLE, CardVerdict.NO_READER]
)


@each
@told
async def test_what_lies_there_already_is_told(make: Callable[[], tuple[CardCheck, Put]], verdict: CardVerdict) -> None:
    check, put = make()
    put(verdict)
    assert await check.same_card_on_reader(LIMIT_S) is verdict


@each
@told
async def test_what_is_put_there_meanwhile_is_told(
    make: Callable[[], tuple[CardCheck, Put]], verdict: CardVerdict
) -> None:
    check, put = make()
    asked = asyncio.create_task(check.same_card_on_reader(LIMIT_S))
    await asyncio.sleep(0)  # it waits
    assert not asked.done()
    put(verdict)
    assert await asked is verdict


@each
async def test_without_a_card_in_time_it_is_absent(make: Callable[[], tuple[CardCheck, Put]]) -> None:
    check, _put = make()
    assert await check.same_card_on_reader(0.0) is CardVerdict.ABSENT


async def test_a_desk_without_a_card_sense_says_so() -> None:
    assert await NoCardCheck().same_card_on_reader(LIMIT_S) is CardVerdict.NO_READER
