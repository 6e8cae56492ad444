"""What can be wrong with a portal. Real ones do each of these."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterable
from dataclasses import dataclass


class Credentials(enum.StrEnum):
    """What shows the server who is asking."""

    COOKIE = "cookie"  # a random id in an HttpOnly cookie
    STORAGE = "storage"  # a bearer token in localStorage, no cookie at all


class LogoutWay(enum.StrEnum):
    """What the logout does."""

    FULL = "full"  # the server ends the session
    COOKIE_ONLY = "cookie-only"  # the browser forgets it, the server does not: the proof can only be "cleared"
    HANGS = "hangs"  # never answers; the session lives on
    SLOW = "slow"  # as FULL, but answers after ``logout_answers_after_s``
    ERROR = "error"  # answers 500; the session lives on


class Provider(enum.StrEnum):
    """Who signs people in."""

    NONE = "none"  # the portal itself
    FULL = "full"  # an identity provider on another origin; the portal's logout ends its session too
    HALF = "half"  # the logout ends only the portal's session: the provider silently signs the same person in again
    CONSENT = "consent"  # as HALF, but the provider asks for one press of a button, and for no password


class Outage(enum.StrEnum):
    """Whether the portal answers at all. For nobody listening, see ``PracticePortal.go_down``."""

    NONE = "none"
    ERROR = "error"  # 503 to everything
    HANGS = "hangs"  # connects, then silence


class Quirk(enum.StrEnum):
    """What is special about the account page."""

    FIGHTS = "fights"  # removes foreign nodes, opens its own modal above them, takes the focus back
    LOOPS = "loops"  # an endless loop, at the press of #loop or after ``loop_after_s``
    DIALOGS = "dialogs"  # native alert, confirm, prompt and beforeunload; an alert after ``alert_after_s``
    STRICT_CSP = "strict-csp"  # a strict Content-Security-Policy with Trusted Types, on every page
    FRAME = "frame"  # a frame from another origin that takes the focus
    POPUPS = "popups"  # opens windows, also when the logout is confirmed
    DOCUMENT_OPEN = "document-open"  # writes itself anew at the press of #rewrite, which drops all listeners
    SCRIPTED = "scripted"  # an empty shell, filled by script after ``scripted_after_s``


@dataclass
class Switches:
    """How the portal misbehaves. Read at every request, so that they can be changed while it runs."""

    credentials: Credentials = Credentials.COOKIE
    logout: LogoutWay = LogoutWay.FULL
    provider: Provider = Provider.NONE
    outage: Outage = Outage.NONE
    quirks: frozenset[Quirk] = frozenset()
    answers_after_s: float = 0.0  # to each page, as a portal at noon
    logout_answers_after_s: float = 5.0
    loop_after_s: float | None = None
    alert_after_s: float | None = None
    scripted_after_s: float = 0.5


def switches_from(names: Iterable[str]) -> Switches:
    """Switches by name, as on the command line: ``logout=hangs``, ``provider=half``, ``fights``, ``loop_after_s=3``.

    Raises ValueError with what would be possible.
    """
    switches = Switches()
    choices: dict[str, type[enum.StrEnum]] = {
        "credentials": Credentials,
        "logout": LogoutWay,
        "provider": Provider,
        "outage": Outage,
    }
    numbers = [field.name for field in dataclasses.fields(Switches) if field.name.endswith("_s")]
    for name in names:
        key, _, value = name.partition("=")
        if key in choices and value in list(choices[key]):
            setattr(switches, key, choices[key](value))
        elif key in numbers and value.replace(".", "", 1).isdigit():
            setattr(switches, key, float(value))
        elif name in list(Quirk):
            switches.quirks |= {Quirk(name)}
        else:
            raise ValueError(f"no switch {name!r}; possible are: {', '.join(switch_names())}")
    return switches


def switch_names() -> list[str]:
    """Every switch as it is written on the command line."""
    choices = {"credentials": Credentials, "logout": LogoutWay, "provider": Provider, "outage": Outage}
    named = [f"{key}={value}" for key, values in choices.items() for value in values]
    numbers = [f"{field.name}=SECONDS" for field in dataclasses.fields(Switches) if field.name.endswith("_s")]
    return [*named, *Quirk, *numbers]
