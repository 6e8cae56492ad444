"""The chain: each entry's digest covers the one before it, so that nothing can be changed, left out or put in between.

``digest = SHA-256(previous digest ‖ seq ‖ LF ‖ at ‖ LF ‖ body)`` with ``seq`` in decimal, ``at`` and ``body`` as
stored, all in UTF-8. The first entry's previous digest is SHA-256 of the install epoch's text.
"""

from __future__ import annotations

import hashlib


def first_link(epoch: str) -> bytes:
    """What the first entry is chained to."""
    return hashlib.sha256(epoch.encode()).digest()


def link(previous: bytes, seq: int, at: str, body: str) -> bytes:
    """The digest of an entry."""
    return hashlib.sha256(previous + f"{seq}\n{at}\n{body}".encode()).digest()
