"""Many command lines of ``kiosk-agent``, and what they say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from kiosk_agent.locale.extract import message_ids
from tests.support.many_lines import Said, parts_of, run_in_one_process
from tests.support.two_languages import JAPANESE, english_in

# What stays as it is: command lines to copy, options, addresses, keys and their values, what was typed.
KEPT = re.compile(
    r"`?kiosk-agent(?: [a-z-]+)+`?|profile check --live|python -m \S+|(?:sudo )?apt-get install \S+"
    r"|--[a-z-]+(?: [A-Z]+)?|'[^']*'|\"[^\"]*\"|\S+[/:=_.]\S+|WCAG"
)
# What a library said, in brackets behind our own words for it.
SAID = re.compile(r"（(?:\w+Error|SQLITE_\w+): [^）]*）")
EACH_LINE = """
import json, sys
from click.testing import CliRunner
from kiosk_agent import text
met, show = set(), text.Text.shown
def noted(self, translate):
    if translate is not text.in_english:
        met.add(self.message)
    return show(self, translate)
text.Text.shown = noted
from kiosk_agent.cli import main
from kiosk_agent.settings import resolve
from kiosk_agent.settings.registry import Kind, Value
from tests.support.fake_registry import FakePolicyKey
told = []
for arguments, given, registry in json.load(sys.stdin):
    key = FakePolicyKey({name: Value(Kind(kind), data) for name, (kind, data) in registry.items()})
    resolve.this_pcs = lambda: key
    done = CliRunner().invoke(main, arguments, input=given, prog_name="kiosk-agent")
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    told.append([done.exit_code, done.stdout, done.stderr])
print(json.dumps([told, sorted(met)]))
"""


class Run(NamedTuple):
    """A command line, what it reads, and what Group Policy sets: numbers of kinds and values, by their names."""

    arguments: str
    given: str = ""
    registry: Mapping[str, tuple[int, object]] = {}


@dataclass
class Heard:
    """All that was said, by the command line; ``met``: the ids of the texts that were put into words."""

    said: dict[str, Said] = field(default_factory=dict)
    met: set[str] = field(default_factory=set)


def run_all(runs: Iterable[Run], places: Mapping[str, str], folder: Path, language: str = "ja") -> Heard:
    """Run them in their order. ``places`` stand in their arguments as ``{name}``."""
    runs = list(runs)
    lines = [(parts_of(run.arguments, places), run.given, dict(run.registry)) for run in runs]
    told, met = run_in_one_process(EACH_LINE, lines, folder, language)
    return Heard({run.arguments: Said(*one) for run, one in zip(runs, told, strict=True)}, set(met))


def written(folder: Path, texts: Mapping[str, str | bytes]) -> dict[str, str]:
    """A TOML file for each of ``texts``; their paths by their names."""
    places = {}
    for name, text in texts.items():
        path = folder / f"{name}.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        places[name] = str(path)
    return places


def assert_japanese(told: str) -> None:
    """Every line is Japanese, and none has an English sentence in it."""
    lines = [line for line in told.splitlines() if line.strip()]
    assert lines
    assert [line for line in lines if not JAPANESE.search(line)] == []
    assert english_in(SAID.sub("", told), KEPT) == []


def ids_of(*files: str) -> set[str]:
    """The ids of all texts in these files of the package."""
    return {message for message, file, _line in message_ids() if file in files}
