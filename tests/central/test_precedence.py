"""Pages go before reports, and reports are taken all the same."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from kiosk_agent.central import precedence
from kiosk_agent.central.database.engine import Database
from kiosk_agent.central.ingest.schemas import Sent
from kiosk_agent.central.ingest.service import answer_reports
from kiosk_agent.central.precedence import LATELY_S, LONGEST_S, LOOK_EVERY_S, Precedence
from tests.central.nation import NOW, DeskOfTests, enrolled
from tests.central.serving import body

NEVER_S = 60.0


@pytest.fixture
def pages() -> Precedence:
    return Precedence()


class Waits:
    """The clock of a courtesy: it goes on by what is waited; ``then``: what happens after the first waits."""

    def __init__(self, pages: Precedence, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        self.then: list[Callable[[], None]] = []
        monkeypatch.setattr(precedence, "time", SimpleNamespace(monotonic=lambda: self.now))
        monkeypatch.setattr(pages, "_none", SimpleNamespace(wait=self._wait, set=lambda: None, clear=lambda: None))

    def _wait(self, longest_s: float) -> None:
        self.now += longest_s
        if self.then:
            self.then.pop(0)()


@pytest.fixture
def waits(pages: Precedence, monkeypatch: pytest.MonkeyPatch) -> Waits:
    return Waits(pages, monkeypatch)


class Asked:
    """Notes how often a group of reports stood back."""

    has_small_steps = False

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> None:
        self.times += 1


def never() -> bool:
    return False


def test_without_a_page_nobody_waits(pages: Precedence, waits: Waits) -> None:
    pages.courtesy(never)()
    pages.page_came()
    pages.page_ended()
    pages.courtesy(never)()
    assert waits.now == 0


def test_a_group_waits_until_the_last_page_is_made(pages: Precedence, waits: Waits) -> None:
    pages.page_came()
    pages.page_came()
    waits.then[:] = [pages.page_ended, lambda: None, pages.page_ended]
    pages.courtesy(never)()
    assert (waits.then, waits.now) == ([], pytest.approx(3 * LOOK_EVERY_S))


def test_pages_without_a_pause_do_not_keep_reports_from_being_taken(pages: Precedence, waits: Waits) -> None:
    pages.page_came()
    stand_back = pages.courtesy(never)
    for _ in range(500):
        stand_back()
    assert waits.now == pytest.approx(LONGEST_S)
    pages.courtesy(never)()  # the next group is as polite
    assert waits.now == pytest.approx(2 * LONGEST_S)


def test_a_group_goes_on_where_the_page_waits_for_it(pages: Precedence, waits: Waits) -> None:
    pages.page_came()
    pages.courtesy(lambda: waits.now > 0)()
    assert waits.now == pytest.approx(LOOK_EVERY_S)


def test_steps_are_small_while_pages_are_looked_at_and_a_minute_longer(pages: Precedence, waits: Waits) -> None:
    assert not pages.courtesy(never).has_small_steps
    pages.page_came()
    assert pages.courtesy(never).has_small_steps
    waits.now = 1000
    pages.page_ended()
    waits.now += LATELY_S - 1
    assert pages.courtesy(never).has_small_steps
    waits.now += 1
    assert not pages.courtesy(never).has_small_steps


def test_a_page_that_is_made_ends_the_wait_at_once(pages: Precedence, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the real clock: this test would last for a minute."""
    monkeypatch.setattr(precedence, "LOOK_EVERY_S", NEVER_S)
    monkeypatch.setattr(precedence, "LONGEST_S", NEVER_S)
    pages.page_came()
    waiting = threading.Thread(target=pages.courtesy(never))
    waiting.start()
    pages.page_ended()
    waiting.join(NEVER_S / 2)
    assert not waiting.is_alive()


def test_each_report_of_a_group_stands_back_twice(database: Database) -> None:
    """Where it is read, and where it is taken."""
    desks = [enrolled(database, DeskOfTests("131016")) for _ in range(9)]
    times = []
    for few in (desks[:4], desks[4:]):
        asked = Asked()
        sent = [Sent(desk.arrived(desk.report()).token_hash, body(desk.report()), NOW) for desk in few]
        assert None not in answer_reports(database, sent, asked)
        times.append(asked.times)
    assert times[1] - times[0] == 2
    assert times[0] > 2 * 4  # and before the statements of the group


def test_who_waits_for_the_lock_of_sqlite_is_known(sqlite: Database) -> None:
    done = threading.Event()

    def write() -> None:
        with sqlite.writing():
            done.set()

    other = threading.Thread(target=write)
    with sqlite.writing():
        assert not sqlite.is_wanted
        other.start()
        while not sqlite.is_wanted:
            threading.Event().wait(0.001)
        assert not done.is_set()
    other.join(NEVER_S)
    assert done.is_set()
    assert not sqlite.is_wanted
