"""URL globs: which addresses a profile means.

A glob is written like an address: ``https://portal.example/account/*``. Each part is compared by itself, so that a
``*`` never swallows more than its own part:

- Scheme, host and port must be the same; a port that is left out is the scheme's own. In the host ``*`` may stand only
  for the names on the left, one or more: ``https://*.portal.example/`` (which does not mean ``portal.example``).
- In the path ``*`` stands for anything, slashes too. Case counts. ``%7E`` and ``~`` are the same, ``%2F`` and ``/`` are
  not; ``.`` and ``..`` are resolved first.
- Where the glob has a ``?``, the query must fit too, with ``*`` for anything; otherwise any query does.
- Where the glob has a ``#``, so must the fragment; otherwise any fragment does.

A glob that begins with the path, or with stars before it (``/login*``, ``*/login*``), leaves scheme, host and port
open: enough to recognise a page by, never enough to allow one (:func:`names_a_host`).

Addresses with a user name in them, or with signs that browsers drop or read as others, are meant by no glob.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import SplitResult, urlsplit

from kiosk_agent.text import Text

DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
SOCKETS = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}
LABELS_BEHIND_STAR = 2  # *.example alone would mean every portal of a whole top-level domain
BEHIND_STAR = "*.portal.example"
UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")  # RFC 3986, 2.3: the same with and without percent-encoding
PERCENT = re.compile(r"%([0-9A-Fa-f]{2})")
NOT_IN_ADDRESSES = re.compile(r"[\x00-\x20\x7f\\]")  # dropped, or read as a slash: RFC 3986 has none of them
ANYWHERE = re.compile(r"\**/")  # what it names is the path alone
HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")


class GlobError(ValueError):
    """The text is no URL glob. ``expected``: what would be one."""

    def __init__(self, expected: Text) -> None:
        super().__init__(str(expected))
        self.expected = expected


@dataclass(frozen=True)
class Wild:
    """A text in which anything may stand between the pieces."""

    pieces: tuple[str, ...]

    def fits(self, text: str) -> bool:
        """Whether ``text`` is the pieces with anything between them; linear, however long a page makes its address."""
        first, *rest = self.pieces
        if not rest:
            return text == first
        *middle, last = rest
        if not text.startswith(first) or not text.endswith(last):
            return False
        at, end = len(first), len(text) - len(last)
        for piece in middle:
            found = text.find(piece, at, end)
            if found < 0:
                return False
            at = found + len(piece)
        return at <= end


@dataclass(frozen=True)
class Glob:
    """A glob, taken apart. ``host`` without the star, empty for any; a part that is None may be anything."""

    scheme: str
    host: str
    any_subdomain: bool
    port: int
    path: Wild
    query: Wild | None
    fragment: Wild | None


@lru_cache(maxsize=512)
def parse_glob(text: str) -> Glob:
    """Take a glob apart. Raises GlobError."""
    if ANYWHERE.match(text):
        stars, path = ("*" if text.startswith("*") else ""), text.lstrip("*")
        named = parse_glob("http://anywhere.example" + path)
        return replace(named, scheme="", host="", path=Wild((*_wild(stars).pieces[:-1], *named.path.pieces)))
    parts = _split(text)
    if parts is None or not parts.hostname:
        raise GlobError(
            Text("an address such as {example}, in which a * stands for anything", example="https://portal.example/*")
        )
    if "@" in parts.netloc:
        raise GlobError(Text("an address without a user name"))
    host = parts.hostname
    any_subdomain = host.startswith("*.")
    if any_subdomain:
        host = host[2:]
        if "*" not in host and (host.count(".") + 1 < LABELS_BEHIND_STAR or _is_ip(host)):
            raise GlobError(Text("a host with at least two names behind the *, such as {example}", example=BEHIND_STAR))
    if "*" in host:
        raise GlobError(
            Text("a host in which * stands only for the names on the left, such as {example}", example=BEHIND_STAR)
        )
    ascii_host = _ascii(host)
    if ascii_host is None:
        raise GlobError(Text("a host's name, such as {example}", example="portal.example"))
    _, question, query = text.partition("#")[0].partition("?")
    _, hash_sign, fragment = text.partition("#")
    return Glob(
        scheme=parts.scheme,
        host=ascii_host,
        any_subdomain=any_subdomain,
        port=_port(parts),
        path=_wild(_path(parts)),
        query=_wild(_same_signs(query)) if question else None,
        fragment=_wild(_same_signs(fragment)) if hash_sign else None,
    )


def matches(glob: str, url: str) -> bool:
    """Whether ``url`` is one of the addresses that ``glob`` means. One that cannot be read is none of them.

    Raises GlobError where ``glob`` is none.
    """
    wanted = parse_glob(glob)
    parts = _split(url)
    if parts is None or not parts.hostname or "@" in parts.netloc:
        return False
    return (
        (not wanted.host or _is_there(wanted, parts))
        and wanted.path.fits(_path(parts))
        and (wanted.query is None or wanted.query.fits(_same_signs(parts.query)))
        and (wanted.fragment is None or wanted.fragment.fits(_same_signs(parts.fragment)))
    )


def _is_there(wanted: Glob, parts: SplitResult) -> bool:
    host = _ascii(parts.hostname or "")
    if host is None or parts.scheme != wanted.scheme or _port(parts) != wanted.port:
        return False
    return host.endswith("." + wanted.host) if wanted.any_subdomain else host == wanted.host


def names_a_host(glob: str) -> bool:
    """Whether ``glob`` says where the page is, and not only what its path looks like. Raises GlobError."""
    return bool(parse_glob(glob).host)


def matches_any(globs: tuple[str, ...], url: str) -> bool:
    """Whether one of ``globs`` means ``url``."""
    return any(matches(glob, url) for glob in globs)


def _split(url: str) -> SplitResult | None:
    if NOT_IN_ADDRESSES.search(url):
        return None
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - reading it checks it
    except ValueError:
        return None
    return parts if parts.scheme in DEFAULT_PORTS else None


def _port(parts: SplitResult) -> int:
    return DEFAULT_PORTS[parts.scheme] if parts.port is None else parts.port


def _ascii(host: str) -> str | None:
    """The host as browsers name it; None where no browser would: each label in Punycode, IPv6 as it is."""
    if ":" in host:
        return str(ipaddress.ip_address(host)) if _is_ip(host) else None
    if host.isascii():
        return host if HOST.fullmatch(host) else None
    try:
        return host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return None


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _path(parts: SplitResult) -> str:
    """The path without ``.`` and ``..``: a server, or the browser before it, resolves them."""
    kept: list[str] = []
    segments = _same_signs(parts.path or "/").split("/")
    for segment in segments:
        if segment == "..":
            if len(kept) > 1:
                kept.pop()
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/".join(kept)


def _same_signs(text: str) -> str:
    """Percent-encoding in one form: none where it means nothing, upper case elsewhere."""

    def one(found: re.Match[str]) -> str:
        sign = chr(int(found.group(1), 16))
        return sign if UNRESERVED.fullmatch(sign) else found.group().upper()

    ascii_text = "".join(sign if sign.isascii() else _percent(sign) for sign in text)
    return PERCENT.sub(one, ascii_text)


def _percent(sign: str) -> str:
    return "".join(f"%{byte:02X}" for byte in sign.encode("utf-8", "surrogatepass"))


def _wild(text: str) -> Wild:
    return Wild(tuple(text.split("*")))


def socket_source(glob: str) -> str:
    """The WebSockets that belong to what ``glob`` allows, as a policy's source (CSP, Level 3): their host and port.

    Where the host is an IPv6 address, which no source can name, those of every host. Raises GlobError.
    """
    wanted = parse_glob(glob)
    scheme = SOCKETS[wanted.scheme]
    if ":" in wanted.host:
        return f"{scheme}:"
    return f"{scheme}://{'*.' if wanted.any_subdomain else ''}{wanted.host}:{wanted.port}"
