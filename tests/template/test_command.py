"""``kiosk-agent template`` as a desk's keeper calls it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kiosk_agent.cli import main
from tests.template.conftest import PROGRAM, SANDBOX, Desk

PROFILE = """\
[portal]
name = "card-portal"
title = {{ja = "カードの窓口", en = "Card portal"}}
start_url = "{url}/"
allowed = ["{url}/*"]
isolation = "template"
extensions = ["{extension}"]

[signed_in]
selector = "#account"

[logout]
steps = [{{click = "#logout"}}]

[proof]
protected_url = "{url}/mine"
refused = {{redirect = "{url}/"}}
opened = {{status = [200], selector = "#account"}}
replay = "cookies"
expect = "revoked"
"""


@pytest.fixture
def profile(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    if not SANDBOX:
        monkeypatch.setenv("KIOSK_AGENT_NO_SANDBOX", "1")
    file = tmp_path / "card.toml"
    file.write_text(PROFILE.format(url=desk.portal.url, extension=desk.extension.id), encoding="utf-8")
    return file


def run(desk: Desk, *arguments: object) -> Result:
    words = ["template", *map(str, arguments), "--data-dir", str(desk.data_dir), "--browser", str(desk.executable)]
    return CliRunner().invoke(main, words)


def test_a_template_is_built_and_then_checked(desk: Desk, profile: Path) -> None:
    before = run(desk, "check", profile)
    assert before.exit_code == 1
    assert f"kiosk-agent template build {profile}" in before.output
    built = run(desk, "build", profile, "--unpacked", desk.extension.folder, "--json")
    assert built.exit_code == 0, built.output
    assert json.loads(built.stdout)["extensions"][0]["native_programs"] == [PROGRAM]
    after = run(desk, "check", profile, "--json")
    assert after.exit_code == 0, after.output
    answer = json.loads(after.stdout)
    assert answer["fits"] is True
    assert answer["problems"] == []
    assert answer["template"]["extensions"][0]["id"] == desk.extension.id


def test_a_broken_profile_is_told_with_its_line_and_builds_nothing(desk: Desk, profile: Path) -> None:
    profile.write_text("[portal]\nname = \n")
    result = run(desk, "build", profile)
    assert result.exit_code == 2
    assert f"{profile}:2" in result.output


def test_by_hand_and_unpacked_exclude_each_other(desk: Desk, profile: Path) -> None:
    assert run(desk, "build", profile, "--by-hand", "--unpacked", desk.extension.folder).exit_code == 2
