"""Compiles the catalogues of texts before the project is packed or installed, so that no ``.mo`` need be in git."""

from __future__ import annotations

import sys
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface[Any]):
    """Called by hatchling; ``tool.hatch.build.hooks.custom`` in pyproject.toml names this file."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        sys.path.insert(0, self.root)
        try:
            from kiosk_agent.locale.compile import compile_catalogues

            compile_catalogues()
        finally:
            sys.path.remove(self.root)
        # Git ignores them, and hatchling leaves out what git ignores.
        build_data["artifacts"].append("kiosk_agent/locale/**/*.mo")
