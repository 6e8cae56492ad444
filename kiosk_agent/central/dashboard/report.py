"""``…/report.pdf``: a month of a place, for an office to file."""

from __future__ import annotations

import asyncio
import datetime
import urllib.parse
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from kiosk_agent.central.dashboard import service
from kiosk_agent.central.dashboard.asked import Asked, read_month, read_place
from kiosk_agent.central.dashboard.compliance import Figure, compliance
from kiosk_agent.central.dashboard.endpoints import bars, called, tables_for, today_of
from kiosk_agent.central.dashboard.schemas import Days, Step
from kiosk_agent.central.pages.charts import trend_chart
from kiosk_agent.central.pages.formats import Formats
from kiosk_agent.central.pages.pdf import pdf, picture
from kiosk_agent.central.pages.rendering import language
from kiosk_agent.central.pages.words import words
from kiosk_agent.central.places.schemas import Level, Place
from kiosk_agent.central.services import Given, Services
from kiosk_agent.central.staff.guards import Signed
from kiosk_agent.central.staff.schemas import Role, Staff

ONE_DAY = datetime.timedelta(days=1)


@get("/places/{level:str}/{key:str}/report.pdf", opt={"needs": Role.VIEWER})
async def report(
    request: Request[Any, Any, Any], services: Given, staff: Signed, level: FromPath[str], key: FromPath[str]
) -> Response[bytes]:
    """The report of a month."""
    wanted, days = read_place(level, key), read_month(request.query_params.get("month"), today_of(services))
    content, name = await asyncio.to_thread(_make, request, services, staff, wanted, days)
    plain = f"report-{wanted.level.value}-{wanted.key or 'all'}-{days.first:%Y-%m}.pdf"
    quoted = urllib.parse.quote(name, safe="")
    headers = {"Content-Disposition": f"inline; filename=\"{plain}\"; filename*=UTF-8''{quoted}"}
    return Response(content, media_type="application/pdf", headers=headers)


PAGES = [report]


def _make(
    request: Request[Any, Any, Any], services: Services, staff: Staff, wanted: Place, days: Days
) -> tuple[bytes, str]:
    database, scope, now = services.database, staff.scope, services.clock.wall()
    chosen = language(request)
    t, made = words(chosen), tables_for(chosen)
    named = service.named(database, scope, wanted)
    around = [name for _, name in named.above if name]
    place_name = " ".join([*around, called(named, t)])
    before = Days((days.first - ONE_DAY).replace(day=1), days.first - ONE_DAY)
    numbers, earlier = (compliance(service.totals(database, scope, wanted, each)) for each in (days, before))
    asked = Asked(days, None, Figure.CONFIRMED, Step.DAY)
    points = service.trends(database, scope, wanted, days, asked.step)
    worked = [one for one in points if one.totals.visits or one.totals.outcomes]
    ranking = None
    if wanted.level is not Level.DESK:
        ranking = made.ranking(service.ranking(database, scope, wanted, days, asked.figure), asked.figure, "")
    alarms = [one for one in service.alarms(database, scope, wanted) if _touches(one.first_at, one.last_at, days)]
    tables = {
        "numbers": made.numbers(numbers),
        "changed": made.changed(numbers, earlier, "this_month", "month_before", note=t("month_note")),
        "trend": made.trend(worked, asked.figure, asked.step),
        "ranking": ranking,
        "alarms": made.alarms(alarms, caption=t("alarms"), empty=t("alarms_none")),
    }
    content = pdf(
        "report.html",
        chosen,
        place_name=place_name,
        days=days,
        is_running=days.last >= today_of(services),
        desks=service.guarded(database, scope, wanted, now).desks,
        now=now,
        by=staff.name,
        chart=picture(trend_chart(bars(points, asked))),
        tables=tables,
    )
    title = t("report_title", month=Formats(chosen, t).month(days.first))
    return content, f"{title} {place_name}.pdf"


def _touches(first: datetime.datetime, last: datetime.datetime, days: Days) -> bool:
    return first.date() <= days.last and last.date() >= days.first
