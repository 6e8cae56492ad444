"""Version 1 of what central's staff have a desk do, and of what the desk says came of it.

One request carries both directions: the results that central does not have yet, and in the answer the commands that
are still to be carried out. A command that is wrong, or that this agent does not know, is refused alone. How long a
command holds is said as seconds from now, so that a wrong clock at the desk changes nothing.
"""

from __future__ import annotations

import enum
from typing import Annotated

import msgspec
from msgspec import Meta

from kiosk_agent.wire.counters import END
from kiosk_agent.wire.v1 import HealthItem, Number, Severity, Version

MOST_COMMANDS = 20  # waiting for one desk
MOST_RESULTS = 50
MOST_LINES = 100
LONGEST_NOTE = 200
LONGEST_VALIDITY_S = 30 * 86_400
LARGEST_RESULTS_BYTES = 200_000
LARGEST_COMMANDS_BYTES = 50_000
CommandId = Annotated[int, Meta(ge=1, le=2**53 - 1)]
Kind = Annotated[str, Meta(pattern=rf"^[a-z][a-z_]*{END}", max_length=40)]
Word = Annotated[str, Meta(pattern=rf"^[A-Za-z0-9][A-Za-z0-9_.+ -]*{END}", max_length=64)]
# what the desk shows its support worker; no control characters
Note = Annotated[str, Meta(pattern=rf"^[^\x00-\x1f\x7f]*{END}", max_length=LONGEST_NOTE)]


class CommandKind(enum.StrEnum):
    """What a desk can be made to do."""

    END_VISIT = "end_visit"
    CLOSE_DESK = "close_desk"
    OPEN_DESK = "open_desk"
    SEND_DIAGNOSTICS = "send_diagnostics"


class Result(enum.StrEnum):
    """What came of a command."""

    DONE = "done"
    NOTHING_TO_DO = "nothing_to_do"  # no visit ran, or the desk was closed (open) already
    EXPIRED = "expired"  # it came too late, and was not carried out
    FAILED = "failed"
    INTERRUPTED = "interrupted"  # the agent ended while it was under way; it is not tried again
    REFUSED = "refused"  # this agent does not know it, or it breaks a bound


class Command(msgspec.Struct, frozen=True):
    """One command. ``note``: shown at a desk that is closed; never to a resident."""

    id: CommandId
    kind: CommandKind
    valid_for_s: Annotated[float, Meta(ge=0, le=LONGEST_VALIDITY_S)]
    note: Note = ""


class DoctorLine(msgspec.Struct, frozen=True):
    """One line of ``kiosk-agent doctor``: what was looked at, and how it is. Its texts stay at the desk."""

    code: Word
    severity: Severity


class SenseLine(msgspec.Struct, frozen=True):
    """A sense and whether it works."""

    name: Kind
    state: Kind


class Diagnostics(msgspec.Struct, frozen=True):
    """How a desk is. No texts: nothing of a resident, of a person or of a file can stand in it."""

    agent_version: Version
    system: Word
    python: Version
    state: Word  # of the session
    health: Annotated[list[HealthItem], Meta(max_length=MOST_LINES)]
    senses: Annotated[list[SenseLine], Meta(max_length=MOST_LINES)]
    doctor: Annotated[list[DoctorLine], Meta(max_length=MOST_LINES)]
    entries: Number  # of the ledger
    waiting_days: Number
    policy_revision: Number


class CommandResult(msgspec.Struct, frozen=True):
    """What came of one command."""

    id: CommandId
    result: Result
    diagnostics: Diagnostics | None = None


class CommandsRequest(msgspec.Struct, frozen=True):
    """What came of commands, since central last said that it had it. Sent again it changes nothing."""

    results: Annotated[list[CommandResult], Meta(max_length=MOST_RESULTS)] = []


class CommandsAnswer(msgspec.Struct, frozen=True):
    """``settled``: results that need not be sent again; ``commands``: what is to be carried out, in this order."""

    settled: Annotated[list[CommandId], Meta(max_length=MOST_RESULTS)]
    commands: Annotated[list[Command], Meta(max_length=MOST_COMMANDS)]


class ReadCommands(msgspec.Struct, frozen=True):
    """An answer with what is good in it. ``refused``: the numbers of commands that were not, and why."""

    settled: list[int]
    commands: list[Command]
    refused: dict[int, str]


class ReadResults(msgspec.Struct, frozen=True):
    """A request with what is good in it. ``refused``: numbers of results that were not, where they have one."""

    results: list[CommandResult]
    refused: list[int]


class _LooseAnswer(msgspec.Struct, frozen=True):
    settled: Annotated[list[CommandId], Meta(max_length=MOST_RESULTS)]
    commands: Annotated[list[msgspec.Raw], Meta(max_length=MOST_COMMANDS)]


class _LooseRequest(msgspec.Struct, frozen=True):
    results: Annotated[list[msgspec.Raw], Meta(max_length=MOST_RESULTS)] = []


class _Numbered(msgspec.Struct, frozen=True):
    id: CommandId


_answer = msgspec.json.Decoder(_LooseAnswer)
_request = msgspec.json.Decoder(_LooseRequest)
_command = msgspec.json.Decoder(Command)
_result = msgspec.json.Decoder(CommandResult)
_numbered = msgspec.json.Decoder(_Numbered)


def read_commands(body: bytes) -> ReadCommands:
    """Read central's answer item by item. A command that has no number cannot be refused, and is left out.

    Raises msgspec.DecodeError where it is no such answer at all, and RecursionError where it is nested too deeply.
    """
    loose = _answer.decode(body)
    commands: list[Command] = []
    refused: dict[int, str] = {}
    for raw in loose.commands:
        try:
            commands.append(_command.decode(raw))
        except msgspec.DecodeError as error:
            if (number := _number_of(raw)) is not None:
                refused[number] = str(error)
    return ReadCommands(loose.settled, commands, refused)


def read_results(body: bytes) -> ReadResults:
    """Read a desk's results item by item. Raises as :func:`read_commands` does."""
    loose = _request.decode(body)
    results: list[CommandResult] = []
    refused: list[int] = []
    for raw in loose.results:
        try:
            results.append(_result.decode(raw))
        except msgspec.DecodeError:
            if (number := _number_of(raw)) is not None:
                refused.append(number)
    return ReadResults(results, refused)


def _number_of(raw: msgspec.Raw) -> int | None:
    try:
        return _numbered.decode(raw).id
    except msgspec.DecodeError:
        return None
