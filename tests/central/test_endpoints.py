"""What the server answers: to good requests, wrong ones, too large ones, too many."""

from __future__ import annotations

import asyncio
import datetime
import gzip
import json
import secrets
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from kiosk_agent.central.app import create_app
from kiosk_agent.central.bodies import unpacked
from kiosk_agent.central.desks.service import make_code
from kiosk_agent.central.ingest import taking
from kiosk_agent.central.refusals import RefusedError
from kiosk_agent.wire import v1
from tests.central.nation import NOW, DeskOfTests, enrolled, expected, sums
from tests.central.serving import JSON, bearer, body
from tests.central.world import World, open_world


@pytest.fixture(params=["application", "server"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """Whoever hands a request over, what is answered is the same."""
    async with open_world(tmp_path, way=request.param) as world:
        yield world


@pytest.fixture
def desk(world: World) -> DeskOfTests:
    desk = enrolled(world.database, DeskOfTests("131016"))
    desk.count("2026-04-01", visits=2)
    return desk


async def test_a_report_is_acknowledged_by_its_epoch_and_number(world: World, desk: DeskOfTests) -> None:
    got = await world.report(desk, body(desk.report()))
    answer = msgspec.json.decode(got.content, type=v1.ReportAnswer)
    assert (got.status_code, answer.epoch, answer.number, answer.items) == (200, desk.epoch, 1, [])
    assert got.headers["cache-control"] == "no-store"
    assert sums(world.database, "nation_days") == expected([("131016", desk.days)], "nation_days")


async def test_a_report_that_cannot_be_read_takes_none_of_its_group_along(world: World, desk: DeskOfTests) -> None:
    contents = [b"not json", body(desk.report()), b"{}", body(desk.report())]
    got = await asyncio.gather(*(world.report(desk, content) for content in contents))
    assert [one.status_code for one in got] == [400, 200, 400, 200]
    assert [one.json()["number"] for one in got if one.status_code == 200] == [1, 2]


@pytest.mark.parametrize("path", ["/v1/report", "/v1/report/", "/v1/%72eport"])
async def test_a_failure_nobody_thought_of_is_answered(
    world: World, desk: DeskOfTests, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    def fail(*_given: object) -> None:
        raise LookupError(desk.token)

    monkeypatch.setattr(taking, "admit", fail)
    got = await world.client.post(path, content=body(desk.report()), headers=bearer(desk))
    assert (got.status_code, got.json()["code"]) == (500, "failed")
    assert desk.token not in got.text


async def test_a_packed_report_is_taken(world: World, desk: DeskOfTests) -> None:
    packed = gzip.compress(body(desk.report()))
    got = await world.report(desk, packed, **{"Content-Encoding": "gzip"})
    assert got.status_code == 200


def bomb() -> bytes:
    return gzip.compress(b"[" + b" " * 50_000_000 + b"]")


@pytest.mark.parametrize(
    ("content", "headers", "status", "code"),
    [
        (b"{}", {}, 400, "invalid"),
        (b"not json", {}, 400, "invalid"),
        (b'{"unknown":' + b"[" * 200_000, {}, 400, "invalid"),
        (b"<html>", {"Content-Type": "text/html"}, 415, "content_type"),
        (b"{}", {"Content-Encoding": "br"}, 415, "content_encoding"),
        (b"{}", {"Content-Encoding": "gzip"}, 400, "gzip"),
        (gzip.compress(b"{}", mtime=0)[:-4], {"Content-Encoding": "gzip"}, 400, "gzip"),
        (gzip.compress(b"{}", mtime=0) * 2, {"Content-Encoding": "gzip"}, 400, "gzip"),
        (b" " * (v1.LARGEST_REPORT_BYTES + 1), {}, 413, "too_large"),
        (bomb(), {"Content-Encoding": "gzip"}, 413, "too_large"),
    ],
    ids=lambda value: value[:12].decode("latin-1") if isinstance(value, bytes) else None,
)
async def test_a_wrong_body_is_refused_with_the_reason(
    world: World, desk: DeskOfTests, content: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    got = await world.report(desk, content, **headers)
    assert (got.status_code, got.json()["code"]) == (status, code)


def test_a_bomb_is_not_unpacked_beyond_the_limit() -> None:
    packed = bomb()
    tracemalloc.start()
    try:
        with pytest.raises(RefusedError, match="too_large"):
            unpacked(packed, v1.LARGEST_REPORT_BYTES)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 5 * v1.LARGEST_REPORT_BYTES


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Basic abc", "Bearer " + "x" * 43])
async def test_only_an_enrolled_desk_may_report(world: World, desk: DeskOfTests, authorization: str | None) -> None:
    headers = {**JSON, **({"Authorization": authorization} if authorization is not None else {})}
    got = await world.client.post("/v1/report", content=body(desk.report()), headers=headers)
    assert (got.status_code, got.headers["www-authenticate"]) == (401, "Bearer")
    assert sums(world.database, "nation_days") == {}


async def test_blanks_are_no_token(tmp_path: Path) -> None:
    async with open_world(tmp_path) as world:  # no client would send them
        got = await world.client.post("/v1/report", content=b"{}", headers={**JSON, "Authorization": "Bearer  "})
    assert got.status_code == 401


async def test_a_desk_that_reports_too_often_is_told_when_to_come_again(world: World, desk: DeskOfTests) -> None:
    content = body(desk.report())
    answers = [await world.report(desk, content) for _ in range(61)]
    assert {one.status_code for one in answers[:60]} == {200}
    assert (answers[60].status_code, answers[60].headers["retry-after"]) == (429, "2")
    other = enrolled(world.database, DeskOfTests("131016"))
    assert (await world.report(other, body(other.report()))).status_code == 200
    world.clock.advance(2)
    assert (await world.report(desk, content)).status_code == 200


async def test_guessing_from_an_address_does_not_keep_its_good_desks_away(world: World, desk: DeskOfTests) -> None:
    content = body(desk.report())
    assert (await world.report(desk, content)).status_code == 200
    statuses = [(await world.report(DeskOfTests("131016"), content)).status_code for _ in range(31)]
    assert (set(statuses[:30]), statuses[30]) == ({401}, 429)
    assert (await world.report(desk, content)).status_code == 200


async def test_codes_cannot_be_tried_out(world: World, desk: DeskOfTests) -> None:
    code = make_code(world.database, "131016", "市民課", NOW, datetime.timedelta(hours=1))

    async def enrol(code: str) -> httpx.Response:
        wanted = v1.EnrolRequest(code, secrets.token_urlsafe(32), "0.1.0")
        return await world.client.post("/v1/enrol", content=msgspec.json.encode(wanted), headers=JSON)

    statuses = [(await enrol(f"{number:012}")).status_code for number in range(31)]
    assert (set(statuses[:30]), statuses[30]) == ({403}, 429)
    assert (await enrol(code)).status_code == 429
    world.clock.advance(60)
    assert (await enrol(code)).status_code == 200


@pytest.mark.parametrize("change", [{"token": "short"}, {"code": "x"}, {"desk_name": "a\x00b"}, {"agent_version": 1}])
async def test_a_wrong_enrolment_is_refused_with_the_field(world: World, change: dict[str, Any]) -> None:
    wanted = {"code": "0" * 12, "token": "x" * 43, "agent_version": "1", **change}
    got = await world.client.post("/v1/enrol", content=json.dumps(wanted).encode(), headers=JSON)
    assert (got.status_code, got.json()["code"]) == (400, "invalid")
    assert next(iter(change)) in got.json()["detail"]


async def test_health_tells_a_database_that_works_from_one_that_does_not(world: World) -> None:
    assert (await world.client.get("/healthz")).status_code == 200
    with world.database.writing() as connection:
        connection.exec_driver_sql("DROP TABLE alembic_version")
    assert (await world.client.get("/healthz")).status_code == 503
    # load balancers ask with HEAD
    assert (await world.client.head("/healthz")).status_code == 503


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("OPTIONS", "/healthz", "GET, HEAD, OPTIONS"),
        ("PUT", "/healthz", "GET, HEAD, OPTIONS"),
        ("HEAD", "/v1/report", "POST"),
    ],
)
async def test_the_methods_that_are_there_are_named(world: World, method: str, path: str, allowed: str) -> None:
    got = await world.client.request(method, path)
    assert got.status_code == (204 if method == "OPTIONS" else 405)
    assert ", ".join(sorted(got.headers["allow"].split(", "))) == allowed


async def test_a_failure_of_ours_is_no_acknowledgement_and_tells_nothing(world: World, desk: DeskOfTests) -> None:
    with world.database.writing() as connection:
        connection.exec_driver_sql("DROP TABLE nation_days")
    got = await world.report(desk, body(desk.report()))
    assert got.status_code in (500, 503)
    assert "nation_days" not in got.text
    assert sums(world.database, "municipality_days") == {}  # all of it or nothing


@pytest.mark.parametrize(("method", "path"), [("GET", "/nothing"), ("GET", "/v1/report"), ("PUT", "/v1/enrol")])
async def test_what_is_not_there_is_refused_in_the_same_form(world: World, method: str, path: str) -> None:
    got = await world.client.request(method, path)
    assert got.status_code in (404, 405)
    assert set(got.json()) == {"code", "detail"}


async def test_the_interface_describes_every_path_and_every_answer(world: World) -> None:
    got = (await world.client.get("/openapi.json")).json()
    served = {route.path for route in create_app(world.database, world.clock).routes}
    assert {"/v1/report", "/login"} < served
    # pages for people are no interface
    assert set(got["paths"]) == {path for path in served if path.startswith("/v1/")} | {"/healthz"}
    text = json.dumps(got)
    for reference in {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}:
        assert reference in got["components"]["schemas"]
    assert got["components"]["schemas"]["DayCounts"]["properties"]["counts"]["additionalProperties"] == {
        "type": "integer",
        "minimum": 0,
        "maximum": v1.LARGEST_COUNT,
    }
