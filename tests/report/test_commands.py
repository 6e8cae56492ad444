"""What central's staff have a desk do: carried out once, not too late, and told; over a real connection."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec
import pytest

from kiosk_agent.central.commands import service
from kiosk_agent.central.database.engine import Database
from kiosk_agent.clock import ManualClock, SystemClock
from kiosk_agent.report import commands as module
from kiosk_agent.report.client import DIRECT, Client, make_context
from kiosk_agent.report.commands import FILE_NAME, Closed, Commands, Kept, read_kept
from kiosk_agent.session.entries import CentralCommand
from kiosk_agent.session.vocabulary import CentralAsks
from kiosk_agent.session.vocabulary import CommandResult as Told
from kiosk_agent.wire.commands import CommandKind, CommandResult, Diagnostics, Result
from tests.central.nation import DeskOfTests, enrolled
from tests.central.serving import Server
from tests.report.desks import TOKEN, ReportingDesk, reporting_desk
from tests.report.loopback import Asked, answer, loopback

DIAGNOSTICS = Diagnostics("0.1.0", "Linux 6.1", "3.11.2", "Gate", [], [], [], 3, 1, 0)
END, CLOSE, OPEN, DIAGNOSE = CommandKind


class DeskOnPaper:
    """Does what it is told, and remembers it."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.entries: list[CentralCommand] = []
        self.visit = True
        self.dies = False

    def end_visit(self) -> bool:
        if self.dies:
            raise SystemExit
        self.done.append("end")
        return self.visit

    def close(self, note: str) -> None:
        self.done.append(f"close {note}")

    def open(self) -> None:
        self.done.append("open")

    async def diagnostics(self) -> Diagnostics:
        self.done.append("diagnostics")
        return DIAGNOSTICS

    def record(self, entry: CentralCommand) -> None:
        self.entries.append(entry)


class World:
    """A desk with its commands at a real central."""

    def __init__(self, desk: ReportingDesk, database: Database, number: int, url: str) -> None:
        self.desk, self.database, self.number, self.url = desk, database, number, url
        self.paper = DeskOnPaper()
        self.commands = self.started()

    def started(self) -> Commands:
        """As the agent's next start makes it."""
        return Commands(self.desk.data_dir, self.url, self.desk.clock, self.paper)

    def give(self, kind: CommandKind, **more: int | str) -> int:
        now = SystemClock().wall()
        return service.give(self.database, self.number, kind, "who", "why", now, **more)  # type: ignore[arg-type]

    async def exchange(self) -> None:
        client = Client(self.url, DIRECT, make_context(None))
        try:
            await self.commands.exchange(client, TOKEN, 1)
        finally:
            await client.close()

    @property
    def results(self) -> list[str | None]:
        """What central knows, the oldest first."""
        return [one.result for one in reversed(service.history(self.database, self.number, 99))]


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as opened:
        yield opened


@pytest.fixture
async def world(stack: AsyncExitStack, server: Server, database: Database, tmp_path: Path) -> World:
    number = enrolled(database, DeskOfTests("131016", token=TOKEN)).id
    clock = ManualClock(wall=SystemClock().wall())
    return World(await reporting_desk(stack, server.url, tmp_path / "desk", clock), database, number, server.url)


async def test_every_kind_is_carried_out_once_recorded_and_told(world: World) -> None:
    for kind in CommandKind:
        world.give(kind, note="点検中")
    for _ in range(2):
        await world.exchange()
    assert world.paper.done == ["open", "end", "close 点検中", "open", "diagnostics"]  # the first: nothing was kept
    assert world.results == ["done"] * 4
    told = service.history(world.database, world.number, 1)[0].diagnostics
    assert told is not None
    assert msgspec.json.decode(told, type=Diagnostics) == DIAGNOSTICS
    assert [(one.asks, one.result) for one in world.paper.entries] == [(asks, Told.DONE) for asks in CentralAsks]
    assert "点検中" not in str(world.paper.entries)


async def test_without_a_visit_there_is_nothing_to_end(world: World) -> None:
    world.paper.visit = False
    world.give(END)
    await world.exchange()
    assert world.results == ["nothing_to_do"]


async def test_where_the_acknowledgement_is_lost_it_is_told_again_and_not_done_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.give(END)
    monkeypatch.setattr(module, "MOST_ROUNDS", 1)  # the result is not told yet
    await world.exchange()
    assert world.results == [None]
    world.commands = world.started()
    await world.exchange()  # given once more, beside the result
    assert world.results == ["done"]
    assert world.paper.done == ["open", "end"]
    kept = read_kept(world.desk.data_dir, world.url)
    assert kept is not None
    assert kept.results == ()


async def test_what_the_agent_died_in_the_middle_of_is_not_tried_again(world: World) -> None:
    world.give(END)
    world.paper.dies = True
    with pytest.raises(SystemExit):
        await world.exchange()
    world.paper.dies = False
    world.commands = world.started()
    await world.exchange()
    assert world.paper.done == ["open"]
    assert world.results == ["interrupted"]


