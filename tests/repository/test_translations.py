"""The reference pages that are there in Japanese say what the English ones say, in the same order."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
PAGES = sorted(path.name for path in (DOCS / "ja").glob("*.md"))
CODE = re.compile(r"`([^`\n]+)`")
FENCED = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"\n\n((?: {4}[^\n]*\n)+)")
SETTING = re.compile(r"^\| `\w+` \|[^\n]*$", re.MULTILINE)  # made from the model, in both languages


def sections(text: str) -> list[tuple[int, set[str], int, int]]:
    """Of each section: its heading's level, the code in its sentences, its rows, the items of its lists."""
    prose = FENCED.sub("", text)
    if "`[policy.weights]`" in prose:
        prose = SETTING.sub("", prose)
    found = []
    for one in re.split(r"^(?=#+ )", prose, flags=re.MULTILINE)[1:]:
        code = {*CODE.findall(re.sub(r"\s+", " ", one))}
        found.append((one.index(" "), code, one.count("\n|"), one.count("\n- ")))
    return found


def blocks(text: str) -> list[str]:
    """The commands of each block, without what is said beside them."""
    found = [re.sub(r"(^|\s)\s*# .*$", "", one, flags=re.MULTILINE) for one in INDENTED.findall(text)]
    return [*FENCED.findall(text), *found]


def test_there_are_some() -> None:
    assert PAGES != []


@pytest.mark.parametrize("page", PAGES)
def test_both_say_the_same_in_the_same_order(page: str) -> None:
    """Each command, key, file and warning is in both of them: who changes one page is reminded of the other."""
    english, japanese = ((folder / page).read_text(encoding="utf-8") for folder in (DOCS, DOCS / "ja"))
    assert [level for level, *_ in sections(japanese)] == [level for level, *_ in sections(english)]
    pairs = zip(sections(english), sections(japanese), strict=True)
    assert [(one, other) for one, other in pairs if one != other] == []
    assert blocks(japanese) == blocks(english)


@pytest.mark.parametrize("page", PAGES)
def test_each_leads_to_the_other(page: str) -> None:
    assert f"\n\n[English](../{page})\n\n" in (DOCS / "ja" / page).read_text(encoding="utf-8")
    assert f"\n\n[日本語](ja/{page})\n\n" in (DOCS / page).read_text(encoding="utf-8")
