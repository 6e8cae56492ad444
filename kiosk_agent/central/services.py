"""What the endpoints work with; one for each server process."""

from __future__ import annotations

from dataclasses import dataclass

from litestar.di import NamedDependency

from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.ingest.grouping import Grouping
from kiosk_agent.central.ingest.schemas import Sent
from kiosk_agent.central.limits import Limits
from kiosk_agent.central.oidc.provider import Provider
from kiosk_agent.central.refusals import RefusedError
from kiosk_agent.clock import Clock


@dataclass(frozen=True)
class Services:
    """Handed to every endpoint that names it."""

    database: Database
    clock: Clock
    limits: Limits
    provider: Provider | None
    reports: Grouping[Sent, bytes | RefusedError | None]


Given = NamedDependency[Services]  # how an endpoint names it
