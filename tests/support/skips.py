"""Where the machine is meant to have everything (``KIOSK_AGENT_TESTS_COMPLETE=1``), a skipped test is a failure.

A test for another system says so in its reason: "only on Windows".
"""

from __future__ import annotations

import os

import pytest

SWITCH = "KIOSK_AGENT_TESTS_COMPLETE"
OTHER_SYSTEM = "only on "


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return text.removeprefix("Skipped: ")


class SkipsCount:
    """Collects skips that name something missing."""

    def __init__(self) -> None:
        self.missing: list[str] = []

    def _note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.skipped and not hasattr(report, "wasxfail") and not _reason(report).startswith(OTHER_SYSTEM):
            self.missing.append(f"{report.nodeid}: {_reason(report)}")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._note(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._note(report)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.missing:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.missing:
            terminalreporter.section(f"{SWITCH}=1: nothing may be missing, but these were skipped", red=True)
            for line in self.missing:
                terminalreporter.line(line)


def watch_skips(config: pytest.Config) -> None:
    """To be called from ``pytest_configure``."""
    if os.environ.get(SWITCH) == "1":
        config.pluginmanager.register(SkipsCount())
