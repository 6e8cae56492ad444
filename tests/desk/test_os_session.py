"""A whole desk whose operating system locks, switches users, sleeps and signs off (python-dbusmock's logind)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desk.conftest import MakeDesk
from tests.desk.loud_visit import HOTKEY, end
from tests.desk.whole_desk import WAIT_S, WholeDesk, signed_in, until
from tests.support.logind import OTHER, OTHER_UID, OURS, MockLogind, mock_logind


@pytest.fixture
def logind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MockLogind]:
    folder = tmp_path / "logind"
    folder.mkdir()
    with mock_logind(folder) as mock:
        mock.add_session(OTHER, OTHER_UID, "other")
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", mock.address)
        monkeypatch.setenv("XDG_SESSION_ID", OURS)
        yield mock


@pytest.fixture
def make(make_desk: MakeDesk, logind: MockLogind, display: str) -> MakeDesk:
    """Desks with a screen, whose session is the mock's. Its windows are the tests' own."""

    def made(**wishes: object) -> WholeDesk:
        desk = make_desk(headless=False, os_session=True, hotkey=HOTKEY, **wishes)
        until(lambda: desk.do("look")["warnings"].get("os_session") is None)
        return desk

    return made


def noted(desk: WholeDesk) -> list[str]:
    """Signs and weights in the ledger. The commands are recorded before the answer to ``look``."""
    return [f"{one['signal']} {one['weight']}" for one in desk.entries("SignalNoted")]


def is_asked(desk: WholeDesk) -> bool:
    seen = desk.do("look")
    return bool(seen["state"] == "Challenge" and seen["covered"])


def test_a_lock_during_a_visit_covers_the_screen_and_asks_and_unlocking_changes_nothing(
    make: MakeDesk, logind: MockLogind
) -> None:
    desk = make()
    signed_in(desk)
    logind.lock()
    until(lambda: is_asked(desk))
    logind.locker_says(True)
    logind.unlock()
    logind.locker_says(False)
    assert is_asked(desk)
    until(lambda: noted(desk) == ["os_locked possible"])
    end(desk)
    assert desk.entries("Outcome")[-1]["proof"] == "revoked"


def test_where_the_policy_says_so_a_lock_ends_the_visit(make: MakeDesk, logind: MockLogind) -> None:
    desk = make(policy='[policy.weights]\nos_locked = "certain"')
    signed_in(desk)
    logind.locker_says(True)
    desk.do("wait", states=["Confirming"])
    outcome = desk.entries("Outcome")[-1]
    assert (outcome["reason"], outcome["proof"]) == ("change_of_person", "revoked")
    desk.do("confirm")


def test_another_user_ends_the_visit(make: MakeDesk, logind: MockLogind) -> None:
    desk = make()
    signed_in(desk)
    logind.put_in_front(OTHER)
    desk.do("wait", states=["Confirming"])
    outcome = desk.entries("Outcome")[-1]
    assert (outcome["reason"], outcome["proof"]) == ("change_of_person", "revoked")
    assert noted(desk) == ["os_user_changed certain"]
    desk.do("confirm")


def test_waking_from_suspend_asks_and_falling_asleep_or_unlocking_does_not(make: MakeDesk, logind: MockLogind) -> None:
    desk = make()
    signed_in(desk)
    logind.sleep()
    logind.unlock()
    logind.locker_says(False)
    assert desk.do("look")["state"] == "SignedIn"
    logind.wake()
    until(lambda: is_asked(desk))
    until(lambda: noted(desk) == ["resumed possible"])
    end(desk)


def test_the_log_off_logs_the_resident_out_first(make: MakeDesk, logind: MockLogind) -> None:
    desk = make()
    signed_in(desk)
    logind.close_session()
    assert desk.supervisor.wait(timeout=WAIT_S) == 0
    outcome = desk.entries("Outcome")[-1]
    assert (outcome["reason"], outcome["proof"]) == ("agent_stopping", "revoked")


def test_a_mandatory_os_session_that_is_lost_holds_the_desk(make: MakeDesk, logind: MockLogind) -> None:
    desk = make(policy='mandatory_senses = ["os_session"]')
    signed_in(desk)
    logind.stop_bus()
    desk.do("wait", states=["Held"])
    assert desk.entries("Outcome")[-1]["reason"] == "sense_lost"
