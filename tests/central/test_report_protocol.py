"""Reports as uvicorn's parser hands them over: in pieces, behind each other, through proxies, and left half-way."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from kiosk_agent.central import precedence
from kiosk_agent.central.app import create_app
from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.front import Front
from kiosk_agent.central.ingest import protocol
from kiosk_agent.clock import ManualClock
from kiosk_agent.wire import v1
from tests.central.nation import NOW, DeskOfTests, enrolled, expected, sums
from tests.central.serving import Server, bearer, body
from tests.central.world import served

NEVER_S = 60  # what has not come by then does not come
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: central\r\n\r\n"
LOGIN = b"GET /login HTTP/1.1\r\nHost: central\r\n\r\n"


def report_of(
    desk: DeskOfTests, *headers: str, first: str = "POST /v1/report HTTP/1.1", content: bytes | None = None
) -> bytes:
    content = body(desk.report()) if content is None else content
    length = () if "Transfer-Encoding: chunked" in headers else (f"Content-Length: {len(content)}",)
    named = [f"{name}: {value}" for name, value in bearer(desk).items()]
    return "\r\n".join([first, "Host: central", *named, *length, *headers]).encode() + b"\r\n\r\n" + content


class Central:
    """A server on loopback, and raw connections to it."""

    def __init__(self, app: Front, database: Database, port: int) -> None:
        self.app, self.database, self._port = app, database, port
        self.desk = enrolled(database, DeskOfTests("131016"))
        self.desk.count("2026-04-01", visits=2)

    @contextlib.asynccontextmanager
    async def connected(self) -> AsyncIterator[Connection]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            yield Connection(reader, writer)
        finally:
            writer.close()

    def request(self, *headers: str, **how: Any) -> bytes:
        return report_of(self.desk, *headers, **how)

    def is_counted(self) -> bool:
        return sums(self.database, "nation_days") == expected([("131016", self.desk.days)], "nation_days")


class Connection:
    """One of them."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def send(self, *pieces: bytes) -> None:
        """Each in a packet of its own, which the server has read before the next one comes."""
        for piece in pieces:
            self._writer.write(piece)
            await self._writer.drain()
            await asyncio.sleep(0)

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        async with asyncio.timeout(NEVER_S):
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode()
            first, *lines = head.strip().split("\r\n")
            headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
            content = await self._reader.readexactly(int(headers.get("content-length", "0")))
        return int(first.split()[1]), headers, content

    async def is_closed(self) -> bool:
        async with asyncio.timeout(NEVER_S):
            return await self._reader.read() == b""


@contextlib.asynccontextmanager
async def opened(sqlite: Database, **options: Any) -> AsyncIterator[Central]:
    app = create_app(sqlite, ManualClock(wall=NOW))
    async with served(app, timeout_keep_alive=10 * NEVER_S, **options) as client:
        assert client.base_url.port is not None
        yield Central(app, sqlite, client.base_url.port)


@pytest.fixture
async def central(sqlite: Database) -> AsyncIterator[Central]:
    async with opened(sqlite) as central:
        yield central


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """An entry for each report that did not go through ASGI."""
    seen: list[None] = []
    begin = protocol.begin

    def counted(*given: Any) -> Any:
        seen.append(None)
        return begin(*given)

    monkeypatch.setattr(protocol, "begin", counted)
    return seen


