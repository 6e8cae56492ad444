"""Which value of each setting holds: the sources laid over each other, and what of them is not taken.

A file that is wrong, or a command line, stops the agent: whoever wrote it is there to mend it. What comes from outside
does not: a mistake in Group Policy would stop every desk of an office at once. Of central's policy nothing holds where
it cannot be kept to, for it is one decision; of Group Policy all but what is wrong, for its values are set one by one.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from kiosk_agent.config import Config
from kiosk_agent.config_load import read_config
from kiosk_agent.errors import ConfigError, Problem, one_after_another
from kiosk_agent.folders import default_data_dir
from kiosk_agent.health import Severity
from kiosk_agent.report.policy import REFUSED, PolicyRefusedError, read_kept
from kiosk_agent.session.policy import Policy
from kiosk_agent.settings.group_policy import Ignored, read_group_policy
from kiosk_agent.settings.layers import (
    OPTION,
    Layer,
    Source,
    laid_over,
    of_central,
    of_command_line,
    of_file,
    of_kept,
)
from kiosk_agent.settings.model import BY_PRESET, PRESET, RELATED, SECRET, SETTINGS, value_in
from kiosk_agent.settings.registry import PolicyKey, this_pcs
from kiosk_agent.text import Text
from kiosk_agent.toml_input import TomlInput, shown
from kiosk_agent.wire.policy import Settings

GROUP_POLICY_IGNORED = "group_policy_ignored"  # the warning's code; docs/configuration.md says what to do
ELEMENT = re.compile(r"\[\d+\]$")  # of a list


@dataclass(frozen=True)
class Origin:
    """Where a value came from. ``preset``: the preset that brought it, where it was not set by itself."""

    source: Source
    where: str | Text = ""
    preset: str = ""


@dataclass(frozen=True)
class Resolved:
    """What holds at this desk, where each value came from, and what was not taken."""

    config: Config
    origins: Mapping[str, Origin]
    ignored: tuple[Ignored, ...] = ()
    refused: str | Text = ""  # why nothing of central's policy holds; empty where it does, or there is none
    revision: int = 0  # central's number of its policy, where that holds
    _composition: _Composition | None = field(default=None, repr=False, compare=False)

    def check_policy(self, settings: Settings) -> Policy:
        """The policy that would hold with another policy of central's. Raises PolicyRefusedError where it would not."""
        if self._composition is None:
            raise ValueError("a configuration without a file has no other sources")
        other = self._composition.compose(of_central(settings, None))
        if other.refused:
            raise PolicyRefusedError(other.refused)
        return other.config.policy

    @functools.cached_property
    def warnings(self) -> tuple[NotTaken, ...]:
        """What is not taken, and what to do."""
        found = []
        if self.refused:
            detail, remedy = PolicyRefusedError(self.refused).parts()
            found.append(NotTaken(REFUSED, Severity.AMBER, detail, remedy))
        if self.ignored:
            detail = one_after_another([sentence for one in self.ignored for sentence in self.sentences(one)])
            remedy = Text("Mend the policy, then start the agent again.")
            found.append(NotTaken(GROUP_POLICY_IGNORED, Severity.AMBER, detail, remedy))
        return tuple(found)

    def sentences(self, one: Ignored) -> list[str | Text]:
        """What is wrong with a value, and what holds in its place."""
        parts = {"where": one.where, "expected": one.expected, "found": one.found}
        told: list[str | Text] = [Text("{where}: expected {expected}, found {found}.", **parts)]
        if one.hint:
            told.append(one.hint)
        setting = SETTINGS.get(one.key)
        if setting is not None:
            value = value_text(setting.key, value_in(self.config, setting))
            told.append(Text("In force: {value} ({origin}).", value=value, origin=origin_text(self.origins[one.key])))
        return told


class NotTaken(NamedTuple):
    """Something that came from outside and does not hold, as health has it."""

    code: str
    severity: Severity
    detail: str | Text
    remedy: str | Text


