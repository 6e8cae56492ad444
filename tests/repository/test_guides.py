"""The guides: the same pages in both languages, with commands, options, codes and pictures that there are."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from installer.artefacts import ARTEFACTS
from installer.windows import tables, wix
from kiosk_agent.central.cli import main as central
from kiosk_agent.cli import main as agent
from kiosk_agent.config_load import SENSES
from kiosk_agent.report.policy import REFUSED
from kiosk_agent.report.uploader import Code
from kiosk_agent.sensors.browsers.sense import BROWSER_CODE, REMOTE_CODE
from kiosk_agent.session.vocabulary import IncidentCode
from kiosk_agent.settings.resolve import GROUP_POLICY_IGNORED
from tests.screens.pictures import GUIDES, GUIDES_FOLDER, README_FOLDER

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "docs" / "guides"
LANGUAGES = ("ja", "en")
PAGES = sorted(path.stem for path in (FOLDER / "ja").glob("*.md"))
TEXTS = {
    (language, page): (FOLDER / language / f"{page}.md").read_text("utf-8") for language in LANGUAGES for page in PAGES
}
EACH = sorted(TEXTS)
SHELLS = re.compile(r"^```(?:sh|bat)\n(.*?)^```", re.MULTILINE | re.DOTALL)
FENCED = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
SUDO = re.compile(r"\bsudo (-u \S+ )?")
PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)]+)\)")
PROGRAMS: dict[str, click.Command] = {"kiosk-agent": agent, "kiosk-central": central}
SOURCES = {  # what else is called, and the file that says which options it takes
    "installer/build.py": "installer/artefacts/{0}.py",
    "bundle.py": "installer/bundle/bundle.py",
    "/usr/lib/kiosk-agent/remove-everything": "installer/deb/remove-everything",
}


def commands(text: str) -> Iterator[str]:
    """Each command line of a page: in code blocks, or as code in a sentence."""
    for block in SHELLS.findall(text):
        yield from re.sub(r"[\\^]\n\s*", "", block).splitlines()
    for code in INLINE.findall(FENCED.sub("", text)):
        if code.split()[0] in (*PROGRAMS, "python3", "sudo", "msiexec") and " " in code:
            yield code


def lines(text: str) -> list[list[str]]:
    return [shlex.split(SUDO.sub("", line), posix=False) for line in commands(text) if line.strip()]


def wrong(words: list[str]) -> str:
    """What is not so about a command line; an empty text where all is."""
    name = words[1] if words[0] == "python3" else words[0].removeprefix("/opt/kiosk-central/bin/")
    options = [word for word in words[1:] if word.startswith("--")]
    if name in PROGRAMS:
        command, rest = PROGRAMS[name], words[1:]
        while isinstance(command, click.Group):
            found = command.get_command(click.Context(command), rest[0]) if rest else None
            if found is None:
                return f"{name} has no such command: {' '.join(words)}"
            command, rest = found, rest[1:]
        known = {option for param in command.params for option in param.opts}
        missing = [option for option in options if option not in known]
        needed = [one for one in command.params if isinstance(one, click.Argument) and one.required]
        given = [word for word in rest if not word.startswith("-")]
        wanted = [one.opts for one in command.params if isinstance(one, click.Option) and one.required]
        missing += [names[0] for names in wanted if not {*names} & {*options}]
        return f"{words}: {missing}" if missing or len(given) < len(needed) else ""
    if name in SOURCES:
        if name == "installer/build.py" and words[2] not in ARTEFACTS:
            return f"{words[2]} is no artefact"
        source = (ROOT / SOURCES[name].format(words[2] if len(words) > 2 else "")).read_text("utf-8")
        return f"{words}: {missing}" if (missing := [option for option in options if option not in source]) else ""
    if name == "msiexec":
        known = {*tables.SECURE.split(";"), *wix.KEPT}
        properties = {word.partition("=")[0] for word in words if "=" in word}
        return f"no such property: {properties - known}" if properties - known else ""
    if name == "installer/bootstrap.py":
        return "" if words[2:] in (["demo"], ["test"]) else f"{words}"
    if name == "systemctl":
        return (
            "" if (ROOT / "installer" / "deb" / f"{words[-1]}.service").is_file() else f"no such service: {words[-1]}"
        )
    return "" if name in ("apt-get",) else f"nobody checks {name}"


def codes_of(text: str, heading: str) -> set[str]:
    """The words in code of the column that ``heading`` begins, in the tables of a page."""
    found: set[str] = set()
    column = None
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if not cells:
            column = None
        elif heading in cells:
            column = cells.index(heading)
        elif column is not None:
            found |= set(re.findall(r"`(\w+)`", cells[column]))
    return found


def test_both_languages_have_the_same_pages_and_the_site_names_them() -> None:
    assert (
        {path.stem for path in (FOLDER / "en").glob("*.md")} == set(PAGES) == {"worker", "it", "central", "developers"}
    )
    menu = (ROOT / "installer" / "site" / "mkdocs.yml").read_text("utf-8")
    start = (ROOT / "docs" / "index.md").read_text("utf-8")
    named = [f"guides/{language}/{page}.md" for language, page in EACH]
    assert [name for name in named if name not in menu or name not in start] == []
    reference = {path.name for path in (ROOT / "docs").glob("*.md")}
    assert sorted(name for name in reference if f"- {name}\n" not in menu) == []
    translated = [f"ja/{path.name}" for path in (ROOT / "docs" / "ja").glob("*.md")]
    assert translated != []
    assert [name for name in translated if f": {name}\n" not in menu or f"({name})" not in start] == []


@pytest.mark.parametrize("page", PAGES)
def test_both_languages_say_the_same_in_the_same_order(page: str) -> None:
    japanese, english = (TEXTS[language, page] for language in LANGUAGES)

    def shape(text: str) -> tuple[object, ...]:
        outline = [len(marks) for marks in re.findall(r"^(#+) ", FENCED.sub("", text), re.MULTILINE)]
        pictures = [name for _, name in PICTURE.findall(text)]
        return (
            outline,
            FENCED.findall(text),
            pictures,
            text.count("\n| "),
            len(re.findall(r"^\d+\. ", text, re.MULTILINE)),
        )

    assert shape(japanese) == shape(english)


@pytest.mark.parametrize(("language", "page"), EACH)
def test_every_command_and_option_is_one_of_the_program(language: str, page: str) -> None:
    assert [problem for words in lines(TEXTS[language, page]) if (problem := wrong(words))] == []


def test_the_guides_do_name_commands() -> None:
    assert [page for page in ("it", "central", "developers") if len(lines(TEXTS["en", page])) <= 5] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_warning_is_in_the_table_of_symptoms_and_no_other(language: str) -> None:
    warnings = {*SENSES, *Code, REFUSED, BROWSER_CODE, REMOTE_CODE, GROUP_POLICY_IGNORED}
    source = "".join(path.read_text("utf-8") for path in (ROOT / "kiosk_agent").rglob("*.py"))
    warnings |= set(re.findall(r"health\.fail\(\s*\"(\w+)\"", source)) | {"recording"}
    assert codes_of(TEXTS[language, "it"], {"ja": "符号", "en": "code"}[language]) == warnings


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_incident_is_in_the_guide_for_centrals_staff(language: str) -> None:
    named = codes_of(TEXTS[language, "central"], {"ja": "符号", "en": "code"}[language])
    assert named == {*IncidentCode, "ledger_damaged"}


@pytest.mark.parametrize(("language", "page"), EACH)
def test_every_picture_is_one_that_the_tests_make_or_a_drawing_and_says_what_it_shows(language: str, page: str) -> None:
    for text, name in PICTURE.findall(TEXTS[language, page]):
        target = (FOLDER / language / name.split("{")[0]).resolve()
        assert target.is_file(), name
        assert target.parent in (README_FOLDER, GUIDES_FOLDER) or target.suffix == ".svg"
        assert len(text) > 4, f"{name} says too little to those who cannot see it"


def test_no_picture_of_the_guides_is_left_over() -> None:
    assert {path.stem for path in GUIDES_FOLDER.iterdir()} == set(GUIDES)
    shown = {Path(name).name for text in TEXTS.values() for _, name in PICTURE.findall(text)}
    assert {path.name for path in [*GUIDES_FOLDER.iterdir(), *FOLDER.glob("*.svg")]} <= shown


def test_the_detection_rules_look_at_what_the_installer_writes() -> None:
    page = (ROOT / "docs" / "windows.md").read_text("utf-8")
    rules = page[page.index("## Detection rules") : page.index("## Upgrading")]
    (written,) = re.findall(
        r"_value\(component, OWN_KEY, \"(\w+)\", .*is_key=True\)", Path(wix.__file__).read_text("utf-8")
    )
    assert rf"`HKLM\{wix.OWN_KEY}`, value `{written}`" in rules
    assert f"HKLM:\\{wix.OWN_KEY}" in rules
    assert f"$key.{written}" in rules
    specification = (ROOT / "installer" / "windows" / "kiosk-agent.spec").read_text("utf-8")
    assert '"kiosk-agent"' in specification
    assert r"`%ProgramFiles%\kiosk-agent\kiosk-agent.exe`" in rules
