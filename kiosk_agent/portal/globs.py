"""URL globs: which addresses a profile means.

A glob is written like an address: ``https://portal.example/*``. Scheme, host and port are compared exactly, so that
``*`` in the path can never swallow a host. In the host ``*`` may stand only for whole labels on the left
(``https://*.portal.example/*``, which does not mean ``portal.example`` itself). In path and query ``*`` stands for
anything. The fragment does not count, except where the glob has one of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import SplitResult, urlsplit

DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


class GlobError(ValueError):
    """The text is no URL glob; the message says what is expected."""


@dataclass(frozen=True)
class Glob:
    """A glob, taken apart."""

    scheme: str
    host: str
    any_subdomain: bool
    port: int | None
    rest: re.Pattern[str]
    has_fragment: bool


@lru_cache(maxsize=512)
def parse_glob(text: str) -> Glob:
    """Take a glob apart. Raises GlobError."""
    parts = _split(text)
    if parts is None or parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        raise GlobError("an address such as https://portal.example/*")
    if parts.username is not None or parts.password is not None:
        raise GlobError("an address without a user name")
    host = parts.hostname.rstrip(".")
    any_subdomain = host.startswith("*.")
    if any_subdomain:
        host = host[2:]
    if "*" in host or not host:
        raise GlobError("a host in which * stands only for the labels on the left, such as *.portal.example")
    return Glob(
        scheme=parts.scheme,
        host=host,
        any_subdomain=any_subdomain,
        port=parts.port or DEFAULT_PORTS[parts.scheme],
        rest=_pattern(_rest(parts, fragment=bool(parts.fragment))),
        has_fragment=bool(parts.fragment),
    )


def matches(glob: str, url: str) -> bool:
    """Whether ``url`` is one of the addresses that ``glob`` means. An address that cannot be read is none of them."""
    wanted = parse_glob(glob)
    parts = _split(url)
    if parts is None or parts.scheme != wanted.scheme or not parts.hostname:
        return False
    host = parts.hostname.rstrip(".")
    if wanted.any_subdomain:
        if not host.endswith("." + wanted.host):
            return False
    elif host != wanted.host:
        return False
    if (parts.port or DEFAULT_PORTS[parts.scheme]) != wanted.port:
        return False
    return wanted.rest.fullmatch(_rest(parts, fragment=wanted.has_fragment)) is not None


def matches_any(globs: tuple[str, ...], url: str) -> bool:
    """Whether one of ``globs`` means ``url``."""
    return any(matches(glob, url) for glob in globs)


def _split(url: str) -> SplitResult | None:
    # browsers read a backslash as a slash, and drop tabs and line ends: an address with either is never ours
    if any(sign in url for sign in "\\\t\r\n") or url != url.strip():
        return None
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - reading it checks it
    except ValueError:
        return None
    return parts


def _rest(parts: SplitResult, *, fragment: bool) -> str:
    path = parts.path or "/"
    query = f"?{parts.query}" if parts.query else ""
    return path + query + (f"#{parts.fragment}" if fragment else "")


def _pattern(rest: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(piece) for piece in rest.split("*")), re.DOTALL)
