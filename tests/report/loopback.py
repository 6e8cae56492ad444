"""A server on loopback that answers whatever a network may answer."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import msgspec

from kiosk_agent.wire import v1


@dataclass
class Asked:
    """One request as it came in."""

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def report(self) -> v1.Report:
        body = gzip.decompress(self.body) if self.headers.get("content-encoding") == "gzip" else self.body
        return msgspec.json.decode(body, type=v1.Report)


Reply = Callable[[Asked], bytes]


def answer(status: int, body: bytes = b"", kind: str = "application/json", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"Content-Type: {kind}", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def refusal(status: int, code: str, **headers: str) -> bytes:
    return answer(status, msgspec.json.encode(v1.Refusal(code, "As the test wants it.")), **headers)


def taken(asked: Asked, *items: v1.ItemAnswer, **changes: object) -> bytes:
    """As central acknowledges."""
    report = asked.report
    good = v1.ReportAnswer(report.epoch, report.number, report.sent_at, report.chain, list(items), 60)
    return answer(200, msgspec.json.encode({**msgspec.to_builtins(good), **changes}))


@dataclass
class Loopback:
    """``replies`` are used up one after the other; the last one stays. ``policy``: the answer to that question."""

    replies: list[Reply] = field(default_factory=list)
    policy: Reply = lambda _asked: refusal(404, "http")
    policies: list[Asked] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    url: str = ""

    @property
    def reports(self) -> list[v1.Report]:
        return [one.report for one in self.asked]

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
            asked = Asked(head[0], headers, await reader.readexactly(int(headers.get("content-length", 0))))
            if asked.line.startswith("GET /v1/policy "):
                self.policies.append(asked)
                reply = self.policy
            else:
                self.asked.append(asked)
                reply = self.replies[0] if len(self.replies) == 1 else self.replies.pop(0)
            writer.write(reply(asked))
            await writer.drain()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


@contextlib.asynccontextmanager
async def loopback(*replies: Reply, tls: ssl.SSLContext | None = None) -> AsyncIterator[Loopback]:
    answers = Loopback(list(replies))
    server = await asyncio.start_server(answers.handle, "127.0.0.1", 0, ssl=tls)
    answers.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield answers
