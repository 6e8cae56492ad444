"""Municipalities and offices, and the one way to name a place of any size."""

from __future__ import annotations

import enum
from typing import NamedTuple

import msgspec


class Municipality(msgspec.Struct, frozen=True):
    """One municipality. ``code``: its six digits (全国地方公共団体コード); two are the prefecture's."""

    code: str
    prefecture: str
    name: str


class Level(enum.StrEnum):
    """How far down a place is, from the widest to the narrowest."""

    NATION = "nation"
    PREFECTURE = "prefecture"
    MUNICIPALITY = "municipality"
    OFFICE = "office"
    DESK = "desk"


class Place(NamedTuple):
    """A place; as a scope, what somebody may see: this place and everything below. A scope is an office at the least.

    ``key``: nothing for the nation, a prefecture's two digits, a municipality's six, an office's or a desk's number.
    """

    level: Level
    key: str = ""


NATION = Place(Level.NATION)
