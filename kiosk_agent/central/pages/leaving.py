"""A page that leads on by itself, also to another server.

Not a redirect: the policy of our pages lets forms lead to us alone, and browsers hold the redirects after a form to it.
"""

from __future__ import annotations

from typing import Any

from litestar import Request, Response

from kiosk_agent.central.pages.rendering import page


def leave(request: Request[Any, Any, Any], address: str, reason: str, **values: object) -> Response[Any]:
    """A page that goes on to ``address`` at once, and has a link for browsers that do not; ``reason`` is a word."""
    return page(request, "leave.html", staff=None, address=address, reason=reason, values=values)
