"""Notices of a real central: shown as long as they hold, and told once they were read."""

from __future__ import annotations

import datetime
from contextlib import AsyncExitStack
from pathlib import Path

from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.notices import service
from kiosk_agent.central.policy.schemas import Level, Place
from kiosk_agent.clock import ManualClock, SystemClock
from kiosk_agent.report.client import DIRECT, Client, make_context
from kiosk_agent.report.notices import Notices
from kiosk_agent.report.uploader import POLICY_EVERY_S, Uploader
from kiosk_agent.wire.notices import Notice
from tests.central.nation import DeskOfTests, enrolled
from tests.central.serving import Server
from tests.report.desks import TOKEN, reporting_desk


async def test_notices_are_shown_until_they_are_read_end_or_are_withdrawn(
    server: Server, database: Database, tmp_path: Path
) -> None:
    enrolled(database, DeskOfTests("131016", token=TOKEN))
    clock = ManualClock(wall=SystemClock().wall())
    now = SystemClock().wall()

    def add(title: str, minutes: int, *, ask_read: bool = False) -> int:
        until = now + datetime.timedelta(minutes=minutes)
        wanted = service.Wanted(title, "", now, until, ask_read=ask_read)
        return service.add(database, Place(Level.NATION), wanted, "who", now)

    shown: list[list[str]] = []

    def show(notices: tuple[Notice, ...]) -> None:
        shown.append([one.title_ja for one in notices])

    notices = Notices(clock, show)
    async with AsyncExitStack() as stack:
        desk = await reporting_desk(stack, server.url, tmp_path / "desk", clock)
        desk.uploader = Uploader(
            server.url,
            desk.data_dir,
            desk.writer,
            desk.health,
            clock,
            lambda: Client(server.url, DIRECT, make_context(None)),
            notices=notices,
            chance=lambda: 0.5,
        )
        first, second = add("一", 600, ask_read=True), add("二", 20)
        await desk.uploader.round()
        assert shown == [["二", "一"]]
        notices.read(second)  # nobody asked whether it was read
        notices.read(999)
        assert not notices.has_read
        notices.read(first)
        assert shown[1:] == [["二"]]
        await desk.uploader.round()  # told at once, not after five minutes
        assert not notices.has_read
        assert [one.reads for one in service.standing(database, 9)] == [0, 1]
        server.stop()
        clock.advance(20 * 60 + 1)
        notices.look()  # it ends without central, too
        assert shown[2:] == [[]]
        clock.advance(POLICY_EVERY_S)
        await desk.uploader.round()
        assert shown[3:] == []
