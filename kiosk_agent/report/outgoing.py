"""A report as it goes out. What of the ledger may leave the desk is decided here."""

from __future__ import annotations

import datetime

import msgspec

from kiosk_agent import __version__
from kiosk_agent.health import HealthWarning
from kiosk_agent.ledger import Outgoing
from kiosk_agent.ledger.facts import IncidentTold, VisitTold
from kiosk_agent.report.pseudonyms import pseudonym
from kiosk_agent.wire import v1


def report_of(
    outgoing: Outgoing,
    wall: datetime.datetime,
    warnings: list[HealthWarning],
    disk: str | None,
    key: bytes | None = None,
) -> v1.Report:
    """The report as it goes out. Only codes of warnings leave the desk, never their texts.

    ``key``: for the pseudonyms in facts of visits; None: there are none.
    """
    return v1.Report(
        epoch=outgoing.epoch,
        number=outgoing.number,
        sent_at=wall,
        agent_version=__version__,
        chain=v1.ChainPoint(outgoing.entries, outgoing.digest.hex()),
        days=[v1.DayCounts(datetime.date.fromisoformat(one.day), dict(one.counts)) for one in outgoing.days],
        health=[v1.HealthItem(one.code, v1.Severity(one.severity), one.since) for one in warnings[: v1.MOST_WARNINGS]],
        known=None if outgoing.known is None else v1.ChainPoint(outgoing.known[0], outgoing.known[1].hex()),
        disk=disk,
        dropped_days=outgoing.dropped_days,
        set_aside=outgoing.set_aside,
        visits=[_visit(one, key) for one in outgoing.facts.visits],
        incidents=[_incident(one) for one in outgoing.facts.incidents],
    )


def _visit(told: VisitTold, key: bytes | None) -> v1.VisitFact:
    return v1.VisitFact(
        number=told.number,
        seq=told.seq,
        day=told.began.date(),
        hour=told.began.hour,
        length_s=min(max(0, round(told.length_s)), v1.LARGEST_COUNT),
        ended=told.reason,
        proof=told.proof,
        signed_in=told.signed_in,
        extensions=told.extensions,
        confirmation=told.confirmation or "none",
        operations=[name for name in told.operations if _fits(name, v1.OperationName)][: v1.MOST_OPERATIONS],
        worker=None if key is None else pseudonym(key, "worker", told.mark),
    )


def _incident(told: IncidentTold) -> v1.IncidentItem:
    return v1.IncidentItem(told.seq, told.at, told.code, told.detail if _fits(told.detail, v1.Detail) else "")


def _fits(text: str, form: object) -> bool:
    try:
        msgspec.convert(text, form)
    except msgspec.ValidationError:
        return False
    return True