async def test_what_was_too_long_on_the_way_is_not_carried_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.give(END, valid_for_s=60)
    ask = Client.commands

    async def slow(self: Client, *arguments: object) -> object:
        heard = await ask(self, *arguments)  # type: ignore[arg-type]
        world.desk.clock.advance(60)  # the PC slept before the answer was read
        return heard

    monkeypatch.setattr(Client, "commands", slow)
    await world.exchange()
    assert world.paper.done == ["open"]
    assert world.results == ["expired"]
    assert [one.result for one in world.paper.entries] == [Told.EXPIRED]


async def test_what_cannot_be_kept_on_the_disk_is_not_carried_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: bytes) -> None:
        raise OSError(28, os.strerror(28))

    world.give(END)
    monkeypatch.setattr(module, "write_durably", full)
    await world.exchange()
    assert world.paper.done == ["open"]
    assert world.results == ["failed"]


async def test_a_closed_desk_is_closed_at_the_next_start_too_and_only_at_that_central(world: World) -> None:
    world.give(CLOSE, note="点検中")
    await world.exchange()
    kept = read_kept(world.desk.data_dir, world.url)
    assert kept is not None
    assert kept.closed == Closed("点検中")
    assert read_kept(world.desk.data_dir, "http://another.invalid") is None
    world.commands = world.started()
    await world.exchange()
    assert world.paper.done == ["open", "close 点検中"]
    world.give(OPEN)
    await world.exchange()
    kept = read_kept(world.desk.data_dir, world.url)
    assert kept is not None
    assert kept.closed is None


async def test_another_enrolment_begins_with_nothing(world: World) -> None:
    old = Kept(url=world.url, desk_id=99, closed=Closed(), results=(CommandResult(1, Result.DONE),))
    (world.desk.data_dir / FILE_NAME).write_bytes(msgspec.json.encode(old))
    await world.exchange()
    assert world.paper.done == ["open"]
    assert world.commands.has_results is False


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]"])
async def test_a_damaged_file_is_begun_anew(world: World, content: bytes) -> None:
    (world.desk.data_dir / FILE_NAME).write_bytes(content)
    world.give(END)
    await world.exchange()
    assert world.results == ["done"]


async def test_a_command_of_a_later_central_is_refused_and_the_next_one_carried_out(
    stack: AsyncExitStack, tmp_path: Path
) -> None:
    told: list[bytes] = []

    def reply(asked: Asked) -> bytes:
        told.append(asked.body)
        known = [one["id"] for one in msgspec.json.decode(asked.body)["results"]]
        commands = [{"id": 8, "kind": "format_the_disk", "valid_for_s": 60}]
        commands.append({"id": 9, "kind": "end_visit", "valid_for_s": 60})
        return answer(200, msgspec.json.encode({"settled": known, "commands": [] if known else commands}))

    async with loopback(reply) as central:
        clock = ManualClock(wall=SystemClock().wall())
        desk = await reporting_desk(stack, central.url, tmp_path / "desk", clock)
        paper = DeskOnPaper()
        client = Client(central.url, DIRECT, make_context(None))
        await Commands(desk.data_dir, central.url, clock, paper).exchange(client, TOKEN, 1)
        await client.close()
    assert paper.done == ["open", "end"]
    assert msgspec.json.decode(told[1])["results"] == [
        {"id": 8, "result": "refused", "diagnostics": None},
        {"id": 9, "result": "done", "diagnostics": None},
    ]


async def test_a_command_that_is_given_again_while_its_result_is_not_settled_is_not_done_again(
    stack: AsyncExitStack, tmp_path: Path
) -> None:
    given = {"settled": [], "commands": [{"id": 9, "kind": "end_visit", "valid_for_s": 60}] * 2}
    async with loopback(lambda _asked: answer(200, msgspec.json.encode(given))) as central:
        clock = ManualClock(wall=SystemClock().wall())
        desk = await reporting_desk(stack, central.url, tmp_path / "desk", clock)
        paper = DeskOnPaper()
        client = Client(central.url, DIRECT, make_context(None))
        for _ in range(2):
            await Commands(desk.data_dir, central.url, clock, paper).exchange(client, TOKEN, 1)
        await client.close()
    assert paper.done == ["open", "end"]


async def test_a_report_whose_answer_names_commands_fetches_them_and_one_that_does_not_asks_nothing(
    stack: AsyncExitStack, server: Server, database: Database, tmp_path: Path
) -> None:
    from kiosk_agent.report.uploader import Uploader

    number = enrolled(database, DeskOfTests("131016", token=TOKEN)).id
    clock = ManualClock(wall=SystemClock().wall())
    desk = await reporting_desk(stack, server.url, tmp_path / "desk", clock)
    world = World(desk, database, number, server.url)
    asked: list[int] = []
    exchange = world.commands.exchange

    async def counted(client: Client, token: str, desk_id: int) -> None:
        asked.append(desk_id)
        await exchange(client, token, desk_id)

    world.commands.exchange = counted  # type: ignore[method-assign]
    desk.uploader = Uploader(
        server.url,
        desk.data_dir,
        desk.writer,
        desk.health,
        clock,
        lambda: Client(server.url, DIRECT, make_context(None)),
        commands=world.commands,
        chance=lambda: 0.5,
    )
    for _ in range(3):
        await desk.uploader.round()
    assert asked == [1]  # once, to learn whether it is closed
    world.give(END)
    for _ in range(3):
        await desk.uploader.round()
    assert asked == [1, 1]
    assert world.results == ["done"]
