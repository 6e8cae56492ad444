"""What the policies' code works with."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk_agent.central.places.schemas import Level, Place
from kiosk_agent.wire.policy import Settings


@dataclass(frozen=True)
class DeskAt:
    """A desk and the places above it."""

    desk_id: int
    office_id: int
    municipality_code: str

    @property
    def places(self) -> tuple[Place, ...]:
        """From the nation down to the desk."""
        return (
            Place(Level.NATION),
            Place(Level.PREFECTURE, self.municipality_code[:2]),
            Place(Level.MUNICIPALITY, self.municipality_code),
            Place(Level.OFFICE, str(self.office_id)),
            Place(Level.DESK, str(self.desk_id)),
        )


@dataclass(frozen=True)
class Version:
    """What was set at a place. ``share``: percent of the desks beneath it that have it; the others keep the last."""

    id: int
    place: Place
    settings: Settings
    share: int
    trial: int | None
    restores: int | None
    made_at_ms: int
    made_by: str
    reason: str


@dataclass(frozen=True)
class Preview:
    """What a change would do: the desks whose policy becomes another one, and how many there are beneath the place."""

    changed: tuple[int, ...]
    desks: int
