"""Pages made of templates."""

from __future__ import annotations

import functools
import hashlib
import urllib.parse
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
from litestar import Request, Response

from kiosk_agent.central.pages.formats import Formats
from kiosk_agent.central.pages.words import ENGLISH, JAPANESE, language_of, words
from kiosk_agent.central.staff.schemas import Role, Staff
from kiosk_agent.central.staff.sessions import IDLE_MS, TOUCH_MS

FOLDER = Path(__file__).parent
LANGUAGE_COOKIE = "kiosk-language"
WARN_S = 120  # before the session ends
# A session is noted as used once a minute, so the server may count from a minute before this page was made.
IDLE_S = (IDLE_MS - TOUCH_MS) // 1000
HTML = "text/html"


class PageError(Exception):
    """What was asked for cannot be shown; ``reason`` is one of the words."""

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.reason, self.status = reason, status


def style_sheet() -> str:
    """The figures of the whole product, and what is made of them here."""
    tokens = files("kiosk_agent").joinpath("hands/web/tokens.css").read_text(encoding="utf-8")
    return tokens + (FOLDER / "assets" / "central.css").read_text(encoding="utf-8")


@functools.cache
def _templates() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    stamp = hashlib.sha256(style_sheet().encode()).hexdigest()[:12]
    made.globals |= {"stamp": stamp, "Role": Role, "idle_s": IDLE_S, "warn_s": WARN_S}
    return made


def language(request: Request[Any, Any, Any]) -> str:
    """What the reader has chosen; else what the browser asks for."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen in (JAPANESE, ENGLISH):
        return str(chosen)
    return language_of(request.headers.get("accept-language", ""))


def page(request: Request[Any, Any, Any], template: str, *, status: int = 200, **values: Any) -> Response[str]:
    """A page in the reader's language. Everything that is filled in is escaped."""
    chosen = language(request)
    staff: Staff | None = getattr(request.state, "staff", None)
    given = {
        "staff": staff,
        "scope_name": getattr(request.state, "scope_name", ""),
        "csrf": getattr(request.state, "csrf", ""),
        "here": request.url.path,
        "back": _address(request),
        "crumbs": [],
        **values,
    }
    headers = {"Content-Language": chosen, "Vary": "Accept-Language, Cookie"}
    return Response(render(template, chosen, **given), status_code=status, media_type=HTML, headers=headers)


def render(template: str, chosen: str, **values: Any) -> str:
    """The text of a template."""
    t = words(chosen)
    return _templates().get_template(template).render(language=chosen, t=t, f=Formats(chosen, t), **values)


def error_page(request: Request[Any, Any, Any], reason: str, status: int) -> Response[str]:
    """A page that says what is the matter; ``reason`` is one of the words."""
    return page(request, "error.html", status=status, reason=reason)


def _address(request: Request[Any, Any, Any]) -> str:
    """Where the reader is, to come back there; nowhere after a form."""
    if request.method != "GET":
        return urllib.parse.quote("/", safe="")
    query = f"?{request.url.query}" if request.url.query else ""
    return urllib.parse.quote(f"{request.url.path}{query}", safe="")
