"""Moments as the tables keep them."""

from __future__ import annotations

import datetime

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
MILLISECOND = datetime.timedelta(milliseconds=1)


def to_ms(moment: datetime.datetime) -> int:
    """Milliseconds since 1970 UTC."""
    return (moment - EPOCH) // MILLISECOND


def from_ms(at_ms: int) -> datetime.datetime:
    """The moment, in UTC."""
    return EPOCH + datetime.timedelta(milliseconds=at_ms)
