"""The operating system's session: a real D-Bus with python-dbusmock's logind, and the pure parts of all systems."""

from __future__ import annotations

import asyncio
import datetime
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from kiosk_agent.health import Health
from kiosk_agent.sensors.os_session import NAME, OsSession
from kiosk_agent.sensors.os_session.happenings import Happening, InFront, OwnSession
from kiosk_agent.sensors.os_session.messages import meaning
from kiosk_agent.sensors.os_session.users import Users
from kiosk_agent.sensors.sense import Senses, SenseState
from kiosk_agent.session.events import ChangeSignalled, Event, StopRequested
from kiosk_agent.session.vocabulary import Signal

if sys.platform != "win32":
    from kiosk_agent.sensors.os_session.linux import LinuxSession
    from tests.support.logind import GREETER, GREETER_UID, OTHER, OTHER_UID, OUR_UID, OURS, MockLogind, mock_logind

linux_only = pytest.mark.skipif(sys.platform == "win32", reason="only on Linux: Windows has no D-Bus")

PATIENCE_S = 60.0
SECOND = "8"  # another session of the same user
LOCKED = ChangeSignalled(Signal.OS_LOCKED)
USER_CHANGED = ChangeSignalled(Signal.OS_USER_CHANGED)


class Login(NamedTuple):
    name: str
    host: str | None = None


class Desk:
    """A sense at work, and everything that it says. ``told`` waits for it."""

    def __init__(self, users: Users | None = None) -> None:
        self.events: asyncio.Queue[object] = asyncio.Queue()
        self.changed = asyncio.Event()
        self.news: list[SenseState] = []
        self.health = Health(lambda: datetime.datetime.now(datetime.UTC))
        self.senses = Senses([NAME], self.health, lambda _event: None, lambda: datetime.datetime.now(datetime.UTC))
        self.senses.on_change(self._heard)
        self.sense = OsSession(
            self.events.put_nowait,
            self.senses.report_of(NAME),
            lambda: self.events.put_nowait("woken"),
            LinuxSession(users or Users(logins=list)),
        )

    def _heard(self) -> None:
        self.news.append(self.senses.statuses[0].state)
        self.changed.set()

    async def until(self, state: SenseState) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while self.senses.statuses[0].state is not state:
                await self.changed.wait()
                self.changed.clear()

    async def told(self) -> object:
        async with asyncio.timeout(PATIENCE_S):
            return await self.events.get()

    async def told_only(self, *expected: object) -> None:
        """These, and nothing else: what has been sent before a waking has been heard before it."""
        assert [await self.told() for _ in expected] == list(expected)
        await asyncio.to_thread(self.logind.wake)
        assert await self.told() == "woken"
        assert self.events.empty()

    logind: MockLogind


@pytest.fixture
def logind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MockLogind]:
    with mock_logind(tmp_path) as mock:
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", mock.address)
        monkeypatch.setenv("XDG_SESSION_ID", OURS)
        yield mock


@pytest.fixture
async def desk(logind: MockLogind) -> AsyncIterator[Desk]:
    """Somebody works in our session, and the sense is awake."""
    made = Desk()
    made.logind = logind
    logind.add_session(OTHER, OTHER_UID, "other")
    logind.add_session(GREETER, GREETER_UID, "lightdm", "greeter")
    logind.add_session(SECOND, OUR_UID, "desk")
    made.sense.start()
    await made.until(SenseState.WORKING)
    yield made
    await made.sense.stop()


pytestmark = [linux_only]


# locked


async def test_a_request_to_lock_is_told_at_once(desk: Desk, logind: MockLogind) -> None:
    logind.lock()
    await desk.told_only(LOCKED)


async def test_a_locker_that_says_it_is_on_is_told(desk: Desk, logind: MockLogind) -> None:
    logind.locker_says(True)
    await desk.told_only(LOCKED)


async def test_one_lock_is_told_once_however_often_it_is_said(desk: Desk, logind: MockLogind) -> None:
    logind.lock()
    logind.locker_says(True)
    logind.lock()
    logind.locker_says(True)
    await desk.told_only(LOCKED)


async def test_unlocking_is_nothing(desk: Desk, logind: MockLogind) -> None:
    logind.unlock()
    logind.locker_says(False)
    await desk.told_only()


