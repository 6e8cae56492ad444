r"""Group Policy's layer: values of the registry, each below the key of its table.

``HKLM\Software\Policies\KioskAgent\policy\idle_limit_s`` is ``policy.idle_limit_s``. A list is a key with the values
``1``, ``2``, …, as Group Policy's editor writes it, or one REG_MULTI_SZ.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from kiosk_agent import reasons
from kiosk_agent.settings.layers import Given, Layer, Source
from kiosk_agent.settings.model import NOT_BY_POLICY, SECRET, SETTINGS, Setting
from kiosk_agent.settings.model import Kind as Wanted
from kiosk_agent.settings.registry import SHOWN_AS, Kind, PolicyKey, Value
from kiosk_agent.text import Text
from kiosk_agent.toml_input import did_you_mean, shown

DECIMAL = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?")
TEXT = (Kind.SZ, Kind.EXPAND_SZ)


@dataclass(frozen=True)
class Ignored:
    """A value that is not taken. ``key``: the setting's, empty where the source as a whole is meant."""

    source: Source
    key: str
    where: str
    expected: str | Text
    found: str | Text
    hint: str | Text = ""


class _WrongTypeError(Exception):
    """The registry's value has not the type of the setting."""

    def __init__(self, expected: str | Text) -> None:
        super().__init__(str(expected))
        self.expected = expected


def read_group_policy(key: PolicyKey) -> tuple[Layer, tuple[Ignored, ...]]:
    """What Group Policy sets, and what of it cannot be taken as it is. Whether a value is allowed is not asked here."""
    try:
        found = key.values()
    except OSError as error:
        expected, lost = Text("a key that can be read"), Text("None of it holds.")
        unread = Ignored(Source.GROUP_POLICY, "", SHOWN_AS, expected, reasons.of_system(error), lost)
        return Layer(Source.GROUP_POLICY, {}), (unread,)
    values: dict[str, Given] = {}
    ignored = []
    for name, value in _with_lists_together(found).items():
        where = rf"{SHOWN_AS}\{name}"
        key_text = name.replace("\\", ".").lower()
        setting = SETTINGS.get(key_text)
        if setting is None or not setting.by_policy:
            hint: str | Text = _not_set(key_text) if setting else _near(key_text)
            expected = Text("a setting for Group Policy")
            ignored.append(Ignored(Source.GROUP_POLICY, key_text, where, expected, Text("another"), hint))
            continue
        try:
            values[setting.key] = Given(_converted(setting, value), where)
        except _WrongTypeError as error:
            told = _told(setting, value)
            ignored.append(Ignored(Source.GROUP_POLICY, setting.key, where, error.expected, told))
    return Layer(Source.GROUP_POLICY, values), tuple(ignored)


def _not_set(key: str) -> Text:
    return Text("Group Policy does not set it: {reason}.", reason=NOT_BY_POLICY[key])


def _near(key: str) -> str | Text:
    return did_you_mean(key, [one.key for one in SETTINGS.values() if one.by_policy])


def _with_lists_together(found: Mapping[str, Value]) -> dict[str, Value]:
    r"""``desk\languages\1``, ``desk\languages\2``, … as one value, in the order of their numbers."""
    together: dict[str, Value] = {}
    lists: dict[str, list[tuple[int, str, Value]]] = {}
    for name, value in found.items():
        above, _, last = name.rpartition("\\")
        setting = SETTINGS.get(above.replace("\\", ".").lower())
        if setting is not None and setting.kind is Wanted.WORDS:
            lists.setdefault(above, []).append((int(last) if last.isdecimal() else 0, last, value))
        else:
            together[name] = value
    for above, parts in lists.items():
        parts.sort(key=lambda part: part[:2])
        if all(value.kind in TEXT for _, _, value in parts):
            together[above] = Value(Kind.MULTI_SZ, [value.data for _, _, value in parts])
        else:
            together[above] = next(value for _, _, value in parts if value.kind not in TEXT)
    return together


def _converted(setting: Setting, value: Value) -> object:
    kind, data = value.kind, value.data
    match setting.kind:
        case Wanted.FLAG:
            if kind is Kind.DWORD and data in (0, 1):
                return bool(data)
            raise _WrongTypeError(Text("REG_DWORD 0 or 1"))
        case Wanted.NUMBER | Wanted.WHOLE:
            if kind in (Kind.DWORD, Kind.QWORD):
                return data
            if kind is Kind.SZ and DECIMAL.fullmatch(data):
                return float(data) if "." in data else int(data)
            raise _WrongTypeError(Text("REG_DWORD, or REG_SZ with a decimal number"))
        case Wanted.WORDS:
            if kind is Kind.MULTI_SZ:
                return list(data)
            raise _WrongTypeError(Text("a key with the values 1, 2, … of type REG_SZ, or REG_MULTI_SZ"))
        case Wanted.TEXT | Wanted.PATH | Wanted.WORD:
            if kind in TEXT:
                return data
            raise _WrongTypeError("REG_SZ")


def _told(setting: Setting, value: Value) -> str | Text:
    if value.kind is Kind.OTHER:
        return Text("another type")
    name = f"REG_{value.kind.name}"
    return name if setting.key == SECRET else Text("{type} {value}", type=name, value=shown(value.data))
