"""The catalogues are whole: nothing is missing, empty, doubtful, left over or broken, in no language."""

from __future__ import annotations

import ast
import os
import re
import shutil
import string
from collections.abc import Callable
from pathlib import Path

import pytest
from babel.messages import Catalog
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from installer import commands
from kiosk_agent.errors import DeskError
from kiosk_agent.locale import (
    CENTRAL_DOMAIN,
    DOMAIN,
    LANGUAGES,
    RESIDENT_DOMAIN,
    SPOKEN,
    Translate,
    operators,
    speaker,
    translator,
)
from kiosk_agent.locale.compile import po_files
from kiosk_agent.locale.extract import PACKAGE, catalogues, message_ids

JAPANESE = re.compile(r"[ぁ-ゟァ-ヿ一-鿿]")
LANGUAGES_OF = {DOMAIN: LANGUAGES, CENTRAL_DOMAIN: LANGUAGES, RESIDENT_DOMAIN: tuple(SPOKEN)}
TRANSLATORS: dict[str, Callable[[str], Translate]] = {
    DOMAIN: translator,
    CENTRAL_DOMAIN: operators,
    RESIDENT_DOMAIN: speaker,
}
# What each language is recognised by; texts in Latin letters only by not being the English ones.
SIGNS = {
    "ja": JAPANESE,
    "ja-easy": re.compile(r"[ぁ-ゟ]"),
    "zh": re.compile(r"[一-鿿]"),
    "ko": re.compile(r"[가-힣]"),
    "vi": re.compile(r"[À-ỹ]"),
    "pt": re.compile(r"[a-z]"),
}
# (language, text) that are spelt as in English, each with its reason.
SAME_AS_ENGLISH: dict[tuple[str, str], str] = {}
# A text on screen that comes from somewhere else than a catalogue would be in one language only.
WEB = PACKAGE / "hands" / "web"


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file)


def texts(text: object) -> list[str]:
    """The forms of a message."""
    return [str(form) for form in text] if isinstance(text, tuple | list) else [str(text)]


def sentences(catalogue: Catalog) -> list[tuple[list[str], list[str]]]:
    """What is said for what, without the header, which holds the time of its making."""
    return sorted((texts(message.id), texts(message.string)) for message in catalogue if message.id)


def placeholders(text: str) -> set[str]:
    return {name for _literal, name, _format, _conversion in string.Formatter().parse(text) if name is not None}


def used(domain: str = DOMAIN) -> set[str]:
    return {text for text, _file, _line in message_ids(domain)}


def language_of(path: Path) -> str:
    return path.parts[-3]


def name_of(path: Path) -> str:
    return f"{language_of(path)}-{path.stem}"


@pytest.mark.parametrize("domain", LANGUAGES_OF)
def test_each_language_but_english_has_a_catalogue(domain: str) -> None:
    assert {language_of(path) for path in catalogues(domain)} == {one for one in LANGUAGES_OF[domain] if one != "en"}


@pytest.mark.parametrize("path", [path for domain in LANGUAGES_OF for path in catalogues(domain)], ids=name_of)
def test_every_text_in_the_code_is_translated_and_every_translation_is_used(path: Path) -> None:
    known = {str(message.id) for message in read(path) if message.id}
    assert len(known) > {DOMAIN: 200, CENTRAL_DOMAIN: 200, RESIDENT_DOMAIN: 20}[path.stem]
    in_code = used(path.stem)
    assert in_code - known == set(), "run: python -m kiosk_agent.locale.extract, and translate what is new"
    assert known - in_code == set(), "run: python -m kiosk_agent.locale.extract"


@pytest.mark.parametrize("path", po_files(), ids=name_of)
def test_nothing_is_empty_doubtful_or_kept_for_old_times_sake(path: Path) -> None:
    catalogue = read(path)
    assert [message.id for message in catalogue if message.id and message.fuzzy] == []
    assert [message.id for message in catalogue if message.id and not all(texts(message.string))] == []
    assert list(catalogue.obsolete) == []
    assert not catalogue.fuzzy


def has_words(text: str) -> bool:
    return bool(re.search(r"[a-z]{3,}", re.sub(r"\{[^}]*\}", "", text)))


@pytest.mark.parametrize("path", po_files(), ids=name_of)
def test_every_translation_is_in_its_language_and_not_left_in_english(path: Path) -> None:
    language = language_of(path)
    messages = [message for message in read(path) if message.id and has_words(texts(message.id)[0])]
    said = [(texts(message.id)[0], "".join(texts(message.string))) for message in messages]
    same = {text for text, translation in said if translation.casefold() == text.casefold()}
    assert same == {text for code, text in SAME_AS_ENGLISH if code == language}
    assert [text for text, translation in said if text not in same and not SIGNS[language].search(translation)] == []


def test_no_text_is_that_of_another_language_by_mistake() -> None:
    """Copied from one catalogue into the next; only easy Japanese may say what Japanese says."""
    said: dict[str, dict[str, str]] = {}
    for path in catalogues(RESIDENT_DOMAIN):
        for message in read(path):
            if message.id:
                said.setdefault(str(message.id), {})[language_of(path)] = str(message.string)
    for text, translations in said.items():
        others = {code: words for code, words in translations.items() if code != "ja-easy"}
        assert len(set(others.values())) == len(others), text


