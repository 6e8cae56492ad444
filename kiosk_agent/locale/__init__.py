"""Translations: gettext catalogues, Japanese first."""

from __future__ import annotations

import gettext
from collections.abc import Callable
from functools import cache
from pathlib import Path

from kiosk_agent.errors import DeskError

LANGUAGES = ("ja", "en")
DOMAIN = "kiosk_agent"


@cache
def translator(language: str) -> Callable[..., str]:
    """A function that translates an English message id and fills in its named fields.

    English is the language of the message ids, so it needs no catalogue of its own. Raises DeskError where the
    catalogue of another language was never compiled.
    """
    try:
        catalogue = gettext.translation(
            DOMAIN, localedir=Path(__file__).parent, languages=[language], fallback=language == "en"
        )
    except FileNotFoundError as error:
        raise DeskError(
            f"The texts in the language {language!r} are not compiled.",
            "Install the agent with its set-up, or run: python -m kiosk_agent.locale.compile",
        ) from error

    def translate(message: str, /, **fields: object) -> str:
        text = catalogue.gettext(message)
        return text.format(**fields) if fields else text

    return translate
