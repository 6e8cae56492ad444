"""Defaults < file < central's policy < Group Policy < command line, and nothing goes below a floor."""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk_agent.cli.config import show
from kiosk_agent.cli.run import read_inputs
from kiosk_agent.config_load import LIMITS, load_config
from kiosk_agent.errors import ConfigError
from kiosk_agent.report.policy import REFUSED, Kept, PolicyRefusedError, keep
from kiosk_agent.session.policy import MIN_EXTENSIONS, MIN_WARNING_S, Preset, policy_of
from kiosk_agent.session.vocabulary import Signal, Weight
from kiosk_agent.settings.layers import Source
from kiosk_agent.settings.model import SECRET, SETTINGS, value_in
from kiosk_agent.settings.registry import Kind, Value
from kiosk_agent.settings.resolve import Resolved, resolve
from kiosk_agent.wire.policy import PolicyAnswer, Settings, read_settings
from tests.support.fake_registry import FakePolicyKey

ROOT = Path(__file__).parents[2]
URL = "http://central"
HASH = "scrypt$" + "A" * 22 + "==$" + "A" * 43 + "="


def laid(
    folder: Path,
    file: str = "",
    central: Mapping[str, Any] | None = None,
    registry: Mapping[str, Value] | None = None,
    overrides: tuple[str, ...] = (),
) -> Resolved:
    """What holds with these sources."""
    path = folder / "agent.toml"
    path.write_text(f'profile = "p"\ndesk.data_dir = "."\ncentral.url = "{URL}"\n{file}', encoding="utf-8")
    if central is not None:
        keep(folder, Kept(URL, '"t"', PolicyAnswer(7, read_settings(dict(central)))))
    return resolve(path, overrides=overrides, registry=FakePolicyKey(registry))


def test_the_higher_source_goes_before_the_lower_one_whichever_of_them_say_something(tmp_path: Path) -> None:
    for chosen in itertools.product((False, True), repeat=4):
        file, central, registry, command_line = chosen
        folder = tmp_path / "".join("01"[one] for one in chosen)
        folder.mkdir()
        resolved = laid(
            folder,
            "[policy]\ngap_s = 11\n" if file else "",
            {"gap_s": 22} if central else None,
            {r"policy\gap_s": Value(Kind.DWORD, 33)} if registry else None,
            ("policy.gap_s=44",) if command_line else (),
        )
        highest = max(number for number, said in enumerate((True, *chosen)) if said)
        assert resolved.config.policy.gap_s == (60, 11, 22, 33, 44)[highest]
        origin = resolved.origins["policy.gap_s"]
        assert origin.source is list(Source)[highest]
        assert str(origin.where) == (
            "", f"{folder / 'agent.toml'}:5", "revision 7", r"HKLM\Software\Policies\KioskAgent\policy\gap_s", "--set"
        )[highest]  # fmt: skip
        assert resolved.warnings == ()


def test_a_preset_sweeps_away_what_lower_sources_say_of_its_column_and_nothing_else(tmp_path: Path) -> None:
    own = '[policy]\ngap_s = 11\nwarning_s = 50\n[policy.weights]\nos_locked = "certain"\n'
    resolved = laid(tmp_path, own, {"preset": "strict"}, {r"policy\challenge_s": Value(Kind.DWORD, 75)})
    policy, strict = resolved.config.policy, policy_of(Preset.STRICT)
    assert (policy.gap_s, policy.warning_s, policy.challenge_s) == (strict.gap_s, 50, 75)
    assert policy.weights == strict.weights
    assert (resolved.origins["policy.gap_s"].source, resolved.origins["policy.gap_s"].preset) == (
        "central_policy",
        "strict",
    )
    assert resolved.origins["policy.weights.os_locked"].preset == "strict"
    assert resolved.origins["policy.challenge_s"].source is Source.GROUP_POLICY
    assert resolved.origins["policy.warning_s"].source is Source.FILE


def test_what_central_refuses_leaves_all_of_the_other_sources_standing(tmp_path: Path) -> None:
    central = {"max_visit_s": 100, "gap_s": 22}
    resolved = laid(tmp_path, "", central, {r"policy\challenge_s": Value(Kind.DWORD, 75)}, ("desk.sound=false",))
    policy = resolved.config.policy
    assert (policy.max_visit_s, policy.gap_s, policy.challenge_s) == (3600, 60, 75)
    assert not resolved.config.desk.sound
    ((code, _, detail, remedy),) = resolved.warnings
    assert code == REFUSED
    assert "policy.max_visit_s" in str(detail)
    assert remedy


