"""The one place that wires central's parts together."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
from collections.abc import AsyncIterator, Sequence
from typing import Any

from litestar import Litestar, Request, Response
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException

from kiosk_agent.central.alerts.pages import PAGES as ALERTS
from kiosk_agent.central.alerts.sender import Alerting, Sender
from kiosk_agent.central.commands.endpoints import commands
from kiosk_agent.central.commands.pages import PAGES as COMMANDS
from kiosk_agent.central.dashboard.endpoints import PAGES as DASHBOARD
from kiosk_agent.central.dashboard.report import PAGES as REPORTS
from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.desks.endpoints import enrol
from kiosk_agent.central.desks.pages import PAGES as ENROLMENT
from kiosk_agent.central.front import Front
from kiosk_agent.central.health.endpoints import healthz
from kiosk_agent.central.ingest.endpoints import report_of, report_route
from kiosk_agent.central.ingest.grouping import Grouping
from kiosk_agent.central.ingest.protocol import ReportProtocol
from kiosk_agent.central.ingest.schemas import Sent
from kiosk_agent.central.ingest.service import answer_reports
from kiosk_agent.central.ingest.taking import PATH
from kiosk_agent.central.limits import Limits
from kiosk_agent.central.notices.endpoints import notices
from kiosk_agent.central.oidc.endpoints import pages as provider_pages
from kiosk_agent.central.oidc.provider import Provider
from kiosk_agent.central.openapi import openapi
from kiosk_agent.central.opening.pages import PAGES as HOURS
from kiosk_agent.central.pages.assets import PAGES as ASSETS
from kiosk_agent.central.pages.rendering import error_page
from kiosk_agent.central.policy.endpoints import policy
from kiosk_agent.central.policy.pages import PAGES as POLICIES
from kiosk_agent.central.precedence import Precedence
from kiosk_agent.central.refusals import FAILED, RefusedError, answer, answer_http, answer_refused
from kiosk_agent.central.services import Services
from kiosk_agent.central.staff.endpoints import PAGES as SIGNING
from kiosk_agent.central.staff.guards import HEADERS, staff_pages
from kiosk_agent.central.staff.people import PAGES as PEOPLE
from kiosk_agent.clock import Clock
from kiosk_agent.wire import v1

PAGES = [*ASSETS, *SIGNING, *DASHBOARD, *REPORTS, *COMMANDS, *ALERTS, *HOURS, *POLICIES, *ENROLMENT, *PEOPLE]
log = logging.getLogger(__name__)


def create_app(
    database: Database, clock: Clock, alerting: Alerting | None = None, provider: Provider | None = None
) -> Front:
    """The server's application. Its state is the database's, but for rate limits and what is being taken just now.

    ``alerting``: it also looks for what needs a person, and tells them; None: others do. ``provider``: whom staff may
    sign in with, beside their passwords.
    """
    precedence = Precedence()

    def take(sent: Sequence[Sent]) -> Sequence[bytes | RefusedError | None]:
        return answer_reports(database, sent, precedence.courtesy(lambda: database.is_wanted))

    taking = Grouping(take, lambda: precedence.pages > 0)
    services = Services(database, clock, Limits(clock.now), provider, taking)
    pages = [*PAGES, *([] if provider is None else provider_pages(provider))]

    sender = None if alerting is None else Sender(database, clock, alerting)

    async def provide() -> Services:
        return services

    @contextlib.asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncIterator[None]:
        services.reports.start()
        if sender is not None:
            sender.start()
        try:
            yield
        finally:
            if sender is not None:
                await asyncio.to_thread(sender.stop)
            await services.reports.stop()

    report = report_of(services)
    app = Front(
        precedence,
        [healthz, openapi, enrol, report_route(report), policy, commands, notices, staff_pages(services, pages)],
        dependencies={"services": Provide(provide)},
        lifespan=[lifespan],
        exception_handlers={
            RefusedError: answer_refused,
            HTTPException: _answer_http,
            Exception: _answer_failure,
        },
        state=State({"provider_name": "" if provider is None else provider.name}),
        openapi_config=None,
        logging_config=None,
    )
    app.posted[PATH] = report
    app.protocol = functools.partial(ReportProtocol, services, app.resting)
    return app


def _answer_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """What is not there or not allowed: to browsers as a page."""
    if request.url.path.startswith(v1.PREFIX) or "text/html" not in request.headers.get("accept", ""):
        return answer_http(request, error)
    shown = error_page(request, "no_page" if error.status_code == 404 else "not_understood", error.status_code)
    shown.headers.update({**(error.headers or {}), **HEADERS})
    return shown


def _answer_failure(_request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """A mistake of ours: the log has it, the client does not."""
    log.error("a request failed", exc_info=error)
    return answer(FAILED, 500)
