"""The JSON Schema of the desk's file, for editors that know TOML (draft 7, which all of them understand)."""

from __future__ import annotations

from typing import Any

import msgspec

from kiosk_agent.settings.admx import plain
from kiosk_agent.settings.model import SETTINGS, Kind, Setting
from kiosk_agent.settings.texts import MEANING

DRAFT = "http://json-schema.org/draft-07/schema#"


def json_schema() -> str:
    """``agent.schema.json``."""
    root: dict[str, Any] = {
        "$schema": DRAFT,
        "title": "kiosk-agent: a desk's configuration",
        **_table(),
        "required": ["profile"],
    }
    for setting in SETTINGS.values():
        table = root
        *above, name = setting.path
        for one in above:
            table = table["properties"].setdefault(one, _table())
        table["properties"][name] = _property(setting)
    return msgspec.json.format(msgspec.json.encode(root), indent=2).decode() + "\n"


def _table() -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": {}}


def _property(setting: Setting) -> dict[str, Any]:
    found: dict[str, Any] = {"description": plain(MEANING[setting.key])}
    match setting.kind:
        case Kind.FLAG:
            found["type"] = "boolean"
        case Kind.NUMBER | Kind.WHOLE:
            found["type"] = "number" if setting.kind is Kind.NUMBER else "integer"
        case Kind.WORD:
            found |= {"type": "string", "enum": list(setting.words)}
        case Kind.WORDS:
            found |= {"type": "array", "items": {"type": "string", "enum": list(setting.words)}}
        case Kind.TEXT | Kind.PATH:
            found["type"] = "string"
    if setting.bounds is not None:
        found["minimum"], found["maximum"], _ = setting.bounds
    if setting.pattern:
        found["pattern"] = f"^(?:{setting.pattern})$"
    if setting.default is not None:
        found["default"] = setting.default
    return found
