"""The language of whoever sits at this PC. Standard library only: the set-up asks before all else is installed."""

from __future__ import annotations

import ctypes
import os
import sys

VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")  # in gettext's order
JAPANESE_PRIMARY_LANGUAGE = 0x11  # LANG_JAPANESE of winnt.h; the bits above are the country
PRIMARY_BITS = 0x3FF


def system_language() -> str:
    """``ja`` where the environment asks for Japanese, or nothing does and Windows itself speaks it; else ``en``."""
    for name in VARIABLES:
        value = os.environ.get(name)
        if value:
            return "ja" if value.lower().startswith("ja") else "en"
    if sys.platform == "win32":
        return language_of_windows(ctypes.windll.kernel32.GetUserDefaultUILanguage())
    return "en"


def language_of_windows(identifier: int) -> str:
    """``ja`` or ``en`` for a language identifier of Windows (LANGID), such as 0x0411."""
    return "ja" if identifier & PRIMARY_BITS == JAPANESE_PRIMARY_LANGUAGE else "en"
