"""The desk's record: one SQLite file, append-only, chained."""

from kiosk_agent.ledger.reading import LedgerReader
from kiosk_agent.ledger.store import FILE_NAME, Ledger
from kiosk_agent.ledger.writer import LedgerWriter

__all__ = ["FILE_NAME", "Ledger", "LedgerReader", "LedgerWriter"]
