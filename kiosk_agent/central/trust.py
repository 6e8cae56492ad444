"""Whose certificates central believes where it calls others."""

from __future__ import annotations

import ssl

from kiosk_agent.errors import CentralError


def trusted(ca: str | None, option: str) -> ssl.SSLContext:
    """The system's authorities, and the office's own from a PEM file, which ``option`` names.

    Raises CentralError where the file cannot be read.
    """
    context = ssl.create_default_context()
    if ca is not None:
        try:
            context.load_verify_locations(cafile=ca)
        except OSError as error:
            reason = error.strerror or str(error)
            raise CentralError(f"{ca}: {reason}.", f"Give a PEM file of certificates: {option} FILE.") from error
    return context
