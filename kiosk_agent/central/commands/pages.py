"""``/places/desk/NUMBER/commands``: having a desk do something; and what the desk's page shows of it."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Sequence
from typing import Any

from litestar import Request, Response, post
from litestar.params import FromPath
from litestar.response import Redirect

from kiosk_agent.central.addresses import address_of
from kiosk_agent.central.commands import service
from kiosk_agent.central.commands.diagnosis import diagnosis_table
from kiosk_agent.central.commands.schemas import MINUTE_S, VALID_FOR_S, GivenCommand
from kiosk_agent.central.commands.service import LONGEST_TEXT, TooManyError
from kiosk_agent.central.dashboard import service as dashboard
from kiosk_agent.central.dashboard.asked import address, read_place
from kiosk_agent.central.dashboard.schemas import NamedPlace
from kiosk_agent.central.pages.formats import Formats, Words
from kiosk_agent.central.pages.rendering import PageError, language, page
from kiosk_agent.central.pages.sent import sent_fields
from kiosk_agent.central.pages.tables import Cell, Column, Table
from kiosk_agent.central.pages.words import words
from kiosk_agent.central.places.schemas import Level, Place
from kiosk_agent.central.services import Given, Services
from kiosk_agent.central.staff.guards import Signed
from kiosk_agent.central.staff.schemas import Role, Staff
from kiosk_agent.central.times import from_ms
from kiosk_agent.errors import CentralError
from kiosk_agent.locale import operators
from kiosk_agent.wire.commands import LONGEST_NOTE, MOST_COMMANDS, CommandKind, Result

MOST_SHOWN = 10  # of the page; a file has all
SURE = "yes"
MARKS = {
    "waiting": "plain",
    "fetched": "care",
    "expired": "care",
    Result.DONE: "good",
    Result.NOTHING_TO_DO: "plain",
    Result.FAILED: "bad",
    Result.INTERRUPTED: "bad",
    Result.REFUSED: "bad",
}


@post("/places/{level:str}/{key:str}/commands", status_code=200, opt={"needs": Role.MANAGER})
async def give_command(
    request: Request[Any, Any, Any], services: Given, staff: Signed, level: FromPath[str], key: FromPath[str]
) -> Response[Any]:
    """Have one desk do something."""
    desk = read_place(level, key)
    if desk.level is not Level.DESK:
        raise PageError("not_there", 404)
    fields = await sent_fields(request)
    return await asyncio.to_thread(_give, request, services, staff, desk, fields)


PAGES = [give_command]


def commands_table(services: Services, scope: Place, desk: Place, chosen: str, *, whole: bool) -> Table:
    """What the desk was to do, the newest first; ``whole``: all of it."""
    t, now = words(chosen), services.clock.wall()
    f = Formats(chosen, t)
    most = None if whole else MOST_SHOWN + 1
    found = service.history(services.database, int(desk.key), most, scope=scope)
    kept = found if whole else found[:MOST_SHOWN]
    columns = (
        Column(t("command_given_at"), is_whole=True, exported=(t("number"), t("command_given_at"))),
        Column(t("command_what"), is_name=True, exported=(t("command_what"), t("command_note_head"))),
        Column(t("command_by"), is_name=True),
        Column(t("command_why"), is_name=True),
        Column(
            t("command_stands"),
            exported=tuple(t(f"command_{word}") for word in ("stands", "holds_until", "fetched_at", "settled_at")),
        ),
    )
    rows = [_row(one, service.standing(one, now), t, f) for one in kept]
    cut = f"{t('commands_most', most=MOST_SHOWN)} " if len(kept) < len(found) else ""
    return Table("commands", t("commands"), columns, rows, t("commands_none"), cut + t("commands_note"))


def diagnosis_of(services: Services, scope: Place, desk: Place, chosen: str) -> Table | None:
    """What the desk last said of itself when it was asked; None where it never was."""
    found, t = service.diagnosis(services.database, int(desk.key), scope=scope), words(chosen)
    return None if found is None else diagnosis_table(found, t, Formats(chosen, t))


def _row(one: GivenCommand, standing: str, t: Words, f: Formats) -> list[Cell]:
    given_at, until = f.moment(from_ms(one.made_at_ms)), f.moment(from_ms(one.expires_at_ms))
    fetched, settled = ("" if at is None else f.moment(from_ms(at)) for at in (one.fetched_at_ms, one.settled_at_ms))
    what, stands = t(f"command_{one.kind}"), t(f"stands_{standing}")
    since = t("valid_until", moment=until) if standing == "waiting" else settled or fetched or until
    return [
        Cell(given_at, (one.id, given_at)),
        Cell(what, (what, one.note), one.note),
        Cell(one.made_by),
        Cell(one.reason),
        Cell(stands, (stands, until, fetched, settled), since, mark=MARKS[standing]),
    ]


def command_form(named: NamedPlace, t: Words, typed: dict[str, str] | None = None) -> dict[str, Any]:
    """What the form of a desk is filled with."""
    desk = named.name or t("desk_number", number=named.place.key)
    around = [name for _, name in named.above if name]
    minutes = VALID_FOR_S[CommandKind.END_VISIT][0] // MINUTE_S
    return {
        "action": f"{address(named.place)}/commands",
        "kinds": [
            (kind.value, t(f"command_{kind.value}"), t(f"command_about_{kind.value}", minutes=minutes))
            for kind in CommandKind
        ],
        "warned": CommandKind.END_VISIT.value,
        "sure": t("command_sure", place=" ".join([*around, desk]), number=named.place.key),
        "yes": SURE,
        "typed": typed or {},
        "longest": LONGEST_TEXT,
        "longest_note": LONGEST_NOTE,
    }


def _give(
    request: Request[Any, Any, Any], services: Services, staff: Staff, desk: Place, fields: dict[str, str]
) -> Response[Any]:
    t, chosen = words(language(request)), fields.get("what", "")
    named = dashboard.named(services.database, staff.scope, desk)  # raises where it is not within the scope
    if chosen and chosen not in set(CommandKind):
        raise PageError("bad_choice")
    reason, note = (" ".join(fields.get(name, "").split()) for name in ("reason", "note"))
    wanting = _wanting(chosen, reason, fields.get("sure", ""), t)
    if not wanting:
        kind = CommandKind(chosen)
        try:
            service.give(
                services.database,
                int(desk.key),
                kind,
                staff.name,
                reason,
                services.clock.wall(),
                note=note if kind is CommandKind.CLOSE_DESK else "",
                scope=staff.scope,
                address=address_of(request),
            )
        except TooManyError:
            wanting = [t("command_too_many", most=MOST_COMMANDS)]
        except CentralError as error:
            wanting = [error.shown(operators(language(request)))]
        else:
            return Redirect(f"{address(desk)}#commands", status_code=303)
    return page(
        request,
        "commands_refused.html",
        status=400,
        place_name=named.name or t("desk_number", number=desk.key),
        desk_address=address(desk),
        message=t(
            "command_refused",
            why=functools.reduce(lambda first, then: t("command_also", first=first, then=then), wanting),
        ),
        command=command_form(named, t, fields),
    )


def _wanting(chosen: str, reason: str, sure: str, t: Words) -> Sequence[str]:
    """What the form lacks, in words."""
    is_wanting = {
        t("command_choose"): not chosen,
        t("command_say_why", most=LONGEST_TEXT): not 0 < len(reason) <= LONGEST_TEXT,
        t("command_be_sure"): sure != SURE,
    }
    return [told for told, lacks in is_wanting.items() if lacks]
