"""What becomes of what the senses say: a warning, a line of the status, and for the session a sense lost or back."""

from __future__ import annotations

import asyncio
import datetime
import threading

import pytest

from kiosk_agent.health import Health, Severity
from kiosk_agent.sensors.sense import Senses, SenseState
from kiosk_agent.session.events import Event, SenseLost, SenseRecovered

START = datetime.datetime(2026, 4, 1, 9, 0, tzinfo=datetime.UTC)


class Desk:
    def __init__(self) -> None:
        self.time = START
        self.changes: list[str] = []
        self.events: list[Event] = []
        self.health = Health(self.wall)
        self.health.on_change(lambda: self.changes.append("health"))
        self.senses = Senses(["card", "tray"], self.health, self.events.append, self.wall)
        self.senses.on_change(lambda: self.changes.append("senses"))

    def wall(self) -> datetime.datetime:
        return self.time

    def codes(self) -> list[tuple[str, Severity, str, str]]:
        return [(one.code, one.severity, one.detail, one.remedy) for one in self.health.warnings]

    def states(self) -> dict[str, SenseState]:
        return {status.name: status.state for status in self.senses.statuses}


@pytest.fixture
async def desk() -> Desk:
    return Desk()


async def heard() -> None:
    """What was reported so far has been taken."""
    await asyncio.sleep(0)
    await asyncio.sleep(0)


async def test_a_sense_that_has_not_reported_yet_is_absent_to_the_session_and_no_warning(desk: Desk) -> None:
    desk.senses.announce()
    assert desk.events == [SenseLost("card"), SenseLost("tray")]
    assert desk.states() == {"card": SenseState.ABSENT, "tray": SenseState.ABSENT}
    assert desk.codes() == []


async def test_a_sense_that_works_is_told_to_the_session_once(desk: Desk) -> None:
    card = desk.senses.report_of("card")
    card.working()
    card.working()
    await heard()
    assert desk.events == [SenseRecovered("card")]
    assert desk.states()["card"] is SenseState.WORKING
    assert desk.changes == ["senses"]


async def test_a_sense_that_works_badly_is_a_warning_and_nothing_to_the_session(desk: Desk) -> None:
    card = desk.senses.report_of("card")
    card.working()
    card.degraded("The reader is slow.", "Wait.")
    await heard()
    assert desk.codes() == [("card", Severity.AMBER, "The reader is slow.", "Wait.")]
    card.working()
    await heard()
    assert desk.events == [SenseRecovered("card")]


async def test_a_sense_that_is_lost_and_back_is_one_warning_and_one_all_clear(desk: Desk) -> None:
    card = desk.senses.report_of("card")
    card.working()
    card.absent("The reader is gone.", "Plug it in.")
    card.absent("The reader is gone.", "Plug it in.")
    await heard()
    assert desk.codes() == [("card", Severity.AMBER, "The reader is gone.", "Plug it in.")]
    assert desk.events == [SenseRecovered("card"), SenseLost("card")]
    card.working()
    await heard()
    assert desk.codes() == []
    assert desk.events[2:] == [SenseRecovered("card")]
    assert desk.changes.count("health") == 2


async def test_a_degraded_sense_is_a_warning_and_still_there_for_the_session(desk: Desk) -> None:
    card = desk.senses.report_of("card")
    card.degraded("A device makes noise.")
    await heard()
    assert desk.events == [SenseRecovered("card")]
    assert desk.codes() == [("card", Severity.AMBER, "A device makes noise.", "")]
    card.absent("Gone.")
    card.degraded("A device makes noise.")
    await heard()
    assert desk.events[1:] == [SenseLost("card"), SenseRecovered("card")]


async def test_since_is_when_it_came_into_its_state_whatever_it_says_of_it_later(desk: Desk) -> None:
    card = desk.senses.report_of("card")
    desk.time += datetime.timedelta(minutes=1)
    card.degraded("One thing.")
    await heard()
    desk.time += datetime.timedelta(minutes=1)
    card.degraded("Another thing.")
    await heard()
    status = desk.senses.statuses[0]
    assert (status.why, status.since) == ("Another thing.", START + datetime.timedelta(minutes=1))


async def test_any_thread_may_report(desk: Desk) -> None:
    card = desk.senses.report_of("card")
    thread = threading.Thread(target=card.absent, args=("The reader is gone.",))
    thread.start()
    await asyncio.to_thread(thread.join)
    await heard()
    assert desk.states()["card"] is SenseState.ABSENT
    assert desk.codes()


def test_who_reports_after_the_end_disturbs_nobody() -> None:
    async def made() -> Desk:
        return Desk()

    desk = asyncio.run(made())
    desk.senses.report_of("card").working()
    assert desk.events == []
