"""Having desks do something, and learning what came of it."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

import msgspec

from kiosk_agent.central.commands import repository
from kiosk_agent.central.commands.schemas import VALID_FOR_S, WORDS, GivenCommand
from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.places.schemas import NATION, Place
from kiosk_agent.central.staff import audit
from kiosk_agent.central.staff.schemas import Action
from kiosk_agent.central.times import to_ms
from kiosk_agent.errors import CentralError
from kiosk_agent.text import Text
from kiosk_agent.wire.commands import (
    LONGEST_NOTE,
    MOST_COMMANDS,
    Command,
    CommandKind,
    CommandsAnswer,
    Note,
    ReadResults,
    Result,
)

LONGEST_TEXT = 200  # of a reason or a name


class TooManyError(CentralError):
    """So many wait for a desk already that no more is given."""

    def __init__(self) -> None:
        super().__init__(
            Text("{count} commands wait for this desk already.", count=MOST_COMMANDS),
            Text("See: kiosk-central command list"),
        )


def give(
    database: Database,
    desk_id: int,
    kind: CommandKind,
    by: str,
    reason: str,
    now: datetime.datetime,
    *,
    note: str = "",
    valid_for_s: int | None = None,
    scope: Place = NATION,
    actor: str = "",
    address: str = "",
) -> int:
    """Have a desk do something; returns the command's number. Raises CentralError, also beyond ``scope``.

    The audit log tells of ``actor``, where that is not ``by``, and of the ``address`` that it came from.
    """
    wanted = (
        (by, Text("Say who, in 1 to {most} characters.", most=LONGEST_TEXT)),
        (reason, Text("Say why, in 1 to {most} characters.", most=LONGEST_TEXT)),
    )
    for text, told in wanted:
        if not text.strip() or len(text) > LONGEST_TEXT:
            raise CentralError(told, Text("It is kept with the command."))
    try:
        msgspec.convert(note, Note)
    except msgspec.ValidationError as error:
        raise CentralError(Text("The note: at most {most} characters, in one line.", most=LONGEST_NOTE)) from error
    usual_s, most_s = VALID_FOR_S[kind]
    valid_s = usual_s if valid_for_s is None else valid_for_s
    if not 0 < valid_s <= most_s:
        raise CentralError(
            Text(
                "{command} holds for at most {most} minutes, not {wanted}.",
                command=WORDS[kind],
                most=most_s // 60,
                wanted=valid_s // 60,
            )
        )
    now_ms = to_ms(now)
    with database.writing() as connection:
        desk = repository.desk_by_id(connection, desk_id, scope, lock=True)
        if desk is None:
            raise CentralError(Text("There is no desk {desk}.", desk=desk_id))
        if len(repository.waiting_for(connection, desk_id, now_ms, MOST_COMMANDS)) >= MOST_COMMANDS:
            raise TooManyError
        number = repository.add_command(
            connection,
            municipality_code=desk.municipality_code,
            desk_id=desk_id,
            kind=kind.value,
            note=note,
            made_at_ms=now_ms,
            made_by=by,
            reason=reason,
            expires_at_ms=now_ms + valid_s * 1000,
        )
        detail = f"{WORDS[kind]} desk:{desk_id} {number}"
        audit.add(connection, now, Action.COMMAND_GIVEN, actor=actor or by, detail=detail, address=address)
        return number


def exchange(database: Database, token_hash: str, read: ReadResults, now: datetime.datetime) -> CommandsAnswer | None:
    """Take a desk's results, durably, and say what it has still to do; None where the token is no desk's.

    A result whose command is unknown, another desk's or settled already need not be sent again either.
    """
    now_ms = to_ms(now)
    with database.reading() as connection:
        desk = repository.find_desk(connection, token_hash)
        if desk is None:
            return None
        if (
            not read.results
            and not read.refused
            and not repository.desks_waited_for(connection, [desk.desk_id], now_ms)
        ):
            return CommandsAnswer([], [])
    with database.writing() as connection:
        for one in read.results:
            diagnostics = None if one.diagnostics is None else msgspec.json.encode(one.diagnostics).decode()
            values = {"settled_at_ms": now_ms, "result": one.result.value, "diagnostics": diagnostics}
            repository.settle(connection, desk.desk_id, one.id, **values)
        for number in read.refused:  # what cannot be read now cannot be read the next time
            repository.settle(connection, desk.desk_id, number, settled_at_ms=now_ms, result=Result.FAILED.value)
        commands = _to_do(repository.waiting_for(connection, desk.desk_id, now_ms, MOST_COMMANDS), now_ms)
        repository.note_fetched(connection, [one.id for one in commands], now_ms)
    return CommandsAnswer([*(one.id for one in read.results), *read.refused], commands)


def _to_do(given: Sequence[GivenCommand], now_ms: int) -> list[Command]:
    return [Command(one.id, CommandKind(one.kind), (one.expires_at_ms - now_ms) / 1000, one.note) for one in given]


def history(
    database: Database, desk_id: int, most: int | None = None, *, scope: Place = NATION
) -> Sequence[GivenCommand]:
    """The desk's commands, at most so many, the newest first. Raises CentralError, also beyond ``scope``."""
    with database.reading() as connection:
        if repository.desk_by_id(connection, desk_id, scope) is None:
            raise CentralError(Text("There is no desk {desk}.", desk=desk_id))
        return repository.commands_of(connection, desk_id, most)


def diagnosis(database: Database, desk_id: int, *, scope: Place) -> GivenCommand | None:
    """The command to which the desk last said how it is; None also beyond ``scope``."""
    with database.reading() as connection:
        if repository.desk_by_id(connection, desk_id, scope) is None:
            return None
        return repository.newest_diagnosis(connection, desk_id)


def standing(command: GivenCommand, now: datetime.datetime) -> str:
    """How a command stands: its result, or ``waiting``, ``fetched`` (nothing was heard since), ``expired``."""
    if command.result is not None:
        return command.result
    if command.fetched_at_ms is not None:
        return "fetched"
    return "expired" if command.expires_at_ms <= to_ms(now) else "waiting"
