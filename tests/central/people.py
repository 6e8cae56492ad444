"""People of the tests, and a walk over all staff pages as each of them."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator

import httpx
from litestar import Litestar
from litestar.routes import HTTPRoute

from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.places.repository import begin_office, store_municipalities
from kiosk_agent.central.staff import service
from kiosk_agent.central.staff.guards import ANYONE
from kiosk_agent.central.staff.schemas import Locked, Role
from tests.central.nation import NOW, PLACES

PASSWORD = "five words in a row"
CSRF = re.compile(r'name="csrf" value="([0-9a-f]{64})"')


def add_places(database: Database) -> None:
    with database.writing() as connection:
        store_municipalities(connection, PLACES)
        begin_office(connection, "131016", "市民課")


def add_person(database: Database, name: str = "one", role: Role = Role.VIEWER, scope: str = "nation") -> None:
    service.add(database, name, role, scope, PASSWORD, NOW, "tests")


def enter(
    database: Database,
    name: str = "one",
    password: str = PASSWORD,
    code: str = "",
    now: datetime.datetime = NOW,
    address: str = "192.0.2.1",
) -> str | Locked | None:
    return service.sign_in(database, name, password, code, now, address)


async def sign_in(
    client: httpx.AsyncClient, name: str = "one", password: str = PASSWORD, **more: str
) -> httpx.Response:
    """As a browser: open the page, send its form."""
    csrf = CSRF.findall((await client.get("/login")).text)[0]
    return await client.post("/login", data={"csrf": csrf, "name": name, "password": password, **more})


async def form_of(client: httpx.AsyncClient, path: str = "/account") -> str:
    return CSRF.findall((await client.get(path)).text)[0]


def staff_routes(app: Litestar) -> Iterator[tuple[str, str, Role | None]]:
    """(method, path, role it needs) of every staff page; None: anyone may see it."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                if (needs := handler.opt.get("needs")) is not None:
                    for method in sorted(handler.http_methods - {"OPTIONS"}):
                        yield str(method), route.path, None if needs == ANYONE else needs
