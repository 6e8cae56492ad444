"""Municipalities and offices."""

from __future__ import annotations

import msgspec


class Municipality(msgspec.Struct, frozen=True):
    """One municipality. ``code``: its six digits (全国地方公共団体コード); two are the prefecture's."""

    code: str
    prefecture: str
    name: str
