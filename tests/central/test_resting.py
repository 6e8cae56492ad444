"""The event loop's rests between reports that come one by one."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from litestar import Litestar, get
from litestar.testing import TestClient

from kiosk_agent.central import resting
from kiosk_agent.central.front import Front
from kiosk_agent.central.resting import AWAKE_S, FEWEST, MOST, Resting


@pytest.fixture
def rests(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The rests that were made, instead of making them."""
    made: list[float] = []
    monkeypatch.setattr(resting, "time", SimpleNamespace(sleep=made.append))
    return made


async def until_it_is_off(one: Resting) -> None:
    while one._is_on:
        await asyncio.sleep(AWAKE_S)


async def test_several_reports_are_worth_a_rest_and_it_ends_when_no_more_come(rests: list[float]) -> None:
    one = Resting()
    for _ in range(FEWEST):
        one.report_came()
    await until_it_is_off(one)
    assert rests == [resting.REST_S]
    for _ in range(MOST):
        one.report_came()
    await until_it_is_off(one)
    assert rests == [resting.REST_S] * 2


@pytest.mark.parametrize("count", [FEWEST - 1, MOST + 1])
async def test_a_single_report_and_a_flood_are_not(count: int, rests: list[float]) -> None:
    one = Resting()
    for _ in range(count):
        one.report_came()
    await until_it_is_off(one)
    assert rests == []


async def test_nothing_rests_while_a_page_is_being_made(rests: list[float]) -> None:
    one = Resting()
    one.other_came()
    for _ in range(FEWEST):
        one.report_came()
    await until_it_is_off(one)
    assert rests == []
    one.other_ended()
    for _ in range(FEWEST):
        one.report_came()
    await until_it_is_off(one)
    assert rests == [resting.REST_S]


def test_requests_under_way_are_counted_whether_they_succeed_or_fail() -> None:
    seen = []

    @get("/good", sync_to_thread=False)
    def good() -> str:
        seen.append(app.resting._others)
        return ""

    @get("/bad", sync_to_thread=False)
    def bad() -> str:
        seen.append(app.resting._others)
        raise RuntimeError

    app = Front([good, bad], logging_config=None)  # the default one is the whole process's
    assert isinstance(app, Litestar)
    with TestClient(app, raise_server_exceptions=False) as client:
        for path in ("/good", "/bad", "/missing"):
            client.get(path)
    assert seen == [1, 1]
    assert app.resting._others == 0


def test_a_report_is_told_and_is_no_other_request(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    async def taking(_scope: object, receive: object, send: object) -> None:
        seen.append(app.resting._others)
        await send({"type": "http.response.start", "status": 200, "headers": []})  # type: ignore[operator]
        await send({"type": "http.response.body", "body": b""})  # type: ignore[operator]

    app = Front([], logging_config=None)
    app.posted["/report"] = taking
    told: list[None] = []
    monkeypatch.setattr(app.resting, "report_came", lambda: told.append(None))
    with TestClient(app) as client:
        client.post("/report")
    assert (seen, len(told)) == ([0], 1)
