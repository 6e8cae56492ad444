"""How a request as a whole is refused: one form for every reason."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException

from kiosk_agent.wire import v1

NOT_KEPT = {"Cache-Control": "no-store"}
FAILED = v1.Refusal("failed", "The server failed; keep what you have and come again later.")


class RefusedError(Exception):
    """A request cannot be taken. ``code`` is stable; ``detail`` is for people."""

    def __init__(self, status: int, code: str, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status, self.code, self.detail, self.headers = status, code, detail, headers or {}


def come_again(wait_s: int) -> RefusedError:
    """Too many requests."""
    return RefusedError(429, "too_many", f"Come again in {wait_s} s.", {"Retry-After": str(wait_s)})


def answer(content: msgspec.Struct, status: int = 200, headers: dict[str, str] | None = None) -> Response[bytes]:
    """An answer in JSON that nothing on the way keeps."""
    return Response(
        msgspec.json.encode(content),
        status_code=status,
        media_type="application/json",
        headers={**NOT_KEPT, **(headers or {})},
    )


def answer_refused(_request: Request[Any, Any, Any], error: RefusedError) -> Response[bytes]:
    """As the exception says."""
    return answer(v1.Refusal(error.code, error.detail), error.status, error.headers)


def answer_http(_request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """What the framework refuses by itself: unknown paths, wrong methods."""
    return answer(v1.Refusal("http", error.detail), error.status_code, error.headers)
