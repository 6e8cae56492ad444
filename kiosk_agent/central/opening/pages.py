"""``/hours``: when offices are open, and setting it."""

from __future__ import annotations

import asyncio
import datetime
import functools
from collections.abc import Callable
from typing import Any

from litestar import Request, Response, get, post
from litestar.response import Redirect

from kiosk_agent.central.addresses import address_of
from kiosk_agent.central.dashboard import service as dashboard
from kiosk_agent.central.dashboard.asked import address
from kiosk_agent.central.dashboard.silence import OpeningHours, Period
from kiosk_agent.central.opening import repository, service
from kiosk_agent.central.opening.written import DAYS, between, read_hours, written
from kiosk_agent.central.pages.rendering import PageError, language, page
from kiosk_agent.central.pages.sent import sent_fields
from kiosk_agent.central.pages.tables import Cell, Column, Table, file_address, wanted_file
from kiosk_agent.central.pages.words import words
from kiosk_agent.central.places import repository as places
from kiosk_agent.central.places.schemas import Level, Place
from kiosk_agent.central.services import Given, Services
from kiosk_agent.central.staff.guards import Signed
from kiosk_agent.central.staff.schemas import Role, Staff

MOST_ROWS = 300  # of the page; a file has all
HOLIDAYS = len(DAYS)  # the row after Sunday


@get("/hours", opt={"needs": Role.VIEWER})
async def hours(request: Request[Any, Any, Any], services: Given, staff: Signed) -> Response[Any]:
    """The offices of the scope with their hours; the form of one of them, where it is named."""
    wanted = request.query_params.get("office")
    office = None if wanted is None else Place(Level.OFFICE, wanted)
    return await asyncio.to_thread(_page, request, services, staff, office)


@post("/hours", status_code=200, opt={"needs": Role.MANAGER})
async def change_hours(request: Request[Any, Any, Any], services: Given, staff: Signed) -> Response[Any]:
    """The hours of one office."""
    fields = await sent_fields(request)
    return await asyncio.to_thread(_change, request, services, staff, fields)


PAGES = [hours, change_hours]


def told(text: str, t: Callable[..., str]) -> str:
    """Opening hours in the reader's words."""
    found = read_hours(text)
    parts = [part.partition(" ") for part in written(found).split("; ") if " " in part]
    if not text:
        return t("hours_usual")
    return t("list_comma").join(f"{_days(days, t)} {period}" for days, _, period in parts) or t("hours_closed")


def _days(named: str, t: Callable[..., str]) -> str:
    order = [*DAYS, "hol"]
    return "–".join(t(f"weekday_{order.index(day)}") for day in named.split("-"))


def _page(
    request: Request[Any, Any, Any],
    services: Services,
    staff: Staff,
    office: Place | None,
    message: str = "",
    status: int = 200,
) -> Response[Any]:
    t, database = words(language(request)), services.database
    named = None if office is None else dashboard.named(database, staff.scope, office)
    most = None if "as" in request.query_params else MOST_ROWS + 1
    with database.reading() as connection:
        found = repository.offices_of(connection, staff.scope, staff.scope, most)
        own = [] if office is None else repository.offices_of(connection, staff.scope, office)
    kept = found if most is None else found[:MOST_ROWS]
    rows = [
        [
            Cell(row["name"], href=f"/hours?office={row['id']}#set"),
            Cell(f"{row['prefecture']} {row['municipality']}"),
            Cell(told(row["opening_hours"], t)),
        ]
        for row in kept
    ]
    columns = (Column(t("office"), is_name=True), Column(t("municipality"), is_name=True), Column(t("opening_hours")))
    table = Table("hours", t("opening_hours"), columns, rows, t("children_none"))
    if request.method == "GET" and (file := wanted_file(request, [table])) is not None:
        return file
    return page(
        request,
        "hours_of_offices.html",
        status=status,
        lead=t("hours_most", most=MOST_ROWS) if len(kept) < len(found) else t("hours_lead"),
        message=message,
        tables={"list": table},
        files=functools.partial(file_address, request),
        office=office,
        office_address="" if office is None else address(office),
        office_name="" if named is None else named.name,
        is_usual=bool(own) and not own[0]["opening_hours"],
        periods=_periods(read_hours(own[0]["opening_hours"])) if own else [],
    )


def _periods(found: OpeningHours) -> list[tuple[str, str]]:
    """(from, to) of each row of the form; empty where closed."""
    all_of = [*(found.week.get(day) for day in range(len(DAYS))), found.on_holidays]
    return [("", "") if one is None else (f"{one.begin:%H:%M}", f"{one.end:%H:%M}") for one in all_of]


def _change(request: Request[Any, Any, Any], services: Services, staff: Staff, fields: dict[str, str]) -> Response[Any]:
    t, database = words(language(request)), services.database
    office = Place(Level.OFFICE, fields.get("office", ""))
    named = dashboard.named(database, staff.scope, office)  # raises where it is not within the scope
    what = fields.get("do")
    if what not in ("set", "usual"):
        raise PageError("bad_choice")
    try:
        text = "" if what == "usual" else written(_typed(fields))
    except ValueError:
        return _page(request, services, staff, office, t("hours_wrong"), 400)
    with database.reading() as connection:
        code = places.municipality_of_office(connection, int(office.key))
    now, actor, came_from = services.clock.wall(), staff.name, address_of(request)
    service.set_hours(database, code, named.name, text, now, actor=actor, address=came_from)
    return Redirect(f"/hours?office={office.key}", status_code=303)


def _typed(fields: dict[str, str]) -> OpeningHours:
    """What the form says. Raises ValueError."""
    found: dict[int, Period] = {}
    for day in range(HOLIDAYS + 1):
        begin, end = fields.get(f"begin_{day}", "").strip(), fields.get(f"end_{day}", "").strip()
        if not begin and not end:
            continue
        period = Period(_time(begin), _time(end))
        if period.begin >= period.end:
            raise ValueError(between(period))
        found[day] = period
    on_holidays = found.pop(HOLIDAYS, None)
    return OpeningHours(found, on_holidays)


def _time(text: str) -> datetime.time:
    """As browsers send it: 08:30."""
    return datetime.datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007 - a time of day
