"""Whose certificates central believes where it calls others."""

from __future__ import annotations

import ssl

from kiosk_agent import reasons
from kiosk_agent.errors import CentralError
from kiosk_agent.text import Text


def trusted(ca: str | None, option: str) -> ssl.SSLContext:
    """The system's authorities, and the office's own from a PEM file, which ``option`` names.

    Raises CentralError where the file cannot be read.
    """
    context = ssl.create_default_context()
    if ca is not None:
        try:
            context.load_verify_locations(cafile=ca)
        except OSError as error:
            reason = (
                Text("there are no certificates in it") if isinstance(error, ssl.SSLError) else reasons.of_system(error)
            )
            raise CentralError(
                Text("{file}: {reason}.", file=ca, reason=reason),
                Text("Give a PEM file of certificates: {option} FILE.", option=option),
            ) from error
    return context
