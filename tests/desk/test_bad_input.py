"""A configuration or profile that cannot be used: said exactly, and nothing is started."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import psutil
import pytest

from kiosk_agent.cli.run import EXIT_DESK, EXIT_INPUT
from kiosk_agent.practice.profiles import Variant, profile_text
from tests.desk.whole_desk import ROOT, WAIT_S

CONFIG = """\
profile = "portal.toml"
[desk]
data_dir = "data"
[browser]
headless = true
"""
PROFILE = profile_text("http://127.0.0.1:1", "http://127.0.0.2:1", Variant.PLAIN)


def run_agent(folder: Path, **environment: str) -> tuple[int, str]:
    """``kiosk-agent run`` to its end; returns status and standard error. Nothing of it may live on."""
    command = [sys.executable, "-m", "kiosk_agent", "run", "--config", str(folder / "agent.toml")]
    surroundings: Mapping[str, str] = {**os.environ, "PYTHONPATH": str(ROOT), "LANGUAGE": "en", **environment}
    before = {process.pid for process in psutil.Process().children()}
    done = subprocess.run(
        command, cwd=ROOT, env=surroundings, capture_output=True, text=True, timeout=WAIT_S, check=False
    )
    assert {process.pid for process in psutil.Process().children()} <= before
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("config", "profile", "named"),
    [
        ("", PROFILE, ["agent.toml", "empty"]),
        (CONFIG[: len(CONFIG) // 2], PROFILE, ["agent.toml:3"]),
        (CONFIG.replace('"portal.toml"', "7"), PROFILE, ["agent.toml:1", "profile", "7"]),
        (CONFIG + "[policy]\nwarning_s = 5\n", PROFILE, ["agent.toml:7", "warning_s", "20", "5", "WCAG"]),
        (CONFIG + "[polcy]\n", PROFILE, ["agent.toml:6", "polcy", "policy"]),
        (CONFIG.replace("portal.toml", "nothing.toml"), PROFILE, ["nothing.toml"]),
        ("\0\xff\0", PROFILE, ["agent.toml"]),
        (CONFIG, "", ["portal.toml", "portal"]),
        (CONFIG, PROFILE[: len(PROFILE) // 2], ["portal.toml:"]),
        (CONFIG, PROFILE.replace('expect = "revoked"', 'expect = "yes"'), ["portal.toml:", "expect", "revoked", "yes"]),
        (CONFIG, PROFILE.replace("{ click =", "{ clik =", 1), ["portal.toml:", "clik", "click"]),
    ],
    ids=[
        "empty configuration", "half a configuration", "a number for a path", "a warning too short", "misspelt table",
        "no such profile", "no text at all", "empty profile", "half a profile", "unknown expectation", "misspelt verb",
    ],
)  # fmt: skip
def test_unusable_input_is_named_and_nothing_starts(
    tmp_path: Path, config: str, profile: str, named: list[str]
) -> None:
    (tmp_path / "agent.toml").write_text(config, encoding="latin-1" if "\xff" in config else "utf-8")
    (tmp_path / "portal.toml").write_text(profile, encoding="utf-8")
    status, said = run_agent(tmp_path)
    assert status == EXIT_INPUT, said
    for part in named:
        assert part in said
    assert "Traceback" not in said
    assert not (tmp_path / "data").exists(), "nothing was begun"


def test_without_a_configuration_the_missing_file_is_named(tmp_path: Path) -> None:
    status, said = run_agent(tmp_path)
    assert status == EXIT_INPUT
    assert str(tmp_path / "agent.toml") in said


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only on a system where the tests are root")
def test_root_without_the_development_switch_is_told_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "agent.toml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "portal.toml").write_text(PROFILE, encoding="utf-8")
    status, said = run_agent(tmp_path, KIOSK_AGENT_NO_SANDBOX="")
    assert status == EXIT_DESK
    assert "root" in said
    assert "KIOSK_AGENT_NO_SANDBOX=1" in said
    assert "Traceback" not in said
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize(
    "content",
    [b"", b'{"pid": 17', b'{"pid": 17}', b"\xff\xfe\0", None],
    ids=["empty", "half", "another version's", "no text", "folder"],
)
def test_a_status_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None, language: str) -> None:
    file = tmp_path / "status.json"
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LANGUAGE": language, "PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "kiosk_agent", "status", "--json", "--data-dir", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, ""), "nobody knows whether an agent runs"
    assert str(file) in done.stderr
    assert "Traceback" not in done.stderr
    assert ("として読めません" in done.stderr) == (language == "ja")
