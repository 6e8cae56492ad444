"""Only central's own answer to this very report is an acknowledgement; all else keeps everything."""

from __future__ import annotations

import datetime
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from kiosk_agent.clock import ManualClock
from kiosk_agent.health import Severity
from kiosk_agent.report.client import LARGEST_ANSWER_BYTES
from kiosk_agent.report.uploader import QUIET_S
from kiosk_agent.session import entries as en
from kiosk_agent.wire import v1
from tests.report.desks import TOKEN, ReportingDesk, reporting_desk
from tests.report.loopback import Asked, Reply, answer, loopback, refusal, taken

HTML = b"<html><body>Please sign in to this network.</body></html>"


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as opened:
        yield opened


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


async def desk_at(stack: AsyncExitStack, url: str, tmp_path: Path, clock: ManualClock) -> ReportingDesk:
    desk = await reporting_desk(stack, url, tmp_path / "desk", clock)
    await desk.work(2)
    return desk


def elsewhere(asked: Asked) -> bytes:
    return answer(302, b"", Location="http://127.0.0.1:1/login")


NOT_CENTRAL: dict[str, Reply] = {
    "a login page with 200": lambda _: answer(200, HTML, "text/html"),
    "a login page that calls itself JSON": lambda _: answer(200, HTML),
    "nothing at all, with 200": lambda _: answer(200),
    "another program's JSON": lambda _: answer(200, b'{"status":"ok"}'),
    "JSON nested without end": lambda _: answer(200, b"[" * 100_000),
    "an answer without end": lambda _: answer(200, b" " * (LARGEST_ANSWER_BYTES + 1)),
    "another report's answer, by its number": lambda asked: taken(asked, number=asked.report.number + 1),
    "another ledger's answer": lambda asked: taken(asked, epoch="0" * 32),
    "no content": lambda _: answer(204),
    "accepted, but by whom": lambda asked: taken(asked).replace(b"HTTP/1.1 200", b"HTTP/1.1 202"),
    "a redirect": elsewhere,
    "a redirect that keeps the method": lambda _: answer(307, b"", Location="http://127.0.0.1:1/"),
    "a proxy's refusal": lambda _: answer(403, HTML, "text/html"),
    "a proxy that wants a password": lambda _: answer(407, HTML, "text/html", Proxy_Authenticate="Basic"),
    "a page of another server": lambda _: answer(404, HTML, "text/html"),
    "a proxy's 400": lambda _: answer(400, HTML, "text/html"),
}
COME_AGAIN: dict[str, Reply] = {
    "500": lambda _: refusal(500, "failed"),
    "502 of a proxy": lambda _: answer(502, HTML, "text/html"),
    "503": lambda _: refusal(503, "busy"),
    "429": lambda _: refusal(429, "too_many"),
    "408": lambda _: answer(408),
    "a connection that ends": lambda _: b"",
    "half an answer": lambda asked: taken(asked)[:-10],
    "no HTTP": lambda _: b"SSH-2.0-OpenSSH\r\n\r\n",
}
REFUSES: dict[str, Reply] = {
    "an unknown token": lambda _: refusal(401, "token_unknown"),
    "a forbidden desk": lambda _: refusal(403, "forbidden"),
    "an unknown path": lambda _: refusal(404, "http"),
    "another type": lambda _: refusal(415, "content_type"),
}


@pytest.mark.parametrize("reply", [*NOT_CENTRAL, *COME_AGAIN, *REFUSES])
async def test_all_is_kept_and_arrives_once_central_is_back(
    reply: str, stack: AsyncExitStack, tmp_path: Path, clock: ManualClock
) -> None:
    wrong = {**NOT_CENTRAL, **COME_AGAIN, **REFUSES}[reply]
    async with loopback(wrong, wrong, taken) as network:
        desk = await desk_at(stack, network.url, tmp_path, clock)
        await desk.uploader.round()
        assert await desk.waiting() == 2
        assert desk.uploader.state.acknowledged is None
        clock.advance(QUIET_S)
        await desk.uploader.round()
        assert await desk.waiting() == 2
        assert len(desk.codes) == 1, "by now it is shown"
        assert desk.health.worst is Severity.AMBER
        await desk.uploader.round()
        assert await desk.waiting() == 0
        assert desk.codes == set(), "and no longer"
    first, _, last = network.reports
    assert [first.days, first.number, last.number] == [last.days, 1, 3]
    assert all(one.line == "POST /v1/report HTTP/1.1" for one in network.asked)
    assert all(one.headers["authorization"] == f"Bearer {TOKEN}" for one in network.asked)


