"""What a form of the pages sent."""

from __future__ import annotations

from typing import Any

from litestar import Request
from litestar.datastructures import FormMultiDict

from kiosk_agent.central.pages.rendering import PageError


async def sent_form(request: Request[Any, Any, Any]) -> FormMultiDict:
    """The form as it came. Raises PageError where its text is not in the charset that it names."""
    try:
        return await request.form()
    except (UnicodeDecodeError, LookupError) as error:  # the second: there is no such charset
        raise PageError("not_understood") from error


async def sent_fields(request: Request[Any, Any, Any]) -> dict[str, str]:
    """The fields of the form by name; files are left out, as no form here has any."""
    form = await sent_form(request)
    return {name: value for name, value in form.items() if isinstance(value, str)}
