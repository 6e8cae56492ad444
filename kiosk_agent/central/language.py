"""The texts of ``kiosk-central``, in the language of whoever types."""

from __future__ import annotations

from kiosk_agent.locale import operators
from kiosk_agent.terminal.language import terminal_language

say = operators(terminal_language())
