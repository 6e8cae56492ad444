"""Which disk the ledger lies on, as a digest: a ledger that turns up on another disk was copied.

The disk's serial number never leaves the PC. The digest is made with the ledger's own epoch, so that it says nothing
about any other ledger on the same disk.
"""

from __future__ import annotations

import hashlib
import logging
import sys
from pathlib import Path

if sys.platform == "win32":
    from kiosk_agent.report.disk.windows import serial_of
else:
    from kiosk_agent.report.disk.linux import serial_of

log = logging.getLogger(__name__)


def disk_digest(folder: Path, epoch: str) -> str | None:
    """The digest of the disk that ``folder`` lies on; None where this system says nothing of it, as many virtual do."""
    try:
        serial = serial_of(folder)
    except OSError as error:
        log.info("the disk beneath %s says nothing of itself: %s", folder, error)
        return None
    if not serial:
        return None
    return hashlib.sha256(f"kiosk-disk {epoch} {serial}".encode()).hexdigest()
