"""The sources of settings, each as a layer that lies above the ones before it."""

from __future__ import annotations

import copy
import enum
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from kiosk_agent.errors import ConfigError, Problem
from kiosk_agent.report.policy import OF_THE_REPORTS, Kept
from kiosk_agent.session.vocabulary import Signal
from kiosk_agent.settings.model import BY_PRESET, PRESET, SETTINGS, Kind
from kiosk_agent.text import Text
from kiosk_agent.toml_input import A_KNOWN_KEY, TomlInput, did_you_mean, shown
from kiosk_agent.wire.policy import OF_CENTRAL, Settings

OPTION = "--set"
BARE_WORD = re.compile(r"[^\s\"'\[\]{}#,=]+")


class Source(enum.StrEnum):
    """Where a value came from, the lowest first."""

    DEFAULT = "default"
    FILE = "file"
    CENTRAL = "central_policy"
    GROUP_POLICY = "group_policy"
    COMMAND_LINE = "command_line"


@dataclass(frozen=True)
class Given:
    """A value as a source gives it, in the types of TOML; ``where`` in it: a line, a registry value."""

    value: Any
    where: str | Text


@dataclass(frozen=True)
class Layer:
    """All that one source sets, by the settings' keys."""

    source: Source
    values: Mapping[str, Given]

    def without(self, keys: Iterable[str]) -> Layer:
        """The same layer, less ``keys``."""
        gone = set(keys)
        return Layer(self.source, {key: given for key, given in self.values.items() if key not in gone})


def of_file(source: TomlInput) -> Layer:
    """What the desk's file sets; a key that is no setting is none of this."""
    values = {}
    for key, setting in SETTINGS.items():
        value: Any = source.data
        for name in setting.path:
            value = value.get(name) if isinstance(value, dict) else None
        if value is not None:
            values[key] = Given(value, f"{source.path}:{source.line_of(setting.path)}")
    return Layer(Source.FILE, values)


def of_central(settings: Settings, revision: int | None) -> Layer:
    """What central's policy sets. A sign that this agent does not know, it does not notice either."""
    where = "" if revision is None else Text("revision {revision}", revision=revision)
    values: dict[str, Given] = {}
    for name, value in msgspec.to_builtins(settings).items():
        if name == "weights":
            known = {signal: weight for signal, weight in value.items() if signal in set(Signal)}
            values |= {f"policy.weights.{signal}": Given(weight, where) for signal, weight in known.items()}
        elif name not in (*OF_THE_REPORTS, *OF_CENTRAL):
            values[f"policy.{name}"] = Given(list(value) if isinstance(value, tuple) else value, where)
    return Layer(Source.CENTRAL, values)


def of_kept(kept: Kept) -> Layer:
    """What central last said."""
    return of_central(kept.answer.settings, kept.answer.revision)


def of_command_line(texts: Iterable[str]) -> Layer:
    """What ``--set KEY=VALUE`` sets, VALUE as in TOML; a single word needs no quotation marks.

    Raises ConfigError.
    """
    values: dict[str, Given] = {}
    problems = []
    for text in texts:
        key, equals, value = (part.strip() for part in text.partition("="))
        if not equals:
            problems.append(_mistake(shown(text), "KEY=VALUE", Text("no equals sign")))
        elif key not in SETTINGS:
            problems.append(_mistake(shown(key), A_KNOWN_KEY, Text("another"), did_you_mean(key, SETTINGS)))
        else:
            try:
                values[key] = Given(_toml_value(value, text_wanted=SETTINGS[key].kind in TEXTS), OPTION)
            except ValueError:
                hint = Text("For example {example}", example='"text", 12, true.')
                problems.append(_mistake(key, Text("a value as TOML has it"), shown(value), hint))
    if problems:
        raise ConfigError(problems)
    return Layer(Source.COMMAND_LINE, values)


TEXTS = (Kind.TEXT, Kind.PATH, Kind.WORD)


def _toml_value(text: str, *, text_wanted: bool) -> Any:
    quoted = text.startswith(('"', "'"))
    if text_wanted and not quoted:
        return text  # a path of Windows, too: no shell keeps its quotation marks
    if "\n" in text:
        raise ValueError
    data = tomllib.loads(f"value = {text}")
    if len(data) != 1:
        raise ValueError
    return data["value"]


def _mistake(key: str | Text, expected: str | Text, found: str | Text, hint: str | Text = "") -> Problem:
    return Problem(OPTION, None, key, expected, found, hint)


def laid_over(data: Mapping[str, Any], layers: Iterable[Layer]) -> dict[str, Any]:
    """``data``, a file's, with ``layers`` above it, as if all of it stood in that file."""
    whole = copy.deepcopy(dict(data))
    for layer in layers:
        if PRESET in layer.values:
            for key in BY_PRESET:
                _remove(whole, SETTINGS[key].path)
        for key, given in layer.values.items():
            table = whole
            *above, name = SETTINGS[key].path
            for one in above:
                table = table.setdefault(one, {})
            table[name] = given.value
    return whole


def _remove(data: dict[str, Any], path: tuple[str, ...]) -> None:
    *above, name = path
    for one in above:
        data = data.get(one, {})
    data.pop(name, None)