async def test_the_next_lock_is_another_one(desk: Desk, logind: MockLogind) -> None:
    for _ in range(2):
        logind.lock()
        logind.locker_says(True)
        logind.unlock()
        logind.locker_says(False)
    await desk.told_only(LOCKED, LOCKED)


async def test_a_locker_that_never_says_anything_does_not_hide_the_next_lock(desk: Desk, logind: MockLogind) -> None:
    logind.lock()
    logind.lock()
    await desk.told_only(LOCKED, LOCKED)


async def test_another_sessions_lock_is_none_of_ours(desk: Desk, logind: MockLogind) -> None:
    logind.lock(OTHER)
    logind.locker_says(True, OTHER)
    logind.signal_elsewhere()
    await desk.told_only()


# another user


async def test_another_user_on_the_screen_is_told_once(desk: Desk, logind: MockLogind) -> None:
    logind.put_in_front(OTHER)
    await desk.told_only(USER_CHANGED)


async def test_the_sign_in_screen_is_a_lock_and_then_another_user_is_another_user(
    desk: Desk, logind: MockLogind
) -> None:
    logind.put_in_front(GREETER)
    await desk.told_only(LOCKED)
    logind.put_in_front(OTHER)
    logind.put_in_front(GREETER)
    await desk.told_only(USER_CHANGED)


async def test_coming_back_is_nothing_and_the_next_user_is_told_again(desk: Desk, logind: MockLogind) -> None:
    logind.put_in_front(OTHER)
    logind.put_in_front(OURS)
    await desk.told_only(USER_CHANGED)
    logind.put_in_front(OTHER)
    await desk.told_only(USER_CHANGED)


async def test_another_session_of_the_same_user_may_be_anybody(desk: Desk, logind: MockLogind) -> None:
    logind.put_in_front(SECOND)
    await desk.told_only(LOCKED)


# asleep, signed off


async def test_falling_asleep_is_nothing_and_waking_is_told(desk: Desk, logind: MockLogind) -> None:
    logind.sleep()
    logind.wake()
    assert await desk.told() == "woken"
    await desk.told_only()


@pytest.mark.parametrize("how", ["close_session", "remove_session", "shut_down"])
async def test_the_log_off_stops_the_agent_in_good_order(desk: Desk, logind: MockLogind, how: str) -> None:
    getattr(logind, how)()
    await desk.told_only(StopRequested())


async def test_a_log_off_is_told_once(desk: Desk, logind: MockLogind) -> None:
    logind.close_session()
    logind.remove_session()
    logind.shut_down()
    await desk.told_only(StopRequested())


async def test_another_users_log_off_is_none_of_ours(desk: Desk, logind: MockLogind) -> None:
    logind.close_session(OTHER)
    logind.remove_session(OTHER)
    await desk.told_only()


# which session is ours


