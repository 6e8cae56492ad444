"""What a simulated nation is assumed to be."""

from __future__ import annotations

import datetime

import msgspec

from kiosk_agent.errors import CentralError


class SimulationError(CentralError):
    """The nation cannot be simulated here."""


MOST_DESKS = 200_000  # ten times the nation's; all of them are in memory while they are made


class Assumptions(msgspec.Struct, frozen=True):
    """Round figures for desks with an ordinary day: assumed, not measured. Shares are of 1.

    The same assumptions, seed and last day give the same counts.
    """

    municipalities: int = 20
    desks: int = 200
    days: int = 90
    seed: int = 1
    visits_a_day: float = 12.0  # of one desk on a working day: a turn of 30 minutes, with pauses
    desks_an_office: int = 4  # at most
    sign_in: float = 0.85
    # how a visit with sign-in ends; the rest ends by idleness
    own_logout: float = 0.60
    worker_ended: float = 0.18
    nudge_accepted: float = 0.10
    change_of_person: float = 0.01
    found_unfinished: float = 0.005
    # what is known then; the rest is cleared
    revoked: float = 0.30
    half: float = 0.004
    unproven: float = 0.03
    settled: float = 0.6  # of the unproven, by a retry on the same day
    confirmed: float = 0.97
    released: float = 0.01  # by a supervisor, without a confirmation
    spread: float = 0.8  # a municipality's bad shares lie between (1 - spread) and (1 + spread) times these
    amber: float = 0.05  # desks with a warning in their last report
    silent: float = 0.03  # desks that stopped to report
    silent_days: int = 5  # … at most so long ago
    # the facts of visits: of so many desks, by a policy, and no more, and of the last days alone. All desks' of a whole
    # year would be fifty million rows, and no page asks for them
    telling: float = 0.2
    most_telling: int = 2_000
    telling_days: int = 28
    visit_min: float = 25.0  # minutes, scattered by a third
    # when visits begin: percent by hour. Open from 8:30 to 17:15, busiest in the morning, with a rest at noon
    arrivals: tuple[tuple[int, int], ...] = (
        (8, 4),
        (9, 13),
        (10, 17),
        (11, 14),
        (12, 6),
        (13, 12),
        (14, 14),
        (15, 12),
        (16, 7),
        (17, 1),
    )


class Simulated(msgspec.Struct, frozen=True):
    """What was written."""

    municipalities: int
    desks: int
    reports: int
    desk_days: int
    visits: int
    telling: int  # desks that tell the facts of their visits
    facts_since: datetime.date  # … from this day on
    facts: int
