"""Who is asking."""

from __future__ import annotations

import functools
import ipaddress
from typing import Any

from litestar import Request
from litestar.types import Scope


def address_of(request: Request[Any, Any, Any]) -> str:
    """The client's address; of an IPv6 address its network, of which one client has all addresses."""
    return client_of(request.scope)


def client_of(scope: Scope) -> str:
    """As :func:`address_of`, where the framework has made no request of it."""
    client = scope.get("client")
    return _counted_as(client[0] if client is not None else "")


@functools.lru_cache(maxsize=100_000)  # a desk comes back each minute
def _counted_as(host: str) -> str:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host  # a Unix socket
    if address.version == 4:
        return host
    return str(ipaddress.ip_network((address, 64), strict=False))
