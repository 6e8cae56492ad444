"""What is wrong with a configuration, a profile or Group Policy is told in the language of whoever reads it."""

from __future__ import annotations

import inspect
import re
import shlex
import sys
import tomllib
from pathlib import Path

import pytest

from kiosk_agent import reasons
from kiosk_agent.doctor.examine import _inputs
from kiosk_agent.locale import translator
from kiosk_agent.report.policy import Kept, keep
from kiosk_agent.settings.registry import Kind
from kiosk_agent.settings.resolve import resolve
from kiosk_agent.text import Text, shown
from kiosk_agent.wire.policy import PolicyAnswer, read_settings
from tests.locale.agent_lines import Heard, Run, assert_japanese, ids_of, run_all, written
from tests.locale.input_mistakes import CONFIGURATIONS, NOT_TOML, PROFILES
from tests.support.fake_registry import FakePolicyKey
from tests.support.two_languages import JAPANESE

URL = "http://central.example"
# Where every text is met below, but for what is named in NOT_MET.
FILES = (
    "toml_input.py", "config_load.py", "portal/load.py", "portal/globs.py", "settings/group_policy.py",
    "settings/layers.py", "settings/model.py", "settings/resolve.py", "report/policy.py",
)  # fmt: skip
NOT_MET = {
    "embedded null character",  # no command line can hold one
    "Check the path and its permissions.",  # a file without permission: the tests may run as root
    "a key that can be read", "None of it holds.",  # a registry that fails: below
    *({"There is no such user on this PC."} if sys.platform == "win32" else ()),
}  # fmt: skip
MISTAKES = (
    *(Run(f"config check {{{name}}}") for name in (*CONFIGURATIONS, *NOT_TOML)),
    *(Run(f"profile check {{{name}}}") for name in PROFILES),
    Run("config check {missing}"),
    Run("config check {folder}"),
    Run("config check {good}"),  # there is no such profile
    *(
        Run(f"config show {{good}} --set '{text}'")
        for text in (
            "policy.warning_s", "nope=1", "policy.idle_limit=3", "policy.warning_s=thirty", "policy.warning_s=5",
            "policy.max_visit_s=100", "desk.language=xx",
        )
    ),
    # the same at every command that reads them
    Run("run --config {words}"),
    Run("run --config {good}"),
    Run("status --config {words}"),
    Run("ledger show --config {words}"),
    Run("enroll --code ABCD-EFGH-JKMN --config {words}"),
    Run("replay --simulate 1 --policy {words}"),
    Run("profile browser-policy {memory}"),
    Run("template build {memory}"),
    Run("template check {memory}"),
)  # fmt: skip
REGISTRY = {
    "zzzz": (Kind.DWORD, 1),
    r"policy\idle_limit": (Kind.DWORD, 1),
    r"browser\headless": (Kind.DWORD, 1),
    r"desk\name": (Kind.SZ, "x"),
    r"policy\weights\next_person": (Kind.SZ, "ignore"),
    r"desk\sound": (Kind.DWORD, 2),
    r"policy\warning_s": (Kind.OTHER, ""),
    r"policy\gap_s": (Kind.SZ, "long"),
    r"policy\challenge_s": (Kind.DWORD, 3),
    r"desk\language": (Kind.DWORD, 3),
    r"desk\languages": (Kind.MULTI_SZ, ["en"]),
    r"policy\mandatory_senses\1": (Kind.DWORD, 1),
    r"policy\preset": (Kind.MULTI_SZ, []),
    r"supervision\release_code_hash": (Kind.DWORD, 1),
    r"policy\max_visit_s": (Kind.DWORD, 60),
}
LIMIT = {r"policy\idle_limit_s": (Kind.DWORD, 190)}  # which contradicts the file
RESULTS = (
    Run("config show {good} --origin --set policy.preset=lenient"),
    Run("config show {of_central} --origin", registry=REGISTRY),
    Run("config show {by_central} --origin"),
    Run("config show {short_visits} --origin", registry={**LIMIT, r"policy\gap_s": (Kind.DWORD, 50)}),
)


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Heard:
    """What every command line above prints in Japanese."""
    folder = tmp_path_factory.mktemp("files")
    return run_all([*MISTAKES, *RESULTS], places_in(folder), folder)


