"""What central's staff have this desk do: fetched, carried out once, and what came of it told.

**At most once.** That a command is begun is on the disk before it is carried out. Where its result does not reach
central, central gives it again, and gets the result again. What the agent died in the middle of is not tried again.

**Not too late.** How long a command holds is counted from before it was asked for, on a clock that counts suspend: one
whose answer was long on the way, or that a sleeping PC found when it woke, is not carried out.
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec

from kiosk_agent.clock import Clock
from kiosk_agent.report.keystore.file import write_durably
from kiosk_agent.session.entries import CentralCommand
from kiosk_agent.session.vocabulary import CentralAsks
from kiosk_agent.session.vocabulary import CommandResult as Told
from kiosk_agent.wire.commands import (
    MOST_RESULTS,
    Command,
    CommandKind,
    CommandResult,
    CommandsRequest,
    Diagnostics,
    ReadCommands,
    Result,
)

if TYPE_CHECKING:
    # what was kept is read at every desk; seven megabytes of an HTTP client only where there is a central
    from kiosk_agent.report.client import Client

log = logging.getLogger(__name__)

FILE_NAME = "central-commands.json"
MOST_ROUNDS = 3  # in a row: commands, their results, and what came meanwhile


class Closed(msgspec.Struct, frozen=True):
    """The desk is closed by central. ``note``: what its staff want shown."""

    note: str = ""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What must not be forgotten when the agent ends. Of one enrolment: another one begins with nothing."""

    url: str
    desk_id: int
    closed: Closed | None = None
    begun: tuple[int, ...] = ()  # under way: no result yet
    results: tuple[CommandResult, ...] = ()  # that central has not settled yet


class DeskInHand(Protocol):
    """The desk, as commands reach it."""

    def end_visit(self) -> bool:
        """End the visit in the ordinary way; returns whether one ran."""
        ...

    def close(self, note: str) -> None:
        """Let no further visit begin; one that runs is ended in the ordinary way first."""
        ...

    def open(self) -> None:
        """Let visits begin again."""
        ...

    async def diagnostics(self) -> Diagnostics:
        """How the desk is."""
        ...

    def record(self, entry: CentralCommand) -> None:
        """Put it into the ledger."""
        ...


def read_kept(data_dir: Path, url: str, desk_id: int | None = None) -> Kept | None:
    """What was kept of this central's commands (``desk_id``: for this desk); None where there is nothing."""
    path = data_dir / FILE_NAME
    try:
        kept = msgspec.json.decode(path.read_bytes(), type=Kept)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        log.warning("%s cannot be read, so that nothing is known of earlier commands: %s", path, error)
        return None
    return kept if kept.url == url and desk_id in (None, kept.desk_id) else None


class Commands:
    """One desk's."""

    def __init__(self, data_dir: Path, url: str, clock: Clock, desk: DeskInHand) -> None:
        self._data_dir, self._url, self._clock, self._desk = data_dir, url, clock, desk
        self._kept: Kept | None = None

    @property
    def has_results(self) -> bool:
        """Whether central does not know yet what came of something, or whether that is not known here."""
        return self._kept is None or bool(self._kept.results)

    async def exchange(self, client: Client, token: str, desk_id: int) -> None:
        """Tell what came of commands, carry out what is given, and tell that. Where central fails, all is kept."""
        await self._load(desk_id)
        for _ in range(MOST_ROUNDS):
            if not await self._round(client, token):
                return

    async def _load(self, desk_id: int) -> None:
        if self._kept is not None and self._kept.desk_id == desk_id:
            return
        found = await asyncio.to_thread(read_kept, self._data_dir, self._url, desk_id)
        if found is None:
            self._desk.open()  # it was another desk, to that central, that was closed
            self._kept = Kept(url=self._url, desk_id=desk_id)
            return
        self._kept = found
        for number in found.begun:  # the agent before this one ended in the middle of it
            await self._finish(CommandResult(number, Result.INTERRUPTED))

    async def _round(self, client: Client, token: str) -> bool:
        """Whether there is more to tell."""
        assert self._kept is not None  # noqa: S101 - loaded before
        asked_at = self._clock.now()
        heard = await client.commands(CommandsRequest(list(self._kept.results[:MOST_RESULTS])), token)
        if not isinstance(heard, ReadCommands):
            return False  # what goes wrong with reports, too, and is shown there
        settled = set(heard.settled)
        if any(one.id in settled for one in self._kept.results):
            await self._keep(results=tuple(one for one in self._kept.results if one.id not in settled))
        known = {*self._kept.begun, *(one.id for one in self._kept.results)}
        for number, why in heard.refused.items():
            if number not in known:
                log.warning("central's command %s is refused: %s", number, why)
                await self._finish(CommandResult(number, Result.REFUSED))
        for command in heard.commands:
            if command.id not in known:
                known.add(command.id)
                await self._carry_out(command, late=self._clock.now() - asked_at >= command.valid_for_s)
        return bool(self._kept.results)

    async def _carry_out(self, command: Command, *, late: bool) -> None:
        assert self._kept is not None  # noqa: S101 - loaded before
        if late:
            self._record(command, Told.EXPIRED)
            await self._finish(CommandResult(command.id, Result.EXPIRED))
            return
        try:
            await self._note_begun(command)
        except OSError as error:  # it could be carried out twice
            log.warning("central's command %s cannot be kept, and is not carried out: %s", command.id, error)
            self._record(command, Told.FAILED)
            self._kept = msgspec.structs.replace(
                self._kept, results=(*self._kept.results, CommandResult(command.id, Result.FAILED))
            )
            return
        result, diagnostics = Result.DONE, None
        match command.kind:
            case CommandKind.END_VISIT:
                result = Result.DONE if self._desk.end_visit() else Result.NOTHING_TO_DO
            case CommandKind.CLOSE_DESK:
                self._desk.close(command.note)
            case CommandKind.OPEN_DESK:
                self._desk.open()
            case CommandKind.SEND_DIAGNOSTICS:
                diagnostics = await self._desk.diagnostics()
        self._record(command, Told(result.value))
        await self._finish(CommandResult(command.id, result, diagnostics))

    async def _note_begun(self, command: Command) -> None:
        """Durably, and with it whether the desk is closed. Raises OSError."""
        assert self._kept is not None  # noqa: S101 - loaded before
        changes: dict[str, object] = {"begun": (*self._kept.begun, command.id)}
        if command.kind is CommandKind.CLOSE_DESK:
            changes["closed"] = Closed(command.note)
        elif command.kind is CommandKind.OPEN_DESK:
            changes["closed"] = None
        fresh = msgspec.structs.replace(self._kept, **changes)
        await asyncio.to_thread(_write, self._data_dir, fresh)
        self._kept = fresh

    async def _finish(self, result: CommandResult) -> None:
        assert self._kept is not None  # noqa: S101 - loaded before
        begun = tuple(number for number in self._kept.begun if number != result.id)
        await self._keep(begun=begun, results=(*self._kept.results, result))

    async def _keep(self, **changes: object) -> None:
        assert self._kept is not None  # noqa: S101 - loaded before
        self._kept = msgspec.structs.replace(self._kept, **changes)
        try:
            await asyncio.to_thread(_write, self._data_dir, self._kept)
        except OSError as error:  # what is on the disk says at least that it was begun
            log.warning("what came of central's commands cannot be kept: %s", error)

    def _record(self, command: Command, told: Told) -> None:
        self._desk.record(CentralCommand(command.id, CentralAsks(command.kind.value), told))


def _write(data_dir: Path, kept: Kept) -> None:
    write_durably(data_dir / FILE_NAME, msgspec.json.encode(kept))
