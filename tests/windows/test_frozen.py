"""The frozen agent, really run. Where KIOSK_AGENT_TESTS_FROZEN names PyInstaller's folder: docs/windows.md says how."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
from pathlib import Path

import pytest

from kiosk_agent import __version__
from kiosk_agent.clock import SystemClock
from kiosk_agent.ledger import FILE_NAME
from kiosk_agent.ledger.store import Ledger
from kiosk_agent.session import entries as en
from tests.windows.conftest import FROZEN, PATIENCE_S, Outside, Tasks

FOLDER = Path(os.environ[FROZEN]).absolute()  # with the drive
PROFILE = (Path("config") / "portals" / "practice.toml").absolute()


def agent(*arguments: str, language: str = "en") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(FOLDER / "kiosk-agent.exe"), *arguments],
        env={**os.environ, "LANGUAGE": language, "PYTHONUTF8": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        timeout=2 * PATIENCE_S,
        check=False,
    )


@pytest.fixture
def desktop() -> None:
    """Wine's desktop is a program that the first one with a window starts: it must not hold that one's pipes."""
    ctypes.WinDLL("user32").GetDesktopWindow()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "agent.toml"
    # there is no browser here: any program stands for it, and must not be started
    file.write_text(
        f"profile = {json.dumps(str(PROFILE))}\n[desk]\ndata_dir = {json.dumps(str(tmp_path / 'desk'))}\n"
        f"[browser]\nexecutable = {json.dumps(str(FOLDER / 'kiosk-agentw.exe'))}\n",
        encoding="utf-8",
    )
    return file


def test_it_tells_its_version() -> None:
    done = agent("--version")
    assert (done.returncode, done.stdout.strip()) == (0, f"kiosk-agent.exe, version {__version__}"), done.stderr


def test_the_catalogues_are_in_it(config: Path) -> None:
    assert "is in order" in agent("config", "check", str(config)).stdout
    japanese = agent("config", "check", str(config), language="ja")
    assert japanese.returncode == 0, japanese.stderr
    assert "is in order" not in japanese.stdout


def test_each_package_and_python_itself_come_with_their_licence() -> None:
    inside = FOLDER / "_internal"
    packages = [one.name.partition("-")[0] for one in inside.glob("*.dist-info")]
    assert {"httpx", "msgspec", "pillow", "playwright", "psutil", "pynput", "pyscard", "pystray"} <= {*packages}
    assert "PYTHON SOFTWARE FOUNDATION" in (inside / "licences" / "LICENSE.txt").read_text(encoding="utf-8")


def test_it_verifies_a_ledger(config: Path, tmp_path: Path) -> None:
    (tmp_path / "desk").mkdir()
    ledger = Ledger(tmp_path / "desk" / FILE_NAME, SystemClock())
    ledger.append(en.AgentRan(True, __version__))
    ledger.close()
    done = agent("ledger", "verify", "--config", str(config), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)


def test_the_doctor_finds_all_that_the_agent_brings(desktop: None, tmp_path: Path) -> None:
    file = tmp_path / "agent.toml"
    file.write_text(f"profile = {json.dumps(str(PROFILE))}\n", encoding="utf-8")
    done = agent("doctor", "--json", "--config", str(file))
    checks = {check["code"]: check for check in json.loads(done.stdout)["checks"]}
    assert {code for code, check in checks.items() if check["severity"] == "red"} <= {"browser", "card"}, done.stdout
    # a PC without a service for smart cards has none to be asked; the library that asks must be there
    assert checks["cover"]["detail"].startswith("Tk 8.6")
    assert "not installed" not in checks["card"]["detail"]


def test_the_browsers_driver_is_in_it() -> None:
    asked = "from playwright._impl._driver import compute_driver_executable as asked; print(*asked(), sep='\\n')"
    node, script = agent("-c", asked).stdout.splitlines()
    assert Path(node).is_relative_to(FOLDER)
    assert [Path(one).is_file() for one in (node, script)] == [True, True]


def test_the_supervisor_starts_the_agent_from_it(desktop: None, config: Path, tmp_path: Path) -> None:
    """Without a driver the agent ends while it opens the desk; the supervisor covers and starts another one."""
    nowhere = str(tmp_path / "node.exe")
    process = subprocess.Popen(
        [str(FOLDER / "kiosk-agent.exe"), "run", "--config", str(config)],
        env={**os.environ, "LANGUAGE": "en", "PLAYWRIGHT_NODEJS_PATH": nowhere},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
    )
    said: list[str] = []
    try:
        assert process.stderr is not None
        for line in process.stderr:
            said.append(line.rstrip())
            if "supervisor: the agent was lost" in line:
                break
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE_S)
    assert "it ended with status 1. The screen is covered; the agent is started again." in said[-1], said
    assert any("in open_desk" in line for line in said), said


def test_installed_it_makes_the_task_for_one_account_and_is_removed_whole(outside: Outside, tasks: Tasks) -> None:
    made = outside.ask("msi", __version__, str(FOLDER))
    place = Path(os.environ["PROGRAMFILES"]) / "kiosk-agent"

    def msiexec(*words: str) -> int:
        return subprocess.run(["msiexec", *words, "/qn"], check=False, timeout=5 * PATIENCE_S).returncode

    assert msiexec("/i", made, "PROFILE=practice", r"KIOSKUSER=EXAMPLE\desk01") == 0
    try:
        task = tasks.of()
        assert task is not None
        assert task.count(r"<UserId>EXAMPLE\desk01</UserId>") == 2
        done = subprocess.run(
            [str(place / "kiosk-agent.exe"), "--version"], capture_output=True, text=True, check=False
        )
        assert __version__ in done.stdout, done.stderr
    finally:
        assert msiexec("/x", made) == 0
    assert tasks.of() is None
    assert not place.exists()
