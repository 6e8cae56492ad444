"""A registry in memory, for systems without one. Held to the same contract as Windows' own: tests/settings."""

from __future__ import annotations

import re
from collections.abc import Mapping

from kiosk_agent.settings.registry import Kind, Value


class FakePolicyKey:
    """``entries`` by their paths below the key, as they were written; texts of EXPAND_SZ are not expanded there."""

    def __init__(
        self, entries: Mapping[str, Value] | None = None, environment: Mapping[str, str] | None = None
    ) -> None:
        self.entries = dict(entries or {})
        self._environment = dict(environment or {})
        self.fails: OSError | None = None

    def values(self) -> Mapping[str, Value]:
        if self.fails is not None:
            raise self.fails
        return {
            name: Value(one.kind, self._expanded(one.data)) if one.kind is Kind.EXPAND_SZ else one
            for name, one in self.entries.items()
        }

    def _expanded(self, text: str) -> str:
        return re.sub("%([^%]+)%", lambda found: self._environment.get(found[1], found[0]), text)
