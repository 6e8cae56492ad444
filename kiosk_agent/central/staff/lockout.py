"""Attempts to sign in: counted before the password is looked at, and locked for a while after too many.

Counted in the database, so that all server processes count together. By the name as it was typed, whether there is such
an account or not, and by the address: so nothing tells known names from unknown ones.
"""

from __future__ import annotations

import datetime
import hashlib
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from kiosk_agent.central.staff import repository
from kiosk_agent.central.staff.schemas import Locked
from kiosk_agent.central.times import to_ms

# Whoever mistypes a password gets it right, or gives up, within five attempts. NIST SP 800-63B-4, 3.2.2, allows 100.
FREE_OF_NAME = 5
# A whole town hall may come from one address.
FREE_OF_ADDRESS = 30
FIRST_LOCK_MS = 30_000  # doubles with every further failure
LONGEST_LOCK_MS = 15 * 60_000  # longer ones would let a stranger keep somebody out of the account all day
FORGOTTEN_MS = 24 * 3600_000  # at 15 minutes each, that is at most a hundred guesses a day


@dataclass(frozen=True)
class Attempt:
    """One attempt that has been counted as failed; :func:`succeeded` takes that back. ``locks``: the next must wait."""

    name_key: str | None
    address_key: str
    address_until_ms: int  # the lock that this attempt has put on the address, or 0
    locks: bool


def begin(connection: Connection, name: str | None, address: str, now: datetime.datetime) -> Attempt | Locked:
    """Count an attempt as failed, before anything is looked at: many at once cannot all slip through.

    ``name``: None where none was typed, because somebody else says who it is.
    """
    at_ms = to_ms(now)
    repository.forget_attempts(connection, at_ms - FORGOTTEN_MS)
    address_key, name_key = f"address {_hash(address)}", None if name is None else f"name {_hash(name)}"
    frees = {address_key: FREE_OF_ADDRESS} | ({} if name_key is None else {name_key: FREE_OF_NAME})
    found = {key: repository.lock_attempts(connection, key, at_ms) for key in sorted(frees)}  # one order for all
    until_ms = max(row["locked_until_ms"] for row in found.values())
    if until_ms > at_ms:
        return Locked(-(-(until_ms - at_ms) // 1000))
    locks, untils = False, dict[str, int]()
    for key, row in found.items():
        failures = row["failures"] + 1
        lock_ms = lock_of(failures - frees[key])
        locks = locks or lock_ms > 0
        untils[key] = at_ms + lock_ms if lock_ms else 0
        repository.store_attempts(connection, key, failures=failures, last_at_ms=at_ms, locked_until_ms=untils[key])
    return Attempt(name_key, address_key, untils[address_key], locks)


def succeeded(connection: Connection, attempt: Attempt) -> None:
    """It was right: the name starts anew; the address is only given this one attempt back."""
    for key in sorted(key for key in (attempt.address_key, attempt.name_key) if key is not None):
        row = repository.lock_attempts(connection, key, 0)
        if key == attempt.name_key:
            repository.store_attempts(connection, key, failures=0, locked_until_ms=0)
            continue
        # whoever has an account must not be able to open an address for guesses at other accounts
        until_ms = 0 if row["locked_until_ms"] == attempt.address_until_ms else row["locked_until_ms"]
        repository.store_attempts(connection, key, failures=max(0, row["failures"] - 1), locked_until_ms=until_ms)


def lock_of(beyond: int) -> int:
    """Milliseconds for which the failure that is the ``beyond``-th after the free ones locks; 0 before it."""
    return 0 if beyond < 0 else min(LONGEST_LOCK_MS, FIRST_LOCK_MS * 2 ** min(beyond, 20))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()  # people type passwords into the field for the name
