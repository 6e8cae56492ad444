"""Speaking to central over HTTP. What is not unmistakably central's answer is none.

A captive portal, a proxy or a wrong address may answer anything: HTML with 200, redirects, other JSON. All of that is
:class:`NotCentral`, and everything is kept.
"""

from __future__ import annotations

import asyncio
import datetime
import email.utils
import gzip
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
import msgspec

from kiosk_agent import __version__, reasons
from kiosk_agent.errors import DeskError
from kiosk_agent.text import Text
from kiosk_agent.wire import v1
from kiosk_agent.wire.commands import CommandsRequest, ReadCommands, read_commands
from kiosk_agent.wire.notices import NoticesAnswer, NoticesRequest, read_notices
from kiosk_agent.wire.policy import PolicyAnswer

DIRECT = "direct"  # in place of a proxy's address: none, whatever the system says
CONNECT_S = 10.0
READ_S = 30.0  # central's database may be restarting
WHOLE_S = 60.0  # also for an answer that drips
LARGEST_ANSWER_BYTES = 1_000_000
# What the resolvers of Linux and of Windows say of a name that they do not know.
UNKNOWN_NAME = ("Name or service not known", "No address associated", "name resolution", "getaddrinfo failed")
GZIP_FROM_BYTES = 2_000  # in less the head is larger than what it saves
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Unreachable:
    """No answer, or one that says to come again: 408, 425, 429, 5xx. ``retry_after_s``: when."""

    why: str | Text
    retry_after_s: float | None = None


@dataclass(frozen=True)
class NotCentral:
    """An answer that is not central's: a login page of the network, a proxy's, a wrong address."""

    why: str | Text


@dataclass(frozen=True)
class Refused:
    """Central refuses the request as a whole: the same again cannot succeed."""

    status: int
    code: str
    detail: str

    @property
    def is_the_body(self) -> bool:
        """Whether it is what was sent that cannot be taken, not who sent it or where to."""
        return self.status in (400, 413, 422)


@dataclass(frozen=True)
class Unchanged:
    """The policy that was named still holds."""


@dataclass(frozen=True)
class NewPolicy:
    """Another policy than was named. ``tag``: what to name it next time."""

    tag: str
    answer: PolicyAnswer


Failed = Unreachable | NotCentral | Refused


def make_context(ca: Path | None) -> ssl.SSLContext:
    """The authorities that this PC trusts, and those of ``ca`` beside them. Raises DeskError."""
    context = ssl.create_default_context()
    if ca is not None:
        try:
            context.load_verify_locations(cafile=ca)
        except (OSError, ssl.SSLError) as error:
            raise DeskError(
                Text("{file} cannot be read as certificates: {reason}.", file=ca, reason=_of_certificates(error)),
                Text("central.ca: a file in PEM."),
            ) from error
    return context


def _of_certificates(error: OSError) -> str | Text:
    return Text("there are no certificates in it") if isinstance(error, ssl.SSLError) else reasons.of_system(error)


