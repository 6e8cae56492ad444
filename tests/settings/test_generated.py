"""What is made from the model stands in the repository as it would be made now; every setting is described."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from kiosk_agent.config import Config
from kiosk_agent.config_load import load_config
from kiosk_agent.errors import ConfigError
from kiosk_agent.settings.generate import ROOT, generated, write
from kiosk_agent.settings.model import BOUNDS, NOT_BY_POLICY, PATTERNS, RELATED, SETTINGS, WORDS, Kind, value_in
from kiosk_agent.settings.tables import REFERENCES, Reference, with_tables
from kiosk_agent.settings.texts import MEANING, NO_VALUE

EXAMPLE = ROOT / "config" / "agent.example.toml"
SCHEMA: dict[str, Any] = msgspec.json.decode((ROOT / "config" / "agent.schema.json").read_bytes())
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)
PAGES = {one.page: (ROOT / one.page).read_text(encoding="utf-8") for one in REFERENCES.values()}
KANA = re.compile(r"[ぁ-ゖァ-ヺ]")
CODE = re.compile(r"`([^`\n]+)`")
each_reference = pytest.mark.parametrize("reference", [pytest.param(one, id=name) for name, one in REFERENCES.items()])


def test_the_files_in_the_repository_are_what_would_be_made_now() -> None:
    stale = [name for name, text in generated().items() if (ROOT / name).read_text(encoding="utf-8") != text]
    assert stale == [], "run: python -m kiosk_agent.settings.generate"


def test_the_generator_writes_them_where_none_are(tmp_path: Path) -> None:
    for name, page in PAGES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(page, encoding="utf-8")
    write(tmp_path)
    for name in generated():
        assert (tmp_path / name).read_bytes() == (ROOT / name).read_bytes()


def test_every_setting_is_described_and_nothing_else_is() -> None:
    assert set(MEANING) == set(SETTINGS)
    assert all(text.strip().endswith((".", '"', "visit", "same")) or len(text) > 10 for text in MEANING.values())
    for names in (NO_VALUE, BOUNDS, PATTERNS, WORDS, NOT_BY_POLICY, RELATED):
        assert set(names) <= set(SETTINGS)
    for others in RELATED.values():
        assert set(others) <= set(SETTINGS)
    described = {key for key, one in SETTINGS.items() if one.default is None} | {"desk.languages"}
    assert set(NO_VALUE) == described


def test_the_model_has_the_defaults_of_the_configuration() -> None:
    config = Config(Path(), Path())
    for key, setting in SETTINGS.items():
        if key != "profile":
            assert value_in(config, setting) == setting.default, key
        assert (setting.bounds is not None) == (setting.kind in (Kind.NUMBER, Kind.WHOLE)), key


@each_reference
def test_a_page_without_a_place_for_a_table_is_told(reference: Reference) -> None:
    with pytest.raises(ValueError, match=f"{reference.page}.*recording"):
        with_tables(PAGES[reference.page].replace("## `[recording]`", "## Something else"), reference)


@each_reference
def test_a_table_that_somebody_changed_is_made_anew(reference: Reference) -> None:
    page = PAGES[reference.page]
    changed = re.sub(r"^\| `warning_s`.*\n", "", page, flags=re.MULTILINE).replace("| 5 – 120 |", "| 1 – 1 |")
    assert changed != page
    assert with_tables(changed, reference) == page


def test_the_japanese_reference_describes_every_setting_in_japanese_and_names_the_same_words_and_keys() -> None:
    english, japanese = REFERENCES["en"], REFERENCES["ja"]
    assert list(japanese.meaning) == list(english.meaning)
    assert set(japanese.no_value) == set(english.no_value)
    texts = {**japanese.no_value, **japanese.meaning}
    assert [key for key, text in texts.items() if not KANA.search(text) and text not in ("必須",)] == []
    named = {*SETTINGS, *(one.name for one in SETTINGS.values()), *(f'"{one}"' for one in all_words())}
    for key, text in english.meaning.items():
        # a word that its own table lists, and true or false, need not be said again
        meant = {one for one in CODE.findall(text) if one in named}
        assert meant <= {*CODE.findall(japanese.meaning[key])}, key


def all_words() -> set[str]:
    """Whatever word a setting takes, but for languages: they have a table of their own on each page."""
    return {word for one in SETTINGS.values() if not one.key.startswith("desk.") for word in one.words}


# the JSON Schema


def problems(text: str) -> list[str]:
    """What an editor would underline."""
    return [error.message for error in VALIDATOR.iter_errors(tomllib.loads('profile = "p"\n' + text))]


def is_good(file: Path, text: str) -> bool:
    """Whether the agent takes it."""
    file.write_text('profile = "p"\n' + text, encoding="utf-8")
    try:
        load_config(file)
    except ConfigError:
        return False
    return True


def test_the_schema_is_one_and_the_example_names_it_and_keeps_to_it() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    text = EXAMPLE.read_text(encoding="utf-8")
    first = text.partition("\n")[0]
    assert first.startswith("#:schema ")
    assert (EXAMPLE.parent / first.removeprefix("#:schema ")).is_file()
    assert list(VALIDATOR.iter_errors(tomllib.loads(text))) == []
    switched_on = "\n".join(
        line[2:] if " = " in line and line.startswith("# ") and "release_code" not in line else line
        for line in text.splitlines()
    )
    whole = tomllib.loads(switched_on)
    assert whole["policy"]["weights"]
    assert list(VALIDATOR.iter_errors(whole)) == []


def test_a_file_without_a_profile_is_underlined() -> None:
    assert list(VALIDATOR.iter_errors({}))


@pytest.mark.parametrize("key", [key for key, one in SETTINGS.items() if one.bounds is not None])
def test_editor_and_agent_agree_on_every_bound(tmp_path: Path, key: str) -> None:
    table, _, name = key.rpartition(".")
    bounds = SETTINGS[key].bounds
    assert bounds is not None
    least, most, _ = bounds
    # together with limits that leave room for it
    room = "" if key == "policy.max_visit_s" else "max_visit_s = 14400\n"
    for value, good in ((least, True), (most, True), (least - 0.1, False), (most + 1, False)):
        number = int(value) if float(value).is_integer() else value
        text = f"[{table}]\n{name} = {number}\n" + (room if table == "policy" else "")
        if key == "policy.max_visit_s":
            text += "idle_limit_s = 3\n"
        assert (problems(text) == []) is good, text
        assert is_good(tmp_path / "agent.toml", text) is good, text


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ('[browser]\nproxy = "http://proxy.example:8080"', True),
        ('[browser]\nproxy = "proxy.example"', False),
        ('[central]\nproxy = "direct"', True),
        ('[central]\nproxy = "directly"', False),
        ('[central]\nurl = "https://central.example"', True),
        ('[central]\nurl = "central.example"', False),
        ('[supervision]\nrelease_code_hash = "open sesame"', False),
        ('[desk]\nlanguage = "jp"', False),
        ('[desk]\nlanguages = ["ja", "fr"]', False),
        ("[desk]\nsound = 1", False),
        ("[desk]\nsuond = true", False),
        ('[policy.weights]\nnext_person = "nothing"', False),
        ('[policy.weights]\nos_locked = "nothing"', True),
        ('[polizy]\npreset = "strict"', False),
    ],
)
def test_editor_and_agent_agree_on_words_and_texts(tmp_path: Path, text: str, good: bool) -> None:
    assert (problems(text) == []) is good
    assert is_good(tmp_path / "agent.toml", text) is good
