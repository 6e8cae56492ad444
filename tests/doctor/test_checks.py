"""Each check of the doctor, on what this machine really has and on what is really broken."""

from __future__ import annotations

import datetime
import gc
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from kiosk_agent.clock import ManualClock
from kiosk_agent.config import Config, Supervision
from kiosk_agent.doctor import browser as browser_checks
from kiosk_agent.doctor import clock as clock_checks
from kiosk_agent.doctor import files as file_checks
from kiosk_agent.doctor import screen as screen_checks
from kiosk_agent.health import Severity
from kiosk_agent.ledger import FILE_NAME, Ledger
from kiosk_agent.ledger.aside import set_aside
from kiosk_agent.locale import translator
from kiosk_agent.session.entries import SignedIn, VisitStarted
from tests.support.refused_syncs import can_be_refused

t = translator("en")
ROOT_USER = hasattr(os, "geteuid") and os.geteuid() == 0


def program(folder: Path, script: str) -> Path:
    path = folder / "browser"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def config(**parts: object) -> Config:
    return Config(path=Path("agent.toml"), profile=Path("portal.toml"), **parts)  # type: ignore[arg-type] # fields by name


# the browser and its sandbox


def test_the_real_browser_starts_with_the_sandbox_switched_off_and_that_is_amber(
    browser_path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KIOSK_AGENT_NO_SANDBOX", "1")
    checks = browser_checks.check_browser_and_sandbox(Path(browser_path), "1.2.3.4", t)
    assert [(check.code, check.severity) for check in checks] == [
        ("browser", Severity.GREEN),
        ("sandbox", Severity.AMBER),
    ]
    assert "KIOSK_AGENT_NO_SANDBOX" in checks[1].detail


@pytest.mark.skipif(not ROOT_USER, reason="only on a machine where the tests run as root")
def test_root_without_the_switch_is_red(browser_path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KIOSK_AGENT_NO_SANDBOX", raising=False)
    checks = browser_checks.check_browser_and_sandbox(Path(browser_path), "1.2.3.4", t)
    assert checks[1].severity is Severity.RED
    assert "never as root" in checks[1].remedy


@pytest.mark.skipif(not ROOT_USER, reason="only on a machine where the tests run as root")
def test_what_the_real_browser_says_without_its_sandbox_is_understood(browser_path: str) -> None:
    with pytest.raises(browser_checks.StartError) as failure:
        browser_checks.start_browser(Path(browser_path), sandbox=True)
    assert browser_checks.is_sandbox_failure(str(failure.value))


@pytest.mark.skipif(sys.platform == "win32", reason="only on Linux: Windows' sandbox needs no namespaces")
def test_a_refused_namespace_is_the_sandboxs_fault_not_the_browsers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.delenv("KIOSK_AGENT_NO_SANDBOX", raising=False)
    words = "FATAL:zygote_host_impl_linux.cc: No usable sandbox! Update your kernel"
    checks = browser_checks.check_browser_and_sandbox(program(tmp_path, f"echo '{words}' >&2; exit 1"), "1.2.3.4", t)
    assert [(check.code, check.severity) for check in checks] == [
        ("browser", Severity.GREEN),
        ("sandbox", Severity.RED),
    ]
    assert "No usable sandbox" in checks[1].detail
    assert "namespaces" in checks[1].remedy


@pytest.mark.skipif(sys.platform == "win32", reason="only on Linux: a script stands for the browser")
def test_a_browser_that_does_not_start_is_red_with_its_own_last_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KIOSK_AGENT_NO_SANDBOX", "1")
    broken = program(tmp_path, "echo 'libnss3.so: cannot open shared object file' >&2; exit 127")
    (check,) = browser_checks.check_browser_and_sandbox(broken, "1.2.3.4", t)
    assert (check.code, check.severity) == ("browser", Severity.RED)
    assert "libnss3.so" in check.detail


@pytest.mark.skipif(sys.platform == "win32", reason="only on Linux: Windows has no such lock")
def test_a_folder_for_temporary_files_with_too_long_a_name_is_told(
    browser_path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / ("long" * 40)
    folder.mkdir()
    monkeypatch.setenv(browser_checks.NO_SANDBOX, "1")
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    (found,) = browser_checks.check_browser_and_sandbox(Path(browser_path), "x", t)
    assert (found.severity, "TMPDIR" in found.remedy, str(folder) in found.detail) == (Severity.RED, True, True)


def test_a_program_that_shows_no_page_is_no_browser(tmp_path: Path) -> None:
    with pytest.raises(browser_checks.StartError):
        browser_checks.start_browser(program(tmp_path, "exit 0"), sandbox=False)


# the screen


def test_a_display_with_a_tray_is_green(display: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("trayer") is None:
        pytest.skip("trayer is not on this machine")
    monkeypatch.delenv("XDG_SESSION_TYPE", raising=False)
    assert screen_checks.check_display(False, t).detail == f"{display}, 1280×900"
    assert screen_checks.check_tray(t).severity is Severity.AMBER
    tray = subprocess.Popen(["trayer"], stderr=subprocess.DEVNULL)
    try:
        while screen_checks.check_tray(t).severity is not Severity.GREEN:
            assert tray.poll() is None
    finally:
        tray.terminate()
        tray.wait(timeout=10)


@pytest.mark.skipif(sys.platform == "win32", reason="only on Linux: on Windows nothing comes above the cover")
def test_a_compositing_manager_is_amber(display: str) -> None:
    from tests.support.compositor import compositor

    assert screen_checks.check_compositor(t) == []
    with compositor(display):
        assert [line.severity for line in screen_checks.check_compositor(t)] == [Severity.AMBER]


@pytest.mark.skipif(sys.platform == "win32", reason="only on Linux: Windows always has a desktop")
def test_no_display_is_red_at_a_desk_and_amber_where_the_configuration_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert screen_checks.check_display(False, t).severity is Severity.RED
    assert screen_checks.check_display(True, t).severity is Severity.AMBER
    assert screen_checks.check_tray(t).severity is Severity.AMBER


# python-xlib does not close the sockets of its failed tries; nothing here could.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.skipif(sys.platform == "win32", reason="only on Linux: Windows always has a desktop")
def test_a_display_that_does_not_answer_is_red(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":4711")
    assert screen_checks.check_display(False, t).severity is Severity.RED
    assert screen_checks.check_tray(t).severity is Severity.AMBER
    assert screen_checks.check_cover(False, t).severity is Severity.RED
    gc.collect()  # the sockets' warnings belong here


@pytest.mark.skipif(sys.platform == "win32", reason="only on Linux: Windows always has a desktop")
def test_wayland_without_x_is_red_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    check = screen_checks.check_display(False, t)
    assert check.severity is Severity.RED
    assert "Wayland" in check.detail


def test_an_x_server_inside_a_wayland_session_is_amber(display: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_SESSION_TYPE", "wayland")
    check = screen_checks.check_display(False, t)
    assert check.severity is Severity.AMBER
    assert "Wayland" in check.detail


def test_the_cover_is_tried_for_real(display: str) -> None:
    check = screen_checks.check_cover(False, t)
    assert check.severity is Severity.GREEN
    assert check.detail.startswith("Tk 8")


def test_a_python_without_tkinter_is_red_and_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, display: str
) -> None:
    (tmp_path / "tkinter.py").write_text("import _tkinter_of_another_build")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    check = screen_checks.check_cover(False, t)
    assert check.severity is Severity.RED
    assert "python3-tk" in check.remedy


# the clock


def test_an_ordinary_clock_is_not_red() -> None:
    assert clock_checks.check_clock(ManualClock(), t).severity is not Severity.RED


def test_a_date_before_the_first_release_is_an_empty_clock_battery() -> None:
    empty = ManualClock(wall=datetime.datetime(2009, 1, 1, tzinfo=datetime.UTC))
    check = clock_checks.check_clock(empty, t)
    assert check.severity is Severity.RED
    assert "battery" in check.remedy


@pytest.mark.skipif(sys.platform != "linux", reason="only on Linux: asks the kernel")
@pytest.mark.parametrize(("state", "severity"), [(0, Severity.GREEN), (5, Severity.AMBER)])
def test_a_clock_that_nothing_keeps_right_is_amber(
    state: int, severity: Severity, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Kernel:
        def __init__(self, *_: object, **__: object) -> None:
            pass

        @staticmethod
        def adjtimex(_: object) -> int:
            return state

    monkeypatch.setattr(clock_checks.ctypes, "CDLL", Kernel)
    assert clock_checks.check_clock(ManualClock(), t).severity is severity


@pytest.mark.skipif(sys.platform != "linux", reason="only on Linux: asks the kernel")
def test_the_kernel_answers() -> None:
    assert clock_checks.is_synchronised() in (True, False)


# the files


def test_a_data_folder_is_made_and_written_to(tmp_path: Path) -> None:
    folder = tmp_path / "desk" / "data"
    assert file_checks.check_data_dir(folder, t).severity is Severity.GREEN
    assert list(folder.iterdir()) == []


def test_a_data_folder_that_cannot_be_made_is_red(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    check = file_checks.check_data_dir(tmp_path / "file" / "data", t)
    assert check.severity is Severity.RED
    assert "desk.data_dir" in check.remedy


SYNCLESS = """
import sys
from pathlib import Path
from kiosk_agent.doctor.files import check_data_dir
from kiosk_agent.locale import translator
from tests.support.refused_syncs import refuse
refuse("fsync")
check = check_data_dir(Path(sys.argv[1]), translator("en"))
print(check.severity.value, check.detail)
"""


@pytest.mark.skipif(not can_be_refused(), reason="only on Linux with x86-64 or ARM64: no call can be refused here")
def test_a_disk_that_keeps_nothing_is_red(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", SYNCLESS, str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("red The ledger cannot be written: ")
    assert "the disk cannot be read or written" in done.stdout


@pytest.mark.parametrize(("free_bytes", "severity"), [(10_000_000, Severity.RED), (100_000_000, Severity.AMBER)])
def test_a_disk_that_is_nearly_full_is_said_before_the_desk_is_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free_bytes: int, severity: Severity
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=free_bytes)
    monkeypatch.setattr(file_checks.shutil, "disk_usage", lambda _: usage)
    assert file_checks.check_data_dir(tmp_path, t).severity is severity


def test_a_desk_without_a_release_code_is_amber() -> None:
    assert file_checks.check_release_code(config(), t).severity is Severity.AMBER


def test_a_release_code_in_plain_text_is_red() -> None:
    check = file_checks.check_release_code(config(supervision=Supervision(release_code_hash="1234")), t)
    assert check.severity is Severity.RED
    assert "1234" not in check.detail


def test_a_desk_without_a_ledger_has_recorded_nothing_yet(tmp_path: Path) -> None:
    assert file_checks.check_ledger(tmp_path, t).severity is Severity.GREEN


def test_a_whole_ledger_is_green_and_an_edited_one_red(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / FILE_NAME, ManualClock())
    ledger.append(VisitStarted(visit_id="a" * 32))
    ledger.append(SignedIn(visit_id="a" * 32))
    ledger.close()
    check = file_checks.check_ledger(tmp_path, t)
    assert (check.severity, check.detail) == (Severity.GREEN, "2 entries, the chain is whole.")
    content = (tmp_path / FILE_NAME).read_bytes()
    (tmp_path / FILE_NAME).write_bytes(content.replace(b"a" * 32, b"b" * 32))
    assert file_checks.check_ledger(tmp_path, t).severity is Severity.RED


def test_a_damaged_ledger_that_was_put_aside_is_not_forgotten(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    path.write_bytes(b"damaged")
    kept = set_aside(path, "20260401-090000")
    Ledger(path, ManualClock()).close()
    check = file_checks.check_ledger(tmp_path, t)
    assert check.severity is Severity.AMBER
    assert kept in check.detail


def test_a_damaged_ledger_in_whose_place_none_was_begun_is_red(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    path.write_bytes(b"damaged")
    kept = set_aside(path, "20260401-090000")
    check = file_checks.check_ledger(tmp_path, t)
    assert check.severity is Severity.RED
    assert kept in check.detail


def test_a_file_that_is_no_ledger_is_red(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"This is a letter, not a ledger. " * 100)
    assert file_checks.check_ledger(tmp_path, t).severity is Severity.RED
