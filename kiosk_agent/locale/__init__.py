"""Translations: gettext catalogues, Japanese first.

Three kinds of texts, told apart by who reads them. Support workers, supervisors and the agent's command line (domain
``kiosk_agent``, in the code ``t("…")``) read Japanese or English; so does whoever runs central from its command line
(domain ``kiosk_central``, in the code ``say("…")``). What residents read (domain ``resident``, in the code
``speak("…")``) exists in every language of :data:`SPOKEN`. ``Text("…")`` is a text that is translated only where it is
shown: of central's domain within central, elsewhere of the agent's.
"""

from __future__ import annotations

import gettext
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kiosk_agent.errors import DeskError
from kiosk_agent.text import Text, in_english
from kiosk_agent.text import Translate as Translate

LANGUAGES = ("ja", "en")  # of workers
DOMAIN = "kiosk_agent"
CENTRAL_DOMAIN = "kiosk_central"
RESIDENT_DOMAIN = "resident"


@dataclass(frozen=True)
class Spoken:
    """A language that residents can choose. ``name``: its own; ``tag``: BCP 47, for ``lang`` attributes and fonts."""

    name: str
    tag: str


# In the order in which they are offered: those of the country, then by the number of residents who read them.
SPOKEN = {
    "ja": Spoken("日本語", "ja"),
    "ja-easy": Spoken("やさしい にほんご", "ja-Hrkt"),  # kana alone, with spaces between the phrases
    "en": Spoken("English", "en"),
    "zh": Spoken("中文", "zh-Hans"),
    "ko": Spoken("한국어", "ko"),
    "vi": Spoken("Tiếng Việt", "vi"),
    "pt": Spoken("Português", "pt-BR"),
}


def worker_language(language: str) -> str:
    """The language in which a desk speaks to its support workers, from the one in which it speaks to residents."""
    return language if language in LANGUAGES else "ja"


@cache
def translator(language: str) -> Translate:
    """A function that translates an English message id for workers and fills in its named fields.

    English is the language of the message ids, so it needs no catalogue of its own. Raises DeskError where the
    catalogue of another language was never compiled.
    """
    return _translator(DOMAIN, language)


@cache
def operators(language: str) -> Translate:
    """The same for those who run central. What agent and central share is in the agent's catalogue."""
    return _translator(CENTRAL_DOMAIN, language, DOMAIN)


@cache
def speaker(language: str) -> Translate:
    """The same for what residents read: ``language`` is a key of :data:`SPOKEN`."""
    return _translator(RESIDENT_DOMAIN, language)


def _translator(domain: str, language: str, *others: str) -> Translate:
    """Of the texts of ``domain``, and of ``others`` where it has none."""
    if language == "en":
        return in_english
    catalogue = _catalogue(domain, language)
    for other in others:
        catalogue.add_fallback(_catalogue(other, language))

    def translate(message: str, /, **fields: object) -> str:
        text = catalogue.gettext(message)
        return text.format(**fields) if fields else text

    return translate


def _catalogue(domain: str, language: str) -> gettext.NullTranslations:
    try:
        return gettext.translation(domain, localedir=Path(__file__).parent, languages=[language])
    except FileNotFoundError as error:
        raise DeskError(
            Text("The texts in the language {language} are not compiled.", language=language),
            Text("Install the program with its set-up, or run: python -m kiosk_agent.locale.compile"),
        ) from error
