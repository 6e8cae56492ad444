"""Reports that arrive together share a transaction, and none of them can harm the others."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Sequence

import pytest
from sqlalchemy.exc import OperationalError

from kiosk_agent.central.ingest import grouping as grouping_module
from kiosk_agent.central.ingest.grouping import MOST_WAITING, MOST_WAITING_BYTES, TRIES, Grouping, TooBusyError
from kiosk_agent.errors import DatabaseError


class Gate:
    """Takes items; the first group waits until it is let go."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.entered, self.go = threading.Event(), threading.Event()

    def take(self, items: Sequence[int]) -> list[int]:
        self.groups.append(list(items))
        self.entered.set()
        self.go.wait()
        if 13 in items:
            raise LookupError("13")
        return [item * 2 for item in items]


async def test_what_arrives_while_a_group_is_taken_is_the_next_group() -> None:
    gate = Gate()
    grouping = Grouping(gate.take)
    grouping.start()
    first = grouping.submit(1)
    await asyncio.to_thread(gate.entered.wait)
    rest = [grouping.submit(number) for number in (2, 3, 4)]
    await asyncio.sleep(0)
    assert not first.done()
    gate.go.set()
    assert await asyncio.gather(first, *rest) == [2, 4, 6, 8]
    assert gate.groups == [[1], [2, 3, 4]]
    await grouping.stop()


async def test_where_they_come_thick_the_next_group_waits_for_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping_module, "GATHER_S", 3600.0)
    monkeypatch.setattr(grouping_module, "QUIET_S", 3600.0)
    monkeypatch.setattr(grouping_module, "MOST_TOGETHER", 2)
    gate = Gate()
    grouping = Grouping(gate.take)
    grouping.start()
    first = grouping.submit(1)
    await asyncio.to_thread(gate.entered.wait)
    rest = [grouping.submit(number) for number in (2, 3)]
    await asyncio.sleep(0)
    gate.go.set()
    assert await asyncio.gather(first, *rest) == [2, 4, 6]
    fourth = grouping.submit(4)
    await asyncio.to_thread(lambda: None)  # the thread could take it now
    assert await asyncio.gather(grouping.submit(5), fourth) == [10, 8]
    assert gate.groups == [[1], [2, 3], [4, 5]]
    await grouping.stop()


async def test_those_that_come_one_by_one_are_not_kept_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping_module, "GATHER_S", 3600.0)
    gate = Gate()
    gate.go.set()
    grouping = Grouping(gate.take)
    grouping.start()
    async with asyncio.timeout(60):
        assert [await grouping.submit(number) for number in range(5)] == [0, 2, 4, 6, 8]
    await grouping.stop()


async def test_where_nothing_more_comes_the_group_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping_module, "GATHER_S", 3600.0)
    gate = Gate()
    grouping = Grouping(gate.take)
    grouping.start()
    first = grouping.submit(1)
    await asyncio.to_thread(gate.entered.wait)
    rest = [grouping.submit(number) for number in (2, 3)]
    await asyncio.sleep(0)
    gate.go.set()
    await asyncio.gather(first, *rest)
    async with asyncio.timeout(60):
        assert await asyncio.gather(grouping.submit(4), grouping.submit(5)) == [8, 10]
    await grouping.stop()


async def test_what_still_waits_for_more_is_taken_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping_module, "GATHER_S", 3600.0)
    monkeypatch.setattr(grouping_module, "QUIET_S", 3600.0)
    gate = Gate()
    grouping = Grouping(gate.take)
    grouping.start()
    first = grouping.submit(1)
    await asyncio.to_thread(gate.entered.wait)
    rest = [grouping.submit(number) for number in (2, 3)]
    await asyncio.sleep(0)
    gate.go.set()
    await asyncio.gather(first, *rest)
    last = grouping.submit(4)
    await asyncio.sleep(0)
    async with asyncio.timeout(60):
        await grouping.stop()
    assert await last == 8


