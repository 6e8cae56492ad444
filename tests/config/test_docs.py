"""docs/configuration.md says every key with its default and its limits, and nothing that there is not."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from kiosk_agent.config import BrowserAction, Config, RemoteAction, Senses
from kiosk_agent.config_load import (
    CLOSE_AFTER,
    HANG_LIMITS,
    KEEP_DAYS,
    LIMITS,
    MAX_MIB,
    MODIFIERS,
    MOST_EXTENSIONS,
    NAMED_KEYS,
    SENSES,
    WindowMode,
)
from kiosk_agent.locale import SPOKEN
from kiosk_agent.session.policy import CLASSIFICATION, MIN_EXTENSIONS, MarkPolicy, Policy, Preset
from kiosk_agent.session.vocabulary import Signal

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
JAPANESE = (ROOT / "docs" / "ja" / "configuration.md").read_text(encoding="utf-8")
both_pages = pytest.mark.parametrize("text", [pytest.param(TEXT, id="en"), pytest.param(JAPANESE, id="ja")])
EXAMPLE = (ROOT / "config" / "agent.example.toml").read_text(encoding="utf-8")


def sections() -> dict[str, dict[str, list[str]]]:
    """The rows of each section's table: key → further columns."""
    found: dict[str, dict[str, list[str]]] = {}
    name = ""
    for line in TEXT.splitlines():
        if line.startswith(("## ", "### ")):
            name = line.lstrip("#").strip(" `[]")
        elif row := re.match(r"\| `(\w+)` \| (.*) \|$", line):
            found.setdefault(name, {})[row[1]] = [column.strip() for column in row[2].split(" | ")]
    return found


def documented(value: object) -> str:
    return f"{value:g}" if isinstance(value, float | int) and not isinstance(value, bool) else str(value)


def test_every_key_is_in_the_docs_and_every_key_of_the_docs_exists() -> None:
    config = Config(Path(), Path())
    expected = {"The top of the file": {"profile"}, "policy.weights": {str(one) for one in Signal}}
    for name in ("desk", "browser", "residue", "hotkey", "supervision", "recording", "central", "policy"):
        fields = {field.name for field in msgspec.structs.fields(getattr(config, name))}
        expected[name] = fields - {"weights"}
    for sense in msgspec.structs.fields(Senses):
        expected[f"senses.{sense.name}"] = {field.name for field in msgspec.structs.fields(sense.type)}
    assert {name: set(rows) for name, rows in sections().items()} == expected


def test_every_key_is_in_the_example() -> None:
    for name, rows in sections().items():
        section = (
            EXAMPLE.partition(f"[{name}]")[2].partition("\n[")[0]
            if name.partition(".")[0] in Config.__struct_fields__
            else EXAMPLE
        )
        for key in rows:
            if name != "policy.weights" or CLASSIFICATION[Signal(key)] != "certain":
                assert re.search(rf"^(# )?{key} = ", section, re.MULTILINE), key


def test_the_defaults_of_numbers_words_and_signs_are_right() -> None:
    rows = sections()
    for field in msgspec.structs.fields(Policy):
        if field.name in rows["policy"] and isinstance(field.default, int | float):
            assert rows["policy"][field.name][0] == documented(field.default)
    assert rows["policy"]["preset"][0] == f'`"{Policy().preset}"`'
    assert rows["policy"]["mark"][0] == f'`"{Policy().mark}"`'
    for signal, weight in CLASSIFICATION.items():
        assert rows["policy.weights"][signal][0] == f'`"{weight}"`'
    config = Config(Path(), Path())
    assert rows["browser"]["window"][0] == f'`"{config.browser.window}"`'
    assert rows["desk"]["language"][0] == f'`"{config.desk.language}"`'
    assert rows["hotkey"]["end_visit"][0] == f'`"{config.hotkey.end_visit}"`'
    for key, value in msgspec.structs.asdict(config.senses.card).items():
        assert rows["senses.card"][key][0] == (f'`"{value}"`' if isinstance(value, str) else f"`{str(value).lower()}`")
    assert rows["supervision"]["hang_limit_s"][0] == documented(config.supervision.hang_limit_s)
    assert rows["recording"]["events"][0] == f"`{str(config.recording.events).lower()}`"
    assert rows["recording"]["keep_days"][0] == documented(config.recording.keep_days)
    assert rows["recording"]["max_mib"][0] == documented(config.recording.max_mib)
    browsers = rows["senses.browsers"]
    assert browsers["action"][0] == f'`"{config.senses.browsers.action}"`'
    assert browsers["close_after_s"][0] == documented(config.senses.browsers.close_after_s)
    assert browsers["remote_control"][0] == f'`"{config.senses.browsers.remote_control}"`'


def test_the_limits_are_right() -> None:
    rows = sections()
    limits = {**LIMITS, "max_extensions": (MIN_EXTENSIONS, MOST_EXTENSIONS, "")}
    for name, (least, most, _) in limits.items():
        assert rows["policy"][name][1] == f"{documented(least)} – {documented(most)}"
    assert rows["recording"]["keep_days"][1] == " – ".join(map(documented, KEEP_DAYS[:2]))
    assert rows["recording"]["max_mib"][1] == " – ".join(map(documented, MAX_MIB[:2]))
    assert rows["senses.browsers"]["close_after_s"][1] == " – ".join(map(documented, CLOSE_AFTER[:2]))
    assert rows["supervision"]["hang_limit_s"][1] == f"{documented(HANG_LIMITS[0])} – {documented(HANG_LIMITS[1])}"


@both_pages
def test_every_language_is_in_the_docs_by_its_own_name(text: str) -> None:
    assert [code for code, one in SPOKEN.items() if f'| `"{code}"` | {one.name} |' not in text] == []


@both_pages
def test_every_word_that_a_key_takes_is_in_the_docs(text: str) -> None:
    words = [*WindowMode, *Preset, *MarkPolicy, *SENSES, *SPOKEN, *BrowserAction, *RemoteAction]
    assert [word for word in words if f'`"{word}"`' not in text] == []
    keys = sorted(NAMED_KEYS - {f"<f{number}>" for number in range(2, 20)})
    assert [key for key in keys if f"`{key}`" not in text] == []
    assert [key for key in MODIFIERS if f"`{re.sub('_[lr]>', '>', key)}`" not in text] == []
