"""Every setting there is, taken from the configuration's own structures: its kind, its default, its bounds.

Documentation, Group Policy's templates, the JSON Schema and ``config show`` are all made from :data:`SETTINGS`.
"""

from __future__ import annotations

import enum
import types
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import msgspec

from kiosk_agent.config import Config
from kiosk_agent.config_load import (
    CENTRAL_PROXY,
    CENTRAL_URL,
    CLOSE_AFTER,
    EXTENSIONS,
    HANG_LIMITS,
    HASH,
    KEEP_DAYS,
    LIMITS,
    MAX_MIB,
    PROXY,
    SENSES,
)
from kiosk_agent.locale import SPOKEN
from kiosk_agent.session.policy import CLASSIFICATION, TIMINGS, classify
from kiosk_agent.session.vocabulary import Signal, Weight
from kiosk_agent.text import Text

PRESET = "policy.preset"
WEIGHTS = "policy.weights"
# What a preset sets: a source that chooses one leaves nothing of these that a source below it has set.
BY_PRESET = frozenset({f"policy.{name}" for name in TIMINGS} | {f"{WEIGHTS}.{signal}" for signal in Signal})
SECRET = "supervision.release_code_hash"  # noqa: S105 # a name, not a secret
# Which other settings a contradiction may come from, besides the one that it is noted at.
RELATED: dict[str, tuple[str, ...]] = {
    "policy.max_visit_s": ("policy.idle_limit_s", "policy.warning_s", PRESET),
    "desk.languages": ("desk.language",),
    "policy.mandatory_senses": (
        "hotkey.end_visit", "browser.headless", "senses.card.enabled", "senses.os_session.enabled",
        "senses.input.enabled", "senses.browsers.action", "senses.browsers.remote_control",
    ),
}  # fmt: skip
# What no IT department sets for many desks at once.
NOT_BY_POLICY = {
    "browser.headless": Text("it is for tests alone"),
    "desk.name": Text("each desk has a name of its own"),
    **{
        f"{WEIGHTS}.{signal}": Text("what is certain stays certain")
        for signal, weight in CLASSIFICATION.items()
        if weight is Weight.CERTAIN
    },
}
BOUNDS: dict[str, tuple[float, float, Text]] = {
    **{f"policy.{name}": bounds for name, bounds in LIMITS.items()},
    "policy.max_extensions": EXTENSIONS,
    "senses.browsers.close_after_s": CLOSE_AFTER,
    "supervision.hang_limit_s": HANG_LIMITS,
    "recording.keep_days": KEEP_DAYS,
    "recording.max_mib": MAX_MIB,
}
WORDS: dict[str, tuple[str, ...]] = {
    "desk.language": tuple(SPOKEN),
    "desk.languages": tuple(SPOKEN),
    "policy.mandatory_senses": tuple(SENSES),
}
PATTERNS = {
    "browser.proxy": PROXY.pattern,
    "central.url": CENTRAL_URL.pattern,
    "central.proxy": f"direct|{CENTRAL_PROXY.pattern}",
    SECRET: HASH.pattern,
}


class Kind(enum.Enum):
    """What a setting's value is."""

    FLAG = enum.auto()
    NUMBER = enum.auto()
    WHOLE = enum.auto()
    TEXT = enum.auto()
    PATH = enum.auto()
    WORD = enum.auto()  # one of `words`
    WORDS = enum.auto()  # a list of them


@dataclass(frozen=True)
class Setting:
    """One setting. ``key`` as in an error message: ``policy.idle_limit_s``. ``default``: None where there is none."""

    key: str
    kind: Kind
    default: Any = None
    words: tuple[str, ...] = ()
    bounds: tuple[float, float, Text] | None = None  # least, most, and why
    pattern: str = ""  # of a text, as a regular expression that fits the whole of it

    @property
    def path(self) -> tuple[str, ...]:
        """The tables, and the name in the last of them."""
        return tuple(self.key.split("."))

    @property
    def table(self) -> str:
        """The table it stands in; empty at the top."""
        return self.key.rpartition(".")[0]

    @property
    def name(self) -> str:
        """The name in its table."""
        return self.key.rpartition(".")[2]

    @property
    def by_policy(self) -> bool:
        """Whether Group Policy may set it."""
        return self.key not in NOT_BY_POLICY


def _settings() -> Iterator[Setting]:
    yield Setting("profile", Kind.PATH)
    for field in msgspec.structs.fields(Config):
        if isinstance(field.default, msgspec.Struct):
            yield from _of_table(type(field.default), field.name)


def _of_table(table: type[msgspec.Struct], path: str) -> Iterator[Setting]:
    for field in msgspec.structs.fields(table):
        key = f"{path}.{field.name}"
        if key == WEIGHTS:
            for signal in Signal:
                usual = CLASSIFICATION[signal]
                words = (usual,) if usual is Weight.CERTAIN else tuple(Weight)
                yield Setting(f"{key}.{signal}", Kind.WORD, usual.value, tuple(word.value for word in words))
        elif isinstance(field.default, msgspec.Struct):
            yield from _of_table(type(field.default), key)
        else:
            yield _of_field(key, field.type, field.default)


def _of_field(key: str, type_: Any, default: Any) -> Setting:
    if isinstance(type_, types.UnionType):
        (type_,) = (one for one in get_args(type_) if one is not types.NoneType)
    words = WORDS.get(key, ())
    if isinstance(type_, type) and issubclass(type_, enum.Enum):
        return Setting(key, Kind.WORD, default.value, tuple(one.value for one in type_))
    if type_ == tuple[str, ...]:
        return Setting(key, Kind.WORDS, default, words)
    kinds = {bool: Kind.FLAG, float: Kind.NUMBER, int: Kind.WHOLE, Path: Kind.PATH}
    kind = Kind.WORD if words else kinds.get(type_, Kind.TEXT)
    return Setting(key, kind, default, words, BOUNDS.get(key), PATTERNS.get(key, ""))


SETTINGS: dict[str, Setting] = {setting.key: setting for setting in _settings()}


def value_in(config: Config, setting: Setting) -> Any:
    """What ``config`` has for a setting, in the types of TOML; None for nothing."""
    if setting.table == WEIGHTS:
        return classify(Signal(setting.name), config.policy).value
    value: Any = config
    for name in setting.path:
        value = getattr(value, name)
    if isinstance(value, enum.Enum):
        return value.value
    return str(value) if isinstance(value, Path) else value
