"""``/policy``: what is in force at a place, what was set there, and setting it."""

from __future__ import annotations

import asyncio
import functools
import re
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from sqlalchemy.engine import Connection

from kiosk_agent.central.addresses import address_of
from kiosk_agent.central.dashboard import service as dashboard
from kiosk_agent.central.dashboard.asked import WHOLE, read_place
from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.pages.formats import NOTHING, Formats
from kiosk_agent.central.pages.rendering import PageError, language, page
from kiosk_agent.central.pages.sent import sent_fields
from kiosk_agent.central.pages.tables import Cell, Column, Table, file_address, wanted_file
from kiosk_agent.central.pages.words import TEXTS, words
from kiosk_agent.central.places.repository import municipality_of_office
from kiosk_agent.central.places.schemas import NATION, Level, Place
from kiosk_agent.central.policy import repository, service
from kiosk_agent.central.policy.schemas import Version
from kiosk_agent.central.policy.service import ALL, LONGEST_TEXT, in_force, version_for
from kiosk_agent.central.services import Given, Services
from kiosk_agent.central.staff.guards import Signed
from kiosk_agent.central.staff.schemas import Role, Staff
from kiosk_agent.central.times import from_ms
from kiosk_agent.errors import CentralError
from kiosk_agent.locale import operators
from kiosk_agent.text import Text
from kiosk_agent.wire.policy import Mark, Preset, Settings, SettingsError, SilentDesk, read_settings

NUMBERS = (
    "idle_limit_s",
    "warning_s",
    "max_visit_s",
    "max_extensions",
    "gap_s",
    "challenge_s",
    "card_absent_grace_s",
    "card_wait_s",
)
WHOLE_NUMBERS = ("max_extensions", "share")
LONGEST_SHOWN = 20  # characters of what somebody typed
SWITCHES = ("report_visits", "report_incidents")
CHOICES: dict[str, tuple[str, ...]] = {
    "preset": tuple(Preset),
    "mark": tuple(Mark),
    "silent_desk": tuple(SilentDesk),
    **dict.fromkeys(SWITCHES, ("true", "false")),
}


@get("/policy", opt={"needs": Role.VIEWER})
async def policy_page(request: Request[Any, Any, Any], services: Given, staff: Signed) -> Response[Any]:
    """What is set at a place and above it, and the history of the place."""
    given = request.query_params
    place = read_place(given["level"], given.get("key", "")) if "level" in given else staff.scope
    return await asyncio.to_thread(_page, request, services, staff, place)


@post("/policy", status_code=200, opt={"needs": Role.MANAGER})
async def change_policy(request: Request[Any, Any, Any], services: Given, staff: Signed) -> Response[Any]:
    """Look what a change would do, make it, widen a trial, or roll back."""
    fields = await sent_fields(request)
    place = read_place(fields.get("level", ""), fields.get("key", ""))
    return await asyncio.to_thread(_change, request, services, staff, place, fields)


PAGES = [policy_page, change_policy]


def _change(
    request: Request[Any, Any, Any], services: Services, staff: Staff, place: Place, fields: dict[str, str]
) -> Response[Any]:
    database, now, t = services.database, services.clock.wall(), words(language(request))
    dashboard.named(database, staff.scope, place)  # raises where it is not within the scope
    reason, what, address = fields.get("reason", "").strip(), fields.get("do", ""), address_of(request)
    try:
        share = int(_number("share", fields.get("share", "")))
        match what:
            case "preview":
                done = service.preview(database, place, _settings(database, place, fields))
                told = t("policy_preview", changed=len(done.changed), desks=done.desks)
                return _page(request, services, staff, place, notice=told, typed=fields)
            case "set":
                settings = _settings(database, place, fields)
                number, done = service.change(
                    database, place, settings, staff.name, reason, now, share, address=address
                )
            case "widen":
                number, done = service.widen(database, place, share, staff.name, reason, now, address=address)
            case "roll_back":
                number, done = service.roll_back(database, place, staff.name, reason, now, address=address)
            case _:
                raise PageError("bad_choice")
    except (CentralError, SettingsError) as error:
        message = t("policy_refused", why=_as_the_form_says(error.shown(operators(language(request))), t))
        return _page(request, services, staff, place, message=message, typed=fields, status=400)
    told = t("policy_done", number=number, changed=len(done.changed), desks=done.desks)
    return _page(request, services, staff, place, notice=told)


