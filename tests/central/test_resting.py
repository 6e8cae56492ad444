"""The event loop's rests between reports that come one by one."""

from __future__ import annotations

import asyncio
import select
import socket

import pytest
from litestar import Litestar, get
from litestar.testing import TestClient

from kiosk_agent.central import resting
from kiosk_agent.central.front import Front
from kiosk_agent.central.precedence import Precedence
from kiosk_agent.central.resting import AWAKE_S, FEWEST, MOST, Resting

NEVER_S = 60.0  # a rest of it is no rest but a mistake


class NobodyComes:
    """In place of what waits for those who are no desks: notes the rests, instead of making them."""

    def __init__(self) -> None:
        self.rests: list[float] = []

    def poll(self, longest_s: float) -> list[tuple[int, int]]:
        self.rests.append(longest_s)
        return []


@pytest.fixture
def rests(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    nobody = NobodyComes()
    monkeypatch.setattr(select, "epoll", lambda: nobody)
    return nobody.rests


@pytest.fixture
def one(rests: list[float]) -> Resting:
    return Resting(Precedence())


async def until_it_is_off(one: Resting) -> None:
    while one._is_on:
        await asyncio.sleep(AWAKE_S)


async def test_several_reports_are_worth_a_rest_and_it_ends_when_no_more_come(one: Resting, rests: list[float]) -> None:
    for _ in range(FEWEST):
        one.report_came()
    await until_it_is_off(one)
    assert rests == [resting.REST_S]
    for _ in range(MOST):
        one.report_came()
    await until_it_is_off(one)
    assert rests == [resting.REST_S] * 2


@pytest.mark.parametrize("count", [FEWEST - 1, MOST + 1])
async def test_a_single_report_and_a_flood_are_not(count: int, one: Resting, rests: list[float]) -> None:
    for _ in range(count):
        one.report_came()
    await until_it_is_off(one)
    assert rests == []


async def test_nothing_rests_while_a_page_is_being_made(one: Resting, rests: list[float]) -> None:
    one._precedence.page_came()
    for _ in range(FEWEST):
        one.report_came()
    await until_it_is_off(one)
    assert rests == []
    one._precedence.page_ended()
    for _ in range(FEWEST):
        one.report_came()
    await until_it_is_off(one)
    assert rests == [resting.REST_S]


async def test_a_rest_ends_when_something_comes_over_what_is_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resting, "REST_S", NEVER_S)  # this test ends only where the rest does
    one = Resting(Precedence())
    ours, theirs = socket.socketpair()
    with ours, theirs:
        one.watch(ours.fileno())
        theirs.send(b"GET / HTTP/1.1")
        for _ in range(FEWEST):
            one.report_came()
        await until_it_is_off(one)


def test_nothing_ends_a_rest_over_what_is_watched_no_longer() -> None:
    one = Resting(Precedence())
    ours, theirs = socket.socketpair()
    with ours, theirs:
        one.watch(ours.fileno())
        one.unwatch(ours.fileno())
        theirs.send(b"POST /v1/report HTTP/1.1")
        assert one._watched is not None
        assert one._watched.poll(0) == []


async def test_where_the_system_cannot_wait_for_any_number_of_connections_nothing_rests(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(select, "epoll")
    one = Resting(Precedence())
    one.watch(1)
    one.unwatch(1)
    for _ in range(FEWEST):
        one.report_came()
    assert not one._is_on


async def test_nothing_rests_before_what_was_just_read_has_begun(one: Resting, rests: list[float]) -> None:
    """A timer of the loop comes before the tasks that were begun in the turn before it."""
    one.page_asked_for()
    for _ in range(FEWEST):
        one.report_came()
    await until_it_is_off(one)
    assert rests == []
    for _ in range(FEWEST):
        one.report_came()
    await until_it_is_off(one)
    assert rests == [resting.REST_S]


def test_requests_under_way_are_counted_whether_they_succeed_or_fail() -> None:
    seen = []

    @get("/good", sync_to_thread=False)
    def good() -> str:
        seen.append(app.precedence.pages)
        return ""

    @get(["/v1/policy", "/healthz"], sync_to_thread=False)
    def nobody_waits() -> str:
        seen.append(app.precedence.pages)
        return ""

    @get("/bad", sync_to_thread=False)
    def bad() -> str:
        seen.append(app.precedence.pages)
        raise RuntimeError

    app = Front(Precedence(), [good, nobody_waits, bad], logging_config=None)  # the default one is the whole process's
    assert isinstance(app, Litestar)
    with TestClient(app, raise_server_exceptions=False) as client:
        for path in ("/good", "/v1/policy", "/healthz", "/bad", "/missing"):
            client.get(path)
    assert seen == [1, 0, 0, 1]
    assert app.precedence.pages == 0


def test_a_report_is_told_and_is_no_other_request(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    async def taking(_scope: object, receive: object, send: object) -> None:
        seen.append(app.precedence.pages)
        await send({"type": "http.response.start", "status": 200, "headers": []})  # type: ignore[operator]
        await send({"type": "http.response.body", "body": b""})  # type: ignore[operator]

    app = Front(Precedence(), [], logging_config=None)
    app.posted["/report"] = taking
    told: list[None] = []
    monkeypatch.setattr(app.resting, "report_came", lambda: told.append(None))
    with TestClient(app) as client:
        client.post("/report")
    assert (seen, len(told)) == ([0], 1)
