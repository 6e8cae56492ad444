"""Group Policy's values in Windows' own registry: the contract of tests/settings, and what ``config show`` tells."""

from __future__ import annotations

import json
import subprocess
import sys
import winreg
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kiosk_agent.settings.registry import PATH, Kind, Value
from kiosk_agent.settings.registry_windows import WindowsPolicyKey
from tests.settings.test_registry import (
    Write,
    in_windows,
    test_every_type_comes_as_it_was_written,
    test_keys_are_followed_to_any_depth_and_names_stay_as_they_are_spelt,
    test_only_windows_has_a_group_policy,
    test_texts_that_are_to_be_expanded_are,
    test_what_changes_is_seen_at_the_next_look,
    test_where_there_is_no_key_there_are_no_values,
)

__all__ = [
    "test_every_type_comes_as_it_was_written",
    "test_keys_are_followed_to_any_depth_and_names_stay_as_they_are_spelt",
    "test_only_windows_has_a_group_policy",
    "test_texts_that_are_to_be_expanded_are",
    "test_what_changes_is_seen_at_the_next_look",
    "test_where_there_is_no_key_there_are_no_values",
]

FILE = """
profile = "{profile}"

[policy]
idle_limit_s = 60.0
warning_s = 25.0
"""
KEY = rf"HKLM\{PATH}"
Reg = Callable[..., None]


@pytest.fixture
def write() -> Iterator[Write]:
    """For the contract: this system's registry alone; the one in memory is asked on Linux."""
    yield from in_windows()


@pytest.fixture
def reg() -> Iterator[Reg]:
    """Adds a value below Group Policy's key of this PC with Windows' own command, as an administrator would."""
    if winreg_has(PATH):
        pytest.skip("this PC has a Group Policy of its own")

    def add(key: str, name: str, kind: str, data: str, *more: str) -> None:
        command = ["reg", "add", rf"{KEY}\{key}".rstrip("\\"), "/v", name, "/t", kind, "/d", data, *more, "/f"]
        subprocess.run(command, check=True, capture_output=True)

    yield add
    subprocess.run(["reg", "delete", KEY, "/f"], check=False, capture_output=True)


def winreg_has(path: str) -> bool:
    try:
        winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, path).Close()
    except FileNotFoundError:
        return False
    return True


def show(file: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-X", "utf8", "-m", "kiosk_agent", "config", "show", str(file), *more]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


def test_what_an_administrator_has_set_is_read_from_this_pc(reg: Reg) -> None:
    assert WindowsPolicyKey().values() == {}
    reg("policy", "idle_limit_s", "REG_DWORD", "120")
    reg(r"desk\languages", "1", "REG_SZ", "ja")
    reg("desk", "name", "REG_SZ", "窓口 3")
    reg("policy", "mandatory_senses", "REG_MULTI_SZ", r"tray\0card")
    assert WindowsPolicyKey().values() == {
        r"policy\idle_limit_s": Value(Kind.DWORD, 120),
        r"desk\languages\1": Value(Kind.SZ, "ja"),
        r"desk\name": Value(Kind.SZ, "窓口 3"),
        r"policy\mandatory_senses": Value(Kind.MULTI_SZ, ["tray", "card"]),
    }


def test_config_show_names_group_policy_as_the_origin_and_what_it_could_not_take(reg: Reg, tmp_path: Path) -> None:
    file = tmp_path / "agent.toml"
    profile = (Path("config") / "portals" / "practice.toml").absolute().as_posix()
    file.write_text(FILE.format(profile=profile), encoding="utf-8")
    reg("policy", "idle_limit_s", "REG_DWORD", "120")
    reg("policy", "challenge_s", "REG_BINARY", "01")
    lines = show(file, "--origin").stdout.splitlines()
    origins = {line.partition(" = ")[0]: line.partition(" = ")[2] for line in lines}
    value, _, origin = origins["policy.idle_limit_s"].partition("#")
    assert (float(value), origin.strip()) == (120.0, rf"Group Policy, {KEY}\policy\idle_limit_s")
    assert origins["policy.warning_s"].partition("#")[2].strip() == f"file, {file}:6"
    answer = show(file, "--json")
    assert answer.returncode == 0, answer.stderr
    told = json.loads(answer.stdout)
    by_key = {one["key"]: one for one in told["settings"]}
    assert (by_key["policy.idle_limit_s"]["value"], by_key["policy.idle_limit_s"]["origin"]) == (120.0, "group_policy")
    assert [(one["origin"], one["key"]) for one in told["ignored"]] == [("group_policy", "policy.challenge_s")]