def _as_the_form_says(told: str, t: Callable[..., str]) -> str:
    """A refusal with the fields' own names: who fills in a form has not seen those of the file."""
    for name in (*NUMBERS, *CHOICES):
        told = re.sub(rf"(?<![a-z_]){name}(?![a-z_])", t("quoted", text=t(f"setting_{name}")), told)
    return told


def _settings(database: Database, place: Place, fields: dict[str, str]) -> Settings:
    """What the form says, and what it does not ask for as it stands. Raises SettingsError."""
    values: dict[str, Any] = {}
    with database.reading() as connection:
        newest = repository.versions_at(connection, [place])[place][:1]
    for version in newest:
        asked = {*NUMBERS, *CHOICES}  # all else is set by the command line
        values |= {name: value for name, value in set_of(version.settings).items() if name not in asked}
    for name in (*NUMBERS, *CHOICES):
        text = fields.get(name, "").strip()
        if text:
            values[name] = _read(name, text)
    return read_settings(values)


def _read(name: str, text: str) -> object:
    """Raises SettingsError."""
    if name in SWITCHES:
        if text not in CHOICES[name]:
            what = Text("{value} cannot be chosen", value=repr(text[:LONGEST_SHOWN]))
            raise SettingsError(Text("{key}: {what}", key=name, what=what))
        return text == "true"
    return text if name in CHOICES else _number(name, text)


def _number(name: str, text: str) -> float:
    """Raises SettingsError."""
    try:
        return int(text) if name in WHOLE_NUMBERS else float(text)
    except ValueError as error:
        what = Text("{value} is no number", value=repr(text[:LONGEST_SHOWN]))
        raise SettingsError(Text("{key}: {what}", key=name, what=what)) from error


def _page(
    request: Request[Any, Any, Any],
    services: Services,
    staff: Staff,
    place: Place,
    *,
    notice: str = "",
    message: str = "",
    typed: dict[str, str] | None = None,
    status: int = 200,
) -> Response[Any]:
    database, chosen = services.database, language(request)
    t = words(chosen)
    named = dashboard.named(database, staff.scope, place)
    with database.reading() as connection:
        around = _places_above(connection, place)
        versions = repository.versions_at(connection, around)
    history = versions[place]
    tables = {
        "above": _above_table(around, versions, t),
        "history": _history_table(history, t, Formats(chosen, t)),
    }
    if request.method == "GET" and (file := wanted_file(request, list(tables.values()))) is not None:
        return file
    now = {name: typed_of(value) for name, value in set_of(history[0].settings).items()} if history else {}
    called = t("nation") if place.level is Level.NATION else named.name or t("desk_number", number=place.key)
    return page(
        request,
        "policy.html",
        status=status,
        place=place,
        key=place.key or WHOLE,
        place_name=called,
        tables=tables,
        files=functools.partial(file_address, request),
        notice=notice,
        message=message,
        typed=now if typed is None else typed,
        numbers=NUMBERS,
        choices=CHOICES,
        trial=history[0].share if history and history[0].share < ALL else None,
        has_history=bool(history),
        longest=LONGEST_TEXT,
    )


def _places_above(connection: Connection, place: Place) -> list[Place]:
    """The place and those around it, from the nation down."""
    if place.level is Level.NATION:
        return [place]
    if place.level is Level.PREFECTURE:
        return [NATION, place]
    if place.level is Level.DESK:
        return list(repository.desks_beneath(connection, place)[0].places)
    is_office = place.level is Level.OFFICE
    code = municipality_of_office(connection, int(place.key)) if is_office else place.key
    above = [NATION, Place(Level.PREFECTURE, code[:2]), Place(Level.MUNICIPALITY, code)]
    return [*above, place] if is_office else above


