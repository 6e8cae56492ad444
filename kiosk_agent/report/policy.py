"""Central's policy at the desk: kept in a file, so that it holds without central too; what is not good is refused.

It holds from the next time at the gate on. Central's settings go before the desk's own file.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import msgspec
from msgspec import UNSET

from kiosk_agent.errors import DeskError
from kiosk_agent.health import Health, Severity
from kiosk_agent.report.keystore.file import write_durably
from kiosk_agent.session.policy import CLASSIFICATION, TIMINGS, MarkPolicy, Policy, Preset, policy_of
from kiosk_agent.session.vocabulary import Signal, Weight
from kiosk_agent.wire.policy import LARGEST_POLICY_BYTES, PolicyAnswer, Settings, contradiction

log = logging.getLogger(__name__)

FILE_NAME = "central-policy.json"
OF_THE_REPORTS = ("report_visits", "report_incidents")  # nothing of the session's
REFUSED = "central_policy_refused"  # the warning's code; docs/central.md says what to do


class PolicyRefusedError(DeskError):
    """A policy of central's that this agent cannot keep to."""


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


def in_force(
    own: Policy, data_dir: Path, url: str | None, senses: frozenset[str], health: Health
) -> tuple[Policy, int]:
    """What this desk keeps to: ``own``, its file's, with what central last said; where that is refused, ``own`` alone.

    And central's number of it; 0 where ``own`` holds alone.
    ``url``: of the desk's central; None where it has none.
    """
    kept = read_kept(data_dir, url.rstrip("/")) if url is not None else None
    if kept is None:
        return own, 0
    try:
        return with_settings(own, kept.answer.settings, senses), kept.answer.revision
    except PolicyRefusedError as error:  # good when it was kept: the desk's file, or the agent, is another one now
        health.fail(REFUSED, Severity.AMBER, error.args[0], error.remedy)
        return own, 0


def with_settings(own: Policy, settings: Settings, senses: frozenset[str]) -> Policy:
    """``own`` with what central sets; ``senses``: the names of those that this desk has.

    Raises PolicyRefusedError where the agent could not keep to all of it: nothing of it holds then.
    """
    if problem := contradiction(settings):
        raise _refused(problem)
    policy = own
    if settings.preset is not UNSET:
        whole = policy_of(Preset(settings.preset.value))
        by_preset = {name: getattr(whole, name) for name in (*TIMINGS, "weights", "preset")}
        policy = msgspec.structs.replace(own, **by_preset)
    changes: dict[str, Any] = {
        name: value
        for name in Settings.__struct_fields__
        if name not in ("preset", "mark", "weights", *OF_THE_REPORTS)
        and (value := getattr(settings, name)) is not UNSET
    }
    if settings.mark is not UNSET:
        changes["mark"] = MarkPolicy(settings.mark.value)
    if settings.weights is not UNSET:
        changes["weights"] = {**policy.weights, **_weights(settings)}
    policy = msgspec.structs.replace(policy, **changes)
    if unknown := [name for name in policy.mandatory_senses if name not in senses]:
        raise _refused(f"this desk has no sense {', '.join(unknown)}")
    if policy.idle_limit_s + policy.warning_s > policy.max_visit_s:
        raise _refused("with the desk's own settings every visit would end before its warning (max_visit_s)")
    return policy


def _weights(settings: Settings) -> dict[Signal, Weight]:
    """A sign that this agent does not know, it does not notice either: its weight is nothing to refuse."""
    if settings.weights is UNSET:
        return {}
    known = {name: weight for name, weight in settings.weights.items() if name in set(Signal)}
    weights = {Signal(name): Weight(weight.value) for name, weight in known.items()}
    for signal, weight in weights.items():
        if CLASSIFICATION[signal] is Weight.CERTAIN and weight is not Weight.CERTAIN:
            raise _refused(f"{signal} always ends the session")
    return weights


def _refused(why: str) -> PolicyRefusedError:
    return PolicyRefusedError(f"Central's policy is refused: {why}.", "The last good one holds. Tell central's staff.")
