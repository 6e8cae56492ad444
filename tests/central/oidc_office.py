"""Central with a real OpenID provider, and an account that awaits somebody."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx

from kiosk_agent.central.app import create_app
from kiosk_agent.central.database.engine import Database, sqlite_url
from kiosk_agent.central.oidc import service
from kiosk_agent.central.oidc.provider import Provider
from kiosk_agent.central.staff import audit
from kiosk_agent.central.staff.schemas import Role
from tests.central.provider_of_tests import RealProvider, Seat, ShiftedClock


class Office:
    """Central with this provider, and an account that awaits somebody."""

    def __init__(self, central: httpx.AsyncClient, database: Database, clock: ShiftedClock, real: RealProvider) -> None:
        self.central, self.database, self.clock, self.real = central, database, clock, real
        self.seat = Seat(central, real)

    def told(self) -> list[tuple[str, str, str]]:
        with self.database.reading() as connection:
            return [(one.action, one.subject, one.detail) for one in audit.entries(connection)]

    async def is_in(self) -> bool:
        return (await self.central.get("/account")).status_code == 200

    async def refused(self, address: str, reason: str, status: int = 403) -> None:
        """What comes back from the provider opens nothing, says so on a page, and stands in the audit log."""
        shown = await self.seat.come_back(address)
        assert (shown.status_code, shown.headers["content-type"]) == (status, "text/html; charset=utf-8")
        assert 'role="alert"' in shown.text
        assert not await self.is_in()
        assert self.told()[-1][0] == "failed"
        assert self.told()[-1][2].startswith(f"provider: {reason}"), self.told()[-1]


@contextlib.asynccontextmanager
async def opened(folder: Path, real: RealProvider, **settings: Any) -> AsyncIterator[Office]:
    database, clock = Database(sqlite_url(folder)), ShiftedClock()
    service.add(database, "one", Role.MANAGER, "nation", "ONE@office.example", clock.wall(), "tests")
    app = create_app(database, clock, None, Provider(real.settings(**settings)))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url=real.public_url) as central:
        office = Office(central, database, clock, real)
        async with office.seat.there:
            yield office
    assert audit.verify(database)[1] is None
    database.close()
