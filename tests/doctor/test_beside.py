"""The doctor's line about what runs beside the agent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kiosk_agent.config import BrowserAction, BrowsersSense, RemoteAction
from kiosk_agent.doctor.beside import check_beside
from kiosk_agent.health import Severity
from kiosk_agent.locale import translator
from tests.sensors.processes import FakeTable, NearTable, program, started_elsewhere

t = translator("en")
OWN = Path("/var/desk/data")


@pytest.fixture
def table() -> FakeTable:
    table = FakeTable()
    table.add("init", pid=1, parent=0)
    return table


def lines(table: FakeTable | NearTable, settings: BrowsersSense) -> list[tuple[Severity, str]]:
    checks = check_beside(settings, [OWN], t, table)
    assert {check.code for check in checks} == {"browsers"}
    assert all(bool(check.remedy) == (check.severity is not Severity.GREEN) for check in checks)
    return [(check.severity, check.detail) for check in checks]


def test_nothing_beside_is_green_and_so_is_the_agents_own(table: FakeTable) -> None:
    table.add("chromium", "chromium", f"--user-data-dir={OWN}/browsers/x")
    assert lines(table, BrowsersSense()) == [(Severity.GREEN, "No other browser and no remote control runs.")]


def test_a_browser_and_a_remote_control_are_amber_and_named_once(table: FakeTable) -> None:
    for name in ("firefox", "firefox", "chromium"):
        table.add(name)
    table.add("x11vnc", of_this_desk=False)
    assert lines(table, BrowsersSense()) == [
        (Severity.AMBER, "A browser runs beside the agent: Firefox, Chromium"),
        (Severity.AMBER, "This PC is driven from outside, or can be: x11vnc"),
    ]


def test_what_the_configuration_ignores_is_not_looked_for(table: FakeTable) -> None:
    table.add("firefox")
    table.add("x11vnc")
    no_browsers = lines(table, BrowsersSense(action=BrowserAction.IGNORE))
    assert no_browsers == [(Severity.AMBER, "This PC is driven from outside, or can be: x11vnc")]
    no_remotes = lines(table, BrowsersSense(remote_control=RemoteAction.IGNORE))
    assert no_remotes == [(Severity.AMBER, "A browser runs beside the agent: Firefox")]
    nothing = BrowsersSense(action=BrowserAction.IGNORE, remote_control=RemoteAction.IGNORE)
    assert [severity for severity, _ in lines(table, nothing)] == [Severity.GREEN]


def test_hidden_processes_are_said(table: FakeTable) -> None:
    table.end(1)
    ((severity, detail),) = lines(table, BrowsersSense())
    assert severity is Severity.AMBER
    assert "hidden" in detail


def test_a_list_that_cannot_be_read_is_said(table: FakeTable) -> None:
    table.broken = PermissionError(13, "no /proc")
    ((severity, detail),) = lines(table, BrowsersSense())
    assert severity is Severity.AMBER
    assert "no /proc" in detail
    table.broken = None
    table.end(os.getpid())
    ((severity, _),) = lines(table, BrowsersSense())
    assert severity is Severity.AMBER


def test_a_real_browser_beside_is_found(tmp_path: Path) -> None:
    with started_elsewhere([str(program(tmp_path, "firefox")), "600"]):
        found = lines(NearTable(tmp_path), BrowsersSense())
    assert (Severity.AMBER, "A browser runs beside the agent: Firefox") in found
