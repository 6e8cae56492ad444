"""Both command lines speak the language of their environment, in their help and when somebody mistypes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk_agent import __version__
from kiosk_agent.locale.system import VARIABLES, language_of_windows, system_language

JAPANESE = re.compile(r"[ぁ-ゟァ-ヿ一-鿿]")
MODULES = {"kiosk-agent": "kiosk_agent.cli", "kiosk-central": "kiosk_agent.central.cli"}
PROGRAMS = {"kiosk-agent": "kiosk_agent", "kiosk-central": "kiosk_agent.central"}
# Every command and group with its help, as one process prints it: starting one for each would take half a minute.
ALL_HELP = """
import importlib, json, sys, click
module, program = sys.argv[1:]
main = importlib.import_module(module).main

def walk(command, path, parent=None):
    with command.make_context(path.split()[-1], [], parent=parent, resilient_parsing=True) as context:
        yield path, command.get_help(context)
        if isinstance(command, click.Group):
            for name in command.list_commands(context):
                yield from walk(command.get_command(context, name), f"{path} {name}", context)

print(json.dumps(dict(walk(main, program))))
"""
MISTAKES_AT_CENTRAL = (
    ["--nope"],
    ["nope"],
    ["desk", "nope"],
    ["desk", "code"],
    ["desk", "code", "--count", "x"],
    ["desk", "code", "--count", "0"],
    ["serve", "--smtp-security", "some"],
    ["serve", "--port"],
    ["export", "to.csv", "--from", "yesterday", "--to", "2026-04-01"],
    ["export", "to.csv", "--from", "2026-04-02", "--to", "2026-04-01"],
    ["export", "to.csv", "--from", "2026-04-01", "--to", "2026-04-01", "--within", "1"],
    ["backup", "."],
    ["migrate", "extra"],
    ["migrate", "--data", "pyproject.toml"],
    ["command", "desk", "7", "explode", "--reason", "x"],
    ["office", "hours", "--municipality", "131016", "--office", "x"],
    ["simulate", "--visits", "many"],
    ["simulate", "--visits", "-1"],
)
MISTAKES = (
    ["--nope"],
    ["nope"],
    ["run"],
    ["run", "--config"],
    ["demo", "--language", "fr"],
    ["demo", "--json=1"],
    ["demo", "--languag", "ja"],
    ["status", "extra"],
    ["ledger", "show", "--last", "x"],
    ["config", "check"],
)


def python(language: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "LANGUAGE": language, "COLUMNS": "200", "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, encoding="utf-8", check=False
    )


def all_help(program: str, language: str) -> dict[str, str]:
    answer = python(language, "-c", ALL_HELP, MODULES[program], program)
    assert answer.returncode == 0, answer.stderr
    return dict(json.loads(answer.stdout))


@pytest.fixture(scope="module", params=MODULES)
def program(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def japanese(program: str) -> dict[str, str]:
    return all_help(program, "ja")


@pytest.fixture(scope="module")
def english(program: str) -> dict[str, str]:
    return all_help(program, "en")


def described(text: str) -> Iterator[tuple[str, str]]:
    """Each option, argument and command of a help text, and what it says of it."""
    whole = re.sub(r"(?m)^(  -\S.*)\n {4,}(?=\S)", r"\1  ", text)  # a long option has its help in the next line
    for line in whole.splitlines():
        if found := re.match(r"  (-\S.*?|\S+)\s{2,}(\S.*)", line):
            yield found[1], found[2]


def test_every_command_is_explained_in_both_languages(japanese: dict[str, str], english: dict[str, str]) -> None:
    assert len(japanese) > 20
    assert list(japanese) == list(english)
    for name, text in japanese.items():
        usage, _, about, *_ = text.splitlines()
        assert usage.startswith("使い方:"), name
        assert JAPANESE.search(about), name
    for name, text in english.items():
        assert text.startswith("Usage:"), name
        assert not JAPANESE.search(text), name


def test_every_option_and_argument_is_explained_in_both_languages(
    japanese: dict[str, str], english: dict[str, str]
) -> None:
    for name, text in japanese.items():
        parts = dict(described(text))
        assert parts, name
        assert [part for part, about in parts.items() if not JAPANESE.search(about)] == [], name
        names = [part.split()[0] for part in parts]
        assert names == [part.split()[0] for part, _about in described(english[name])], name
        options = re.findall(r"^  (-\S+)", text, re.MULTILINE)
        assert len([part for part in parts if part.startswith("-")]) == len(options), f"{name}: one says nothing"


def test_the_real_command_prints_the_same_help(program: str, japanese: dict[str, str]) -> None:
    last = list(japanese)[-1]
    answer = python("ja", "-m", PROGRAMS[program], *last.split()[1:], "--help")
    assert answer.returncode == 0
    assert answer.stdout.strip() == japanese[last].strip()


@pytest.mark.parametrize("module", PROGRAMS.values())
def test_the_version_is_told_in_both_languages(module: str) -> None:
    japanese, english = (python(language, "-m", module, "--version").stdout for language in ("ja", "en"))
    assert JAPANESE.search(japanese)
    assert "version" in english
    assert __version__ in japanese
    assert __version__ in english


@pytest.mark.parametrize(
    ("module", "arguments"),
    [
        *(("kiosk_agent", arguments) for arguments in MISTAKES),
        *(("kiosk_agent.central", arguments) for arguments in MISTAKES_AT_CENTRAL),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value,
)
def test_a_mistake_is_explained_in_the_language_of_whoever_made_it(module: str, arguments: list[str]) -> None:
    answer = python("ja", "-m", module, *arguments)
    assert answer.returncode == 2
    lines = [line for line in answer.stderr.splitlines() if line.strip()]
    assert lines
    assert [line for line in lines if not JAPANESE.search(line)] == []
    assert lines[-1].startswith("エラー")


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LANG": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "ja_JP.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "ja:en"}, "ja"),
    ],
)
def test_the_environment_decides_in_the_order_that_gettext_has(
    environment: dict[str, str], language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert system_language() == language


@pytest.mark.skipif(sys.platform == "win32", reason="only on Linux: Windows has a language of its own")
@pytest.mark.parametrize("environment", [{}, {"LANG": "", "LC_ALL": "", "LANGUAGE": ""}])
def test_nothing_said_means_english(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert system_language() == "en"


@pytest.mark.parametrize(
    ("identifier", "language"),
    [(0x0411, "ja"), (0x0011, "ja"), (0x0409, "en"), (0x0809, "en"), (0x0412, "en"), (0x0804, "en")],
)
def test_the_language_of_windows_is_told_by_the_low_bits_of_its_number(identifier: int, language: str) -> None:
    assert language_of_windows(identifier) == language


@pytest.mark.skipif(sys.platform != "win32", reason="only on Windows: elsewhere the environment says it")
def test_without_a_word_in_the_environment_the_help_speaks_the_language_of_windows() -> None:
    import ctypes

    language = language_of_windows(ctypes.windll.kernel32.GetUserDefaultUILanguage())
    environment = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    answer = subprocess.run(
        [sys.executable, "-m", "kiosk_agent", "--help"],
        env={**environment, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert answer.stdout.startswith("使い方" if language == "ja" else "Usage")


@pytest.mark.parametrize(
    ("code_page", "language", "still_there"), [("cp1252", "ja", "--version"), ("cp932", "ja", "使い方")]
)
def test_what_the_code_page_lacks_is_no_error(code_page: str, language: str, still_there: str) -> None:
    """The help has Japanese, which a Western page lacks; a name of a file may have what a Japanese one lacks."""
    for arguments in (["--help"], ["config", "check", "髙 – Nguyễn.toml"]):
        answer = subprocess.run(
            [sys.executable, "-m", "kiosk_agent", *arguments],
            env={**os.environ, "LANGUAGE": language, "PYTHONIOENCODING": code_page},
            capture_output=True,
            check=False,
        )
        assert b"Traceback" not in answer.stderr
        if arguments == ["--help"]:
            assert still_there in answer.stdout.decode(code_page)


def test_what_is_for_programs_is_utf8_on_any_code_page() -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "kiosk_agent", "config", "check", "髙 – Nguyễn.toml", "--json"],
        env={**os.environ, "LANGUAGE": "ja", "PYTHONIOENCODING": "cp932"},
        capture_output=True,
        check=False,
    )
    assert json.loads(answer.stdout.decode("utf-8"))["problems"][0]["file"] == "髙 – Nguyễn.toml"


@pytest.mark.skipif(sys.platform == "win32", reason="only on Linux: Windows has no device that is always full")
@pytest.mark.parametrize("module", PROGRAMS.values())
@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("ja", "出力を書き込めませんでした：ディスクの空きがありません。"),
        ("en", "What was to be printed could not be written: the disk is full."),
    ],
)
def test_where_nothing_can_be_printed_a_line_says_so(module: str, language: str, said: str) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        answer = subprocess.run(
            [sys.executable, "-m", module, "--help"],
            env={**os.environ, "LANGUAGE": language},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (answer.returncode, answer.stderr.strip()) == (1, said)
