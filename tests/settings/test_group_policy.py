"""Group Policy: what of the registry is taken, what is not, and what a mistake there does to a desk."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk_agent.settings.layers import Source
from kiosk_agent.settings.registry import SHOWN_AS, Kind, Value
from kiosk_agent.settings.resolve import GROUP_POLICY_IGNORED, Resolved, resolve
from tests.support.fake_registry import FakePolicyKey


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "agent.toml"
    path.write_text('profile = "p"\n[policy]\nwarning_s = 40\n')
    return path


def under(file: Path, **entries: Value) -> Resolved:
    """What holds under a Group Policy of ``entries``, whose names have two underlines for each backslash."""
    return resolve(file, registry=FakePolicyKey({name.replace("__", "\\"): one for name, one in entries.items()}))


def dword(number: int) -> Value:
    return Value(Kind.DWORD, number)


def text(words: str) -> Value:
    return Value(Kind.SZ, words)


def test_every_kind_of_value_is_taken(file: Path) -> None:
    resolved = under(
        file,
        profile=text("C:\\portal.toml"),
        desk__sound=dword(0),
        desk__data_dir=Value(Kind.EXPAND_SZ, "/kiosk"),
        policy__idle_limit_s=dword(90),
        policy__shield_limit_s=text("0.5"),
        policy__max_extensions=text("12"),
        policy__gap_s=Value(Kind.QWORD, 50),
        policy__preset=text("lenient"),
        policy__weights__os_locked=text("certain"),
        policy__mandatory_senses=Value(Kind.MULTI_SZ, ["tray"]),
    )
    policy = resolved.config.policy
    assert resolved.ignored == ()
    assert resolved.config.profile.name.endswith("portal.toml")
    assert (resolved.config.desk.sound, resolved.config.desk.data_dir) == (False, Path("/kiosk"))
    assert (policy.idle_limit_s, policy.shield_limit_s, policy.gap_s) == (90.0, 0.5, 50.0)
    assert (policy.max_extensions, policy.preset, policy.weights["os_locked"]) == (12, "lenient", "certain")  # type: ignore[index]
    assert policy.mandatory_senses == ("tray",)
    origin = resolved.origins["policy.idle_limit_s"]
    assert (origin.source, origin.where) == (Source.GROUP_POLICY, rf"{SHOWN_AS}\policy\idle_limit_s")


def test_a_list_of_group_policys_editor_keeps_the_order_of_its_numbers(file: Path) -> None:
    languages = ["zh", "ja", "en", "ko", "vi", "pt", "ja-easy"]
    # from 7 to 13: as texts, 10 would stand before 7
    entries = {f"desk__languages__{number}": text(one) for number, one in reversed(list(enumerate(languages, 7)))}
    assert under(file, **entries).config.desk.languages == tuple(languages)


def test_names_may_be_spelt_in_capitals(file: Path) -> None:
    assert under(file, Policy__Idle_Limit_S=dword(90)).config.policy.idle_limit_s == 90


WRONG = [
    ("desk__sound", dword(2), "REG_DWORD 0 or 1", "REG_DWORD 2"),
    ("desk__sound", text("yes"), "REG_DWORD 0 or 1", "REG_SZ 'yes'"),
    ("desk__language", dword(1), "REG_SZ", "REG_DWORD 1"),
    ("desk__language", text("jp"), 'one of "ja"', "'jp'"),
    ("policy__warning_s", text("long"), "REG_DWORD", "REG_SZ 'long'"),
    ("policy__warning_s", text("1e3"), "REG_DWORD", "REG_SZ '1e3'"),
    ("policy__warning_s", Value(Kind.OTHER, b"\x1e"), "REG_DWORD", "another type"),
    ("policy__warning_s", dword(19), "a number from 20 to 300", "19"),
    ("policy__max_extensions", dword(9), "a whole number from 10 to 1000", "9"),
    ("policy__max_extensions", text("10.5"), "a whole number from 10 to 1000", "10.5"),
    ("policy__mandatory_senses", text("tray"), "REG_MULTI_SZ", "REG_SZ 'tray'"),
    ("policy__mandatory_senses__1", dword(1), "REG_MULTI_SZ", "REG_DWORD 1"),
    ("policy__mandatory_senses__1", text("trey"), "one of", "'trey'"),
    ("supervision__release_code_hash", text("open sesame"), "release-code", "another text of 11 signs"),
    ("supervision__release_code_hash", dword(1234), "REG_SZ", "REG_DWORD"),
    ("profile", text(""), "a text that is not empty", "''"),
]


@pytest.mark.parametrize(("name", "value", "expected", "found"), WRONG)
def test_a_wrong_value_is_told_and_only_that_one_does_not_hold(
    file: Path, name: str, value: Value, expected: str, found: str
) -> None:
    resolved = under(file, **{name: value, "policy__idle_limit_s": dword(90)})
    assert resolved.config.policy.idle_limit_s == 90
    (one,) = resolved.ignored
    key = name.removesuffix("__1").replace("__", ".")
    assert (one.key, one.source) == (key, Source.GROUP_POLICY)
    assert expected in str(one.expected)
    assert str(one.found) == found
    assert resolved.origins[key].source in (Source.FILE, Source.DEFAULT)
    ((code, _, told, _),) = resolved.warnings
    detail = str(told)
    assert code == GROUP_POLICY_IGNORED
    assert rf"{SHOWN_AS}\{name.removesuffix('__1').replace('__', chr(92))}" in detail
    assert "In force: " in detail
    assert "sesame" not in detail
    assert "1234" not in detail


def test_the_warning_says_what_holds_in_its_place_and_where_that_stands(file: Path) -> None:
    ((_, _, detail, _),) = under(file, policy__warning_s=dword(5)).warnings
    assert f"In force: 40 (file, {file}:3)." in str(detail)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("policy__idle_limit", "Did you mean 'policy.idle_limit_s'?"),
        ("browser__headless", "Group Policy does not set it: it is for tests alone."),
        ("desk__name", "Group Policy does not set it: each desk has a name of its own."),
        ("policy__weights__next_person", "Group Policy does not set it: what is certain stays certain."),
    ],
)
def test_a_value_of_no_setting_is_told(file: Path, name: str, hint: str) -> None:
    resolved = under(file, **{name: dword(1)})
    (one,) = resolved.ignored
    assert str(one.hint) == hint
    assert not resolved.config.browser.headless
    assert hint in str(resolved.warnings[0].detail)


def test_values_that_contradict_each_other_or_the_file_are_not_taken(file: Path) -> None:
    resolved = under(file, policy__max_visit_s=dword(100), policy__gap_s=dword(50))
    assert (resolved.config.policy.max_visit_s, resolved.config.policy.gap_s) == (3600, 50)
    assert [one.key for one in resolved.ignored] == ["policy.max_visit_s"]
    file.write_text('profile = "p"\n[policy]\nmax_visit_s = 200\n')
    resolved = under(file, policy__idle_limit_s=dword(190), policy__gap_s=dword(50))
    assert (resolved.config.policy.idle_limit_s, resolved.config.policy.gap_s) == (120, 50)
    (one,) = resolved.ignored
    assert (one.key, one.found) == ("policy.idle_limit_s", "190")
    assert str(one.expected).startswith("policy.max_visit_s: at least")


def test_a_wrong_value_drags_no_good_one_down(file: Path) -> None:
    """100 is enough for a visit once the idle limit of 5000 is gone, and the one of the file holds."""
    file.write_text('profile = "p"\n[policy]\nidle_limit_s = 30\n')
    resolved = under(file, policy__idle_limit_s=dword(5000), policy__max_visit_s=dword(100))
    assert [one.key for one in resolved.ignored] == ["policy.idle_limit_s"]
    assert (resolved.config.policy.idle_limit_s, resolved.config.policy.max_visit_s) == (30, 100)


def test_a_sense_that_the_file_makes_mandatory_is_not_switched_off_from_outside(file: Path) -> None:
    file.write_text('profile = "p"\n[policy]\nmandatory_senses = ["card"]\n')
    resolved = under(file, senses__card__enabled=dword(0))
    assert resolved.config.senses.card.enabled
    assert [one.key for one in resolved.ignored] == ["senses.card.enabled"]


def test_a_registry_that_cannot_be_read_does_not_stop_the_desk_and_is_told(file: Path) -> None:
    registry = FakePolicyKey({r"policy\idle_limit_s": dword(90)})
    registry.fails = PermissionError(13, "Access is denied")
    resolved = resolve(file, registry=registry)
    assert resolved.config.policy.idle_limit_s == 120
    ((code, _, detail, _),) = resolved.warnings
    assert code == GROUP_POLICY_IGNORED
    assert "no permission" in str(detail)