async def test_reports_come_one_after_the_other_on_one_connection(
    central: Central, plain: list[None], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[None] = []
    monkeypatch.setattr(central.app.resting, "report_came", lambda: told.append(None))
    async with central.connected() as connection:
        for number in (1, 2, 3):
            await connection.send(central.request())
            status, headers, content = await connection.answer()
            assert (status, f'"number":{number},'.encode() in content) == (200, True)
            assert set(headers) == {"date", "cache-control", "content-type", "content-length"}
            await connection.send(HEALTH)
            assert (await connection.answer())[0] == 200
    assert (len(plain), len(told), central.is_counted()) == (3, 3, True)


async def test_a_connection_is_watched_until_a_desk_speaks_over_it_and_again_after_a_page(
    central: Central, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    pages: list[None] = []
    for name in ("watch", "unwatch"):
        monkeypatch.setattr(central.app.resting, name, lambda _file, name=name: told.append(name))
    monkeypatch.setattr(central.app.resting, "page_asked_for", lambda: pages.append(None))
    async with central.connected() as connection:
        for request in (central.request(), HEALTH, central.request(), LOGIN, LOGIN, HEALTH):
            await connection.send(request)
            await connection.answer()
    assert (told, len(pages)) == (["watch", "unwatch", "watch", "unwatch"], 2)
    async with central.connected() as connection:
        await connection.send(LOGIN.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        assert (await connection.answer())[0] == 200
        assert await connection.is_closed()
    assert told[4:] == ["watch", "unwatch"]


async def test_a_report_waits_for_the_page_that_is_being_made(
    central: Central, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precedence, "LONGEST_S", NEVER_S)
    pages, waits = central.app.precedence, asyncio.Event()
    loop, wait = asyncio.get_running_loop(), pages._none.wait

    def telling(longest_s: float) -> bool:
        loop.call_soon_threadsafe(waits.set)
        return wait(longest_s)

    monkeypatch.setattr(pages._none, "wait", telling)
    async with central.connected() as connection:
        pages.page_came()
        await connection.send(central.request())
        await waits.wait()
        pages.page_ended()
        assert (await connection.answer())[0] == 200


async def test_a_report_may_come_in_pieces(central: Central, plain: list[None]) -> None:
    request = central.request()
    async with central.connected() as connection:
        for at in (1, 10, 30, request.index(b"\r\n\r\n") + 2, request.index(b"\r\n\r\n") + 4, len(request) - 1):
            await connection.send(request[:at], request[at:])
            assert (await connection.answer())[0] == 200
        await connection.send(*(request[at : at + 7] for at in range(0, len(request), 7)))
        assert (await connection.answer())[0] == 200
    assert (len(plain), central.is_counted()) == (7, True)


@pytest.mark.parametrize(
    ("headers", "first"),
    [
        ((), "POST /v1/report?x=1 HTTP/1.1"),
        ((), "POST /v1/%72eport HTTP/1.1"),
        (("Expect: 100-continue",), "POST /v1/report HTTP/1.1"),
        (("Connection: upgrade", "Upgrade: h2c"), "POST /v1/report HTTP/1.1"),
    ],
)
async def test_what_is_written_in_another_way_goes_to_the_same_end(
    central: Central, plain: list[None], headers: tuple[str, ...], first: str
) -> None:
    async with central.connected() as connection:
        await connection.send(central.request(*headers, first=first))
        while (status := (await connection.answer())[0]) == 100:
            pass
    # of a connection that is to be upgraded, the parser hands over no body
    assert (status, central.is_counted()) == ((400, False) if "Upgrade: h2c" in headers else (200, True))
    assert plain == []


async def test_a_report_in_chunks_is_taken(central: Central, plain: list[None]) -> None:
    content = body(central.desk.report())
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (content[:9], content[9:])) + b"0\r\n\r\n"
    async with central.connected() as connection:
        await connection.send(central.request("Transfer-Encoding: chunked", content=chunks))
        assert (await connection.answer())[0] == 200
    assert (len(plain), central.is_counted()) == (1, True)


@pytest.mark.parametrize(
    ("headers", "first"),
    [
        (("Connection: close",), "POST /v1/report HTTP/1.1"),
        ((), "POST /v1/report HTTP/1.0"),
        (("Connection: keep-alive",), "POST /v1/report HTTP/1.0"),  # no application is asked to keep that promise
    ],
)
async def test_who_asks_for_it_gets_the_connection_closed(
    central: Central, plain: list[None], headers: tuple[str, ...], first: str
) -> None:
    async with central.connected() as connection:
        await connection.send(central.request(*headers, first=first))
        status, got, _ = await connection.answer()
        assert (status, got["connection"], await connection.is_closed()) == (200, "close", True)
    assert (len(plain), central.is_counted()) == (1, True)


@pytest.mark.parametrize("behind", ["report", "health"])
async def test_requests_behind_each_other_are_answered_in_their_order(central: Central, behind: str) -> None:
    second = HEALTH if behind == "health" else central.request()
    async with central.connected() as connection:
        await connection.send(central.request() + second + central.request())
        answers = [await connection.answer() for _ in range(3)]
    assert [status for status, _, _ in answers] == [200] * 3
    assert [b'"chain"' in content for _, _, content in answers] == [True, behind == "report", True]
    assert central.is_counted()


async def test_what_follows_a_refusal_is_read_as_a_request_of_its_own(central: Central) -> None:
    large = b" " * (3 * v1.LARGEST_REPORT_BYTES)
    async with central.connected() as connection:
        for content, status in ((large, 413), (b"{}", 400), (None, 200)):
            await connection.send(central.request(content=content))
            assert (await connection.answer())[0] == status
        unknown = central.request().replace(central.desk.token.encode(), b"x" * 43)
        await connection.send(unknown, central.request())
        answers = [await connection.answer() for _ in range(2)]
    assert [(status, headers.get("www-authenticate")) for status, headers, _ in answers] == [
        (401, "Bearer"),
        (200, None),
    ]


async def test_who_is_refused_by_the_headers_need_not_send_the_rest(central: Central) -> None:
    request = central.request().replace(b"application/json", b"text/html       ")
    async with central.connected() as connection:
        await connection.send(request[:-1])
        assert (await connection.answer())[0] == 415


async def test_a_connection_that_is_left_half_way_takes_nothing_along(central: Central) -> None:
    request = central.request()
    for at in (20, len(request) - 1):
        async with central.connected() as connection:
            await connection.send(request[:at])
    async with central.connected() as connection:  # a whole one, whose answer nobody waits for
        await connection.send(request)
    async with central.connected() as connection:
        await connection.send(central.request())
        assert (await connection.answer())[0] == 200
    assert central.is_counted()


async def test_nonsense_is_refused(central: Central) -> None:
    async with central.connected() as connection:
        await connection.send(b"POST /v1/report HTTP/1.1\r\nContent-Length: x\r\n\r\n")
        assert (await connection.answer())[0] == 400
        assert await connection.is_closed()


async def test_a_failure_nobody_thought_of_is_answered_at_every_step(
    central: Central, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_given: object) -> None:
        raise LookupError(central.desk.token)

    taking = protocol.Taking
    for broken, name in ((protocol, "begin"), (protocol.Body, "add"), (taking, "submit"), (taking, "answer")):
        async with central.connected() as connection:
            with monkeypatch.context() as patch:
                patch.setattr(broken, name, fail)
                await connection.send(central.request())
                status, _, content = await connection.answer()
            assert (status, b'"failed"' in content, central.desk.token.encode() in content) == (500, True, False), name
            await connection.send(central.request())
            assert (await connection.answer())[0] == 200, name


@pytest.mark.parametrize("trusted", ["127.0.0.1", "*", "192.0.2.1", None])
async def test_behind_a_proxy_each_client_counts_for_itself(
    sqlite: Database, plain: list[None], trusted: str | None
) -> None:
    """Thirty wrong tokens of one address are enough; whether it is one, a trusted proxy says."""
    options = {"proxy_headers": trusted is not None, "forwarded_allow_ips": trusted}
    async with opened(sqlite, **options) as central, central.connected() as connection:
        wrong = central.request("X-Forwarded-For: 198.51.100.7").replace(central.desk.token.encode(), b"x" * 43)
        for _ in range(30):
            await connection.send(wrong)
            assert (await connection.answer())[0] == 401
        statuses = []
        for other in ("198.51.100.8", "198.51.100.7", ""):
            forwarded = [f"X-Forwarded-For: {other}"] if other else []
            request = central.request(*forwarded).replace(central.desk.token.encode(), b"y" * 43)
            await connection.send(request)
            statuses.append((await connection.answer())[0])
    assert statuses == ([401, 429, 401] if trusted in ("127.0.0.1", "*") else [429] * 3)
    assert len(plain) == 33


async def test_a_proxy_that_names_nobody_is_the_client_itself(sqlite: Database) -> None:
    options = {"proxy_headers": True, "forwarded_allow_ips": "*"}
    async with opened(sqlite, **options) as central, central.connected() as connection:
        for number in range(31):
            named = ["X-Forwarded-For: 127.0.0.1"] if number == 30 else []
            await connection.send(central.request(*named).replace(central.desk.token.encode(), b"x" * 43))
            assert (await connection.answer())[0] == (429 if named else 401)


def test_nobody_hears_of_a_desk_that_does_not_wait_for_its_answer(sqlite: Database, tmp_path: Path) -> None:
    """On the loop that the server really has, which does not take a write to what is closed."""
    desk = enrolled(sqlite, DeskOfTests("131016"))
    log = tmp_path / "log.txt"
    server = Server(str(sqlite.url), log)
    try:
        for _ in range(20):
            desk.count("2026-04-01", visits=1)
            with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2].rstrip("/.")))) as connection:
                connection.sendall(report_of(desk))
        with httpx.Client() as client:
            assert client.post(f"{server.url}/v1/report", content=body(desk.report()), headers=bearer(desk)).is_success
    finally:
        server.stop()
    assert log.read_text() == ""
    assert sums(sqlite, "nation_days") == expected([("131016", desk.days)], "nation_days")


async def test_a_server_that_is_told_to_end_answers_what_has_begun(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, ending = asyncio.Event(), asyncio.Event()

    def noted(event: asyncio.Event, does: Callable[..., Any]) -> Callable[..., Any]:
        def do(*given: Any) -> Any:
            event.set()
            return does(*given)

        return do

    monkeypatch.setattr(protocol, "begin", noted(begun, protocol.begin))
    monkeypatch.setattr(protocol.ReportProtocol, "shutdown", noted(ending, protocol.ReportProtocol.shutdown))
    server = contextlib.AsyncExitStack()
    central = await server.enter_async_context(opened(sqlite))
    async with central.connected() as connection:
        request = central.request()
        await connection.send(request[:-1])
        await begun.wait()
        ended = asyncio.create_task(server.aclose())
        await ending.wait()
        await connection.send(request[-1:])
        status, headers, _ = await connection.answer()
        assert (status, headers["connection"], await connection.is_closed()) == (200, "close", True)
        await ended
    assert central.is_counted()
