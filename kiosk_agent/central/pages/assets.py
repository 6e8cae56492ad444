"""``/assets``: the style sheet and the one script; ``/language``: which language the pages are in."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.datastructures import Cookie
from litestar.params import FromPath
from litestar.response import Redirect

from kiosk_agent.central.pages.rendering import FOLDER, LANGUAGE_COOKIE, style_sheet
from kiosk_agent.central.pages.words import ENGLISH, JAPANESE
from kiosk_agent.central.staff.guards import ANYONE, is_https

STYLE_SHEET = style_sheet()
SCRIPT = (FOLDER / "assets" / "idle.js").read_text(encoding="utf-8")
YEAR_S = 365 * 24 * 3600


@get("/assets/central.css", opt={"needs": ANYONE})
async def style() -> Response[str]:
    """Our own style sheet."""
    return Response(STYLE_SHEET, media_type="text/css")


@get("/assets/idle.js", opt={"needs": ANYONE})
async def script() -> Response[str]:
    """Warns before a session ends."""
    return Response(SCRIPT, media_type="text/javascript")


@get("/language/{chosen:str}", opt={"needs": ANYONE})
async def choose_language(request: Request[Any, Any, Any], chosen: FromPath[str]) -> Redirect:
    """Keep the choice in this browser, and go back."""
    kept = Cookie(
        key=LANGUAGE_COOKIE,
        value=ENGLISH if chosen == ENGLISH else JAPANESE,
        path="/",
        max_age=YEAR_S,
        secure=is_https(request),
        httponly=True,
        samesite="lax",
    )
    return Redirect(_own(request.query_params.get("back", "/")), status_code=303, cookies=[kept])


PAGES = [style, script, choose_language]


def _own(address: str) -> str:
    """The address, where it is one of this server; browsers read ``//`` and ``/\\`` as another one."""
    is_own = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    return address if is_own else "/"
