"""What the commands' code works with."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk_agent.wire.commands import CommandKind

MINUTE_S = 60
DAY_S = 86_400
# For how long a command holds where nobody says otherwise, and at most. The end of a visit is about the person who sits
# there now; a closed desk stays closed until it is opened, so that may also reach a PC that is switched on tomorrow.
VALID_FOR_S: dict[CommandKind, tuple[int, int]] = {
    CommandKind.END_VISIT: (5 * MINUTE_S, 30 * MINUTE_S),
    CommandKind.CLOSE_DESK: (7 * DAY_S, 30 * DAY_S),
    CommandKind.OPEN_DESK: (7 * DAY_S, 30 * DAY_S),
    CommandKind.SEND_DIAGNOSTICS: (DAY_S, 7 * DAY_S),
}

# What people type for a command, and what central's own lists and messages call it.
WORDS: dict[CommandKind, str] = {
    CommandKind.END_VISIT: "end-visit",
    CommandKind.CLOSE_DESK: "disable",
    CommandKind.OPEN_DESK: "enable",
    CommandKind.SEND_DIAGNOSTICS: "diagnostics",
}


@dataclass(frozen=True)
class AskingDesk:
    """A desk that asks for its commands."""

    desk_id: int
    municipality_code: str


@dataclass(frozen=True)
class GivenCommand:
    """A command as central has it. ``result``: None as long as the desk has said nothing."""

    id: int
    municipality_code: str
    desk_id: int
    kind: str
    note: str
    made_at_ms: int
    made_by: str
    reason: str
    expires_at_ms: int
    fetched_at_ms: int | None
    settled_at_ms: int | None
    result: str | None
    diagnostics: str | None
