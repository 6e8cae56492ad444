"""Telling support workers something, and learning where it was read."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import msgspec
from sqlalchemy.engine import RowMapping

from kiosk_agent import reasons
from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.notices import repository
from kiosk_agent.central.places.schemas import Level, Place
from kiosk_agent.central.policy.repository import desks_beneath, find_desk, place_is_there
from kiosk_agent.central.staff import audit
from kiosk_agent.central.staff.schemas import Action
from kiosk_agent.central.times import from_ms, to_ms
from kiosk_agent.errors import CentralError
from kiosk_agent.text import Text
from kiosk_agent.wire.notices import LONGEST_SHOWN_S, MOST_NOTICES, Notice, NoticesAnswer, NoticesRequest

LONGEST_BY = 200


@dataclass(frozen=True)
class Wanted:
    """What is to be told. Where there is no English, the Japanese is shown."""

    title_ja: str
    body_ja: str
    since: datetime.datetime
    until: datetime.datetime
    title_en: str = ""
    body_en: str = ""
    ask_read: bool = False


@dataclass(frozen=True)
class Standing:
    """A notice as central's staff see it. ``reads`` of ``desks``: where it was read, of those beneath its place."""

    id: int
    place: Place
    title_ja: str
    since: datetime.datetime
    until: datetime.datetime
    made_by: str
    ask_read: bool
    reads: int
    desks: int
    withdrawn_by: str | None


def add(database: Database, place: Place, wanted: Wanted, by: str, now: datetime.datetime, *, actor: str = "") -> int:
    """Tell it at all desks of a place; returns the notice's number. Raises CentralError.

    The audit log tells of ``actor``, where that is not ``by``.
    """
    _check_by(by)
    title_en, body_en = wanted.title_en or wanted.title_ja, wanted.body_en or wanted.body_ja
    texts = {"title_ja": wanted.title_ja, "title_en": title_en, "body_ja": wanted.body_ja, "body_en": body_en}
    try:
        msgspec.convert({"id": 1, "shown_for_s": 0, **texts}, Notice)
    except msgspec.ValidationError as error:
        raise CentralError(
            Text("{problem}.", problem=reasons.of_validation(error)), Text("Nothing was added.")
        ) from error
    length_s = (wanted.until - wanted.since).total_seconds()
    if not 0 < length_s <= LONGEST_SHOWN_S or wanted.until <= now:
        raise CentralError(
            Text("A notice ends after it begins, in the future, and within a year."), Text("Nothing was added.")
        )
    with database.writing() as connection:
        if not place_is_there(connection, place):
            told = f"{place.level}:{place.key}".rstrip(":")
            raise CentralError(Text("There is no place {place}.", place=told), Text("See: kiosk-central policy --help"))
        number = repository.add_notice(
            connection,
            place,
            **texts,
            ask_read=int(wanted.ask_read),
            from_at_ms=to_ms(wanted.since),
            until_at_ms=to_ms(wanted.until),
            made_at_ms=to_ms(now),
            made_by=by,
        )
        where = f"{place.level}:{place.key}".rstrip(":")
        audit.add(connection, now, Action.NOTICE_ADDED, actor=actor or by, detail=f"{where} {number}")
        return number


def withdraw(database: Database, notice_id: int, by: str, now: datetime.datetime, *, actor: str = "") -> None:
    """Show it no more. Raises CentralError."""
    _check_by(by)
    with database.writing() as connection:
        if not repository.withdraw(connection, notice_id, by, to_ms(now)):
            raise CentralError(Text("There is no notice {number} that could be withdrawn.", number=notice_id))
        audit.add(connection, now, Action.NOTICE_WITHDRAWN, actor=actor or by, detail=str(notice_id))


def standing(database: Database, most: int) -> list[Standing]:
    """The notices, the newest first."""
    with database.reading() as connection:
        beneath: dict[Place, int] = {}
        found = []
        for row in repository.newest(connection, most):
            place = Place(Level(row["level"]), row["place"])
            if place not in beneath:
                beneath[place] = len(desks_beneath(connection, place))
            found.append(
                Standing(
                    id=row["id"],
                    place=place,
                    title_ja=row["title_ja"],
                    since=from_ms(row["from_at_ms"]),
                    until=from_ms(row["until_at_ms"]),
                    made_by=row["made_by"],
                    ask_read=bool(row["ask_read"]),
                    reads=row["reads"],
                    desks=beneath[place],
                    withdrawn_by=row["withdrawn_by"],
                )
            )
        return found


def exchange(
    database: Database, token_hash: str, request: NoticesRequest, now: datetime.datetime
) -> NoticesAnswer | None:
    """Note what was read at a desk, durably, and say what is to be shown there; None where the token is no desk's."""
    now_ms = to_ms(now)
    with database.reading() as connection:
        desk = find_desk(connection, token_hash)
    if desk is None:
        return None
    if request.read:
        with database.writing() as connection:
            repository.note_read(connection, desk.municipality_code, desk.desk_id, request.read, now_ms)
    with database.reading() as connection:
        rows = repository.current(connection, desk.places, now_ms, MOST_NOTICES)
        read = repository.read_by(connection, desk.municipality_code, desk.desk_id, [row["id"] for row in rows])
    return NoticesAnswer(request.read, [_shown(row, now_ms) for row in rows if row["id"] not in read])


def _shown(row: RowMapping, now_ms: int) -> Notice:
    return Notice(
        id=row["id"],
        title_ja=row["title_ja"],
        title_en=row["title_en"],
        body_ja=row["body_ja"],
        body_en=row["body_en"],
        shown_for_s=(row["until_at_ms"] - now_ms) / 1000,
        ask_read=bool(row["ask_read"]),
    )


def _check_by(by: str) -> None:
    if not by.strip() or len(by) > LONGEST_BY:
        raise CentralError(
            Text("Say who, in 1 to {most} characters.", most=LONGEST_BY), Text("It is kept with the notice.")
        )
