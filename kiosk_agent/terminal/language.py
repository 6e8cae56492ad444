"""The language of the command lines: the environment's or that of Windows, Japanese or English."""

from __future__ import annotations

import gettext
import os
import sys
from pathlib import Path

from kiosk_agent import locale
from kiosk_agent.locale.system import VARIABLES, system_language


def terminal_language() -> str:
    """``ja`` or ``en``. click speaks the same one from now on."""
    # click looks its own words ("Usage:", "Options") up in gettext's default domain
    gettext.bindtextdomain("messages", Path(locale.__file__).parent)
    found = system_language()
    if sys.platform == "win32" and not any(os.environ.get(name) for name in VARIABLES):
        # gettext asks the environment alone, in which Windows says nothing of a language
        os.environ["LANGUAGE"] = found
    return found