async def test_a_stale_name_in_the_environment_does_not_lead_astray(
    logind: MockLogind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mock answers with a path to whatever it is asked for, and knows no process and no user of ours."""
    monkeypatch.setenv("XDG_SESSION_ID", "77")
    desk = Desk()
    desk.logind = logind
    desk.sense.start()
    await desk.until(SenseState.DEGRADED)
    logind.shut_down()
    await desk.told_only(StopRequested())
    logind.add_session("77", OUR_UID, "desk", front="77")
    await desk.until(SenseState.WORKING)
    logind.lock("77")
    await desk.told_only(LOCKED)
    await desk.sense.stop()


# logind and the bus come and go


async def test_a_logind_that_is_restarted_is_one_warning_and_one_recovery(desk: Desk, logind: MockLogind) -> None:
    desk.news.clear()
    logind.stop_logind()
    await desk.until(SenseState.ABSENT)
    assert [one.code for one in desk.health.warnings] == [NAME]
    logind.start_logind()
    await desk.until(SenseState.WORKING)
    assert desk.health.warnings == []
    assert (desk.news[0], desk.news[-1]) == (SenseState.ABSENT, SenseState.WORKING)
    assert desk.news.count(SenseState.ABSENT) == 1
    logind.lock()
    await desk.told_only(LOCKED)


async def test_a_bus_that_is_gone_and_comes_back_is_too(desk: Desk, logind: MockLogind) -> None:
    desk.news.clear()
    logind.stop_bus()
    await desk.until(SenseState.ABSENT)
    logind.start_bus()
    logind.start_logind()
    await desk.until(SenseState.WORKING)
    assert desk.news.count(SenseState.ABSENT) == 1
    logind.lock()
    await desk.told_only(LOCKED)


async def test_what_happened_while_logind_was_away_is_told_afterwards(desk: Desk, logind: MockLogind) -> None:
    logind.stop_logind()
    await desk.until(SenseState.ABSENT)
    logind.start_logind()
    logind.locker_says(True)
    await desk.told_only(LOCKED)


async def test_no_bus_at_all_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path / 'nothing'}")
    desk = Desk()
    desk.sense.start()
    async with asyncio.timeout(PATIENCE_S):
        while not desk.health.warnings:
            await desk.changed.wait()
            desk.changed.clear()
    assert "D-Bus" in desk.health.warnings[0].detail
    await desk.sense.stop()


# without logind: the list of users


async def test_without_logind_another_user_is_still_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path / 'nothing'}")
    monkeypatch.setattr("kiosk_agent.sensors.os_session.linux.USERS_EVERY_S", 0.01)
    here = [Login("desk", ":0")]
    desk = Desk(Users(logins=lambda: here, own="desk"))
    desk.sense.start()
    await desk.until(SenseState.DEGRADED)
    here.append(Login("other", "tty2"))
    assert await desk.told() == USER_CHANGED
    await desk.sense.stop()


def test_a_user_who_was_there_before_or_who_is_far_away_is_nothing() -> None:
    here = [Login("desk", ":0"), Login("admin", "")]
    users = Users(logins=lambda: here, own="desk")
    assert users.look() is False
    here.append(Login("remote", "192.0.2.7"))
    assert users.look() is False
    here.append(Login("other", ":1"))
    assert users.look() is True
    assert users.look() is False


def test_a_user_who_comes_again_is_noticed_again() -> None:
    here = [Login("desk", ":0")]
    users = Users(logins=lambda: here, own="desk")
    assert users.look() is False
    for _ in range(2):
        here.append(Login("other", ":1"))
        assert users.look() is True
        here.pop()
        assert users.look() is False


def test_a_list_on_which_even_we_are_not_is_worth_nothing() -> None:
    assert Users(logins=list, own="desk").look() is None
    assert Users(logins=lambda: [Login("other", ":0")], own="desk").look() is None


# what comes twice, and Windows' messages


def test_a_lock_behind_a_sign_in_screen_is_told_once() -> None:
    own = OwnSession()
    assert own.locked(True) is Happening.LOCKED
    assert own.in_front(InFront.NOBODYS) is None
    assert own.in_front(InFront.ANOTHERS) is Happening.USER_CHANGED


@pytest.mark.parametrize(
    ("message", "wparam", "expected"),
    [
        (0x02B1, 0x7, Happening.LOCKED),
        (0x02B1, 0x8, None),  # unlocked
        (0x02B1, 0x2, Happening.USER_CHANGED),  # another session gets the screen
        (0x02B1, 0x1, None),  # ours gets it back
        (0x02B1, 0x3, Happening.USER_CHANGED),  # somebody takes it over by remote desktop
        (0x02B1, 0x4, Happening.LOCKED),
        (0x02B1, 0x5, None),
        (0x02B1, 0x6, Happening.LOGGED_OFF),
        (0x0218, 0x12, Happening.WOKEN),
        (0x0218, 0x7, None),  # comes after 0x12 where a person woke the PC: one waking is told once
        (0x0218, 0x4, None),  # falls asleep
        (0x0218, 0xA, None),  # mains or battery
        (0x0016, 1, Happening.LOGGED_OFF),
        (0x0016, 0, None),  # another program has refused the end
        (0x0011, 0, None),
        (0x0010, 0, None),
        (0x0007, 0x7, None),
    ],
)
def test_what_a_message_of_windows_means(message: int, wparam: int, expected: Happening | None) -> None:
    assert meaning(message, wparam) is expected


def test_what_each_happening_becomes(monkeypatch: pytest.MonkeyPatch) -> None:
    posted: list[Event | str] = []
    sense = OsSession(posted.append, _Silent(), lambda: posted.append("woken"), LinuxSession())
    for happening in Happening:
        sense._tell(happening)
    assert posted == [LOCKED, USER_CHANGED, "woken", StopRequested()]


class _Silent:
    def working(self) -> None: ...

    def degraded(self, why: str, remedy: str = "") -> None: ...

    def absent(self, why: str, remedy: str = "") -> None: ...
