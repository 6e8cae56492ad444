"""The texts of ``kiosk-agent``, in the language of whoever types."""

from __future__ import annotations

from kiosk_agent.locale import translator
from kiosk_agent.terminal.language import terminal_language

t = translator(terminal_language())
