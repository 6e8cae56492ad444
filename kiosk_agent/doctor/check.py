"""One line of the doctor's answer."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from kiosk_agent.health import Severity

Translate = Callable[..., str]


class Check(msgspec.Struct, frozen=True):
    """What was looked at (``code`` is stable), how it is, and what to do where it is not green."""

    code: str
    severity: Severity
    detail: str
    remedy: str = ""


def green(code: str, detail: str) -> Check:
    """All is well."""
    return Check(code, Severity.GREEN, detail)


def amber(code: str, detail: str, remedy: str) -> Check:
    """The desk runs with less protection or comfort."""
    return Check(code, Severity.AMBER, detail, remedy)


def red(code: str, detail: str, remedy: str) -> Check:
    """The desk must not run."""
    return Check(code, Severity.RED, detail, remedy)
