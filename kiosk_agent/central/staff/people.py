"""``/staff``: accounts and the audit log, for administrators; each sees those within the own scope."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.response import Redirect
from sqlalchemy.engine import RowMapping

from kiosk_agent.central.addresses import address_of
from kiosk_agent.central.dashboard.service import PlaceUnknownError, named
from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.oidc import service as oidc
from kiosk_agent.central.oidc.repository import logins
from kiosk_agent.central.oidc.schemas import Person
from kiosk_agent.central.pages.formats import Formats
from kiosk_agent.central.pages.rendering import PageError, language, page
from kiosk_agent.central.pages.sent import sent_fields, sent_form
from kiosk_agent.central.pages.tables import Cell, Column, Table, file_address, wanted_file
from kiosk_agent.central.pages.words import words
from kiosk_agent.central.places.schemas import Level, Place
from kiosk_agent.central.services import Given, Services
from kiosk_agent.central.staff import audit, repository, service, sessions
from kiosk_agent.central.staff.guards import Signed
from kiosk_agent.central.staff.passwords import LONGEST, SHORTEST
from kiosk_agent.central.staff.schemas import Role, Staff
from kiosk_agent.central.times import from_ms
from kiosk_agent.errors import CentralError
from kiosk_agent.text import Text

MOST_ENTRIES = 300  # of the page; a file has all
SCOPES = (Level.NATION, Level.PREFECTURE, Level.MUNICIPALITY, Level.OFFICE)


@get("/staff", opt={"needs": Role.ADMINISTRATOR})
async def people(request: Request[Any, Any, Any], services: Given, staff: Signed) -> Response[Any]:
    """Who may sign in."""
    return await asyncio.to_thread(_people, request, services, staff)


@post("/staff/add", status_code=200, opt={"needs": Role.ADMINISTRATOR})
async def add(request: Request[Any, Any, Any], services: Given, staff: Signed) -> Response[Any]:
    """A new account within the own scope."""
    fields = await sent_fields(request)
    return await asyncio.to_thread(_add, request, services, staff, fields)


@post("/staff/disable", status_code=200, opt={"needs": Role.ADMINISTRATOR})
async def disable(request: Request[Any, Any, Any], services: Given, staff: Signed) -> Response[Any]:
    """Lets nobody sign in with an account any more. Nobody locks themselves out."""
    name = (await sent_form(request)).get("name", "")
    return await asyncio.to_thread(_disable, request, services, staff, name if isinstance(name, str) else "")


@post("/staff/change", status_code=200, opt={"needs": Role.ADMINISTRATOR})
async def change(request: Request[Any, Any, Any], services: Given, staff: Signed) -> Response[Any]:
    """Another role or scope for an account; its sessions end."""
    fields = await sent_fields(request)
    return await asyncio.to_thread(_change, request, services, staff, fields)


@post("/staff/reset", status_code=200, opt={"needs": Role.ADMINISTRATOR})
async def reset(request: Request[Any, Any, Any], services: Given, staff: Signed) -> Response[Any]:
    """A new first password for an account; its sessions end."""
    fields = await sent_fields(request)
    return await asyncio.to_thread(_reset, request, services, staff, fields)


@post("/staff/link", status_code=200, opt={"needs": Role.ADMINISTRATOR})
async def link(request: Request[Any, Any, Any], services: Given, staff: Signed) -> Response[Any]:
    """Somebody comes through the provider for an account that is there; its sessions end."""
    fields = await sent_fields(request)
    return await asyncio.to_thread(_link, request, services, staff, fields)


@post("/staff/unlink", status_code=200, opt={"needs": Role.ADMINISTRATOR})
async def unlink(request: Request[Any, Any, Any], services: Given, staff: Signed) -> Response[Any]:
    """Nobody comes through the provider for an account any more; its sessions end."""
    fields = await sent_fields(request)
    return await asyncio.to_thread(_unlink, request, services, staff, fields)


@get("/staff/audit", opt={"needs": Role.ADMINISTRATOR})
async def audit_log(request: Request[Any, Any, Any], services: Given, staff: Signed) -> Response[Any]:
    """What was done."""
    return await asyncio.to_thread(_audit, request, services, staff)


PAGES = [people, add, change, reset, link, unlink, disable, audit_log]


def _visible(database: Database, staff: Staff) -> list[RowMapping]:
    """The accounts whose scope lies within one's own."""
    with database.reading() as connection:
        rows = repository.everybody(connection)
    return [row for row in rows if _sees(database, staff.scope, sessions.staff_of(row).scope)]