async def test_one_that_cannot_be_taken_fails_alone() -> None:
    gate = Gate()
    grouping = Grouping(gate.take)
    grouping.start()
    first = grouping.submit(1)
    await asyncio.to_thread(gate.entered.wait)
    rest = [grouping.submit(number) for number in (2, 13, 4)]
    await asyncio.sleep(0)
    gate.go.set()
    results = await asyncio.gather(first, *rest, return_exceptions=True)
    assert [type(one) if isinstance(one, Exception) else one for one in results] == [2, 4, LookupError, 8]
    await grouping.stop()


@pytest.mark.parametrize("failures", range(TRIES + 1))
async def test_a_connection_that_was_lost_is_tried_again_a_few_times(failures: int) -> None:
    left = iter([True] * failures)

    def take(items: Sequence[int]) -> list[int]:
        if next(left, False):
            raise OperationalError("select", {}, Exception("gone"))
        return list(items)

    grouping = Grouping(take)
    grouping.start()
    if failures < TRIES:
        assert await grouping.submit(1) == 1
    else:
        with pytest.raises(DatabaseError):
            await grouping.submit(1)
    await grouping.stop()


async def test_more_than_can_wait_is_turned_away_and_stopping_finishes_what_waits() -> None:
    gate = Gate()
    grouping = Grouping(gate.take)
    grouping.start()
    first = grouping.submit(1)
    await asyncio.to_thread(gate.entered.wait)
    waiting = [grouping.submit(2) for _ in range(MOST_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(TooBusyError):
        await grouping.submit(3)
    gate.go.set()
    stopping = asyncio.create_task(grouping.stop())
    assert set(await asyncio.gather(first, *waiting)) == {2, 4}
    await stopping
    with pytest.raises(TooBusyError):
        await grouping.submit(3)


async def test_what_waits_has_no_more_than_so_many_bytes() -> None:
    gate = Gate()
    grouping = Grouping(gate.take)
    grouping.start()
    first = grouping.submit(1, MOST_WAITING_BYTES)
    await asyncio.to_thread(gate.entered.wait)  # it is being taken, and waits no more
    waiting = [grouping.submit(2, MOST_WAITING_BYTES // 2) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(TooBusyError):
        await grouping.submit(3, 1)
    gate.go.set()
    assert await asyncio.gather(first, *waiting) == [2, 4, 4]
    assert await grouping.submit(3, MOST_WAITING_BYTES) == 6
    await grouping.stop()


async def test_answers_go_out_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping_module, "MOST_ANSWERED", 3)
    gate = Gate()
    grouping = Grouping(gate.take)
    grouping.start()
    first = grouping.submit(1)
    await asyncio.to_thread(gate.entered.wait)
    rest = [grouping.submit(number) for number in range(20, 40)]
    gate.go.set()
    await first
    answered = [sum(one.done() for one in rest)]
    while answered[-1] < len(rest):
        await asyncio.sleep(0)  # one turn of the loop
        answered.append(sum(one.done() for one in rest))
    assert max(after - before for before, after in itertools.pairwise(answered)) == 3
    assert [one.result() for one in rest] == [2 * number for number in range(20, 40)]
    await grouping.stop()


async def test_answers_wait_for_what_is_more_urgent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping_module, "LONGEST_S", 3600.0)
    urgent, asked = [True], asyncio.Event()

    def gives_way() -> bool:
        asked.set()
        return urgent[0]

    grouping = Grouping(lambda items: items, gives_way)
    grouping.start()
    waiting = grouping.submit(1)
    for _ in range(3):
        asked.clear()
        await asked.wait()  # it looks again and again
        assert not waiting.done()
    urgent[0] = False
    assert await waiting == 1
    await grouping.stop()


@pytest.mark.parametrize("is_stopping", [True, False])
async def test_answers_do_not_wait_for_long_nor_where_the_server_ends(
    is_stopping: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grouping_module, "LONGEST_S", 3600.0 if is_stopping else 0.0)
    grouping = Grouping(lambda items: items, lambda: True)
    grouping.start()
    waiting = grouping.submit(1)
    if is_stopping:
        await grouping.stop()
    async with asyncio.timeout(60):
        assert await waiting == 1
    if not is_stopping:
        await grouping.stop()
