"""Reading the body of a request, bounded on the wire and unpacked."""

from __future__ import annotations

import zlib

from litestar.types import Receive, Scope

from kiosk_agent.central.refusals import RefusedError

GZIP = 16 + zlib.MAX_WBITS


async def read_json_body(scope: Scope, receive: Receive, largest_bytes: int) -> bytes:
    """The body, unpacked. Raises RefusedError where it is too large, not JSON by its header, or packed wrongly."""
    packed = is_packed(scope)
    body = await read_body(receive, largest_bytes)
    return unpacked(body, largest_bytes) if packed else body


def is_packed(scope: Scope) -> bool:
    """Whether the body is, by its headers. Raises RefusedError where they do not say JSON, as it is or with gzip."""
    headers = dict(scope["headers"])
    if headers.get(b"content-type", b"").partition(b";")[0].strip().lower() != b"application/json":
        raise RefusedError(415, "content_type", "Send Content-Type: application/json.")
    encoding = headers.get(b"content-encoding", b"identity").strip().lower()
    if encoding not in (b"identity", b"gzip"):
        raise RefusedError(415, "content_encoding", "Send the body as it is, or with Content-Encoding: gzip.")
    return encoding == b"gzip"


async def read_body(receive: Receive, largest_bytes: int) -> bytes:
    """As ASGI hands it over. Raises RefusedError where it is too large."""
    body = Body(largest_bytes)
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise RefusedError(400, "invalid", "The body has no end.")  # nobody is there any more to read this
        body.add(message["body"])
        if not message["more_body"]:
            return body.whole()


class Body:
    """A body that comes in pieces: mostly in one, which is passed on as it is."""

    __slots__ = ("_largest_bytes", "_pieces")

    def __init__(self, largest_bytes: int) -> None:
        self._largest_bytes = largest_bytes
        self._pieces: bytes | bytearray = b""

    def add(self, piece: bytes) -> None:
        """The next one. Raises RefusedError where the whole is too large."""
        if not self._pieces:
            self._pieces = piece
        elif isinstance(self._pieces, bytearray):
            self._pieces += piece
        else:
            self._pieces = bytearray(self._pieces) + piece
        if len(self._pieces) > self._largest_bytes:
            self._pieces = b""
            raise _too_large(self._largest_bytes)

    def whole(self) -> bytes:
        """All of them."""
        return bytes(self._pieces)


def unpacked(body: bytes, largest_bytes: int) -> bytes:
    """What was packed with gzip. Raises RefusedError where it was not, or is too large."""
    unpacker = zlib.decompressobj(GZIP)
    try:
        plain = unpacker.decompress(body, largest_bytes + 1)  # a bomb is never unpacked further than this
    except zlib.error as error:
        raise RefusedError(400, "gzip", "The body is not gzip.") from error
    if len(plain) > largest_bytes:
        raise _too_large(largest_bytes)
    if not unpacker.eof or unpacker.unused_data:
        raise RefusedError(400, "gzip", "The body is not one whole gzip member.")
    return plain


def _too_large(largest_bytes: int) -> RefusedError:
    return RefusedError(413, "too_large", f"A body has at most {largest_bytes} bytes, unpacked.")
