"""Group Policy's values from Windows' registry."""

from __future__ import annotations

import sys

if sys.platform == "win32":
    import winreg
    from collections.abc import Iterator, Mapping
    from typing import Any

    from kiosk_agent.settings.registry import PATH, Kind, Value

    NO_MORE_ITEMS = 259  # ERROR_NO_MORE_ITEMS

    class WindowsPolicyKey:
        """A key of the registry; ``HKEY_LOCAL_MACHINE\\Software\\Policies\\KioskAgent`` if nothing else is said."""

        def __init__(self, path: str = PATH, hive: int = winreg.HKEY_LOCAL_MACHINE) -> None:
            self._path = path
            self._hive = hive

        def values(self) -> Mapping[str, Value]:
            return dict(_below(self._hive, self._path, ""))

    def _below(hive: int, path: str, prefix: str) -> Iterator[tuple[str, Value]]:
        try:
            # the same view for programs of 32 and of 64 bits
            key = winreg.OpenKey(hive, path, 0, winreg.KEY_READ | winreg.KEY_WOW64_64KEY)
        except FileNotFoundError:  # none, or Group Policy has removed it just now
            return
        with key:
            for name, data, kind in _each(key, winreg.EnumValue):
                yield prefix + name, _value(data, kind)
            for name in _each(key, winreg.EnumKey):
                yield from _below(hive, rf"{path}\{name}", f"{prefix}{name}\\")

    def _each(key: winreg.HKEYType, enumerate_: Any) -> list[Any]:
        found: list[Any] = []
        while True:
            try:
                found.append(enumerate_(key, len(found)))
            except OSError as error:
                if error.winerror != NO_MORE_ITEMS:
                    raise
                return found

    def _value(data: Any, kind: int) -> Value:
        known = Kind(kind) if kind in set(Kind) else Kind.OTHER
        if known is Kind.EXPAND_SZ:
            return Value(known, winreg.ExpandEnvironmentStrings(data))
        return Value(known, data)
