"""Reading the body of a request, bounded on the wire and unpacked."""

from __future__ import annotations

import zlib

from litestar.types import Receive, Scope

from kiosk_agent.central.refusals import RefusedError

GZIP = 16 + zlib.MAX_WBITS


async def read_json_body(scope: Scope, receive: Receive, largest_bytes: int) -> bytes:
    """The body, unpacked. Raises RefusedError where it is too large, not JSON by its header, or packed wrongly."""
    headers = dict(scope["headers"])
    if headers.get(b"content-type", b"").partition(b";")[0].strip().lower() != b"application/json":
        raise RefusedError(415, "content_type", "Send Content-Type: application/json.")
    encoding = headers.get(b"content-encoding", b"identity").strip().lower()
    if encoding not in (b"identity", b"gzip"):
        raise RefusedError(415, "content_encoding", "Send the body as it is, or with Content-Encoding: gzip.")
    body = await _bounded(receive, largest_bytes)
    return body if encoding == b"identity" else _unpacked(body, largest_bytes)


async def _bounded(receive: Receive, largest_bytes: int) -> bytes:
    """As ASGI hands it over: mostly in one piece, which is passed on as it is."""
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise RefusedError(400, "invalid", "The body has no end.")  # nobody is there any more to read this
        body = body + message["body"] if body else message["body"]
        if len(body) > largest_bytes:
            raise _too_large(largest_bytes)
        if not message["more_body"]:
            return body


def _unpacked(body: bytes, largest_bytes: int) -> bytes:
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
