"""Real keys on a real screen: what people press in a visit, and what they press while they are being logged out.

During the logout the screen is grabbed again and again: nothing of the portal is seen. And the portal receives exactly
what it receives when nobody touches anything.
"""

from __future__ import annotations

import time

import pytest

from kiosk_agent.practice.portal import PracticePortal
from kiosk_agent.practice.switches import LogoutWay, Switches
from tests.cover.screen import Watch, keys
from tests.desk.conftest import Desks
from tests.desk.loud_visit import HOTKEY, end, press_hotkey, sign_in
from tests.desk.whole_desk import WholeDesk, until

USER = "resident-a"
PRESSING_S = 1.5  # half of what the portal needs to answer


@pytest.fixture
def desk(desks: Desks, portal: PracticePortal, display: str) -> WholeDesk:
    """A desk with a screen, a visit of a signed-in resident on it, and the keyboard's focus in the portal's page."""
    desk = desks.shared(headless=False, hotkey=HOTKEY)
    sign_in(desk, display)
    return desk


@pytest.mark.parametrize("key", ["ctrl+n", "ctrl+shift+n", "F12", "ctrl+shift+i"])
def test_a_window_outside_the_visit_is_closed_and_the_visit_goes_on(desk: WholeDesk, key: str) -> None:
    before = len(desk.entries("SignalNoted"))
    keys("key", key)
    until(lambda: len(desk.entries("SignalNoted")) > before)
    until(lambda: desk.do("foreign")["answer"] == [])
    assert desk.entries("SignalNoted")[-1]["signal"] == "foreign_window_closed"
    assert desk.do("look")["state"] == "SignedIn"
    end(desk)
    assert desk.entries("Outcome")[-1]["proof"] == "revoked"


def test_a_new_tab_is_the_visits_own_and_goes_with_it(desk: WholeDesk, portal: PracticePortal) -> None:
    keys("key", "ctrl+t")
    until(lambda: len(desk.do("visit")["urls"]) > 1)
    until(lambda: all(url.startswith((portal.url, "about:blank")) for url in desk.do("visit")["urls"]))
    end(desk)
    assert desk.entries("Outcome")[-1]["proof"] == "revoked"


@pytest.mark.parametrize("key", ["alt+F4", "ctrl+w", "ctrl+shift+w"])
def test_the_last_window_closed_is_the_end_of_the_visit(desk: WholeDesk, key: str) -> None:
    keys("key", key)
    desk.do("confirm")
    outcome = desk.entries("Outcome")[-1]
    assert (outcome["reason"], outcome["proof"]) == ("browser_closed", "revoked")


def test_the_hotkey_ends_the_visit(desk: WholeDesk) -> None:
    press_hotkey()
    desk.do("confirm")
    outcome = desk.entries("Outcome")[-1]
    assert (outcome["reason"], outcome["proof"]) == ("worker_ended", "revoked")


def press_again_and_again(*presses: tuple[str, ...]) -> None:
    """Each at least once: while the agent presses the logout's own controls, and while the portal does not answer."""
    over = time.monotonic() + PRESSING_S
    while presses:
        for press in presses:
            keys(*press)
        if time.monotonic() > over:
            break


def log_out_slowly(desk: WholeDesk, portal: PracticePortal, display: str, *presses: tuple[str, ...]) -> list[str]:
    """End the visit at a portal that takes seconds to answer, and press meanwhile; returns what the portal received."""
    portal.switches = Switches(logout=LogoutWay.SLOW, logout_answers_after_s=3.0)
    begin = len(portal.journal)
    press_hotkey()
    until(lambda: desk.do("look")["covered"])
    with Watch(display) as watch:
        press_again_and_again(*presses)
        assert desk.do("look")["state"] == "Ending", "everything was pressed before the portal answered"
        desk.do("wait", states=["Confirming"])
        until(lambda: desk.do("gate_offers", act="confirm")["answer"])
    assert watch.frames > len(presses)
    assert watch.leaks == []
    return [f"{entry.user} {entry.method} {entry.path} {entry.kind}" for entry in portal.journal[begin:]]


def test_during_the_logout_nothing_is_seen_and_nothing_gets_through(
    desk: WholeDesk, portal: PracticePortal, display: str
) -> None:
    undisturbed = log_out_slowly(desk, portal, display)
    assert f"{USER} POST /logout sign-out" in undisturbed
    desk.do("confirm")
    sign_in(desk, display)
    disturbed = log_out_slowly(
        desk,
        portal,
        display,
        ("key", "alt+Tab", "alt+F4", "super+d", "F5", "ctrl+r", "alt+Left", "Escape", "Return", "ctrl+w"),
        ("type", "--delay", "5", "this must not reach the portal\n"),
        ("key", "ctrl+t", "ctrl+n", "ctrl+shift+n", "F12", "F11", "alt+Tab", "alt+shift+Tab"),
        ("mousemove", "640", "450", "click", "1", "click", "3", "mousemove", "300", "300", "click", "1"),
        ("key", "alt+space", "Menu", "super", "Tab", "space", "Return"),
    )
    desk.do("confirm")
    assert disturbed == undisturbed
    outcome = desk.entries("Outcome")[-1]
    assert (outcome["reason"], outcome["proof"]) == ("worker_ended", "revoked")