def test_central_may_ask_for_a_sense_that_group_policy_switches_on(tmp_path: Path) -> None:
    file, central = "[senses.card]\nenabled = false\n", {"mandatory_senses": ["card"], "gap_s": 22, "challenge_s": 33}
    assert laid(tmp_path, file, central).refused
    registry = {r"senses\card\enabled": Value(Kind.DWORD, 1), r"policy\gap_s": Value(Kind.DWORD, 44)}
    resolved = laid(tmp_path, file, central, registry)
    assert (resolved.refused, resolved.revision) == ("", 7)
    assert (resolved.config.policy.gap_s, resolved.config.policy.challenge_s) == (44, 33)
    assert resolved.config.policy.mandatory_senses == ("card",)


def test_central_is_asked_for_where_all_other_sources_say_it_is(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    keep(elsewhere, Kept("http://office", '"t"', PolicyAnswer(1, Settings(gap_s=22))))
    registry = {r"central\url": Value(Kind.SZ, "http://office/"), r"desk\data_dir": Value(Kind.SZ, str(elsewhere))}
    assert laid(tmp_path, registry=registry).config.policy.gap_s == 22
    assert laid(tmp_path, registry=registry, overrides=("central.url=http://other",)).config.policy.gap_s == 60


@pytest.mark.parametrize(
    ("overrides", "key", "expected"),
    [
        (("policy.warning_s=5",), "policy.warning_s", "a number from 20 to 300"),
        (("policy.warning_s",), "'policy.warning_s'", "KEY=VALUE"),
        (("policy.warnings_s=30",), "'policy.warnings_s'", "a known key"),
        (("policy.warning_s=thirty",), "policy.warning_s", "a value as TOML has it"),
        (("policy.warning_s=30\npolicy=1",), "policy.warning_s", "a value as TOML has it"),
        (("desk.sound=yes",), "desk.sound", "a value as TOML has it"),
        (("policy.max_visit_s=100",), "policy.max_visit_s", "at least idle_limit_s + warning_s"),
        (("desk.language=xx",), "desk.language", 'one of "ja"'),
    ],
)
def test_a_wrong_command_line_stops_the_agent(
    tmp_path: Path, overrides: tuple[str, ...], key: str, expected: str
) -> None:
    with pytest.raises(ConfigError) as raised:
        laid(tmp_path, overrides=overrides)
    (problem,) = raised.value.problems
    assert (problem.file, problem.line, problem.key) == ("--set", None, key)
    assert str(problem.expected).startswith(expected)


def test_a_wrong_file_stops_the_agent_even_where_a_higher_source_would_hide_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"agent.toml:5: policy.gap_s"):
        laid(tmp_path, "[policy]\ngap_s = 1\n", registry={r"policy\gap_s": Value(Kind.DWORD, 33)})


def test_values_of_the_command_line_are_toml_and_words_and_paths_need_no_quotation_marks(tmp_path: Path) -> None:
    overrides = ('desk.languages=["en", "ja"]', "desk.language = en", "browser.executable=/opt/a b", 'desk.name="a=b"')
    config = laid(tmp_path, overrides=overrides).config
    assert config.desk.languages == ("en", "ja")
    assert (config.desk.language, config.desk.name) == ("en", "a=b")
    assert config.browser.executable == Path("/opt/a b")


numbers = st.one_of(st.integers(0, 20000), st.sampled_from([0, 3, 9, 10, 19, 20, 60, 300, 900, 14400]))
limits = st.dictionaries(st.sampled_from([*LIMITS, "max_extensions"]), numbers, max_size=6)


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(limits, st.dictionaries(st.sampled_from(list(Signal)), st.sampled_from(list(Weight)), max_size=4), limits)
def test_no_mixture_of_sources_goes_below_a_floor(
    tmp_path: Path, registry: dict[str, int], weights: dict[Signal, Weight], said: dict[str, int]
) -> None:
    """Group Policy says anything; central says anything that it could say; whatever comes of it can be lived with."""
    entries = {rf"policy\{name}": Value(Kind.DWORD, number) for name, number in registry.items()}
    entries |= {rf"policy\weights\{signal}": Value(Kind.SZ, weight.value) for signal, weight in weights.items()}
    known = {name: number for name, number in said.items() if name in Settings.__struct_fields__}
    answer = Settings(**known)  # type: ignore[arg-type] # also what is out of bounds
    path = tmp_path / "agent.toml"
    path.write_text('profile = "p"\n')
    resolved = resolve(path, registry=FakePolicyKey(entries))
    policies = [resolved.config.policy]
    with contextlib.suppress(PolicyRefusedError):
        policies.append(resolved.check_policy(answer))
    for policy in policies:
        assert policy.warning_s >= MIN_WARNING_S
        assert policy.max_extensions >= MIN_EXTENSIONS
        assert policy.idle_limit_s + policy.warning_s <= policy.max_visit_s
        for name, (least, most, _) in LIMITS.items():
            assert least <= getattr(policy, name) <= most
    for signal in Signal:
        setting = SETTINGS[f"policy.weights.{signal}"]
        assert value_in(resolved.config, setting) in setting.words
    taken = {f"policy.{name}" for name in registry} - {one.key for one in resolved.ignored}
    for key in taken:
        assert value_in(resolved.config, SETTINGS[key]) == registry[key.removeprefix("policy.")]


