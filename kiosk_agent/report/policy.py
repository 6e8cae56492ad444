"""Central's policy at the desk: kept in a file, so that it holds without central too.

It holds from the next time at the gate on; :mod:`kiosk_agent.settings` says what goes before what.
"""

from __future__ import annotations

import logging
from pathlib import Path

import msgspec

from kiosk_agent.errors import DeskError
from kiosk_agent.report.keystore.file import write_durably
from kiosk_agent.text import Text
from kiosk_agent.wire.policy import LARGEST_POLICY_BYTES, PolicyAnswer

log = logging.getLogger(__name__)

FILE_NAME = "central-policy.json"
OF_THE_REPORTS = ("report_visits", "report_incidents")  # nothing of the session's
REFUSED = "central_policy_refused"  # the warning's code; docs/central.md says what to do


class PolicyRefusedError(DeskError):
    """A policy of central's that this agent cannot keep to: nothing of it holds then."""

    def __init__(self, why: str | Text) -> None:
        super().__init__(
            Text("Central's policy is refused: {reason}.", reason=why),
            Text("The last good one holds. Tell central's staff."),
        )


class Kept(msgspec.Struct, frozen=True):
    """The last good policy, and what central calls this very answer."""

    url: str
    tag: str
    answer: PolicyAnswer


def read_kept(data_dir: Path, url: str) -> Kept | None:
    """The policy that was kept of this central; None where there is none that can be read."""
    path = data_dir / FILE_NAME
    try:
        with path.open("rb") as file:
            kept = msgspec.json.decode(file.read(LARGEST_POLICY_BYTES), type=Kept)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        log.warning("%s cannot be read, so that central's policy is asked for anew: %s", path, error)
        return None
    return kept if kept.url == url else None


def keep(data_dir: Path, kept: Kept) -> None:
    """Keep it, durably, in place of the one before. Raises OSError."""
    write_durably(data_dir / FILE_NAME, msgspec.json.encode(kept))