def value_text(key: str, value: Any) -> str | Text:
    """A value as people read it; a hash is not shown, since weak codes can be found from it."""
    if value is None:
        return Text("none")
    if key == SECRET:
        return Text("set")
    if isinstance(value, tuple | list):
        return "[" + ", ".join(f'"{one}"' for one in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else f"{value:g}"


SOURCES = {
    Source.DEFAULT: Text("default"),
    Source.FILE: Text("file"),
    Source.CENTRAL: Text("central's policy"),
    Source.GROUP_POLICY: Text("Group Policy"),
    Source.COMMAND_LINE: Text("command line"),
}


def origin_text(origin: Origin) -> Text:
    """Where a value came from, in a few words."""
    text = SOURCES[origin.source]
    if origin.where:
        text = Text("{source}, {where}", source=text, where=origin.where)
    return Text('{origin}, by preset "{preset}"', origin=text, preset=origin.preset) if origin.preset else text


def resolve(path: Path, *, overrides: Iterable[str] = (), registry: PolicyKey | None = None) -> Resolved:
    """What holds at the desk of the file ``path``. ``overrides``: the command line's, as ``KEY=VALUE``.

    ``registry``: in place of this PC's own. Raises ConfigError where the file or the command line is wrong.
    """
    source = TomlInput(path, ConfigError)
    read_config(source)
    source.finish()
    command_line = of_command_line(overrides)
    group_policy, ignored = read_group_policy(registry or this_pcs())
    composition = _Composition(source, group_policy, ignored, command_line)
    resolved = composition.compose(None)
    central, data_dir = resolved.config.central, resolved.config.desk.data_dir
    if central.url is None:
        return resolved
    kept = read_kept(data_dir or default_data_dir(), central.url)
    if kept is None:
        return resolved
    resolved = composition.compose(of_kept(kept))
    return resolved if resolved.refused else replace(resolved, revision=kept.answer.revision)


@dataclass(frozen=True)
class _Composition:
    """All sources but central, which may change while the agent runs."""

    source: TomlInput
    group_policy: Layer
    ignored: tuple[Ignored, ...]
    command_line: Layer

    def compose(self, central: Layer | None) -> Resolved:
        """Lay the layers over each other; whoever contradicts what lies below is not taken."""
        layers: list[Layer] = []
        ignored = list(self.ignored)
        why: str | Text = ""
        if central is not None and (why := self._refusal([central])) == "":
            layers.append(central)
        policy, more = self._good_part(layers)
        ignored += more
        layers.append(policy)
        if central is not None and why and not self._refusal([central, *layers]):
            # it asks for what Group Policy switches on
            layers.insert(0, central)
            why = ""
        layers.append(self.command_line)
        config, noted = self._read(layers)
        if noted.problems:
            raise ConfigError([one._replace(file=OPTION, line=None) for one in noted.problems])
        origins = self._origins([of_file(self.source), *layers], config)
        return Resolved(config, origins, tuple(ignored), why, _composition=self)

    def _read(self, layers: Iterable[Layer]) -> tuple[Config, TomlInput]:
        whole = self.source.with_data(laid_over(self.source.data, layers))
        return read_config(whole), whole

    def _refusal(self, layers: list[Layer]) -> str | Text:
        """Why the first of ``layers`` cannot be kept to; empty where it can."""
        _, noted = self._read(layers)
        found: str | Text = ""
        for one in noted.problems:
            text = Text(
                "{key}: expected {expected}, found {found}", key=one.key, expected=one.expected, found=one.found
            )
            found = Text("{first}; {then}", first=found, then=text) if found else text
        return found

    def _good_part(self, below: list[Layer]) -> tuple[Layer, list[Ignored]]:
        """Group Policy's values less those that are not allowed, or contradict what lies below."""
        policy = self.group_policy
        ignored: list[Ignored] = []
        while policy.values:
            _, noted = self._read([*below, policy])
            # a wrong value is read as its default: what that contradicts may well be good without it
            found = [one for one in noted.problems if one.key not in noted.contradictions] or noted.problems
            if not found:
                break
            bad: dict[str, Problem] = {}
            for problem in found:
                bad |= dict.fromkeys(self._meant(ELEMENT.sub("", str(problem.key)), policy), problem)
            ignored += [_not_taken(policy, key, problem) for key, problem in bad.items()]
            policy = policy.without(bad)
        return policy, ignored

    @staticmethod
    def _meant(key: str, policy: Layer) -> list[str]:
        """Which of Group Policy's values a mistake at ``key`` comes from; all of them where that cannot be told."""
        if key in policy.values:
            return [key]
        return [one for one in RELATED.get(key, ()) if one in policy.values] or list(policy.values)

    @staticmethod
    def _origins(layers: list[Layer], config: Config) -> dict[str, Origin]:
        origins = {key: Origin(Source.DEFAULT) for key in SETTINGS}
        for layer in layers:
            if PRESET in layer.values:
                chosen = layer.values[PRESET]
                by_preset = Origin(layer.source, chosen.where, config.policy.preset.value)
                origins |= dict.fromkeys(BY_PRESET, by_preset)
            origins |= {key: Origin(layer.source, given.where) for key, given in layer.values.items()}
        return origins


def _not_taken(policy: Layer, key: str, problem: Problem) -> Ignored:
    is_own = ELEMENT.sub("", str(problem.key)) == key
    found = problem.found if is_own or key == SECRET else shown(policy.values[key].value)
    what = problem.expected
    expected = what if is_own else Text("{key}: {what}", key=problem.key, what=what)
    return Ignored(policy.source, key, str(policy.values[key].where), expected, found, problem.hint)