def test_without_other_sources_the_file_alone_holds() -> None:
    example = ROOT / "config" / "agent.example.toml"
    assert resolve(example, registry=FakePolicyKey()).config == load_config(example)


# the commands


def test_run_uses_the_very_same_resolution(tmp_path: Path) -> None:
    portal = ROOT / "config" / "portals" / "practice.toml"
    file = tmp_path / "agent.toml"
    file.write_text(f'profile = "{portal.as_posix()}"\n')
    resolved, profile = read_inputs(file, ("policy.gap_s=44",))
    assert resolved.config.policy.gap_s == 44
    assert profile.portal.name
    shown = json.loads(CliRunner().invoke(show, [str(file), "--json", "--set", "policy.gap_s=44"]).output)
    values = {one["key"]: one["value"] for one in shown["settings"]}
    for key, setting in SETTINGS.items():
        value = value_in(resolved.config, setting)
        assert values[key] == (list(value) if isinstance(value, tuple) else value)


def test_show_prints_every_setting_once_and_its_origin_where_that_is_asked(tmp_path: Path) -> None:
    file = tmp_path / "agent.toml"
    file.write_text('profile = "p"\n[policy]\npreset = "lenient"\n')
    plain = CliRunner().invoke(show, [str(file)]).output.splitlines()
    assert [line.partition(" = ")[0] for line in plain] == list(SETTINGS)
    assert 'policy.preset = "lenient"' in plain
    lines = CliRunner().invoke(show, [str(file), "--origin", "--set", "desk.sound=false"]).output.splitlines()
    origins = {line.partition(" = ")[0]: line.partition("  # ")[2] for line in lines}
    assert origins["policy.preset"] == f"file, {file}:3"
    assert origins["policy.gap_s"] == f'file, {file}:3, by preset "lenient"'
    assert origins["policy.warning_s"] == "default"
    assert origins["desk.sound"] == "command line, --set"


def test_show_keeps_the_hash_of_the_release_code_to_itself(tmp_path: Path) -> None:
    file = tmp_path / "agent.toml"
    file.write_text(f'profile = "p"\n[supervision]\nrelease_code_hash = "{HASH}"\n')
    for more in ([], ["--origin"], ["--json"]):
        output = CliRunner().invoke(show, [str(file), *more]).output
        assert "scrypt" not in output
        assert SECRET in output


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_show_says_what_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: list[str]) -> None:
    registry = FakePolicyKey({r"policy\warning_s": Value(Kind.DWORD, 5)})
    monkeypatch.setattr("kiosk_agent.settings.resolve.this_pcs", lambda: registry)
    file = tmp_path / "agent.toml"
    file.write_text('profile = "p"\n')
    shown = CliRunner().invoke(show, [str(file), *more])
    assert shown.exit_code == 0
    if more:
        (one,) = json.loads(shown.stdout)["ignored"]
        assert (one["origin"], one["key"], one["found"]) == ("group_policy", "policy.warning_s", "5")
    else:
        assert r"HKLM\Software\Policies\KioskAgent\policy\warning_s: expected a number from 20 to 300" in shown.stderr


def test_show_of_a_wrong_file_or_command_line_tells_every_mistake(tmp_path: Path) -> None:
    file = tmp_path / "agent.toml"
    file.write_text('profile = "p"\n[policy]\ngap_s = 1\nwarning_s = 1\n')
    shown = CliRunner().invoke(show, [str(file), "--json"])
    assert shown.exit_code == 1
    assert [one["key"] for one in json.loads(shown.output)["problems"]] == ["policy.gap_s", "policy.warning_s"]
