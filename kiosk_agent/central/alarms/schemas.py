"""What alarms are."""

from __future__ import annotations

import enum

import msgspec


class AlarmKind(enum.StrEnum):
    """What is the matter. Unlike a health warning, none of these goes away by itself."""

    CLONE = "clone"  # one ledger, two PCs
    CHAIN_FORKED = "chain_forked"  # the ledger is another one than before: it was rewritten, or two go on from one
    LEDGER_SHORTER = "ledger_shorter"  # entries are gone
    COUNTER_SHRUNK = "counter_shrunk"  # a counter that only grows went back; the larger value stands


class Alarm(msgspec.Struct, frozen=True):
    """One finding. The same ``kind``, ``epoch`` and ``subject`` of a desk again is the same alarm, seen once more."""

    kind: AlarmKind
    municipality_code: str
    desk_id: int
    epoch: str
    subject: str
    detail: str
