"""``/enrolment``: codes for new desks, as sheets to be printed."""

from __future__ import annotations

import asyncio
import datetime
from typing import Any, NamedTuple

import markupsafe
import segno
from litestar import Request, Response, get, post

from kiosk_agent.central.addresses import address_of
from kiosk_agent.central.dashboard import service as dashboard
from kiosk_agent.central.desks.service import make_codes
from kiosk_agent.central.pages.rendering import language, page
from kiosk_agent.central.pages.sent import sent_fields
from kiosk_agent.central.pages.words import words
from kiosk_agent.central.places import repository as places
from kiosk_agent.central.places.schemas import Level, Place
from kiosk_agent.central.services import Given, Services
from kiosk_agent.central.staff.guards import Signed
from kiosk_agent.central.staff.schemas import Role, Staff

MOST_CODES, MOST_HOURS = 50, 24 * 31
LONGEST_OFFICE = 100
USUAL_HOURS = 72


class Sheet(NamedTuple):
    """One code. ``parts``, none of them to be broken: what is typed at the desk, or read from ``picture``."""

    code: str
    parts: tuple[str, ...]
    picture: markupsafe.Markup


@get("/enrolment", opt={"needs": Role.MANAGER})
async def enrolment(request: Request[Any, Any, Any], services: Given, staff: Signed) -> Response[str]:
    """Asks for which office, and how many."""
    return await asyncio.to_thread(_form, request, services, staff, "")


@post("/enrolment", status_code=200, opt={"needs": Role.MANAGER})
async def make(request: Request[Any, Any, Any], services: Given, staff: Signed) -> Response[str]:
    """Makes the codes. They are shown only in this answer: central keeps their hashes."""
    fields = await sent_fields(request)
    return await asyncio.to_thread(_make, request, services, staff, fields)


PAGES = [enrolment, make]


def _form(
    request: Request[Any, Any, Any], services: Services, staff: Staff, message: str, status: int = 200, sent: str = ""
) -> Response[str]:
    scope, database = staff.scope, services.database
    wanted = sent or request.query_params.get("municipality", "").strip()
    if scope.level in (Level.MUNICIPALITY, Level.OFFICE):
        place: Place | None = scope
    else:
        place = Place(Level.MUNICIPALITY, wanted) if wanted else None
    named = None if place is None else dashboard.named(database, scope, place)
    offices: list[tuple[Place, str]] = []
    if place is not None and named is not None:
        children = dashboard.children(database, scope, place) if place.level is Level.MUNICIPALITY else []
        offices = children or ([(place, named.name)] if place.level is Level.OFFICE else [])
    return page(
        request,
        "enrolment.html",
        status=status,
        place=place,
        place_name="" if named is None else named.name,
        offices=offices,
        message=message,
        most_codes=MOST_CODES,
        most_hours=MOST_HOURS,
        usual_hours=USUAL_HOURS,
    )


def _make(request: Request[Any, Any, Any], services: Services, staff: Staff, fields: dict[str, str]) -> Response[str]:
    t, database, now = words(language(request)), services.database, services.clock.wall()
    count, hours = _number(fields.get("count"), MOST_CODES), _number(fields.get("hours"), MOST_HOURS)
    new_office = " ".join(fields.get("new_office", "").split())
    if count is None or hours is None or len(new_office) > LONGEST_OFFICE or not new_office.isprintable():
        message = t("bad_codes", codes=MOST_CODES, hours=MOST_HOURS, longest=LONGEST_OFFICE)
        return _form(request, services, staff, message, 400, fields.get("municipality", ""))
    municipality, office = _office(services, staff, fields, new_office)
    with database.reading() as connection:
        called = places.municipality_name(connection, municipality)
    valid = datetime.timedelta(hours=hours)
    central = str(request.base_url).rstrip("/")
    codes = make_codes(
        database,
        municipality,
        office,
        now,
        valid,
        count,
        actor=staff.name,
        address=address_of(request),
        new_office=bool(new_office),
    )
    return page(
        request,
        "sheets.html",
        office=office,
        municipality=called,
        until=now + valid,
        sheets=[_sheet(code, central) for code in codes],
        lead=t("sheets_lead", count=count),
    )


def _office(services: Services, staff: Staff, fields: dict[str, str], new_office: str) -> tuple[str, str]:
    """The municipality's code and the office's name. Raises PlaceUnknownError where they are not in the scope."""
    database, scope = services.database, staff.scope
    if new_office:
        code = fields.get("municipality", "")
        dashboard.named(database, scope, Place(Level.MUNICIPALITY, code))
        return code, new_office
    named = dashboard.named(database, scope, Place(Level.OFFICE, fields.get("office", "")))
    with database.reading() as connection:
        return places.municipality_of_office(connection, int(named.place.key)), named.name


def _sheet(code: str, central: str) -> Sheet:
    parts = ("kiosk-agent enroll", f"--central {central}", f"--code {code}")
    drawn = segno.make(" ".join(parts), error="m", micro=False).svg_inline(border=4, omitsize=True)
    return Sheet(code, parts, markupsafe.Markup(drawn))  # noqa: S704 - drawn by the library from our own text


def _number(text: str | None, most: int) -> int | None:
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 6:
        return None
    return int(text) if 1 <= int(text) <= most else None
