"""The dashboard's pages: ``/``, ``/places/…``, ``/unprotected``, ``/alarms``."""

from __future__ import annotations

import asyncio
import datetime
import functools
import urllib.parse
from collections.abc import Callable
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath
from litestar.response import Redirect

from kiosk_agent.central.alerts.pages import table_of, unresolved
from kiosk_agent.central.commands.pages import command_form, commands_table, diagnosis_of
from kiosk_agent.central.dashboard import service
from kiosk_agent.central.dashboard.asked import Asked, address, read_asked, read_place
from kiosk_agent.central.dashboard.compliance import compliance
from kiosk_agent.central.dashboard.schemas import Days, DeskNow, NamedPlace, Step, TrendPoint
from kiosk_agent.central.dashboard.silence import JAPAN
from kiosk_agent.central.dashboard.tables import Tables, hour_label, label, shown
from kiosk_agent.central.dashboard.trend import whole
from kiosk_agent.central.opening.pages import told as opening_told
from kiosk_agent.central.opening.repository import offices_of
from kiosk_agent.central.pages.charts import DARK, DARK_SHADES, LIGHT, LIGHT_SHADES, Bar, hour_map, trend_chart
from kiosk_agent.central.pages.formats import Formats
from kiosk_agent.central.pages.rendering import language, page
from kiosk_agent.central.pages.tables import Table, file_address, wanted_file
from kiosk_agent.central.pages.words import words
from kiosk_agent.central.places.schemas import Level, Place
from kiosk_agent.central.policy.pages import in_force_table
from kiosk_agent.central.services import Given, Services
from kiosk_agent.central.staff.guards import Signed
from kiosk_agent.central.staff.schemas import Role, Staff

WEEK = datetime.timedelta(days=7)
ONE_DAY = datetime.timedelta(days=1)
MOST_ALARMS = 10  # of the overview
MOST_ROWS = 300  # of a page; a file has all
MOST_MONTHS = 13  # to choose a report from: a year, and the month that runs
SVG = "image/svg+xml"

Values = dict[str, Any]


@get("/", opt={"needs": Role.VIEWER})
async def overview(request: Request[Any, Any, Any], services: Given, staff: Signed) -> Response[Any]:
    """Are we protected now, what changed, what needs a person."""
    return await _answer(request, services, "overview.html", functools.partial(_overview, request, services, staff))


@get("/places", opt={"needs": Role.VIEWER})
async def places(staff: Signed) -> Redirect:
    """Where somebody's places begin."""
    return Redirect(address(staff.scope), status_code=303)


@get("/places/{level:str}/{key:str}", opt={"needs": Role.VIEWER})
async def place(
    request: Request[Any, Any, Any], services: Given, staff: Signed, level: FromPath[str], key: FromPath[str]
) -> Response[Any]:
    """A place with what is below it, or one desk's story."""
    wanted = read_place(level, key)
    template = "desk.html" if wanted.level is Level.DESK else "place.html"
    return await _answer(request, services, template, functools.partial(_place, request, services, staff, wanted))


@get("/places/{level:str}/{key:str}/trend.svg", opt={"needs": Role.VIEWER})
async def chart(
    request: Request[Any, Any, Any], services: Given, staff: Signed, level: FromPath[str], key: FromPath[str]
) -> Response[bytes]:
    """The chart of a place's trend."""
    asked, wanted = read_asked(request, today_of(services)), read_place(level, key)
    colours = DARK if "dark" in request.query_params else LIGHT

    def draw() -> bytes:
        points = service.trends(services.database, staff.scope, wanted, asked.days, asked.step)
        return trend_chart(bars(points, asked), colours)

    return Response(await asyncio.to_thread(draw), media_type=SVG)


@get("/places/{level:str}/{key:str}/hours.svg", opt={"needs": Role.VIEWER})
async def hours_picture(
    request: Request[Any, Any, Any], services: Given, staff: Signed, level: FromPath[str], key: FromPath[str]
) -> Response[bytes]:
    """The map of a place's visits by weekday and hour."""
    asked, wanted = read_asked(request, today_of(services)), read_place(level, key)
    shades = DARK_SHADES if "dark" in request.query_params else LIGHT_SHADES
    t = words(language(request))

    def draw() -> bytes:
        found = service.hours(services.database, staff.scope, wanted, asked.days)
        days = [t(f"weekday_{day}") for day in range(7)]
        rows = [(hour_label(hour), [found.cells.get((day, hour), 0) for day in range(7)]) for hour in found.hours]
        return hour_map(days, rows, shades)

    return Response(await asyncio.to_thread(draw), media_type=SVG)


