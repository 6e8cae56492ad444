"""A sign-in under way: from central's page to the provider and back.

The browser keeps one secret in a cookie. State, nonce and the verifier of PKCE are made of it, so that the answer holds
in this browser alone. The database keeps a hash of the state until it comes back, once.
"""

from __future__ import annotations

import datetime
import hashlib
import hmac
import secrets
from dataclasses import dataclass

from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.oidc import repository
from kiosk_agent.central.times import from_ms, to_ms

LONGEST_MS = 10 * 60_000  # to find the second factor; whoever takes longer begins anew
AHEAD_MS = 60_000  # by how much the clocks of two server processes may differ


@dataclass(frozen=True, repr=False)
class Flow:
    """What a sign-in is recognised by. 256 bits in hexadecimal each; RFC 7636, 4.1 wants 43 to 128 characters."""

    state: str
    nonce: str
    verifier: str


def flow_of(secret: str) -> Flow:
    """The sign-in that a browser's secret belongs to."""
    made = (hmac.new(secret.encode(), what, hashlib.sha256).hexdigest() for what in (b"state", b"nonce", b"verifier"))
    return Flow(*made)


def new_secret() -> str:
    """What the browser keeps: 256 random bits."""
    return secrets.token_urlsafe(32)


def begin(database: Database, secret: str, now: datetime.datetime) -> None:
    """Note that a sign-in begins."""
    at_ms = to_ms(now)
    with database.writing() as connection:
        repository.forget_flows(connection, at_ms - LONGEST_MS)
        repository.add_flow(connection, _hash(flow_of(secret).state), at_ms)


def take(database: Database, secret: str, state: str, now: datetime.datetime) -> datetime.datetime | None:
    """When the sign-in began, and it is over; None where this browser has not begun it, or too long ago.

    Also None the second time, whoever asks: an answer of the provider is good once.
    """
    flow, at_ms = flow_of(secret), to_ms(now)
    if not secret or not hmac.compare_digest(flow.state.encode(), state.encode()):
        return None
    with database.writing() as connection:
        begun_ms = repository.take_flow(connection, _hash(flow.state))
    if begun_ms is None or not -AHEAD_MS < at_ms - begun_ms < LONGEST_MS:
        return None
    return from_ms(begun_ms)


def _hash(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()
