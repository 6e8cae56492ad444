"""Translations: gettext catalogues, Japanese first."""

from __future__ import annotations

import gettext
from collections.abc import Callable
from functools import cache
from pathlib import Path

LANGUAGES = ("ja", "en")


@cache
def translator(language: str) -> Callable[..., str]:
    """A function that translates an English message id and fills in its named fields.

    English is the language of the message ids, so it needs no catalogue of its own.
    """
    catalogue = gettext.translation(
        "kiosk_agent", localedir=Path(__file__).parent, languages=[language], fallback=True
    )

    def translate(message: str, **fields: object) -> str:
        text = catalogue.gettext(message)
        return text.format(**fields) if fields else text

    return translate