@get("/unprotected", opt={"needs": Role.VIEWER})
async def unprotected(request: Request[Any, Any, Any], services: Given, staff: Signed) -> Response[Any]:
    """The desks that are silent in opening hours."""
    return await _answer(request, services, "list.html", functools.partial(_unprotected, request, services, staff))


@get("/alarms", opt={"needs": Role.VIEWER})
async def alarms(request: Request[Any, Any, Any], services: Given, staff: Signed) -> Response[Any]:
    """What desks have reported that does not fit together."""
    return await _answer(request, services, "list.html", functools.partial(_alarms, request, services, staff))


PAGES = [overview, places, place, chart, hours_picture, unprotected, alarms]


async def _answer(
    request: Request[Any, Any, Any], services: Services, template: str, build: Callable[[], Values]
) -> Response[Any]:
    """The page, or the file of one of its tables."""

    def of_one_moment() -> Values:
        with services.database.reading():
            return build()

    values = await asyncio.to_thread(of_one_moment)
    tables: dict[str, Table | None] = values["tables"]
    found = wanted_file(request, [one for one in tables.values() if one is not None])
    if found is not None:
        return found
    return page(request, template, files=functools.partial(file_address, request), **values)


def bars(points: list[TrendPoint], asked: Asked) -> list[Bar]:
    """What the chart draws."""
    shares = [(one, one.compliance.of(asked.figure)) for one in points]
    return [Bar(label(one.first, asked.step), share.yes, share.no, share.unknown) for one, share in shares]


def _overview(request: Request[Any, Any, Any], services: Services, staff: Staff) -> Values:
    database, scope, today = services.database, staff.scope, today_of(services)
    asked, made = read_asked(request, today), tables_for(language(request))
    t = words(language(request))
    named = service.named(database, scope, scope)
    numbers = compliance(service.totals(database, scope, scope, asked.days))
    weeks = service.trends(database, scope, scope, Days(today - 2 * WEEK, today - ONE_DAY), Step.DAY)
    old, new = (compliance(whole(week)) for week in (weeks[: WEEK.days], weeks[WEEK.days :]))
    hours = service.hours(database, scope, scope, asked.days)
    found = service.alarms(database, scope, scope, MOST_ALARMS)
    caption = t("attention_alarms", most=MOST_ALARMS)
    now = services.clock.wall()
    silent = _longest_first(service.unprotected(database, scope, scope, now, MOST_ALARMS))
    names = service.municipalities(database, silent)
    silent_caption = t("attention_desks", most=MOST_ALARMS)
    waiting = unresolved(services, scope, MOST_ALARMS)
    waiting_caption = t("attention_alerts", most=MOST_ALARMS)
    return {
        **_status(services, scope, scope),
        "place_name": named.name or t("nation"),
        "asked": asked,
        "numbers": shown(numbers),
        "tables": {
            "alerts": table_of(waiting, language(request), caption=waiting_caption, empty=t("alerts_none")),
            "desks": made.desks(silent, names, caption=silent_caption, empty=t("unprotected_none")),
            "alarms": made.alarms(found, caption=caption, empty=t("alarms_none")),
            "numbers": made.numbers(numbers),
            "changed": made.changed(new, old),
            "hours": made.hours(hours),
        },
        "hours": hours,
        "hours_picture": _hours_picture(scope, asked),
    }


def _place(request: Request[Any, Any, Any], services: Services, staff: Staff, wanted: Place) -> Values:
    database, scope, today = services.database, staff.scope, today_of(services)
    asked, made = read_asked(request, today), tables_for(language(request))
    t = words(language(request))
    named = service.named(database, scope, wanted)
    points = service.trends(database, scope, wanted, asked.days, asked.step)
    numbers = compliance(service.totals(database, scope, wanted, asked.days))
    hours = service.hours(database, scope, wanted, asked.days)
    query = urllib.parse.urlencode(
        {"from": asked.days.first, "to": asked.days.last, "figure": asked.figure.value, "step": asked.step.value}
    )
    tables: dict[str, Table | None] = {
        "numbers": made.numbers(numbers),
        "trend": made.trend(points, asked.figure, asked.step),
        "hours": made.hours(hours),
        "desks": None,
    }
    values: Values = {
        "place_name": called(named, t),
        "crumbs": crumbs(named, t),
        "asked": asked,
        "numbers": shown(numbers),
        "whole": numbers.of(asked.figure),
        "chart": f"{address(wanted)}/trend.svg?{query}",
        "hours": hours,
        "hours_picture": _hours_picture(wanted, asked),
        "months": _months(today),
        "tables": tables,
    }
    if wanted.level is Level.DESK:
        desk = service.desks(database, scope, wanted, services.clock.wall())[0]
        found = service.alarms(database, scope, wanted)
        tables["health"] = made.health(desk)
        tables["alarms"] = made.alarms(found, caption=t("alarms"), empty=t("alarms_none"))
        whole = "as" in request.query_params
        tables["commands"] = commands_table(services, scope, wanted, language(request), whole=whole)
        tables["diagnosis"] = diagnosis_of(services, scope, wanted, language(request))
        tables["policy"] = in_force_table(database, wanted, t)
        return {**values, "desk": desk, "command": command_form(named, t)}
    if wanted.level is Level.OFFICE:
        now = service.desks(database, scope, wanted, services.clock.wall())
        names = service.municipalities(database, now)
        values |= {"opening": _opening(services, scope, wanted, t), "office_number": wanted.key}
        tables["desks"] = made.desks(now, names, caption=t("desks_now"), empty=t("now_none"))
    ranked = service.ranking(database, scope, wanted, asked.days, asked.figure)
    tables["ranking"] = made.ranking(ranked, asked.figure, query)
    return {**values, **_status(services, scope, wanted)}