def test_easy_japanese_is_kana_in_phrases_without_honorifics() -> None:
    """After the guideline for easy Japanese of the Immigration Services Agency and the Agency for Cultural Affairs.

    (在留支援のためのやさしい日本語ガイドライン, 2020.) Kana alone, because the native window has no ruby.
    """
    for message in read(next(path for path in catalogues(RESIDENT_DOMAIN) if language_of(path) == "ja-easy")):
        text = str(message.string)
        if not message.id:
            continue
        assert not re.search(r"[一-鿿]", text), text
        assert not re.search(r"[ぁ-ゟァ-ヿ]{13,}", text), f"a space between the phrases: {text}"
        assert all(len(sentence) <= 40 for sentence in re.split("(?<=。)", text)), f"shorter sentences: {text}"
        honorific = r"ございま|いただ|くださいませ|(?:^| )[おご][ぁ-ゟ]+(?<!て) ?(?:ください|します)"
        assert not re.search(honorific, text), f"plainer: {text}"


@pytest.mark.parametrize("path", po_files(), ids=name_of)
def test_every_translation_has_the_placeholders_of_its_text(path: Path) -> None:
    wrong = []
    for message in read(path):
        if not message.id:
            continue
        given = set().union(*(placeholders(text) for text in texts(message.id)))
        for text in texts(message.string):
            # click's own words may say less than the English ones, ours not
            is_right = placeholders(text) <= given if path.name == "messages.po" else placeholders(text) == given
            if not is_right:
                wrong.append((message.id, text))
    assert wrong == []


def test_no_text_is_put_together_before_it_is_translated() -> None:
    """A text with a value in it already can't be found in a catalogue."""
    pattern = re.compile(r"""(?<![\w.])(?:_?t|speak)\(\s*(?:f["']|[^"')\s][^)]*%|["'][^"']*["']\s*(?:%|\+|\.format))""")
    found = [
        f"{path.relative_to(PACKAGE)}: {match.group()}"
        for path in PACKAGE.rglob("*.py")
        if "central" not in path.relative_to(PACKAGE).parts  # its words are keys of tables
        for match in pattern.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def is_whole(call: ast.Call) -> bool:
    return bool(call.args) and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)


def test_every_text_that_is_translated_later_is_written_out_where_it_can_be_found() -> None:
    """``Text(…)`` and ``say(…)``: their ids are constants, and in no f-string, which the collecting passes over."""
    found = []
    for path in PACKAGE.rglob("*.py"):
        if path == PACKAGE / "text.py":  # which makes them of what was kept
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and called(node) in {"Text", "say"}]
        hidden = [
            node for f_string in ast.walk(tree) if isinstance(f_string, ast.JoinedStr) for node in ast.walk(f_string)
        ]
        found += [f"{path.name}:{call.lineno}" for call in calls if not is_whole(call) or call in hidden]
    assert found == []


def called(call: ast.Call) -> str:
    """Of a plain name; ``sa.Text()`` is a column's."""
    return call.func.id if isinstance(call.func, ast.Name) else ""


def test_pages_and_scripts_of_the_agent_hold_no_words_of_their_own() -> None:
    for path in WEB.glob("*"):
        if path.suffix in (".js", ".html", ".css"):
            assert not JAPANESE.search(path.read_text(encoding="utf-8")), path.name
    page = (WEB / "gate.html").read_text(encoding="utf-8")
    words = re.sub(r"<(title|style|script)[^>]*>.*?</\1>|<[^>]*>", "", page, flags=re.DOTALL)
    assert words.split() == []


@pytest.mark.parametrize("domain", LANGUAGES_OF)
def test_english_is_complete_because_its_texts_are_the_message_ids(domain: str) -> None:
    english = TRANSLATORS[domain]("en")
    for text in used(domain):
        assert english(text) == text
        assert not JAPANESE.search(text)


@pytest.mark.parametrize("domain", LANGUAGES_OF)
def test_every_text_can_be_filled_in_in_every_language(domain: str) -> None:
    for language in LANGUAGES_OF[domain]:
        t = TRANSLATORS[domain](language)
        for text in used(domain):
            names = placeholders(text)
            filled = t(text, **dict.fromkeys(names, "VALUE")) if names else t(text)
            assert filled.count("VALUE") >= len(names)
            assert "{" not in filled


def test_a_language_that_was_never_compiled_says_what_to_do() -> None:
    for find in TRANSLATORS.values():
        with pytest.raises(DeskError, match=r"kiosk_agent\.locale\.compile"):
            find("fr")


@pytest.mark.parametrize("path", po_files(), ids=name_of)
def test_what_the_agent_reads_is_what_the_translators_wrote(path: Path) -> None:
    with path.with_suffix(".mo").open("rb") as file:
        compiled = sentences(read_mo(file))
    written = sentences(read(path))
    assert compiled == written, "run: python -m kiosk_agent.locale.compile"


def test_set_up_compiles_a_catalogue_anew_only_when_its_source_was_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "kiosk_agent" / "locale" / "ja" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    source = shutil.copy(catalogues()[0], folder)
    ran: list[list[str]] = []
    monkeypatch.setattr(commands, "ROOT", tmp_path)
    monkeypatch.setattr(commands, "run", lambda command, **_where: ran.append(command))
    compiled = Path(source).with_suffix(".mo")
    commands._compile_catalogues(Path("python"))
    assert len(ran) == 1, "it was never compiled"
    compiled.write_bytes(b"")
    os.utime(source, (1_000, 1_000))
    commands._compile_catalogues(Path("python"))
    assert len(ran) == 1, "nothing has changed"
    os.utime(compiled, (999, 999))
    commands._compile_catalogues(Path("python"))
    assert ran[1] == ["python", "-m", "kiosk_agent.locale.compile"]
