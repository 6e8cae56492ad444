"""Pseudonyms for central: the same one for the same worker at this desk, made with a key that never leaves the desk.

Without the key nobody can try out initials or staff numbers, of which there are few. Another desk has another key, so
that nobody can be followed from desk to desk.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from pathlib import Path

from kiosk_agent.errors import DeskError
from kiosk_agent.report.keystore.file import write_durably
from kiosk_agent.text import Text

FILE_NAME = "pseudonyms.key"
KEY_BYTES = 32
LENGTH = 32  # hexadecimal digits, 128 bits


def read_key(data_dir: Path) -> bytes:
    """The desk's key; one is made where there is none. Raises OSError, and DeskError where the file is damaged."""
    path = data_dir / FILE_NAME
    try:
        key = path.read_bytes()
    except FileNotFoundError:
        key = secrets.token_bytes(KEY_BYTES)
        write_durably(path, key)
    if len(key) != KEY_BYTES:
        raise DeskError(
            Text("{file} is not the {count} bytes of a key.", file=path, count=KEY_BYTES),
            Text("Remove it: new pseudonyms are made then."),
        )
    return key


def pseudonym(key: bytes, kind: str, text: str) -> str | None:
    """Of a ``kind`` of person; None where ``text`` names nobody. Case, and blanks around, make no difference."""
    name = text.strip().casefold()
    if not name:
        return None
    return hmac.new(key, f"{kind}\0{name}".encode(), hashlib.sha256).hexdigest()[:LENGTH]
