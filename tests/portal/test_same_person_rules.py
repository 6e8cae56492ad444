"""What ``[[same_person]]`` may say, and what is said about everything else."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk_agent.errors import ProfileError
from kiosk_agent.portal.load import load_profile
from kiosk_agent.portal.profile import Profile, SamePerson
from kiosk_agent.practice.profiles import DEFAULT_PORTAL_URL, DEFAULT_PROVIDER_URL, Variant, profile_text

URL = f"{DEFAULT_PORTAL_URL}/register/holder"


def profile(folder: Path, rule: str, *, account: bool = True) -> Profile:
    text = profile_text(DEFAULT_PORTAL_URL, DEFAULT_PROVIDER_URL, Variant.PLAIN)
    text = text.partition("[[same_person]]")[0] + "[[same_person]]\n" + rule
    if not account:
        text = text.replace('[account]\nselector = "#account-name"\n', "")
    file = folder / "portal.toml"
    file.write_text(text, encoding="utf-8")
    return load_profile(file)


def test_the_shortest_rule_takes_the_accounts_own_selector(tmp_path: Path) -> None:
    rule = profile(tmp_path, f'url = "{URL}"\nfields = ["#a", "#b"]').same_person
    assert rule == (SamePerson(URL, ("#a", "#b")),)


def test_a_rule_may_be_about_the_card_alone(tmp_path: Path) -> None:
    rule = profile(tmp_path, f'url = "{URL}"\nconfirm_card = true', account=False).same_person
    assert rule == (SamePerson(URL, confirm_card=True),)


def test_everything_that_may_be_said(tmp_path: Path) -> None:
    text = f'url = "{URL}"\nfields = ["[name=holder]"]\naccount = "text=x"\nsends = "*/register/*"\nconfirm_card = true'
    assert profile(tmp_path, text).same_person == (
        SamePerson(URL, ("[name=holder]",), "text=x", "*/register/*", confirm_card=True),
    )


@pytest.mark.parametrize(
    ("rule", "key", "expected"),
    [
        ('fields = ["#a"]', "same_person[1].url", "a URL glob"),
        (f'url = "{URL}"', "same_person[1]", "fields, or confirm_card = true"),
        (f'url = "{URL}"\nfields = []', "same_person[1]", "fields, or confirm_card = true"),
        (f'url = "{URL}"\nfields = "#a"', "same_person[1].fields", "a list of texts"),
        (f'url = "{URL}"\nfields = ["#a", ""]', "same_person[1].fields[2]", "a CSS selector"),
        (f'url = "{URL}"\nfields = ["text=名義"]', "same_person[1].fields[1]", "a CSS selector"),
        (f'url = "{URL}"\nfields = ["//input"]', "same_person[1].fields[1]", "a CSS selector"),
        (f'url = "{URL}"\nfields = ["form >> #a"]', "same_person[1].fields[1]", "a CSS selector"),
        (f'url = "{URL}"\nfields = ["label:has-text(x)"]', "same_person[1].fields[1]", "a CSS selector"),
        (f'url = "{URL}"\nconfirm_card = true\naccount = "#k"', "same_person[1].account", "account only beside fields"),
        (f'url = "{URL}"\nfields = ["#a"]\nsends = "portal/*"', "same_person[1].sends", ""),
        (f'url = "{URL}"\nfields = ["#a"]\nconfirm_card = "yes"', "same_person[1].confirm_card", "true or false"),
        (f'url = "{URL}"\nfields = ["#a"]\nfield = "#b"', "same_person[1].field", "a known key"),
    ],
)
def test_what_is_wrong_is_named_exactly(tmp_path: Path, rule: str, key: str, expected: str) -> None:
    with pytest.raises(ProfileError) as caught:
        profile(tmp_path, rule)
    (problem,) = caught.value.problems
    assert problem.key == key
    assert str(problem.expected).startswith(expected)
    assert problem.line is not None


def test_without_an_account_the_portals_name_must_be_somewhere(tmp_path: Path) -> None:
    with pytest.raises(ProfileError) as caught:
        profile(tmp_path, f'url = "{URL}"\nfields = ["#a"]', account=False)
    assert [problem.key for problem in caught.value.problems] == ["same_person[1].account"]
    assert profile(tmp_path, f'url = "{URL}"\nfields = ["#a"]\naccount = "#kana"', account=False).same_person
