"""What the ingest works with between the wire and the tables."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

import msgspec

from kiosk_agent.wire import v1


class Sent(msgspec.Struct, frozen=True):
    """The body of a report as it came, not yet read: whose token, what, when."""

    token_hash: str
    body: bytes
    at: datetime.datetime


class Arrived(msgspec.Struct, frozen=True):
    """A report that was read: whose token, what is in it, when."""

    token_hash: str
    read: v1.ReadReport
    at: datetime.datetime


class ReportingDesk(msgspec.Struct, frozen=True):
    """The desk that a token belongs to, as far as a report needs it."""

    id: int
    municipality_code: str
    office_id: int
    epoch: str | None
    number: int | None


class Ledger(msgspec.Struct, frozen=True):
    """What is known of one ledger. ``number…``: its newest report, and where its chain stood then."""

    epoch: str
    desk_id: int
    disk: str | None
    entries: int
    digest: str
    number: int
    number_entries: int
    number_digest: str


class DayKey(msgspec.Struct, frozen=True, order=True):
    """Whose day."""

    municipality_code: str
    desk_id: int
    day: str  # ISO 8601, as both databases give and take it
    epoch: str


class StoredDay(msgspec.Struct, frozen=True):
    """The counters of one day as they stand, and the number of the newest report that told them."""

    number: int
    counts: Mapping[str, int]


class Growth(msgspec.Struct):
    """By how much sums grow. ``headlines``: the counters with a column of their own, in the order of these."""

    ledgers: int  # days of ledgers that were not told before
    headlines: list[int]
    others: dict[str, int]