@pytest.mark.parametrize("reply", NOT_CENTRAL)
async def test_who_is_not_central_is_shown_at_once(
    reply: str, stack: AsyncExitStack, tmp_path: Path, clock: ManualClock
) -> None:
    async with loopback(NOT_CENTRAL[reply]) as network:
        desk = await desk_at(stack, network.url, tmp_path, clock)
        await desk.uploader.round()
    assert desk.codes == {"central_not_central"}
    assert len(network.asked) == 1, "nobody is followed elsewhere"


@pytest.mark.parametrize("reply", COME_AGAIN)
async def test_who_comes_back_soon_is_not_shown(
    reply: str, stack: AsyncExitStack, tmp_path: Path, clock: ManualClock
) -> None:
    async with loopback(COME_AGAIN[reply]) as network:
        desk = await desk_at(stack, network.url, tmp_path, clock)
        await desk.uploader.round()
        assert desk.codes == set()
        clock.advance(QUIET_S)
        await desk.uploader.round()
    assert desk.codes == {"central_unreachable"}


@pytest.mark.parametrize("reply", REFUSES)
async def test_who_is_refused_is_shown_at_once(
    reply: str, stack: AsyncExitStack, tmp_path: Path, clock: ManualClock
) -> None:
    async with loopback(REFUSES[reply]) as network:
        desk = await desk_at(stack, network.url, tmp_path, clock)
        await desk.uploader.round()
    assert desk.codes == {"central_refuses"}


async def test_a_refused_connection_keeps_everything(stack: AsyncExitStack, tmp_path: Path, clock: ManualClock) -> None:
    async with loopback(taken) as network:
        pass
    desk = await desk_at(stack, network.url, tmp_path, clock)
    await desk.uploader.round()
    assert await desk.waiting() == 2


async def test_the_pauses_grow_and_end_with_the_first_acknowledgement(
    stack: AsyncExitStack, tmp_path: Path, clock: ManualClock
) -> None:
    def down(_asked: Asked) -> bytes:
        return answer(500)

    async with loopback(*[down] * 9, taken, down) as network:
        desk = await desk_at(stack, network.url, tmp_path, clock)
        waits = [await desk.uploader.round() for _ in range(11)]
    assert waits == [11.25, 22.5, 45, 90, 180, 360, 675, 675, 675, 60, 11.25]


async def test_retry_after_is_kept_to_in_seconds_and_as_a_date_by_centrals_clock(
    stack: AsyncExitStack, tmp_path: Path, clock: ManualClock
) -> None:
    date = {"Date": "Wed, 01 Jan 2031 00:00:00 GMT", "Retry_After": "Wed, 01 Jan 2031 00:10:00 GMT"}
    replies: list[Reply] = [
        lambda _: refusal(429, "too_many", Retry_After="120"),
        lambda _: refusal(503, "database", **date),
        lambda _: refusal(429, "too_many", Retry_After="99999999999999999999"),
        lambda _: refusal(429, "too_many", Retry_After="soon"),
    ]
    async with loopback(*replies) as network:
        desk = await desk_at(stack, network.url, tmp_path, clock)
        waits = [await desk.uploader.round() for _ in range(4)]
    assert waits == [120 + 15, 600 + 75, 3600 + 450, 90]


# what can never succeed


def too_large(days: set[str]) -> Reply:
    """A central that cannot take a report with one of these days, whatever it is."""

    def reply(asked: Asked) -> bytes:
        bad = {one.day.isoformat() for one in asked.report.days} & days
        return refusal(413, "too_large") if bad else taken(asked)

    return reply


async def test_one_day_that_no_report_may_hold_is_set_aside_and_all_others_arrive(
    stack: AsyncExitStack, tmp_path: Path, clock: ManualClock
) -> None:
    async with loopback(too_large({"2026-04-03"})) as network:
        desk = await reporting_desk(stack, network.url, tmp_path / "desk", clock)
        await desk.work(8)
        for _ in range(20):
            await desk.uploader.round()
    state = await desk.writer.outbox_state()
    assert state.waiting_days == 0
    assert dict(state.set_aside) == {"2026-04-03": "413 too_large: As the test wants it."}
    acknowledged = {day.day.isoformat() for one in network.reports for day in one.days} - {"2026-04-03"}
    assert len(acknowledged) == 7
    assert desk.codes == {"central_set_aside"}
    assert desk.uploader.state.set_aside == 1
    assert network.reports[-1].set_aside == 1


async def test_where_even_an_empty_report_is_refused_nothing_is_set_aside(
    stack: AsyncExitStack, tmp_path: Path, clock: ManualClock
) -> None:
    async with loopback(lambda _: refusal(400, "invalid")) as network:
        desk = await desk_at(stack, network.url, tmp_path, clock)
        for _ in range(12):
            await desk.uploader.round()
        assert await desk.waiting() == 2
        assert (await desk.writer.outbox_state()).set_aside == {}
    assert desk.codes == {"central_refuses"}
    assert any(not one.days for one in network.reports)


