"""What the sense and the doctor say where the card reader does not work: why, and what to do about it."""

from __future__ import annotations

import sys

from kiosk_agent.sensors.card.pcsc import Trouble

NO_READER = ("No card reader is attached.", "Plug the reader in. A desk without one: senses.card.enabled = false.")


def words_for(trouble: Trouble, text: str) -> tuple[str, str]:
    """Why the reader cannot be seen, and the remedy. ``text``: what the system said."""
    if trouble is Trouble.NO_PYSCARD:
        remedy = "Install the extra: pip install 'kiosk-agent[card]'."
        if sys.platform != "win32":
            remedy += " It is compiled: sudo apt-get install gcc libc6-dev libpcsclite-dev swig, and Python's headers."
        return "The card reader cannot be used: pyscard is not installed.", remedy
    if trouble is Trouble.NO_SERVICE:
        remedy = (
            "Start the service “Smart Card” (SCardSvr)."
            if sys.platform == "win32"
            else "Install and start it: sudo apt-get install pcscd && sudo systemctl enable --now pcscd.socket"
        )
        return "The card reader cannot be used: the PC/SC service does not answer.", remedy
    remedy = "Unplug the reader and plug it in again; restart the PC/SC service."
    return f"The card reader cannot be used: {text}", remedy
