"""The page of policies."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.pages.tables import Cell, Column, Table
from kiosk_agent.central.places.schemas import Place
from kiosk_agent.central.policy import repository
from kiosk_agent.central.policy.service import version_for
from kiosk_agent.wire.policy import Settings


def in_force_table(database: Database, desk: Place, t: Callable[..., str]) -> Table:
    """What central sets for a desk, and at which level each setting is made."""
    with database.reading() as connection:
        at = repository.desks_beneath(connection, desk)[0]
        versions = repository.versions_at(connection, at.places)
    told: dict[str, tuple[object, Place]] = {}
    for place in at.places:
        version = version_for(at.desk_id, versions[place])
        if version is not None:
            told |= {name: (value, place) for name, value in set_of(version.settings).items()}
    rows = [
        [Cell(t(f"setting_{name}"), sub=name), Cell(shown(value)), Cell(t(place.level.value))]
        for name, (value, place) in sorted(told.items())
    ]
    columns = (Column(t("setting")), Column(t("value")), Column(t("set_at")))
    return Table("policy", t("policy_in_force"), columns, rows, t("policy_none"))


def set_of(settings: Settings) -> dict[str, object]:
    """What is set, by its name."""
    found: dict[str, object] = msgspec.to_builtins(settings)
    return found


def shown(value: object) -> str:
    """A setting's value in words."""
    if isinstance(value, dict):
        return "; ".join(f"{name} = {one}" for name, one in value.items()) or "–"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "–"
    return f"{value:g}" if isinstance(value, float) else str(value)