async def test_a_days_report_is_not_blamed_for_what_stands_beside_it(
    stack: AsyncExitStack, tmp_path: Path, clock: ManualClock
) -> None:
    def reply(asked: Asked) -> bytes:
        return refusal(400, "invalid") if asked.report.health else taken(asked)

    async with loopback(reply) as network:
        desk = await reporting_desk(stack, network.url, tmp_path / "desk", clock)
        await desk.work()
        desk.health.fail("printing", Severity.AMBER, "a test")
        for _ in range(4):
            await desk.uploader.round()
    assert await desk.waiting() == 0
    assert (await desk.writer.outbox_state()).set_aside == {}


async def test_a_counter_that_is_refused_is_set_aside_alone_and_counted_once(
    stack: AsyncExitStack, tmp_path: Path, clock: ManualClock
) -> None:
    problem = v1.ItemProblem(v1.ProblemCode.INVALID, "agent_starts", "Expected `int` <= 10000000")

    def reply(asked: Asked) -> bytes:
        if not asked.report.days:
            return taken(asked)
        return taken(asked, v1.ItemAnswer(v1.ItemKind.DAYS, 0, True, [problem]))

    async with loopback(reply) as network:
        desk = await reporting_desk(stack, network.url, tmp_path / "desk", clock)
        await desk.work()
        await desk.uploader.round()
        clock.advance(-86_400.0)
        await desk.writer.append(en.AgentRan(False, "0.1.0"))
        await desk.uploader.round()
        await desk.uploader.round()
    state = await desk.writer.outbox_state()
    assert dict(state.set_aside) == {"2026-04-01 agent_starts": "Expected `int` <= 10000000"}
    assert state.waiting_days == 0
    assert [len(one.days) for one in network.reports] == [1, 1, 0]


async def test_a_health_item_that_is_refused_is_set_aside_too(
    stack: AsyncExitStack, tmp_path: Path, clock: ManualClock
) -> None:
    problem = v1.ItemProblem(v1.ProblemCode.INVALID, "", "Expected a code")
    async with loopback(lambda asked: taken(asked, v1.ItemAnswer(v1.ItemKind.HEALTH, 0, False, [problem]))) as network:
        desk = await desk_at(stack, network.url, tmp_path, clock)
        desk.health.fail("printing", Severity.AMBER, "of no concern to central")
        await desk.uploader.round()
    assert dict((await desk.writer.outbox_state()).set_aside) == {"health printing": "Expected a code"}
    assert b"of no concern" not in network.asked[0].body


async def test_a_day_that_has_not_come_where_central_is_waits_and_does_not_hold_up_the_others(
    stack: AsyncExitStack, tmp_path: Path, clock: ManualClock
) -> None:
    future = v1.ItemProblem(v1.ProblemCode.FUTURE, "day", "a day that has begun somewhere on Earth")

    def reply(asked: Asked) -> bytes:
        days = [one.day for one in asked.report.days]
        ahead = datetime.date(2026, 4, 2)
        items = [v1.ItemAnswer(v1.ItemKind.DAYS, days.index(ahead), False, [future])] if ahead in days else []
        return taken(asked, *items)

    async with loopback(reply, reply, reply, taken) as network:
        desk = await desk_at(stack, network.url, tmp_path, clock)
        await desk.uploader.round()
        assert await desk.waiting() == 1
        wait_s = await desk.uploader.round()
        assert wait_s == 60, "nothing else waits"
        assert network.reports[-1].days == []
        clock.advance(3600.0)
        await desk.uploader.round()
        assert len(network.reports[-1].days) == 1
        clock.advance(3600.0)
        await desk.uploader.round()
        assert await desk.waiting() == 0
    assert (await desk.writer.outbox_state()).set_aside == {}
    assert desk.codes == set()


async def test_an_answer_about_items_that_the_report_does_not_have_changes_nothing(
    stack: AsyncExitStack, tmp_path: Path, clock: ManualClock
) -> None:
    problem = v1.ItemProblem(v1.ProblemCode.FUTURE, "day", "?")
    items = [v1.ItemAnswer(v1.ItemKind.DAYS, index, False, [problem]) for index in (-1, 2, 99)]
    async with loopback(lambda asked: taken(asked, *items)) as network:
        desk = await desk_at(stack, network.url, tmp_path, clock)
        await desk.uploader.round()
    assert await desk.waiting() == 0