def _longest_first(found: list[DeskNow]) -> list[DeskNow]:
    return sorted(found, key=lambda one: -one.silence.open_s)


def _opening(services: Services, scope: Place, office: Place, t: Callable[..., str]) -> str:
    """When an office is open, in words."""
    with services.database.reading() as connection:
        return opening_told(offices_of(connection, scope, office)[0]["opening_hours"], t)


def _hours_picture(place: Place, asked: Asked) -> str:
    query = urllib.parse.urlencode({"from": asked.days.first, "to": asked.days.last})
    return f"{address(place)}/hours.svg?{query}"


def _unprotected(request: Request[Any, Any, Any], services: Services, staff: Staff) -> Values:
    t, given = words(language(request)), request.query_params
    wanted = read_place(given["level"], given.get("key", "")) if "level" in given else staff.scope
    named = service.named(services.database, staff.scope, wanted)
    found = _longest_first(service.unprotected(services.database, staff.scope, wanted, services.clock.wall()))
    kept = found if "as" in given else found[:MOST_ROWS]
    names = service.municipalities(services.database, kept)
    table = tables_for(language(request)).desks(kept, names, caption=t("unprotected"), empty=t("unprotected_none"))
    lead = t("unprotected_most", most=MOST_ROWS) if len(kept) < len(found) else t("unprotected_do") if found else ""
    return {"heading": t("unprotected"), "lead": lead, "crumbs": crumbs(named, t), "tables": {"list": table}}


def _alarms(request: Request[Any, Any, Any], services: Services, staff: Staff) -> Values:
    t = words(language(request))
    found = service.alarms(
        services.database, staff.scope, staff.scope, None if "as" in request.query_params else MOST_ROWS
    )
    table = tables_for(language(request)).alarms(found, caption=t("alarms"), empty=t("alarms_none"))
    lead = t("alarms_most", most=MOST_ROWS) if len(found) == MOST_ROWS else ""
    return {"heading": t("alarms"), "lead": lead, "tables": {"list": table}}


def crumbs(named: NamedPlace, t: Callable[..., str]) -> list[tuple[str, str]]:
    """The way from the top of the scope down to the place: names and addresses, the last without one."""
    above = [(name or t("nation"), address(one)) for one, name in named.above]
    return [*above, (called(named, t), "")]


def called(named: NamedPlace, t: Callable[..., str]) -> str:
    """What a place is called; a desk may have no name."""
    if named.place.level is Level.NATION:
        return t("nation")
    return named.name or t("desk_number", number=named.place.key)


def _status(services: Services, scope: Place, wanted: Place) -> Values:
    guarded = service.guarded(services.database, scope, wanted, services.clock.wall())
    key = wanted.key or "all"
    return {
        "guarded": guarded,
        "is_open": guarded.in_hours > 0,
        "unprotected_address": f"/unprotected?{urllib.parse.urlencode({'level': wanted.level.value, 'key': key})}",
    }


def tables_for(chosen: str) -> Tables:
    """Tables in a language."""
    t = words(chosen)
    return Tables(t, Formats(chosen, t))


def today_of(services: Services) -> datetime.date:
    """Today in Japan."""
    return services.clock.wall().astimezone(JAPAN).date()


def _months(today: datetime.date) -> list[datetime.date]:
    found = [today.replace(day=1)]
    while len(found) < MOST_MONTHS:
        found.append((found[-1] - ONE_DAY).replace(day=1))
    return found
