"""Sessions: rows of the database, so that one that has ended is dead at once and in every server process."""

from __future__ import annotations

import base64
import datetime
import hashlib
import hmac
import secrets

from cryptography.fernet import Fernet
from sqlalchemy.engine import Connection, RowMapping

from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.places.schemas import Level, Place
from kiosk_agent.central.staff import audit, repository
from kiosk_agent.central.staff.schemas import Action, Role, Staff
from kiosk_agent.central.times import to_ms

IDLE_MS = 15 * 60_000  # a desk that its owner has left for a break; OWASP gives 15 to 30 minutes for such data
ABSOLUTE_MS = 10 * 3600_000  # a working day, so that nobody is put out in the middle of it
TOUCH_MS = 60_000  # a session is noted as used once a minute: pages read, and seldom write
AHEAD_MS = 5 * 60_000  # by how much the clocks of two server processes may differ


def hash_of(token: str) -> str:
    """What is kept: whoever reads the database cannot use a session. 256 random bits cannot be guessed back."""
    return hashlib.sha256(token.encode()).hexdigest()


def csrf_of(token: str) -> str:
    """The token that a form must bring: only this session's pages have it, and it does not give the cookie away."""
    return hmac.new(token.encode(), b"csrf", hashlib.sha256).hexdigest()


def is_csrf(token: str, given: str) -> bool:
    """Whether ``given`` is it; compared in a time that tells nothing."""
    return hmac.compare_digest(csrf_of(token).encode(), given.encode())


def begin(connection: Connection, staff_id: int, now: datetime.datetime, hint: str | None = None) -> str:
    """A new session; returns the cookie's value. ``hint``: what signs out at the provider that has opened it."""
    token = secrets.token_urlsafe(32)
    at_ms = to_ms(now)
    repository.end_sessions_unseen_since(connection, at_ms - IDLE_MS, at_ms - ABSOLUTE_MS)
    sealed = None if hint is None else _seal(token).encrypt(hint.encode()).decode()
    repository.begin_session(connection, hash_of(token), staff_id, at_ms, sealed)
    return token


def find(database: Database, token: str, now: datetime.datetime) -> Staff | None:
    """Whose session it is; None where there is none, or it has ended by itself."""
    at_ms, token_hash = to_ms(now), hash_of(token)
    with database.reading() as connection:
        row = repository.find_session(connection, token_hash)
    if row is None:
        return None
    if not _is_alive(row, at_ms):
        with database.writing() as connection:
            repository.end_session(connection, token_hash)
        return None
    if at_ms - row["seen_at_ms"] >= TOUCH_MS:
        with database.writing() as connection:
            repository.touch_session(connection, token_hash, at_ms)
    return staff_of(row)


def end(database: Database, token: str, staff: Staff, now: datetime.datetime, address: str) -> None:
    """Log out."""
    with database.writing() as connection:
        if repository.end_session(connection, hash_of(token)):
            audit.add(connection, now, Action.LOGGED_OUT, actor=staff.name, subject=staff.name, address=address)


def provider_hint(database: Database, token: str) -> str | None:
    """What the session was given to sign out at its provider; None where no provider has opened it."""
    with database.reading() as connection:
        sealed = repository.sealed_hint(connection, hash_of(token))
    return None if sealed is None else _seal(token).decrypt(sealed).decode()


def _seal(token: str) -> Fernet:
    """Names and addresses of a person are in the hint: whoever reads the database cannot read it without the cookie."""
    return Fernet(base64.urlsafe_b64encode(hmac.new(token.encode(), b"hint", hashlib.sha256).digest()))


def staff_of(row: RowMapping) -> Staff:
    """The person of an account's row."""
    return Staff(row["id"], row["name"], Role(row["role"]), Place(Level(row["scope"]), row["scope_code"]))


def _is_alive(row: RowMapping, at_ms: int) -> bool:
    return (
        row["disabled_at_ms"] is None
        and at_ms - row["seen_at_ms"] < IDLE_MS
        and at_ms - row["made_at_ms"] < ABSOLUTE_MS
        and row["seen_at_ms"] - at_ms < AHEAD_MS  # a clock that was put back must not make sessions longer
    )
