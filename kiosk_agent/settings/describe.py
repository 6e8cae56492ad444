"""What ``kiosk-agent config show`` prints: every setting, its value, and where that came from."""

from __future__ import annotations

from typing import Any

from kiosk_agent.settings.model import SECRET, SETTINGS, value_in
from kiosk_agent.settings.resolve import Resolved, origin_text, value_text
from kiosk_agent.text import Translate
from kiosk_agent.text import shown as in_words


def as_object(resolved: Resolved) -> dict[str, Any]:
    """For programs. The hash of the release code is not shown, only whether there is one."""
    settings = []
    for key, setting in SETTINGS.items():
        value = value_in(resolved.config, setting)
        origin = resolved.origins[key]
        settings.append(
            {
                "key": key,
                "value": "set" if key == SECRET and value is not None else value,
                "origin": origin.source.value,
                "where": str(origin.where),
                "preset": origin.preset,
            }
        )
    ignored = [
        {
            "origin": one.source.value,
            "key": one.key,
            "where": one.where,
            "expected": str(one.expected),
            "found": str(one.found),
        }
        for one in resolved.ignored
    ]
    return {"settings": settings, "ignored": ignored, "central_policy_refused": str(resolved.refused)}


def as_lines(resolved: Resolved, t: Translate, *, with_origin: bool) -> list[str]:
    """For people: one line a setting, as it would stand in a file."""
    pairs = [
        (f"{key} = {in_words(value_text(key, value_in(resolved.config, setting)), t)}", resolved.origins[key])
        for key, setting in SETTINGS.items()
    ]
    if not with_origin:
        return [text for text, _ in pairs]
    width = min(max(len(text) for text, _ in pairs), 60)
    return [f"{text:{width}}  # {origin_text(origin).shown(t)}" for text, origin in pairs]
