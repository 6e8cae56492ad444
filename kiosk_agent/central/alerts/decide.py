"""What is to be done about findings: which alerts begin, change and end, and who is to be told. Pure.

An alert goes open → notified → acknowledged → resolved. It is resolved when it is found no more; one of a ledger
(``LASTING``) only after somebody has acknowledged it, because such a finding is seen at one moment and stays true. One
that grows beyond what was acknowledged is open again.

A recipient is told once that it is new, again after each ``reminder_ms`` until somebody acknowledges, and once that it
is resolved: what they never heard of is not said to be over. All that is due for a recipient is one message, and
between two messages to them there are ``group_ms``.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from kiosk_agent.central.alerts.schemas import Alert, AlertKind, Finding, Pace, Recipient, State, Told, What

LASTING = frozenset({AlertKind.CLONE, AlertKind.COUNTER_SHRUNK, AlertKind.CHAIN_BROKEN})
MOST_ITEMS = 200  # in a message; nobody reads more, and a nation-wide outage has thousands
FIRST_RETRY_MS = 60_000
LONGEST_RETRY_MS = 3600_000
GIVE_UP_MS = 3 * 24 * 3600_000  # a server that is gone for a long weekend
JITTER = 0.2


class Changes(msgspec.Struct, frozen=True):
    """What becomes of the alerts."""

    opened: list[Finding]
    changed: list[Alert]


def follow(alerts: Iterable[Alert], findings: Iterable[Finding], now_ms: int) -> Changes:
    """Bring the alerts that are not resolved in line with what is found now."""
    found = {(one.kind, one.office_id): one for one in findings}
    changed: list[Alert] = []
    for alert in alerts:
        finding = found.pop((alert.kind, alert.office_id), None)
        after = _gone(alert, now_ms) if finding is None else _still(alert, finding)
        if after != alert:
            changed.append(after)
    return Changes([one for one in found.values() if one.fresh], changed)


def _gone(alert: Alert, now_ms: int) -> Alert:
    if alert.kind in LASTING and alert.state is not State.ACKNOWLEDGED:
        return alert
    return msgspec.structs.replace(alert, state=State.RESOLVED, resolved_at_ms=now_ms)


def _still(alert: Alert, finding: Finding) -> Alert:
    after = msgspec.structs.replace(
        alert, fresh=finding.fresh, amount=finding.amount, total=finding.total, measure=finding.measure
    )
    known = alert.acknowledged_measure or 0
    if alert.state is State.ACKNOWLEDGED and finding.fresh and finding.measure >= known + finding.news:
        return msgspec.structs.replace(after, state=State.OPEN)
    if finding.falls and finding.measure < known:
        return msgspec.structs.replace(after, acknowledged_measure=finding.measure)
    return after


def due(
    alerts: Sequence[Alert], recipients: Iterable[Recipient], told: Iterable[Told], now_ms: int, pace: Pace
) -> Mapping[int, list[tuple[Alert, What]]]:
    """Who is to be told of what now: recipient → alerts; each recipient at most one message.

    ``alerts``: those that are not resolved, and those resolved ones of which somebody may still have to hear.
    """
    known = {(one.recipient_id, one.alert_id): one for one in told}
    messages: dict[int, list[tuple[Alert, What]]] = {}
    for recipient in recipients:
        if recipient.last_at_ms is not None and now_ms - recipient.last_at_ms < pace.group_ms:
            continue
        items = [
            (alert, what)
            for alert in alerts
            if recipient.concerns(alert)
            and (what := _what(alert, known.get((recipient.id, alert.id)), now_ms, pace)) is not None
        ]
        if items:
            messages[recipient.id] = sorted(items, key=_order)
    return messages


def _what(alert: Alert, told: Told | None, now_ms: int, pace: Pace) -> What | None:
    if told is None:
        return What.NEW if alert.state in (State.OPEN, State.NOTIFIED) else None
    if alert.state is State.RESOLVED:
        return None if told.what is What.RESOLVED else What.RESOLVED
    if alert.state is State.ACKNOWLEDGED:
        return None
    if alert.acknowledged_at_ms != told.acknowledged_at_ms:  # it has grown since somebody acknowledged it
        return What.NEW
    return What.REMINDER if alert.fresh and now_ms - told.at_ms >= pace.reminder_ms else None


def _order(item: tuple[Alert, What]) -> tuple[int, int, str, int]:
    alert, what = item
    return list(What).index(what), list(AlertKind).index(alert.kind), alert.municipality_code, alert.office_id


def retry_after_ms(attempts: int, chance: float | None = None) -> int:
    """How long to wait after the try of this number (from 1); with chance, so that they do not all come at once."""
    spread = random.random() if chance is None else chance  # noqa: S311 - no secret
    grown = min(LONGEST_RETRY_MS, FIRST_RETRY_MS << min(attempts - 1, 30))
    return round(grown * (1 + JITTER * spread))
