"""What the endpoints work with; one for each server process."""

from __future__ import annotations

from dataclasses import dataclass

from litestar.di import NamedDependency

from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.ingest.grouping import Grouping
from kiosk_agent.central.ingest.schemas import Arrived
from kiosk_agent.central.limits import Limits
from kiosk_agent.central.oidc.provider import Provider
from kiosk_agent.clock import Clock
from kiosk_agent.wire import v1


@dataclass(frozen=True)
class Services:
    """Handed to every endpoint that names it."""

    database: Database
    clock: Clock
    limits: Limits
    provider: Provider | None
    reports: Grouping[Arrived, v1.ReportAnswer | None]


Given = NamedDependency[Services]  # how an endpoint names it
