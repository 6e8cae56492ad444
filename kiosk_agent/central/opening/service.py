"""Setting opening hours, one office's or those of a list."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import NamedTuple

from sqlalchemy.engine import Connection

from kiosk_agent.central.dashboard.silence import silent_before
from kiosk_agent.central.database.engine import Database, remembered
from kiosk_agent.central.opening import repository
from kiosk_agent.central.opening.written import EXAMPLE, HoursError, read_hours, written
from kiosk_agent.central.places import repository as places
from kiosk_agent.central.places.service import FILE, rows_of
from kiosk_agent.central.staff import audit
from kiosk_agent.central.staff.schemas import Action
from kiosk_agent.errors import CentralError, InputError, Problem
from kiosk_agent.text import Text

LONGEST_SHOWN = 60  # characters of what somebody wrote
HEADS = {
    "code": ("code", "団体コード"),
    "office": ("office", "窓口"),
    "hours": ("hours", "開庁時間"),
}


class ImportedHours(NamedTuple):
    """One line of a list."""

    line: int
    municipality_code: str
    office: str
    hours: str


class HoursListError(InputError):
    """A list of opening hours cannot be used: nothing of it is taken."""


class HoursNow(NamedTuple):
    """All texts of opening hours that there are, the usual one among them: by which silence counts now, or not."""

    open: frozenset[str]
    closed: frozenset[str]


def hours_now(connection: Connection, now: datetime.datetime) -> HoursNow:
    """Which offices are open, as far as silence goes."""
    known = remembered(connection)
    if repository.own_hours not in known:
        known[repository.own_hours] = repository.own_hours(connection)
    texts = frozenset(["", *known[repository.own_hours]])
    is_open = frozenset(text for text in texts if silent_before(now, read_hours(text)) is not None)
    return HoursNow(is_open, texts - is_open)


def open_now(connection: Connection, now: datetime.datetime) -> frozenset[str]:
    """The texts by which silence counts now."""
    return hours_now(connection, now).open


def set_hours(
    database: Database,
    municipality_code: str,
    office: str,
    text: str,
    now: datetime.datetime,
    *,
    actor: str,
    address: str = "",
) -> str:
    """Set the hours of an office; an empty text: the usual ones. Returns what is kept. Raises CentralError."""
    kept = written(read_hours(text))
    with database.writing() as connection:
        _set(connection, municipality_code, office, kept)
        told = f"{municipality_code}/{office}: {kept or 'usual'}"
        audit.add(connection, now, Action.HOURS_SET, actor=actor, detail=told, address=address)
    return kept


def import_hours(database: Database, rows: list[ImportedHours], path: Path, now: datetime.datetime, actor: str) -> None:
    """Set the hours of all offices of a list, or of none. Raises HoursListError."""
    problems: list[Problem] = []
    with database.writing() as connection:
        for row in rows:
            try:
                _set(connection, row.municipality_code, row.office, row.hours)
            except CentralError:
                found = f"{row.municipality_code}/{row.office}"
                problems.append(Problem(str(path), row.line, "office", Text("an office that is known"), found))
        if problems:
            raise HoursListError(problems)
        audit.add(connection, now, Action.HOURS_SET, actor=actor, detail=f"{len(rows)} offices of a list")


def read_list(path: Path) -> list[ImportedHours]:
    """The opening hours of a CSV file in UTF-8 or Shift_JIS. Raises HoursListError with every mistake."""
    lines = rows_of(path, HoursListError)
    head = ["".join(cell.split()) for cell in next(lines, (1, []))[1]]
    columns = {name: next((head.index(one) for one in names if one in head), None) for name, names in HEADS.items()}
    if None in columns.values():
        found = ", ".join(head)[:100] or Text("an empty line")
        raise HoursListError([Problem(str(path), 1, Text("heads"), Text("the columns code, office, hours"), found)])
    rows: list[ImportedHours] = []
    problems: list[Problem] = []
    for line, cells in lines:
        code, office, hours = (
            cells[index].strip() if index is not None and index < len(cells) else "" for index in columns.values()
        )
        if not (code or office or hours):
            continue
        try:
            rows.append(ImportedHours(line, code, office, written(read_hours(hours))))
        except HoursError as error:
            told = Text("{hours!r}: {why}", hours=hours[:LONGEST_SHOWN], why=error.why)
            problems.append(
                Problem(
                    str(path),
                    line,
                    "hours",
                    Text("opening hours"),
                    told,
                    Text("Write for example: {example}", example=EXAMPLE),
                )
            )
    if problems or not rows:
        none = [Problem(str(path), None, FILE, Text("at least one office"), Text("none"))]
        raise HoursListError(problems or none)
    return rows


def _set(connection: Connection, municipality_code: str, office: str, text: str) -> None:
    number = places.office_id(connection, municipality_code, office)
    if number is None:
        raise CentralError(
            Text("There is no office {office!r} in {code}.", office=office, code=municipality_code),
            Text("It begins with codes for its desks: kiosk-central desk code --new-office, or the page of enrolment."),
        )
    repository.set_hours(connection, number, text)
