"""The pages' templates and texts."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import jinja2
from litestar import Request, Response

from kiosk_agent.central.staff.pages.words import language_of, words

FOLDER = Path(__file__).parent
STYLE = "/staff.css"


@functools.cache
def _templates() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER), autoescape=True, undefined=jinja2.StrictUndefined, auto_reload=False
    )


def page(request: Request[Any, Any, Any], template: str, *, status: int = 200, **values: Any) -> Response[str]:
    """A page in the reader's language. Everything that is filled in is escaped."""
    language = language_of(request.headers.get("accept-language", ""))
    text = _templates().get_template(template).render(language=language, t=words(language), style=STYLE, **values)
    headers = {"Content-Language": language, "Vary": "Accept-Language"}
    return Response(text, status_code=status, media_type="text/html; charset=utf-8", headers=headers)


def error_page(request: Request[Any, Any, Any], reason: str, status: int) -> Response[str]:
    """A page that says what is the matter; ``reason`` is one of the words."""
    return page(request, "error.html", status=status, reason=reason)
