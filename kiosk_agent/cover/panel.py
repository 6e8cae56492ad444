"""What a panel says: the JSON form of :class:`kiosk_agent.hands.ports.Panel`, checked by hand.

The agent's message library would cost the supervisor 6 MiB; a panel is a dozen fields.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

TONES = ("neutral", "warning", "error")
ROLES = ("primary", "danger", "plain")


class PanelError(ValueError):
    """A message did not hold a panel: what was expected, and what came."""


class Button(NamedTuple):
    """``id`` comes back in the answer; ``needs_mark``: does nothing while a required entry is empty."""

    id: str
    label: str
    role: str = "plain"
    needs_mark: bool = False
    language: str = ""


class Entry(NamedTuple):
    """A one-line field; a ``secret`` one shows dots."""

    label: str
    secret: bool = False
    required: bool = True


class Panel(NamedTuple):
    """See :class:`kiosk_agent.hands.ports.Panel`, which this mirrors field by field."""

    kind: str
    title: str
    lines: tuple[str, ...] = ()
    tone: str = "neutral"
    countdown_s: float | None = None
    countdown_label: str = ""
    buttons: tuple[Button, ...] = ()
    entries: tuple[Entry, ...] = ()
    countdown_whole_s: float | None = None
    language: str = "ja"
    note: str = ""
    note_language: str = ""
    languages_label: str = ""


def _field(data: Mapping[str, Any], key: str, kind: type | tuple[type, ...], default: Any = None) -> Any:
    value = data.get(key, default)
    if not isinstance(value, kind):
        raise PanelError(f"panel.{key}: expected {kind}, found {type(value).__name__}")
    return value


def _one_of(value: str, allowed: tuple[str, ...], key: str) -> str:
    if value not in allowed:
        raise PanelError(f"panel.{key}: expected one of {', '.join(allowed)}, found {value!r}")
    return value


def _object(value: object, key: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise PanelError(f"panel.{key}: expected an object, found {type(value).__name__}")
    return value


def _seconds(panel: Mapping[str, Any], key: str) -> float | None:
    value = _field(panel, key, (int, float, type(None)))
    if isinstance(value, bool) or (value is not None and not math.isfinite(value)):
        raise PanelError(f"panel.{key}: expected a finite number of seconds")
    return None if value is None else float(value)


def read_panel(data: object) -> Panel:
    """The panel in a decoded JSON object. Raises :class:`PanelError`."""
    panel = _object(data, "")
    countdown = _seconds(panel, "countdown_s")
    lines = _field(panel, "lines", (list, tuple), ())
    if not all(isinstance(line, str) for line in lines):
        raise PanelError("panel.lines: expected texts only")
    buttons = tuple(
        Button(
            id=_field(button, "id", str),
            label=_field(button, "label", str),
            role=_one_of(_field(button, "role", str, "plain"), ROLES, "buttons.role"),
            needs_mark=_field(button, "needs_mark", bool, False),
            language=_field(button, "language", str, ""),
        )
        for button in (_object(item, "buttons") for item in _field(panel, "buttons", (list, tuple), ()))
    )
    entries = tuple(
        Entry(
            label=_field(entry, "label", str),
            secret=_field(entry, "secret", bool, False),
            required=_field(entry, "required", bool, True),
        )
        for entry in (_object(item, "entries") for item in _field(panel, "entries", (list, tuple), ()))
    )
    return Panel(
        kind=_field(panel, "kind", str),
        title=_field(panel, "title", str),
        lines=tuple(lines),
        tone=_one_of(_field(panel, "tone", str, "neutral"), TONES, "tone"),
        countdown_s=countdown,
        countdown_label=_field(panel, "countdown_label", str, ""),
        buttons=buttons,
        entries=entries,
        countdown_whole_s=_seconds(panel, "countdown_whole_s"),
        language=_field(panel, "language", str, "ja"),
        note=_field(panel, "note", str, ""),
        note_language=_field(panel, "note_language", str, ""),
        languages_label=_field(panel, "languages_label", str, ""),
    )


def whole_seconds(seconds: float) -> int:
    """Seconds as a countdown shows them: the last second is 1, and 0 means that the time is over."""
    return max(0, math.ceil(seconds))


def countdown_text(label: str, seconds: float) -> str:
    """``label`` with the remaining whole seconds in place of ``{seconds}``."""
    return label.replace("{seconds}", str(whole_seconds(seconds)))