class Client:
    """Connections to one central. ``url`` as it was given; ``proxy``: None as the system says, or :data:`DIRECT`."""

    def __init__(self, url: str, proxy: str | None, context: ssl.SSLContext) -> None:
        """Raises DeskError where the system's proxy cannot be used."""
        self._url = url.rstrip("/")
        try:
            self._http = httpx.AsyncClient(
                verify=context,
                proxy=None if proxy in (None, DIRECT) else proxy,
                trust_env=proxy is None,
                timeout=httpx.Timeout(READ_S, connect=CONNECT_S),
                follow_redirects=False,  # whoever redirects is not central, and would get the token
                headers={"User-Agent": f"kiosk-agent/{__version__}", "Accept": "application/json"},
                limits=httpx.Limits(max_connections=1),
            )
        except (httpx.InvalidURL, ValueError, ImportError) as error:  # its text may hold the proxy's password
            raise DeskError(
                "The system names a proxy that cannot be used: only http and https can.",
                'Set central.proxy: an address such as http://proxy.example:8080, or "direct" for none.',
            ) from error

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    async def enrol(self, request: v1.EnrolRequest) -> v1.EnrolAnswer | Failed:
        """Trade a code for the right to report."""
        return await self._post("enrol", msgspec.json.encode(request), {}, v1.EnrolAnswer)

    async def report(self, report: v1.Report, token: str) -> v1.ReportAnswer | Failed:
        """Send a report. Only a ReportAnswer is an acknowledgement, and it is this report's."""
        headers = {"Authorization": f"Bearer {token}"}
        answer = await self._post("report", msgspec.json.encode(report), headers, v1.ReportAnswer)
        if isinstance(answer, v1.ReportAnswer) and (answer.epoch, answer.number) != (report.epoch, report.number):
            return NotCentral(Text("the answer is that to another report"))
        return answer

    async def policy(self, token: str, tag: str) -> NewPolicy | Unchanged | Failed:
        """Ask for the desk's policy. ``tag``: of the one that it has, or empty."""
        named = {"If-None-Match": tag} if tag else {}
        headers = {"Authorization": f"Bearer {token}", **named}
        heard = await self._hear("GET", f"{self._url}{v1.PREFIX}/policy", b"", headers)
        if isinstance(heard, Unreachable | NotCentral):
            return heard
        response, text = heard
        if response.status_code == 304 and tag and response.headers.get("etag", "").removeprefix("W/") == tag:
            return Unchanged()
        answer = _read(response, text, PolicyAnswer)
        if not isinstance(answer, PolicyAnswer):
            return answer
        return NewPolicy(str(response.headers.get("etag", "")).removeprefix("W/")[:100], answer)

    async def commands(self, request: CommandsRequest, token: str) -> ReadCommands | Failed:
        """Tell what came of commands, and ask what is to be done. What is wrong with one command refuses it alone."""
        headers = {"Authorization": f"Bearer {token}"}
        return await self._post("commands", msgspec.json.encode(request), headers, ReadCommands, read_commands)

    async def notices(self, request: NoticesRequest, token: str) -> NoticesAnswer | Failed:
        """Tell what was read, and ask what is to be shown. A notice that is wrong is left out."""
        headers = {"Authorization": f"Bearer {token}"}
        return await self._post("notices", msgspec.json.encode(request), headers, NoticesAnswer, read_notices)

    async def is_there(self) -> Failed | None:
        """Ask whether reports can be taken; None where they can."""
        answer = await self._ask("GET", f"{self._url}/healthz", b"", {}, dict[str, Any])
        if isinstance(answer, Unreachable | NotCentral | Refused):
            return answer
        return None if answer.get("status") == "ok" else NotCentral(Text("the answer is not central's"))

    async def _post(
        self,
        path: str,
        body: bytes,
        headers: Mapping[str, str],
        kind: type[Answer],
        read: Callable[[bytes], Answer] | None = None,
    ) -> Answer | Failed:
        packed = {}
        if len(body) >= GZIP_FROM_BYTES:
            body, packed = gzip.compress(body, 6), {"Content-Encoding": "gzip"}
        headers = {**headers, **packed, "Content-Type": "application/json"}
        return await self._ask("POST", f"{self._url}{v1.PREFIX}/{path}", body, headers, kind, read)

    async def _ask(
        self,
        method: str,
        url: str,
        body: bytes,
        headers: Mapping[str, str],
        kind: type[Answer],
        read: Callable[[bytes], Answer] | None = None,
    ) -> Answer | Failed:
        heard = await self._hear(method, url, body, headers)
        if isinstance(heard, Unreachable | NotCentral):
            return heard
        return _read(*heard, kind, read)

    async def _hear(
        self, method: str, url: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[httpx.Response, bytes] | Unreachable | NotCentral:
        """Whatever is answered, and its body."""
        try:
            async with (
                asyncio.timeout(WHOLE_S),
                self._http.stream(method, url, content=body, headers=headers) as response,
            ):
                text = await _bounded(response)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError) as error:
            return Unreachable(_reason(error))
        if text is None:
            return NotCentral(Text("an answer of more than {most} bytes", most=LARGEST_ANSWER_BYTES))
        return response, text


async def _bounded(response: httpx.Response) -> bytes | None:
    """The body; None where it is longer than any answer of central's."""
    text = bytearray()
    async for piece in response.aiter_bytes():
        text += piece
        if len(text) > LARGEST_ANSWER_BYTES:
            return None
    return bytes(text)


def _reason(error: Exception) -> str | Text:
    """What stood in the way, with the error's kind and text; addresses and tokens are not in them."""
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        return Text("no answer in time")
    said = f"{type(error).__name__}: {error}".rstrip(": ")
    if "CERTIFICATE_VERIFY_FAILED" in said:
        return Text("its certificate could not be checked: {said}", said=said)
    if any(words in said for words in UNKNOWN_NAME):
        return Text("{said} (the name of the server is not known)", said=said)
    if isinstance(error, httpx.ProxyError):
        return Text("{said} (the proxy does not let it through)", said=said)
    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol):
        return Text("{said} (the address cannot be used)", said=said)
    if isinstance(error, httpx.ConnectError):
        return Text("{said} (no connection)", said=said)
    return Text("{said} (the connection broke off)", said=said)


def _read(
    response: httpx.Response, text: bytes, kind: type[Answer], read: Callable[[bytes], Answer] | None = None
) -> Answer | Failed:
    status = response.status_code
    if status == 200:
        try:
            return msgspec.json.decode(text, type=kind) if read is None else read(text)
        except (msgspec.DecodeError, RecursionError):
            return NotCentral(_foreign(response))
    if status in (408, 425, 429) or status >= 500:
        return Unreachable(Text("answer {status}", status=status), _retry_after_s(response))
    if 300 <= status < 400:
        return NotCentral(Text("an answer {status} that leads elsewhere", status=status))
    try:
        refusal = msgspec.json.decode(text, type=v1.Refusal)
    except (msgspec.DecodeError, RecursionError):
        return NotCentral(_foreign(response))
    return Refused(status, refusal.code[:40], refusal.detail[:200])


def _foreign(response: httpx.Response) -> Text:
    given = response.headers.get("content-type")
    kind = Text("no type") if given is None else str(given).partition(";")[0][:40]
    return Text("an answer {status} that is not central's ({kind})", status=response.status_code, kind=kind)


def _retry_after_s(response: httpx.Response) -> float | None:
    """Seconds, or a date (RFC 9110, 10.2.3), which is compared with the answer's own: this PC's clock may be wrong."""
    value = response.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    until, at = _date(value), _date(response.headers.get("date", ""))
    return None if until is None or at is None else max(0.0, (until - at).total_seconds())


def _date(text: str) -> datetime.datetime | None:
    try:
        found = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=datetime.UTC)
