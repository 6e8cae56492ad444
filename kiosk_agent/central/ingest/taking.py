"""Taking one report, whichever way its request is read; and what to answer, whatever goes wrong."""

from __future__ import annotations

import asyncio
import logging

import msgspec
from litestar.types import Scope

from kiosk_agent.central.bodies import is_packed, unpacked
from kiosk_agent.central.desks.admission import Asking, admit
from kiosk_agent.central.ingest.grouping import TooBusyError
from kiosk_agent.central.ingest.schemas import Sent
from kiosk_agent.central.refusals import FAILED, NOT_KEPT, RefusedError
from kiosk_agent.central.services import Services
from kiosk_agent.errors import DatabaseError
from kiosk_agent.wire import v1

log = logging.getLogger(__name__)

PATH = f"{v1.PREFIX}/report"
LARGEST_BYTES = v1.LARGEST_REPORT_BYTES
BUSY_S = "5"  # a full queue is taken within seconds
DOWN_S = "30"  # a database that restarts is back within half a minute
HEADERS = [
    *((name.lower().encode(), value.encode()) for name, value in NOT_KEPT.items()),
    (b"content-type", b"application/json"),
]
Taken = asyncio.Future[bytes | RefusedError | None]
_encoder = msgspec.json.Encoder()


class Answer(msgspec.Struct, frozen=True):
    """What goes out, its length among the headers."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class Taking(msgspec.Struct, frozen=True):
    """A report whose headers are good."""

    services: Services
    asking: Asking
    is_packed: bool

    def submit(self, body: bytes) -> Taken:
        """Let it be taken with others; what comes is for :meth:`answer`. Raises RefusedError."""
        services, body = self.services, unpacked(body, LARGEST_BYTES) if self.is_packed else body
        try:
            return services.reports.submit(Sent(self.asking.token_hash, body, services.clock.wall()), len(body))
        except TooBusyError as error:
            raise RefusedError(503, "busy", "Come again in a moment.", {"Retry-After": BUSY_S}) from error

    def answer(self, taken: Taken) -> Answer:
        """Once that is done. Raises RefusedError, or what the ingest failed with."""
        try:
            body = taken.result()
        except DatabaseError as error:
            raise RefusedError(503, "database", str(error), {"Retry-After": DOWN_S}) from error
        if body is None:
            raise self.asking.is_unknown()
        if isinstance(body, RefusedError):
            raise body
        self.asking.is_known()
        return _answer(200, body)


def begin(scope: Scope, services: Services) -> Taking:
    """By its headers. Raises RefusedError."""
    return Taking(services, admit(scope, services.limits), is_packed(scope))


def answer_to(error: Exception) -> Answer:
    """Where it was not taken."""
    if isinstance(error, RefusedError):
        refusal, status, headers = v1.Refusal(error.code, error.detail), error.status, error.headers
    else:
        log.error("a report failed", exc_info=error)  # a mistake of ours: the log has it, the desk does not
        refusal, status, headers = FAILED, 500, {}
    more = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    return _answer(status, _encoder.encode(refusal), more)


def _answer(status: int, body: bytes, more: list[tuple[bytes, bytes]] | None = None) -> Answer:
    return Answer(status, [*HEADERS, *(more or []), (b"content-length", str(len(body)).encode())], body)
