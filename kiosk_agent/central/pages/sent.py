"""What a form of the pages sent."""

from __future__ import annotations

from typing import Any

from litestar import Request


async def sent_fields(request: Request[Any, Any, Any]) -> dict[str, str]:
    """The fields of the form by name; files are left out, as no form here has any."""
    form = await request.form()
    return {name: value for name, value in form.items() if isinstance(value, str)}
