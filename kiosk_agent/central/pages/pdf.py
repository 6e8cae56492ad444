"""Pages as PDF, to be filed on paper or kept."""

from __future__ import annotations

import base64
import functools
from typing import Any

from kiosk_agent.central.pages.rendering import FOLDER, PageError, render


def pdf(template: str, language: str, **values: Any) -> bytes:
    """A template as PDF. Raises PageError where this machine lacks what it needs (Pango, on Windows)."""
    try:
        import weasyprint
        from weasyprint.urls import URLFetcher
    except OSError as error:
        raise PageError("report_missing", 501) from error
    text = render(template, language, **values)
    # nothing is fetched from anywhere: charts are in the text
    page = weasyprint.HTML(string=text, url_fetcher=URLFetcher(allowed_protocols=["data"]))
    made: bytes = page.write_pdf(stylesheets=[weasyprint.CSS(string=_style())])
    return made


def picture(svg: bytes) -> str:
    """A chart as the address of a picture within the text."""
    return f"data:image/svg+xml;base64,{base64.b64encode(svg).decode()}"


@functools.cache
def _style() -> str:
    return (FOLDER / "assets" / "report.css").read_text(encoding="utf-8")
