"""How the reports stand, as the status file shows it."""

from __future__ import annotations

import datetime

import msgspec


class CentralState(msgspec.Struct, frozen=True):
    """``acknowledged``: when central last had all that was sent; ``problem``: empty where there is none."""

    url: str
    desk_id: int | None = None
    acknowledged: datetime.datetime | None = None
    waiting_days: int = 0
    dropped_days: int = 0
    set_aside: int = 0
    problem: str = ""
    policy_revision: int = 0  # central's number of the policy that holds; 0: the desk's own file alone
    policy_waiting: int | None = None  # of the one that holds from the next gate on
    closed: bool = False  # by central
