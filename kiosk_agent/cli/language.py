"""The language of the command line: the environment's, Japanese or English."""

from __future__ import annotations

import os

from kiosk_agent.locale import translator


def terminal_language() -> str:
    """``ja`` where the environment asks for Japanese (LANGUAGE, LC_ALL, LC_MESSAGES, LANG in this order), else ``en``."""
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name)
        if value:
            return "ja" if value.lower().startswith("ja") else "en"
    return "en"


t = translator(terminal_language())
