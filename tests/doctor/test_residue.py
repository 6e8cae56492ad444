"""The doctor names what could keep something of a visit."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("only on Linux: CUPS is not on Windows", allow_module_level=True)

from kiosk_agent.doctor import residue as residue_checks
from kiosk_agent.hands.printing.cups import CupsSpooler
from kiosk_agent.health import Severity
from kiosk_agent.locale import translator
from tests.browser.test_clipboard import owned
from tests.support.print_server import PrintServer

t = translator("en")


def test_cups_that_answers_is_green_and_one_that_hangs_is_amber() -> None:
    with tempfile.TemporaryDirectory(prefix="cups-") as folder:
        server = PrintServer(Path(folder))
        try:
            server.start()
            check = residue_checks.check_printing(lambda: CupsSpooler(server.socket, 20.0), t)
            assert (check.code, check.severity, check.detail) == (
                "printing",
                Severity.GREEN,
                "The print system answers.",
            )
            server.freeze()
            check = residue_checks.check_printing(lambda: CupsSpooler(server.socket, 0.2), t)
            assert check.severity is Severity.AMBER
            assert "gives no answer" in check.detail
            assert "residue.print_jobs" in check.remedy
        finally:
            server.stop()


def test_without_a_print_system_there_is_nothing_to_be_removed_and_that_is_said(tmp_path: Path) -> None:
    check = residue_checks.check_printing(lambda: CupsSpooler(tmp_path / "sock", 20.0), t)
    assert (check.severity, check.detail) == (
        Severity.GREEN,
        "No print system runs: there is nothing to be removed.",
    )


def test_where_print_jobs_are_left_alone_that_is_said(tmp_path: Path) -> None:
    check = residue_checks.check_printing(lambda: CupsSpooler(tmp_path / "sock", 20.0), t, wanted=False)
    assert check.detail == "Print jobs are left alone, as the configuration says."


def test_a_clipboard_manager_is_amber(display: str) -> None:
    assert residue_checks.check_clipboard(t).severity is Severity.GREEN
    with owned(display, "CLIPBOARD_MANAGER"):
        assert residue_checks.check_clipboard(t).severity is Severity.AMBER


def test_windows_history_of_the_clipboard_is_amber(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(residue_checks, "keeps_history", lambda: True)
    check = residue_checks.check_clipboard(t)
    assert check.severity is Severity.AMBER
    assert "AllowClipboardHistory" in check.remedy
