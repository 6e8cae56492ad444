"""The doors of the set-up: what an old Python, a wrong word or another language gets to see."""

from __future__ import annotations

import ast
import os
import re
import string
import subprocess
import sys
from pathlib import Path

import pytest

from installer import bootstrap, messages

ROOT = Path(__file__).resolve().parent.parent.parent
BOOTSTRAP = ROOT / "installer" / "bootstrap.py"


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG"))}
    command = [sys.executable, str(BOOTSTRAP), *arguments]
    return subprocess.run(command, env={**clean, **environment}, capture_output=True, text=True, check=False)


def test_an_old_python_can_read_the_file_that_turns_it_away() -> None:
    ast.parse(BOOTSTRAP.read_text(encoding="utf-8"), feature_version=(3, 6))


def test_an_old_python_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2, "final", 0))
    with pytest.raises(SystemExit) as ended:
        bootstrap.refuse_old_python()
    assert ended.value.code == 70
    said = capsys.readouterr().err
    assert "3.11 or newer" in said
    assert "3.9.2" in said
    assert "apt-get install python3" in said


def test_without_a_command_the_two_commands_are_named() -> None:
    done = run()
    assert done.returncode == 2
    assert "demo" in done.stderr
    assert "test" in done.stderr
    assert done.stdout == ""


def test_help_is_no_error() -> None:
    assert run("--help").returncode == 0


def test_it_speaks_japanese_where_the_environment_does() -> None:
    assert "使い方" in run("--help", LANG="ja_JP.UTF-8", PYTHONIOENCODING="utf-8").stderr
    assert "Usage" in run("--help", LANG="de_DE.UTF-8").stderr


def test_every_text_has_the_same_fields_in_both_languages() -> None:
    def fields(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    assert [key for key, (english, japanese) in messages.TEXTS.items() if fields(english) != fields(japanese)] == []


def test_every_text_that_is_said_exists_and_every_text_is_said() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "installer").rglob("*.py")))
    said = set(re.findall(r"""\b(?:say|text)\(\s*"([^"]+)\"""", source)) | set(re.findall(r'"(what [\w-]+)"', source))
    assert said == set(messages.TEXTS)


def test_the_readme_and_continuous_integration_use_the_same_commands() -> None:
    for command in ("python3 installer/bootstrap.py demo", "python3 installer/bootstrap.py test"):
        assert command in (ROOT / "README.md").read_text(encoding="utf-8")
        assert command in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
