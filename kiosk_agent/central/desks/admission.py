"""Which desk asks, and whether it may ask now: the same for everything that desks are answered."""

from __future__ import annotations

import msgspec
from litestar.types import Scope

from kiosk_agent.central.addresses import client_of
from kiosk_agent.central.desks.service import hash_of
from kiosk_agent.central.limits import Limits
from kiosk_agent.central.refusals import RefusedError, come_again


class Asking(msgspec.Struct, frozen=True):
    """A request with a token; whether it is a desk's, the database says."""

    token_hash: str
    address: str
    limits: Limits

    def is_known(self) -> None:
        """It is a desk's."""
        self.limits.note_good(self.token_hash)

    def is_unknown(self) -> RefusedError:
        """It is nobody's: counts against the address; returns what to raise."""
        self.limits.wrong.take(self.address)
        return _unknown("No desk has this token.")


def admit(scope: Scope, limits: Limits) -> Asking:
    """Raises RefusedError where there is no token, or too much was asked."""
    address = client_of(scope)
    if wait_s := limits.address.take(address):
        raise come_again(wait_s)
    token_hash = hash_of(_token(scope))
    if not limits.is_good(token_hash) and (wait_s := limits.wrong.wait_s(address)):
        raise come_again(wait_s)
    if wait_s := limits.desk.take(token_hash):
        raise come_again(wait_s)
    return Asking(token_hash, address, limits)


def _token(scope: Scope) -> str:
    header = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise _unknown("Send Authorization: Bearer TOKEN.")
    return token.strip()


def _unknown(detail: str) -> RefusedError:
    return RefusedError(401, "token_unknown", detail, {"WWW-Authenticate": "Bearer"})
