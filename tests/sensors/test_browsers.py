"""What the sense "browsers" does about what it sees: signals, entries, warnings, and closing after a notice."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable

import psutil
import pytest

from kiosk_agent.clock import ManualClock
from kiosk_agent.config import BrowserAction, BrowsersSense, RemoteAction
from kiosk_agent.health import Health
from kiosk_agent.process_tree import ProcessMark
from kiosk_agent.sensors.browsers.sense import NAME, BrowserSense
from kiosk_agent.sensors.sense import Senses, SenseState, SenseStatus
from kiosk_agent.session.entries import Entry, ForeignProgram
from kiosk_agent.session.events import ChangeSignalled, Event
from kiosk_agent.session.vocabulary import ForeignFate, ForeignKind, Signal, StateName
from tests.sensors.processes import FakeTable

PATIENCE_S = 20.0
BROWSER = ChangeSignalled(Signal.FOREIGN_BROWSER)
REMOTE = ChangeSignalled(Signal.REMOTE_CONTROL)
REPORT = BrowsersSense()
CLOSE = BrowsersSense(action=BrowserAction.CLOSE, close_after_s=10.0)


class Notice:
    """What people at the desk are shown."""

    def __init__(self) -> None:
        self.shown: tuple[tuple[str, ...], float] | None = None
        self.now: Callable[[], None] = lambda: None
        self.times = 0

    def show(self, programs: tuple[str, ...], seconds: float, now: Callable[[], None]) -> None:
        self.shown, self.now, self.times = (programs, seconds), now, self.times + 1

    def hide(self) -> None:
        self.shown = None


class Desk:
    def __init__(self, settings: BrowsersSense = REPORT) -> None:
        self.table = FakeTable()
        self.clock = ManualClock()
        self.events: list[Event] = []
        self.entries: list[Entry] = []
        self.changed = asyncio.Event()
        self.health = Health(self.clock.wall)
        self.senses = Senses([NAME], self.health, lambda _event: None, self.clock.wall)
        self.senses.on_change(self.changed.set)
        self.notice = Notice()
        self.ended: list[ProcessMark] = []
        self.end_works = True
        self.held_back: dict[int, threading.Event] = {}  # whose end waits for it
        self.sense = BrowserSense(
            settings,
            self.events.append,
            self.senses.report_of(NAME),
            health=self.health,
            clock=self.clock,
            notice=self.notice,
            record=self._record,
            profiles=[],
            table=self.table,
            end=self._end,
        )

    def _record(self, entry: Entry) -> None:
        self.entries.append(entry)
        self.changed.set()

    def _end(self, root: ProcessMark) -> bool:
        if root.pid in self.held_back:
            assert self.held_back[root.pid].wait(PATIENCE_S)
        self.ended.append(root)
        if self.end_works:
            self.table.processes.pop(root.pid, None)
        return self.end_works

    async def open(self, state: StateName = StateName.GATE) -> None:
        """The agent has started and the desk is open."""
        self.sense.start()
        self.sense.state_changed(state)
        await self.until(lambda: self.status.state is not SenseState.ABSENT)
        await asyncio.sleep(0)

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not holds():
                await self.changed.wait()
                self.changed.clear()

    def look(self, seconds: float = 1.0) -> None:
        self.clock.advance(seconds)
        self.sense.tick()

    @property
    def status(self) -> SenseStatus:
        return self.senses.statuses[0]

    def warnings(self) -> dict[str, str]:
        return {one.code: one.detail for one in self.health.warnings}

    def fates(self) -> list[tuple[str, str, str]]:
        return [
            (entry.kind.value, entry.what.value, entry.program)
            for entry in self.entries
            if isinstance(entry, ForeignProgram)
        ]


async def test_a_browser_that_is_opened_is_noticed_by_the_next_look(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    desk = Desk()
    await desk.open()
    desk.table.add("firefox", "/usr/lib/firefox/firefox", "https://portal.example/?name=planted-secret")
    desk.look()
    assert desk.events == [BROWSER]
    assert desk.entries == [ForeignProgram(ForeignKind.BROWSER, ForeignFate.NOTICED, "Firefox")]
    assert desk.warnings() == {"foreign_browser": "A browser runs beside the agent: Firefox"}
    assert desk.notice.times == 0
    assert "planted-secret" not in caplog.text + repr(desk.health.warnings)
    desk.look()
    assert (desk.events, len(desk.entries)) == ([BROWSER], 1)  # it is noticed once
    await desk.sense.stop()


async def test_the_warning_goes_away_with_the_browser() -> None:
    desk = Desk()
    await desk.open()
    pid = desk.table.add("firefox")
    desk.look()
    desk.table.end(pid)
    desk.look()
    assert desk.warnings() == {}
    assert desk.events == [BROWSER]
    await desk.sense.stop()


async def test_what_runs_already_when_the_agent_starts_is_noticed_when_the_desk_opens() -> None:
    desk = Desk()
    desk.table.add("firefox")
    desk.sense.start()
    await desk.until(lambda: desk.status.state is SenseState.WORKING)
    desk.look()
    assert desk.entries == []  # there is no ledger yet
    desk.sense.state_changed(StateName.GATE)
    desk.look()
    assert desk.fates() == [("browser", "noticed", "Firefox")]
    await desk.sense.stop()


async def test_a_visit_that_begins_beside_a_browser_hears_of_it() -> None:
    desk = Desk()
    await desk.open()
    desk.table.add("firefox")
    desk.table.add("x11vnc")
    desk.look()
    desk.events.clear()
    desk.sense.state_changed(StateName.OPEN)
    assert desk.events == [BROWSER, REMOTE]
    desk.sense.state_changed(StateName.WARNING)
    desk.sense.state_changed(StateName.OPEN)  # the same visit goes on
    assert desk.events == [BROWSER, REMOTE]
    assert len(desk.entries) == 2
    await desk.sense.stop()


async def test_what_the_policy_ignores_is_ignored() -> None:
    desk = Desk(BrowsersSense(action=BrowserAction.IGNORE, remote_control=RemoteAction.IGNORE))
    await desk.open()
    desk.table.add("firefox")
    desk.table.add("x11vnc")
    desk.look()
    desk.sense.state_changed(StateName.OPEN)
    assert (desk.events, desk.entries, desk.warnings()) == ([], [], {})
    await desk.sense.stop()


# closing


async def test_a_browser_is_closed_after_people_were_told() -> None:
    desk = Desk(CLOSE)
    await desk.open()
    pid = desk.table.add("firefox")
    desk.look()
    assert desk.notice.shown == (("Firefox",), 10.0)
    for _ in range(9):
        desk.look()
    assert desk.ended == []
    desk.look()
    await desk.until(lambda: len(desk.entries) == 2)
    assert [root.pid for root in desk.ended] == [pid]
    assert desk.fates() == [("browser", "noticed", "Firefox"), ("browser", "closed", "Firefox")]
    assert (desk.notice.shown, desk.warnings(), desk.events) == (None, {}, [BROWSER])
    desk.look()
    assert len(desk.entries) == 2
    await desk.sense.stop()


async def test_people_may_have_it_closed_at_once() -> None:
    desk = Desk(CLOSE)
    await desk.open()
    desk.table.add("firefox")
    desk.look()
    desk.notice.now()
    await desk.until(lambda: len(desk.entries) == 2)
    assert len(desk.ended) == 1
    desk.notice.now()  # pressed twice
    desk.look(60.0)
    assert len(desk.ended) == 1
    await desk.sense.stop()


async def test_a_browser_that_people_close_themselves_is_not_closed() -> None:
    desk = Desk(CLOSE)
    await desk.open()
    pid = desk.table.add("firefox")
    desk.look()
    desk.look(4.0)
    desk.table.end(pid)
    desk.look()
    assert desk.notice.shown is None
    desk.table.add("chromium")
    desk.look()
    assert desk.notice.shown == (("Chromium",), 10.0)  # its time is its own
    desk.look(9.0)
    assert desk.ended == []
    assert desk.fates() == [("browser", "noticed", "Firefox"), ("browser", "noticed", "Chromium")]
    await desk.sense.stop()


async def test_the_next_one_gets_its_whole_time_again() -> None:
    desk = Desk(CLOSE)
    await desk.open()
    desk.table.add("firefox")
    desk.look()
    desk.look(10.0)
    await desk.until(lambda: len(desk.entries) == 2)
    desk.table.add("chromium")
    desk.look()
    assert desk.notice.shown == (("Chromium",), 10.0)
    desk.look(9.0)
    assert len(desk.ended) == 1
    desk.look(1.0)
    await desk.until(lambda: len(desk.entries) == 4)
    await desk.sense.stop()


async def test_one_that_is_opened_while_another_is_being_closed_is_told_of_too() -> None:
    desk = Desk(CLOSE)
    await desk.open()
    pid = desk.table.add("firefox")
    desk.held_back[pid] = threading.Event()
    desk.look()
    desk.look(10.0)
    desk.table.add("chromium")
    desk.look()
    assert desk.notice.shown == (("Chromium",), 10.0)
    desk.held_back[pid].set()
    await desk.until(lambda: len(desk.entries) == 3)
    assert desk.notice.shown == (("Chromium",), 10.0)  # Firefox's end does not take it away
    desk.look(10.0)
    await desk.until(lambda: len(desk.entries) == 4)
    assert desk.notice.shown is None
    await desk.sense.stop()


async def test_one_that_is_opened_while_people_are_told_of_another_does_not_delay_that() -> None:
    desk = Desk(CLOSE)
    await desk.open()
    desk.table.add("firefox")
    desk.look()
    desk.look(6.0)
    desk.table.add("chromium")
    desk.look()
    assert desk.notice.shown == (("Firefox", "Chromium"), 3.0)
    desk.look(3.0)
    await desk.until(lambda: len(desk.entries) == 4)
    assert len(desk.ended) == 2
    await desk.sense.stop()


async def test_the_notice_stays_until_the_last_of_them_is_gone() -> None:
    desk = Desk(CLOSE)
    await desk.open()
    desk.table.add("firefox")
    slow = desk.table.add("chromium")
    desk.held_back[slow] = threading.Event()
    desk.look()
    desk.look(10.0)
    await desk.until(lambda: len(desk.entries) == 3)
    assert desk.notice.shown is not None
    desk.table.end(slow)  # it ends by itself, and that is seen before it is told
    desk.look()
    assert desk.notice.shown is not None
    desk.held_back[slow].set()
    await desk.until(lambda: len(desk.entries) == 4)
    assert desk.notice.shown is None
    assert desk.fates()[2:] == [("browser", "closed", "Firefox"), ("browser", "closed", "Chromium")]
    await desk.sense.stop()


async def test_a_browser_that_cannot_be_closed_is_counted_and_shown_until_it_is_gone() -> None:
    desk = Desk(CLOSE)
    desk.end_works = False
    await desk.open()
    pid = desk.table.add("firefox")
    desk.look()
    desk.look(10.0)
    await desk.until(lambda: len(desk.entries) == 2)
    assert desk.fates()[1] == ("browser", "stuck", "Firefox")
    assert desk.warnings() == {"foreign_browser": "A browser beside the agent could not be closed: Firefox"}
    assert desk.notice.shown is None  # the desk is not covered for ever
    desk.look(60.0)
    assert len(desk.ended) == 1
    desk.table.end(pid)
    desk.look()
    assert desk.warnings() == {}
    await desk.sense.stop()


# remote control


async def test_a_remote_control_that_waits_is_only_shown_and_a_connection_is_a_sign() -> None:
    desk = Desk()
    await desk.open()
    desk.table.add("TeamViewer_Service.exe", of_this_desk=False)
    desk.look()
    assert desk.events == []
    assert desk.warnings() == {"remote_control": "This PC can be driven from outside: TeamViewer."}
    connection = desk.table.add("TeamViewer_Desktop.exe", of_this_desk=False)
    desk.look()
    assert desk.events == [REMOTE]
    assert desk.warnings() == {"remote_control": "This PC is driven from outside: TeamViewer."}
    desk.table.end(connection)
    desk.look()
    assert desk.warnings() == {"remote_control": "This PC can be driven from outside: TeamViewer."}
    assert desk.fates() == [("remote_control", "noticed", "TeamViewer")] * 2
    await desk.sense.stop()


async def test_a_remote_control_is_never_closed() -> None:
    desk = Desk(CLOSE)
    await desk.open()
    desk.table.add("x11vnc")
    desk.table.remote_session = True
    desk.look()
    assert desk.warnings() == {
        "remote_control": "This PC is driven from outside: Remote Desktop. This PC can be driven from outside: x11vnc."
    }
    desk.look(60.0)
    assert (desk.ended, desk.notice.times) == ([], 0)
    await desk.sense.stop()


# the sense itself


async def test_a_list_that_cannot_be_read_is_said_once_and_once_when_it_can_again() -> None:
    desk = Desk()
    await desk.open()
    changes: list[SenseState] = []
    desk.senses.on_change(lambda: changes.append(desk.status.state))
    desk.table.add("firefox")
    desk.look()
    for error in (PermissionError(13, "no /proc"), PermissionError(13, "no /proc"), psutil.AccessDenied(1)):
        desk.table.broken = error
        desk.look()
        await asyncio.sleep(0)
    assert desk.status.state is SenseState.DEGRADED
    assert "browsers" in desk.warnings()
    assert "foreign_browser" in desk.warnings()  # what was known is not forgotten
    desk.table.broken = None
    desk.look()
    await asyncio.sleep(0)
    assert "browsers" not in desk.warnings()
    assert changes[0] is SenseState.DEGRADED
    assert changes.count(SenseState.WORKING) == 1
    await desk.sense.stop()


async def test_a_defect_in_the_looking_does_not_stop_the_desk(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk()
    await desk.open()
    desk.table.broken = ZeroDivisionError("planted")
    desk.look()
    await asyncio.sleep(0)
    assert desk.status.state is SenseState.DEGRADED
    assert "ZeroDivisionError" in desk.status.why
    assert "could not be looked through" in caplog.text
    await desk.sense.stop()


async def test_the_defect_is_logged_once_and_not_every_second(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk()
    await desk.open()
    desk.table.broken = ZeroDivisionError("planted")
    for _ in range(5):
        desk.look()
    assert caplog.text.count("could not be looked through") == 1
    await desk.sense.stop()
