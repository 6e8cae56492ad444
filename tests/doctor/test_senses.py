"""The doctor's lines for the senses that need something of the operating system."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kiosk_agent.clock import SystemClock
from kiosk_agent.doctor.senses import check_input, check_os_session
from kiosk_agent.health import Severity
from kiosk_agent.locale import translator

if sys.platform == "win32":
    pytest.skip("only on Linux: D-Bus and X11", allow_module_level=True)

from tests.support.logind import OURS, mock_logind

t = translator("en")

# python-xlib leaves the sockets of failed connections to the garbage collector
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def test_a_logind_that_knows_our_session_is_green(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with mock_logind(tmp_path) as logind:
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", logind.address)
        monkeypatch.setenv("XDG_SESSION_ID", OURS)
        assert check_os_session(t).severity is Severity.GREEN
        monkeypatch.setenv("XDG_SESSION_ID", "77")
        check = check_os_session(t)
    assert check.severity is Severity.AMBER
    assert "belongs to no session" in check.detail


def test_no_bus_is_amber_and_says_what_it_means(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path / 'nothing'}")
    check = check_os_session(t)
    assert check.severity is Severity.AMBER
    assert "D-Bus" in check.detail
    assert check.remedy


def test_the_last_input_is_told(display: str) -> None:
    subprocess.run(["xdotool", "mousemove", "30", "30", "mousemove", "40", "40"], check=True)
    check = check_input(SystemClock(), t)
    assert check.severity is Severity.GREEN
    assert "s ago" in check.detail


def test_no_display_is_amber(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":9876")
    assert check_input(SystemClock(), t).severity is Severity.AMBER
    monkeypatch.setenv("XDG_SESSION_TYPE", "wayland")
    assert "Wayland" in check_input(SystemClock(), t).detail
