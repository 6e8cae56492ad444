"""A client that costs little, so that the server is what is measured: requests written in advance, over raw sockets."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

import msgspec

CONNECTIONS = 500  # as of desks that all wait for their answers
AWAY_S = 0.2  # before a refused or lost request is sent again
NAMES = [f"kind_{number % 8}.name_{number:02d}" for number in range(60)]
HEADLINES = ("visits", "sign_ins", "outcomes", "ended.own_logout", "proof.revoked", "confirmations", "incidents")


def counts(grown: int) -> dict[str, int]:
    """The counters of one day, in a report of about 1.9 KB; of those that pages do not show, a tenth grows."""
    return {**dict.fromkeys(HEADLINES, grown), **{name: grown if n % 10 == 0 else 9 for n, name in enumerate(NAMES)}}


def day_json(day: str, grown: int) -> bytes:
    return msgspec.json.encode({"day": day, "counts": counts(grown)})


def report_request(token: str, epoch: str, number: int, days: list[bytes]) -> bytes:
    """The whole request of one report."""
    digest = f"{number:064x}"
    body = (
        f'{{"epoch":"{epoch}","number":{number},"sent_at":"2026-04-01T00:00:00Z","agent_version":"0.1.0",'
        f'"chain":{{"entries":{number},"digest":"{digest}"}},"known":{{"entries":0,"digest":"{"0" * 64}"}},'
        '"health":[{"code":"ledger_kept_aside","severity":"amber","since":"2026-04-01T00:00:00Z"}],"days":['
    ).encode()
    body += b",".join(days) + b"]}"
    head = (
        f"POST /v1/report HTTP/1.1\r\nHost: central\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Sender(asyncio.Protocol):
    """One connection: a request, its answer, the next request."""

    def __init__(self) -> None:
        self._text = b""
        self._answer: asyncio.Future[int] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._text += data
        head, separator, body = self._text.partition(b"\r\n\r\n")
        if not separator:
            return
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        if len(body) >= length and self._answer is not None:
            self._text = b""
            self._answer.set_result(int(head[9:12]))

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(0)

    async def send(self, request: bytes) -> int:
        """The status; 0 where no answer came."""
        if self._transport is None or self._transport.is_closing():
            return 0
        self._answer = asyncio.get_running_loop().create_future()
        self._text = b""
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class Flood:
    """Sends requests to servers until each was acknowledged; ``statuses`` counts what was answered."""

    def __init__(self, urls: list[str]) -> None:
        self.urls = urls
        self.statuses: Counter[int] = Counter()

    async def send_all(self, requests: Iterator[bytes], per_s: float | None = None) -> None:
        """``per_s``: how many begin in a second; None: as fast as they are answered."""
        loop = asyncio.get_running_loop()
        begun_at, begun = loop.time(), 0

        async def work(number: int) -> None:
            nonlocal begun
            sender: Sender | None = None
            for request in requests:
                if per_s is not None:
                    wait_s = begun_at + begun / per_s - loop.time()
                    begun += 1
                    if wait_s > 0:
                        await asyncio.sleep(wait_s)
                while True:
                    sender = sender or await self._connect(number)
                    status = await sender.send(request) if sender else 0
                    self.statuses[status] += 1
                    if status == 200:
                        break
                    if status == 0:
                        sender = None
                        number += 1  # the other server, where there is one
                    await asyncio.sleep(AWAY_S)
            if sender:
                sender.close()

        async with asyncio.TaskGroup() as tasks:
            for number in range(CONNECTIONS):
                tasks.create_task(work(number))

    async def _connect(self, number: int) -> Sender | None:
        """From an address of its own: rate limits are each address's."""
        parts = urlsplit(self.urls[number % len(self.urls)])
        own = (f"127.0.{1 + number // 200}.{1 + number % 200}", 0)
        try:
            _, sender = await asyncio.get_running_loop().create_connection(
                Sender, parts.hostname, parts.port, local_addr=own
            )
        except OSError:
            return None
        return sender
