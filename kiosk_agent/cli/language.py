"""The language of the command line: the environment's, Japanese or English."""

from __future__ import annotations

import gettext
import os
from pathlib import Path

from kiosk_agent import locale
from kiosk_agent.locale import translator

# click looks its own words ("Usage:", "Options") up in gettext's default domain
gettext.bindtextdomain("messages", Path(locale.__file__).parent)


def terminal_language() -> str:
    """``ja`` where LANGUAGE, LC_ALL, LC_MESSAGES or LANG (in this order) asks for Japanese, else ``en``."""
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name)
        if value:
            return "ja" if value.lower().startswith("ja") else "en"
    return "en"


t = translator(terminal_language())
