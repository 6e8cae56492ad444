"""Where Group Policy's values come from: the registry, as far as this program reads it.

Group Policy writes below ``HKEY_LOCAL_MACHINE\\Software\\Policies``, where only administrators may write. The source:
https://learn.microsoft.com/previous-versions/windows/desktop/policy/implementing-registry-based-policy
"""

from __future__ import annotations

import enum
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

PATH = r"Software\Policies\KioskAgent"
SHOWN_AS = rf"HKLM\{PATH}"


class Kind(enum.IntEnum):
    """The registry's types, by their numbers in winnt.h; all others are :attr:`OTHER`."""

    OTHER = -1
    SZ = 1
    EXPAND_SZ = 2
    DWORD = 4
    MULTI_SZ = 7
    QWORD = 11


@dataclass(frozen=True)
class Value:
    """A value as it stands there: a text for SZ and EXPAND_SZ (expanded), texts for MULTI_SZ, a number otherwise."""

    kind: Kind
    data: Any


class PolicyKey(Protocol):
    """A key of the registry with everything below it."""

    def values(self) -> Mapping[str, Value]:
        r"""Every value by its path below the key, as it is spelt there: ``policy\idle_limit_s``.

        Nothing where there is no such key. Raises OSError where it cannot be read.
        """
        ...


class NoPolicyKey:
    """An operating system without Group Policy."""

    def values(self) -> Mapping[str, Value]:
        return {}


def this_pcs() -> PolicyKey:
    """Where this PC's Group Policy stands."""
    if sys.platform == "win32":
        from kiosk_agent.settings.registry_windows import WindowsPolicyKey

        return WindowsPolicyKey()
    return NoPolicyKey()