def places_in(folder: Path) -> dict[str, str]:
    own = f'profile = "p"\ncentral.url = "{URL}"\nsupervision.release_code_hash = "scrypt${"A" * 22}==${"A" * 43}="\n'
    texts = {**CONFIGURATIONS, **NOT_TOML, **PROFILES, "good": 'profile = "none.toml"\n'}
    texts["short_visits"] = 'profile = "p"\npolicy.max_visit_s = 200\n'
    for name, settings in {
        "of_central": {"max_visit_s": 100, "mandatory_senses": ["hotkey"]},
        "by_central": {"gap_s": 22},
    }.items():
        texts[name] = own + f'desk.data_dir = "{name}"\nhotkey.end_visit = ""\n'
        (folder / name).mkdir()
        keep(folder / name, Kept(URL, '"t"', PolicyAnswer(7, read_settings(settings))))
    return written(folder, texts) | {"missing": str(folder / "missing"), "folder": str(folder)}


@pytest.mark.parametrize("line", [run.arguments for run in MISTAKES])
def test_a_mistake_is_told_in_japanese(line: str, heard: Heard) -> None:
    assert heard.said[line].status in (1, 2), heard.said[line].out
    assert_japanese(heard.said[line].err)


@pytest.mark.parametrize("line", [run.arguments for run in RESULTS])
def test_what_holds_and_what_is_not_taken_is_told_in_japanese(line: str, heard: Heard) -> None:
    assert heard.said[line].status == 0, heard.said[line].err
    for one in heard.said[line].out.splitlines():
        assert_japanese(one)
    if line in (RESULTS[1].arguments, RESULTS[3].arguments):
        assert_japanese(heard.said[line].err)


def test_every_text_about_files_is_met_in_these_tests(heard: Heard) -> None:
    assert ids_of(*FILES) - heard.met == NOT_MET
    toml = {str(text) for text in reasons.TOML_MISTAKES.values()}
    assert toml - heard.met == set()


def test_every_mistake_that_the_parser_knows_has_its_text() -> None:
    """Also those of a Python to come: whoever installs it reads this first."""
    said = re.findall(
        r'suffixed_err\(\s*src, (?:new_)?pos, (f?)"((?:[^"\\]|\\.)*)"', inspect.getsource(tomllib._parser)
    )
    assert len(said) > 20
    for is_pattern, words in said:
        text = re.sub(r"\{[^}]*\}", "'x'", words) if is_pattern else words.replace("\\\\", "\\")
        assert isinstance(reasons._of_toml_mistake(text), Text), text


def test_in_english_nothing_is_japanese(tmp_path: Path) -> None:
    for told in run_all([*MISTAKES, *RESULTS], places_in(tmp_path), tmp_path, "en").said.values():
        assert not JAPANESE.search(told.out)
        assert not JAPANESE.search(told.err)


def test_for_programs_a_mistake_is_in_english_in_every_language(tmp_path: Path) -> None:
    run = Run("config check {words} --json")
    japanese, english = (
        run_all([run], written(tmp_path, CONFIGURATIONS), tmp_path, language).said[run.arguments].out
        for language in ("ja", "en")
    )
    assert japanese == english
    assert "expected" in japanese
    assert "one of" in japanese


def test_a_registry_that_cannot_be_read_is_told_in_japanese(tmp_path: Path) -> None:
    file = tmp_path / "agent.toml"
    file.write_text('profile = "p"\n', encoding="utf-8")
    key = FakePolicyKey()
    key.fails = PermissionError(13, "Permission denied")
    (one,) = resolve(file, registry=key).warnings
    assert_japanese(shown(one.detail, translator("ja")))
    assert_japanese(shown(one.remedy, translator("ja")))
    assert "no permission" in str(one.detail)


def test_the_doctor_tells_the_same_in_japanese(tmp_path: Path) -> None:
    places = written(tmp_path, {"words": CONFIGURATIONS["words"], "good": 'profile = "memory.toml"\n', **PROFILES})
    for name in ("words", "good"):
        _config, _profile, lines = _inputs(Path(places[name]), translator("ja"))
        wrong = [line for line in lines if line.severity != "green"]
        assert wrong
        for line in wrong:
            assert_japanese(line.detail)
            assert_japanese(line.remedy)


def test_each_command_that_reads_a_file_is_among_them() -> None:
    tried = {shlex.split(run.arguments)[0] for run in MISTAKES}
    assert tried == {"run", "config", "profile", "ledger", "enroll", "replay", "status", "template"}
