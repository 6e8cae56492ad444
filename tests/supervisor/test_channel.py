"""What an agent says to its supervisor arrives whole and in order, and never makes it wait."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import AsyncIterator
from typing import Any, BinaryIO

import pytest

from kiosk_agent.lifeline import Channel

FAR_MORE_THAN_A_PIPE_TAKES = 400
LONG = "長" * 2000


class Partner:
    """The other ends of both pipes; reads only when it is told to."""

    def __init__(self) -> None:
        ours, theirs = os.pipe(), os.pipe()
        self.hears: BinaryIO = os.fdopen(theirs[0], "rb")
        self.says: BinaryIO = os.fdopen(ours[1], "wb")
        self.channel = Channel(os.fdopen(ours[0], "rb"), os.fdopen(theirs[1], "wb"), "test")

    async def read(self, lines: int) -> list[Any]:
        return [json.loads(await asyncio.to_thread(self.hears.readline)) for _ in range(lines)]


@pytest.fixture
async def partner() -> AsyncIterator[Partner]:
    one = Partner()
    one.channel.start()
    yield one
    one.says.close()
    one.channel.flush_and_close()
    one.hears.close()


async def test_what_a_partner_does_not_read_keeps_nobody_waiting_and_arrives_in_order(partner: Partner) -> None:
    said = [{"number": number, "text": LONG} for number in range(FAR_MORE_THAN_A_PIPE_TAKES)]
    for message in said:
        partner.channel.send(message)  # a hang here would be the event loop's
    assert await partner.read(len(said)) == said
    partner.channel.send({"beat": 1})
    assert await partner.read(1) == [{"beat": 1}]


async def test_what_is_said_before_the_start_comes_first() -> None:
    late = Partner()
    late.channel.send({"number": 0, "text": LONG * 100})
    late.channel.send({"number": 1})
    late.channel.start()
    late.channel.send({"number": 2})
    assert [one["number"] for one in await late.read(3)] == [0, 1, 2]
    late.says.close()
    late.channel.flush_and_close()
    late.hears.close()


async def test_words_of_several_threads_stay_whole(partner: Partner) -> None:
    def talk(who: int) -> None:
        for number in range(FAR_MORE_THAN_A_PIPE_TAKES):
            partner.channel.send({"who": who, "number": number, "text": LONG if number % 7 == 0 else ""})

    talking = [threading.Thread(target=talk, args=(who,)) for who in range(3)]
    for thread in talking:
        thread.start()
    heard = await partner.read(3 * FAR_MORE_THAN_A_PIPE_TAKES)
    for who in range(3):
        assert [one["number"] for one in heard if one["who"] == who] == list(range(FAR_MORE_THAN_A_PIPE_TAKES))
    for thread in talking:
        thread.join()


async def test_nothing_is_written_to_a_pipe_that_is_closed_or_whose_reader_is_gone(partner: Partner) -> None:
    partner.hears.close()
    partner.channel.send({"beat": 1})
    partner.channel.send({"text": LONG * 100})
    partner.channel.flush_and_close()
    pipes = [os.pipe() for _ in range(4)]  # one of them gets the number that has become free
    partner.channel.send({"beat": 2})
    for read_fd, write_fd in pipes:
        os.close(write_fd)
        with os.fdopen(read_fd, "rb") as nothing:
            assert nothing.read() == b""