def _above_table(around: Sequence[Place], versions: dict[Place, list[Version]], t: Callable[..., str]) -> Table:
    """What is set here and above; the narrower goes before."""
    told: dict[str, tuple[object, Version]] = {}
    for place in around:
        for version in versions[place][:1]:
            told |= {name: (value, version) for name, value in set_of(version.settings).items()}
    rows = [
        [
            Cell(t(f"setting_{name}"), sub=name),
            Cell(shown(value, t)),
            Cell(t(version.place.level.value)),
            Cell(f"{version.share} %", (version.share,)),
        ]
        for name, (value, version) in sorted(told.items())
    ]
    columns = (Column(t("setting")), Column(t("value")), Column(t("set_at")), _share_column(t))
    return Table("above", t("policy_in_force"), columns, rows, t("policy_none"))


def _share_column(t: Callable[..., str]) -> Column:
    return Column(t("policy_share"), exported=(t("with_unit", head=t("policy_share"), unit="%"),))


def _history_table(history: Sequence[Version], t: Callable[..., str], f: Formats) -> Table:
    before = (Column(t(word)) for word in ("number", "moment", "actor", "reason"))
    columns = (*before, _share_column(t), Column(t("policy_set")))
    rows = [
        [
            Cell(str(one.id), (one.id,)),
            Cell(f.moment(from_ms(one.made_at_ms))),
            Cell(one.made_by),
            Cell(one.reason, sub="" if one.restores is None else t("policy_restores", number=one.restores)),
            Cell(f"{one.share} %", (one.share,)),
            Cell(
                "; ".join(f"{t(f'setting_{name}')}: {shown(value, t)}" for name, value in set_of(one.settings).items())
                or "–"
            ),
        ]
        for one in history
    ]
    return Table("history", t("policy_history"), columns, rows, t("policy_history_none"))


def in_force_table(database: Database, desk: Place, t: Callable[..., str]) -> Table:
    """What central sets for a desk, and at which level each setting is made."""
    with database.reading() as connection:
        at = repository.desks_beneath(connection, desk)[0]
        versions = repository.versions_at(connection, at.places)
    told: dict[str, tuple[object, Place]] = {}
    for place in at.places:
        version = version_for(at.desk_id, in_force(versions[place]))
        if version is not None:
            told |= {name: (value, place) for name, value in set_of(version.settings).items()}
    rows = [
        [Cell(t(f"setting_{name}"), sub=name), Cell(shown(value, t)), Cell(t(place.level.value))]
        for name, (value, place) in sorted(told.items())
    ]
    columns = (Column(t("setting")), Column(t("value")), Column(t("set_at")))
    return Table("policy", t("policy_in_force"), columns, rows, t("policy_none"))


def set_of(settings: Settings) -> dict[str, object]:
    """What is set, by its name."""
    found: dict[str, object] = msgspec.to_builtins(settings)
    return found


def shown(value: object, t: Callable[..., str]) -> str:
    """A setting's value in words."""
    if isinstance(value, dict):
        parts = [f"{_named('signal', name, t)}: {_named('value', one, t)}" for name, one in value.items()]
        return "; ".join(parts) or NOTHING
    if isinstance(value, (list, tuple)):
        return t("list_comma").join(_named("sense", one, t) for one in value) or NOTHING
    if isinstance(value, bool):
        return t("value_true" if value else "value_false")
    return _named("value", value, t) if isinstance(value, str) else f"{value:g}"


def _named(what: str, code: str, t: Callable[..., str]) -> str:
    """The words of a code; what a newer agent has besides stays as it is."""
    key = f"{what}_{code}"
    return t(key) if key in TEXTS else code


def typed_of(value: object) -> str:
    """A setting's value as the form has it."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)
