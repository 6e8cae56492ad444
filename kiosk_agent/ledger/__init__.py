"""The desk's record: one SQLite file, append-only, chained."""

from kiosk_agent.ledger.outbox import Acknowledged, OutboxState, Outgoing, WaitingDay
from kiosk_agent.ledger.reading import LedgerReader
from kiosk_agent.ledger.store import FILE_NAME, Ledger
from kiosk_agent.ledger.writer import LedgerWriter

__all__ = [
    "FILE_NAME",
    "Acknowledged",
    "Ledger",
    "LedgerReader",
    "LedgerWriter",
    "OutboxState",
    "Outgoing",
    "WaitingDay",
]