def _sees(database: Database, scope: Place, wanted: Place) -> bool:
    try:
        named(database, scope, wanted)
    except PlaceUnknownError:
        return False
    return True


def _people(
    request: Request[Any, Any, Any], services: Services, staff: Staff, message: str = "", status: int = 200
) -> Response[Any]:
    t = words(language(request))
    rows = _visible(services.database, staff)
    with services.database.reading() as connection:
        coming = logins(connection)
    columns = tuple(Column(t(word)) for word in ("name", "role", "scope", "login", "second_factor", "state"))
    cells = []
    for row in rows:
        one = sessions.staff_of(row)
        is_on = row["disabled_at_ms"] is None
        cells.append(
            [
                Cell(one.name, href=_form_of(one.name) if is_on and one.id != staff.id else ""),
                Cell(t(one.role.name)),
                Cell(_scope_name(services.database, one.scope, t), sub=t(one.scope.level.value)),
                _login_cell(coming.get(one.id), t),
                Cell(t("set_up" if row["totp_secret"] else "not_set_up")),
                Cell(t("active" if is_on else "disabled"), mark="good" if is_on else "care"),
            ]
        )
    table = Table("staff", t("people"), columns, cells)
    if request.method == "GET" and (file := wanted_file(request, [table])) is not None:
        return file
    others = {row["id"]: row["name"] for row in rows if row["disabled_at_ms"] is None and row["id"] != staff.id}
    return page(
        request,
        "staff.html",
        status=status,
        tables={"list": table},
        files=functools.partial(file_address, request),
        message=message,
        picked=request.query_params.get("name", ""),
        others=list(others.values()),
        coming=[name for number, name in others.items() if number in coming],
        levels=SCOPES[SCOPES.index(staff.scope.level) :],
        shortest=SHORTEST,
        provider=services.provider,
    )


def _login_cell(login: RowMapping | None, t: Callable[..., str]) -> Cell:
    if login is None:
        return Cell("")
    return Cell(login["login"], sub="" if login["subject"] else t("login_awaited"))


def _form_of(name: str) -> str:
    return f"/staff?{urlencode({'name': name})}#change"


def _scope_name(database: Database, scope: Place, t: Callable[..., str]) -> str:
    found = named(database, scope, scope)
    return found.name or t("nation")


def _add(request: Request[Any, Any, Any], services: Services, staff: Staff, fields: dict[str, str]) -> Response[Any]:
    t, database = words(language(request)), services.database
    role = {one.name: one for one in Role}.get(fields.get("role", ""))
    level, code = fields.get("level", ""), fields.get("code", "").strip()
    if role is None or level not in set(SCOPES):
        raise PageError("bad_choice")
    text = level if level == Level.NATION else f"{level}:{code}"
    try:
        with database.reading() as connection:
            wanted = service.read_scope(connection, text)
        if not _sees(database, staff.scope, wanted):  # said as of one that is not there
            raise CentralError(Text("There is no scope {scope!r}.", scope=text))
        name, now, login = fields.get("name", ""), services.clock.wall(), fields.get("login", "").strip()
        if services.provider is not None and login:
            oidc.add(database, name, role, text, login, now, staff.name)
        else:
            service.add(database, name, role, text, fields.get("password", ""), now, staff.name)
    except CentralError:
        return _people(request, services, staff, t("not_added", shortest=SHORTEST, longest=LONGEST), 400)
    return Redirect("/staff", status_code=303)


def _disable(request: Request[Any, Any, Any], services: Services, staff: Staff, name: str) -> Response[Any]:
    wanted = _other(services, staff, name)
    now, address = services.clock.wall(), address_of(request)
    try:
        service.disable(services.database, wanted, now, staff.name, within=staff.scope, address=address)
    except service.LastAdministratorError:
        return _people(request, services, staff, words(language(request))("last_administrator"), 400)
    return Redirect("/staff", status_code=303)


