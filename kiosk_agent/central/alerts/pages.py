"""``/alerts``: what needs a person and was told of, and saying that somebody sees to it."""

from __future__ import annotations

import asyncio
import datetime
import functools
from collections.abc import Sequence
from typing import Any

from litestar import Request, Response, get, post
from litestar.response import Redirect

from kiosk_agent.central.addresses import address_of
from kiosk_agent.central.alerts import service
from kiosk_agent.central.alerts.schemas import Language, State
from kiosk_agent.central.alerts.service import LONGEST_NOTE, Listed
from kiosk_agent.central.alerts.texts import OF_VISITS, text
from kiosk_agent.central.dashboard.asked import address
from kiosk_agent.central.pages.formats import Formats
from kiosk_agent.central.pages.rendering import PageError, language, page
from kiosk_agent.central.pages.sent import sent_fields
from kiosk_agent.central.pages.tables import Cell, Column, Table, file_address, wanted_file
from kiosk_agent.central.pages.words import words
from kiosk_agent.central.places.schemas import Level, Place
from kiosk_agent.central.services import Given, Services
from kiosk_agent.central.staff.guards import Signed
from kiosk_agent.central.staff.schemas import Role, Staff
from kiosk_agent.central.times import from_ms
from kiosk_agent.errors import CentralError

SHOWN_AFTER = datetime.timedelta(days=7)  # resolved ones
MOST_ROWS = 300  # of the page; a file has all
MARKS = {State.OPEN: "bad", State.NOTIFIED: "bad", State.ACKNOWLEDGED: "care", State.RESOLVED: "good"}
UNATTENDED = (State.OPEN, State.NOTIFIED)


@get("/alerts", opt={"needs": Role.VIEWER})
async def alerts(request: Request[Any, Any, Any], services: Given, staff: Signed) -> Response[Any]:
    """What is not resolved, and what was lately."""
    return await asyncio.to_thread(_page, request, services, staff)


@post("/alerts/acknowledge", status_code=200, opt={"needs": Role.MANAGER})
async def acknowledge(request: Request[Any, Any, Any], services: Given, staff: Signed) -> Response[Any]:
    """Somebody sees to one: no reminders any more, unless it grows."""
    fields = await sent_fields(request)
    return await asyncio.to_thread(_acknowledge, request, services, staff, fields)


PAGES = [alerts, acknowledge]


def unresolved(services: Services, scope: Place, most: int | None = None) -> list[Listed]:
    """Those that nobody sees to yet first, then the newest; at most so many."""
    found = service.listed(services.database, scope, most=most)
    return sorted(found, key=lambda one: (one.alert.state not in UNATTENDED, -one.alert.opened_at_ms, -one.alert.id))


def table_of(found: Sequence[Listed], chosen: str, *, caption: str, empty: str, can_answer: bool = False) -> Table:
    """Alerts with their places, how far each is and who sees to it; ``can_answer``: with links to the form."""
    t = words(chosen)
    columns = (
        Column(t("alert"), exported=(t("number"), t("alert"))),
        Column(t("office"), is_name=True, exported=(t("office"), t("municipality"))),
        Column(t("amount")),
        Column(t("state"), exported=(t("state"), t("resolved_at"))),
        Column(t("opened")),
        Column(t("acknowledged_by"), exported=(t("acknowledged_by"), t("acknowledged_at"))),
        Column(t("note")),
    )
    return Table("alerts", caption, columns, [_row(one, chosen, can_answer) for one in found], empty, t("alerts_what"))


def _row(one: Listed, chosen: str, can_answer: bool) -> list[Cell]:
    t, of = words(chosen), one.alert
    f, said = Formats(chosen, t), functools.partial(text, Language(chosen))
    what, where = said(of.kind), f"{one.prefecture} {one.municipality}"
    taken, over = ("" if at is None else f.moment(from_ms(at)) for at in (of.acknowledged_at_ms, of.resolved_at_ms))
    form = f"/alerts?number={of.id}#acknowledge" if can_answer and of.state in UNATTENDED else ""
    office = address(Place(Level.OFFICE, str(of.office_id)))
    state = t(f"alert_{of.state.value}")
    return [
        Cell(what, (of.id, what), t("alert_number", number=of.id), href=form),
        Cell(one.office, (one.office, where), where, href=office),
        Cell(said("visits" if of.kind in OF_VISITS else "desks", amount=of.amount, total=of.total)),
        Cell(state, (state, over), over, mark=MARKS[of.state]),
        Cell(f.moment(from_ms(of.opened_at_ms))),
        Cell(of.acknowledged_by, (of.acknowledged_by, taken), taken),
        Cell(of.note),
    ]


def _page(
    request: Request[Any, Any, Any], services: Services, staff: Staff, message: str = "", status: int = 200
) -> Response[Any]:
    chosen = language(request)
    t = words(chosen)
    since = services.clock.wall() - SHOWN_AFTER
    over = [
        one
        for one in service.listed(services.database, staff.scope, resolved_since=since)
        if one.alert.state is State.RESOLVED
    ]
    now = unresolved(services, staff.scope)
    found = [*now, *sorted(over, key=lambda one: -(one.alert.resolved_at_ms or 0))]
    kept = found if "as" in request.query_params else found[:MOST_ROWS]
    may = staff.role >= Role.MANAGER
    table = table_of(kept, chosen, caption=t("alerts"), empty=t("alerts_none"), can_answer=may)
    if request.method == "GET" and (file := wanted_file(request, [table])) is not None:
        return file
    waiting = [one for one in now if one.alert.state in UNATTENDED] if may else []
    return page(
        request,
        "alerts.html",
        status=status,
        lead=t("alarms_most", most=MOST_ROWS) if len(kept) < len(found) else t("alerts_lead"),
        message=message,
        tables={"list": table},
        files=functools.partial(file_address, request),
        waiting=[
            (one.alert.id, f"{one.alert.id} {text(Language(chosen), one.alert.kind)} – {one.office}") for one in waiting
        ],
        picked=request.query_params.get("number", ""),
        longest=LONGEST_NOTE,
    )


def _acknowledge(
    request: Request[Any, Any, Any], services: Services, staff: Staff, fields: dict[str, str]
) -> Response[Any]:
    t = words(language(request))
    number, note = fields.get("number", ""), fields.get("note", "")
    if not (number.isascii() and number.isdigit() and len(number) <= 15):
        raise PageError("bad_choice")
    if len(note) > LONGEST_NOTE:
        return _page(request, services, staff, t("note_too_long", most=LONGEST_NOTE), 400)
    try:
        service.acknowledge(
            services.database,
            staff.scope,
            int(number),
            services.clock.wall(),
            actor=staff.name,
            note=note,
            address=address_of(request),
            again=False,
        )
    except CentralError:
        return _page(request, services, staff, t("alert_gone"), 404)
    return Redirect("/alerts", status_code=303)
