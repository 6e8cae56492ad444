"""``kiosk-agent doctor`` as a person and as a program call it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from kiosk_agent.cli import main
from kiosk_agent.cli.doctor import name_of
from kiosk_agent.doctor import examine as examining
from kiosk_agent.health import Severity
from kiosk_agent.locale import translator

ROOT = Path(__file__).resolve().parent.parent.parent
PROFILES = sorted((ROOT / "config" / "portals").rglob("*.toml"))
t = translator("en")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, display: str, browser_path: str) -> Path:
    """A desk in good order, as far as this machine allows; the configuration's path."""
    monkeypatch.setenv("KIOSK_AGENT_NO_SANDBOX", "1")
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    config = tmp_path / "agent.toml"
    config.write_text(
        f'profile = "{PROFILES[0].as_posix()}"\n'
        f'[desk]\nname = "Counter 3"\ndata_dir = "{(tmp_path / "data").as_posix()}"\n'
        f'[browser]\nexecutable = "{browser_path}"\n',
        encoding="utf-8",
    )
    return config


def codes(output: str) -> dict[str, str]:
    return {check["code"]: check["severity"] for check in json.loads(output)["checks"]}


def test_every_part_of_a_desk_has_a_line(desk: Path) -> None:
    result = CliRunner().invoke(main, ["doctor", "--config", str(desk), "--json"])
    assert result.exit_code == 0, result.output
    found = codes(result.output)
    assert set(found) == {
        "configuration",
        "profile",
        "browser",
        "sandbox",
        "display",
        "cover",
        "tray",
        "printing",
        "clipboard",
        "os_session",
        "input",
        "card",
        "clock",
        "data folder",
        "ledger",
        "release code",
        "central",
        "browsers",
    }
    assert "red" not in found.values()
    assert json.loads(result.output)["worst"] == "amber"  # the sandbox is switched off for the tests


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_line_can_be_read_by_people(desk: Path, monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    monkeypatch.setenv("LANGUAGE", language)
    result = CliRunner().invoke(main, ["doctor", "--config", str(desk)])
    assert result.exception is None, result.output
    lines = [line for line in result.output.splitlines() if line[:1] in "●▲■"]
    assert len(lines) >= len(codes(CliRunner().invoke(main, ["doctor", "--config", str(desk), "--json"]).output))


def test_every_code_that_a_check_may_have_has_a_name_for_people() -> None:
    source = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "kiosk_agent" / "doctor").glob("*.py"))
    told = set(re.findall(r'\b(?:green|amber|red|_guarded|_problems|Check)\(\s*"([^"]+)"', source))
    assert {"printing", "compositor", "template", "browsers"} <= told
    assert all(name_of(code) for code in told)


def test_a_desk_whose_portal_needs_an_extension_has_a_line_for_its_template(desk: Path, tmp_path: Path) -> None:
    isolation = 'isolation = "template"\nextensions = ["aaaabbbbccccddddeeeeffffgggghhhh"]\n'
    text = PROFILES[0].read_text(encoding="utf-8").replace("[portal]\n", f"[portal]\n{isolation}")
    (tmp_path / "portal.toml").write_text(text, encoding="utf-8")
    desk.write_text(desk.read_text().replace(PROFILES[0].as_posix(), "portal.toml"), encoding="utf-8")
    result = CliRunner().invoke(main, ["doctor", "--config", str(desk), "--json"])
    assert codes(result.output)["template"] == "red"  # none was built yet
    assert result.exit_code == 1


def test_one_red_line_is_exit_status_1(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY")
    result = CliRunner().invoke(main, ["doctor", "--config", str(desk)])
    assert result.exit_code == 1
    assert "■" in result.output
    assert "→ Start the agent from an X11 session of the desk's user." in result.output


def test_without_a_configuration_the_pc_alone_is_looked_at(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(desk.parent))
    result = CliRunner().invoke(main, ["doctor", "--json"])
    found = codes(result.output)
    assert found["configuration"] == "amber"
    assert found["browser"] == "green"
    assert "profile" not in found


def test_a_broken_configuration_is_red_and_names_the_line(desk: Path) -> None:
    desk.write_text('profile = "portal.toml"\n[browser]\nwindow = "tiny"\n', encoding="utf-8")
    (check,) = [check for check in examining.examine(desk, t) if check.code == "configuration"]
    assert check.severity is Severity.RED
    assert f"{desk}:3" in check.detail
    assert "browser.window" in check.detail


def test_a_missing_profile_is_red_and_everything_else_is_still_looked_at(desk: Path) -> None:
    desk.write_text(desk.read_text().replace(PROFILES[0].name, "no-such-portal.toml"), encoding="utf-8")
    checks = {check.code: check for check in examining.examine(desk, t)}
    assert checks["profile"].severity is Severity.RED
    assert "ledger" in checks


def test_a_browser_that_is_not_there_is_red(desk: Path) -> None:
    text = "\n".join(line for line in desk.read_text().splitlines() if not line.startswith("executable"))
    desk.write_text(f'{text}\nexecutable = "{desk.parent / "no-browser"}"\n', encoding="utf-8")
    checks = {check.code: check for check in examining.examine(desk, t)}
    assert checks["browser"].severity is Severity.RED
    assert "no-browser" in checks["browser"].detail


def test_a_check_that_breaks_is_a_red_line_and_not_silence(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the clock stands still")

    monkeypatch.setattr(examining, "check_clock", broken)
    checks = {check.code: check for check in examining.examine(desk, t)}
    assert checks["clock"].severity is Severity.RED
    assert "the clock stands still" in checks["clock"].detail
    assert "ledger" in checks