def _change(request: Request[Any, Any, Any], services: Services, staff: Staff, fields: dict[str, str]) -> Response[Any]:
    t, wanted = words(language(request)), _other(services, staff, fields.get("name", ""))
    named, level, code = fields.get("role", ""), fields.get("level", ""), fields.get("code", "").strip()
    role = {one.name: one for one in Role}.get(named)
    is_known = (role is not None or not named) and level in {"", *SCOPES}
    if not is_known or not (named or level) or (role is not None and role > staff.role):
        raise PageError("bad_choice")
    scope = None if not level else level if level == Level.NATION else f"{level}:{code}"
    now, address = services.clock.wall(), address_of(request)
    try:
        service.change(
            services.database, wanted, now, staff.name, role=role, scope=scope, within=staff.scope, address=address
        )
    except service.LastAdministratorError:
        return _people(request, services, staff, t("last_administrator"), 400)
    except CentralError:
        return _people(request, services, staff, t("not_changed"), 400)
    return Redirect("/staff", status_code=303)


def _reset(request: Request[Any, Any, Any], services: Services, staff: Staff, fields: dict[str, str]) -> Response[Any]:
    t, wanted = words(language(request)), _other(services, staff, fields.get("name", ""))
    try:
        service.reset(
            services.database,
            wanted,
            fields.get("password", ""),
            services.clock.wall(),
            staff.name,
            remove_code=fields.get("remove_code") == "1",
            within=staff.scope,
            address=address_of(request),
        )
    except CentralError:
        return _people(request, services, staff, t("not_usable", shortest=SHORTEST, longest=LONGEST), 400)
    return Redirect("/staff", status_code=303)


def _link(request: Request[Any, Any, Any], services: Services, staff: Staff, fields: dict[str, str]) -> Response[Any]:
    t, wanted = words(language(request)), _other(services, staff, fields.get("name", ""))
    if services.provider is None:
        raise PageError("bad_choice")
    subject = fields.get("subject", "").strip()
    try:
        oidc.await_login(
            services.database,
            wanted,
            fields.get("login", ""),
            services.clock.wall(),
            staff.name,
            person=Person(services.provider.settings.issuer, subject) if subject else None,
            no_password=fields.get("no_password") == "1",
            within=staff.scope,
            address=address_of(request),
        )
    except CentralError:
        return _people(request, services, staff, t("not_linked"), 400)
    return Redirect("/staff", status_code=303)


def _unlink(request: Request[Any, Any, Any], services: Services, staff: Staff, fields: dict[str, str]) -> Response[Any]:
    t, wanted = words(language(request)), _other(services, staff, fields.get("name", ""))
    now, address = services.clock.wall(), address_of(request)
    try:
        has_password = oidc.forget_login(
            services.database, wanted, now, staff.name, within=staff.scope, address=address
        )
    except CentralError:
        return _people(request, services, staff, t("not_unlinked"), 400)
    if not has_password:
        return _people(request, services, staff, t("unlinked_shut", name=wanted))
    return Redirect("/staff", status_code=303)


def _other(services: Services, staff: Staff, name: str) -> str:
    """The account of somebody else within one's own scope. Raises PageError: nobody locks themselves out."""
    visible = {row["name"]: row["id"] for row in _visible(services.database, staff) if row["disabled_at_ms"] is None}
    wanted = service.normal_name(name)
    if wanted not in visible or visible[wanted] == staff.id:
        raise PageError("bad_choice")
    return wanted


def _audit(request: Request[Any, Any, Any], services: Services, staff: Staff) -> Response[Any]:
    chosen = language(request)
    t = words(chosen)
    f = Formats(chosen, t)
    seen = {row["name"] for row in _visible(services.database, staff)}
    everything = staff.scope.level is Level.NATION
    with services.database.reading() as connection:
        found = [one for one in audit.entries(connection) if everything or {one.actor, one.subject} & seen]
    found.reverse()
    kept = found if "as" in request.query_params else found[:MOST_ENTRIES]
    columns = tuple(Column(t(word)) for word in ("number", "moment", "actor", "action", "subject", "detail", "address"))
    rows = [
        [
            Cell(str(one.number), (one.number,)),
            Cell(f.moment(from_ms(one.at_ms))),
            Cell(one.actor),
            Cell(t(f"action_{one.action}")),
            Cell(one.subject),
            Cell(one.detail),
            Cell(one.address),
        ]
        for one in kept
    ]
    table = Table("audit", t("audit"), columns, rows, t("audit_none"))
    if (file := wanted_file(request, [table])) is not None:
        return file
    lead = t("audit_most", most=MOST_ENTRIES) if len(kept) < len(found) else t("audit_lead")
    return page(
        request,
        "list.html",
        heading=t("audit"),
        lead=lead,
        crumbs=[(t("people"), "/staff"), (t("audit"), "")],
        tables={"list": table},
        files=functools.partial(file_address, request),
    )
