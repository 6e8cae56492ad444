"""Reading TOML files that people write: every mistake at once, each with file, line, key, and what to do."""

from __future__ import annotations

import copy
import enum
import os
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from kiosk_agent import reasons
from kiosk_agent.errors import InputError, Problem
from kiosk_agent.text import Text
from kiosk_agent.toml_lines import BARE_KEY, KeyPath, locate_keys

LARGEST_BYTES = 1_000_000  # people write these files; one that is larger is some other file
LONGEST_SHOWN = 60  # characters of a value in one line of a terminal
FILE = Text("file")  # in place of a key: the file as a whole

A_QUOTED_TEXT = Text("a text in quotation marks")
A_KNOWN_KEY = Text("a known key")

Choice = TypeVar("Choice", bound=enum.StrEnum)


class TomlInput:
    """One file, read. ``problems`` grows while it is looked through; :meth:`finish` raises if there are any."""

    def __init__(self, path: Path, error: type[InputError]) -> None:
        """Read ``path``. Raises ``error`` where it cannot be read as TOML at all."""
        self.path = path
        self._error = error
        self.problems: list[Problem] = []
        self.contradictions: set[str] = set()  # keys that are good by themselves, and noted because of others
        text = self._read_text()
        self.data = self._parse(text)
        self._lines = locate_keys(text)

    def with_data(self, data: dict[str, Any]) -> TomlInput:
        """The same file as if it said ``data``: nothing is noted yet. Lines are those of the file as it stands."""
        other = copy.copy(self)
        other.data, other.problems, other.contradictions = data, [], set()
        return other

    @property
    def root(self) -> Table:
        """The file's top level."""
        return Table(self, self.data, ())

    def _read_text(self) -> str:
        try:
            with self.path.open("rb") as file:
                raw = file.read(LARGEST_BYTES + 1)
        except FileNotFoundError:
            self._fail(None, Text("a readable file"), Text("none"), Text("Check the path."))
        except (OSError, ValueError) as error:  # ValueError: a NUL in the path
            # PermissionError on Windows; pathlib's own is_dir() raises for impossible names
            if os.path.isdir(self.path):  # noqa: PTH112
                self._fail(None, Text("a file"), Text("a folder"), Text("Name a file in it."))
            reason = reasons.of_system(error) if isinstance(error, OSError) else Text("embedded null character")
            self._fail(None, Text("a readable file"), reason, Text("Check the path and its permissions."))
        if len(raw) > LARGEST_BYTES:
            found = Text("more than {most} bytes", most=LARGEST_BYTES)
            self._fail(None, Text("settings"), found, Text("Is it the right file?"))
        try:
            text = raw.decode("utf-8-sig")  # editors on Windows put a byte order mark in front
        except UnicodeDecodeError as error:
            line = raw[: error.start].count(b"\n") + 1
            found = Text("the byte {byte}", byte=f"0x{raw[error.start]:02x}")
            self._fail(line, Text("text in UTF-8"), found, Text("Save it as UTF-8."))
        if not text.strip():
            self._fail(None, Text("settings"), Text("an empty file"), Text("Start from an example in config/."))
        return text

    def _parse(self, text: str) -> dict[str, Any]:
        try:
            return tomllib.loads(text)
        except RecursionError:
            self._fail(None, Text("TOML"), Text("brackets nested too deeply"), Text("Is it the right file?"))
        except ValueError as error:  # also for a number of thousands of digits
            line, reason = reasons.of_toml_line(error)
            line = line or text.rstrip().count("\n") + 1
            self._fail(line, Text("TOML"), reason, Text("Is the file complete? The format: https://toml.io"))

    def _fail(self, line: int | None, expected: Text, found: str | Text, hint: Text) -> NoReturn:
        raise self._error([Problem(str(self.path), line, FILE, expected, found, hint)])

    def line_of(self, path: KeyPath) -> int | None:
        """The line on which ``path`` stands, or the nearest key above it; None where not even that is there."""
        while path:
            if path in self._lines:
                return self._lines[path]
            path = path[:-1]
        return None

    def note(self, path: KeyPath, expected: str | Text, found: str | Text, hint: str | Text = "") -> None:
        """Note a mistake."""
        self.problems.append(Problem(str(self.path), self.line_of(path), key_text(path), expected, found, hint))

    def contradict(self, path: KeyPath, expected: str | Text, found: str | Text, hint: str | Text = "") -> None:
        """Note a value that is good by itself, but does not fit what stands elsewhere."""
        self.contradictions.add(key_text(path))
        self.note(path, expected, found, hint)

    def finish(self) -> None:
        """Raise the error with everything that was noted, in the order of the file."""
        if self.problems:
            raise self._error(sorted(self.problems, key=lambda problem: (problem.line or 0, str(problem.key))))


class Table:
    """A table of the file: takes its keys one by one; what is left over at :meth:`done` is unknown."""

    def __init__(self, source: TomlInput, values: Mapping[str, Any], path: KeyPath, *, given: bool = True) -> None:
        self.source = source
        self.values = values
        self.path = path
        self.given = given  # false where the file has no such table
        self._known: list[str] = []
        self._bad: set[str] = set()

    def note(self, name: str, expected: str | Text, hint: str | Text = "") -> None:
        """Note that ``name`` is not what was expected."""
        self._bad.add(name)
        self.source.note((*self.path, name), expected, self._found(name), hint)

    def contradict(self, name: str, expected: str | Text, hint: str | Text = "") -> None:
        """Note that ``name`` is good by itself, but does not fit what stands elsewhere."""
        self._bad.add(name)
        self.source.contradict((*self.path, name), expected, self._found(name), hint)

    def _found(self, name: str) -> str | Text:
        return shown(self.values[name]) if name in self.values else Text("nothing")

    def note_table(self, expected: str | Text, found: str | Text, hint: str | Text = "") -> None:
        """Note that the table as a whole is not what was expected."""
        self.source.note(self.path, expected, found, hint)

    def is_good(self, name: str) -> bool:
        """Whether nothing is wrong with ``name`` so far."""
        return name not in self._bad

    def _take(self, name: str) -> Any:
        self._known.append(name)
        return self.values.get(name)

    def table(self, name: str, *, required: bool = False) -> Table:
        """The table ``name``; an empty one where it is missing or no table."""
        value = self._take(name)
        path = (*self.path, name)
        if isinstance(value, dict):
            return Table(self.source, value, path)
        if value is not None or required:
            self.note(name, Text("a table [{key}]", key=key_text(path)))
        return Table(self.source, {}, path, given=False)

    def tables(self, name: str) -> list[Table]:
        """The tables of the list ``name``; none where it is missing."""
        value = self._take(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            self.note(name, Text("a list of tables"))
            return []
        return [Table(self.source, one, (*self.path, name, number)) for number, one in enumerate(value)]

    def text(self, name: str, *, empty: bool = False) -> str | None:
        """A text; None where it is missing or wrong. ``empty``: it may be."""
        value = self._take(name)
        if value is None:
            return None
        if not isinstance(value, str):
            self.note(name, A_QUOTED_TEXT)
            return None
        if not empty and not value.strip():
            self.note(name, Text("a text that is not empty"))
            return None
        return value

    def required_text(self, name: str, *, empty: bool = False, hint: str | Text = "") -> str:
        """A text; an empty one, and a note, where it is missing or wrong."""
        value = self.text(name, empty=empty)
        if name not in self.values:
            self.note(name, Text("a text"), hint)
        return value or ""

    def flag(self, name: str, default: bool) -> bool:
        """True or false."""
        value = self._take(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.note(name, Text("true or false"))
            return default
        return value

    def number(self, name: str, default: float, least: float, most: float, reason: Text) -> float:
        """A number between ``least`` and ``most``; ``reason`` says why no other is allowed."""
        value = self._take(name)
        if value is None:
            return default
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not least <= value <= most:  # neither does nan lie between them
            expected = Text("a number from {least} to {most}", least=f"{least:g}", most=f"{most:g}")
            self.note(name, expected, reason)
            return default
        return float(value)

    def whole_number(self, name: str, default: int, least: int, most: int, reason: Text) -> int:
        """A whole number between ``least`` and ``most``; ``reason`` says why no other is allowed."""
        value = self._take(name)
        if value is None:
            return default
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            self.note(name, Text("a whole number from {least} to {most}", least=least, most=most), reason)
            return default
        return value

    def choice(self, name: str, choices: type[Choice]) -> Choice | None:
        """One word of an enumeration; None where it is missing or wrong."""
        value = self._take(name)
        if value is None:
            return None
        words = [one.value for one in choices]
        if not isinstance(value, str) or value not in words:
            near = did_you_mean(value, words) if isinstance(value, str) else ""
            self.note(name, one_of(words), near)
            return None
        return choices(value)

    def texts(self, name: str, check: Callable[[str], str | Text | None] = lambda _text: None) -> tuple[str, ...]:
        """The good ones of a list of texts; ``check`` says what is expected of a bad one, None of a good one."""
        value = self._take(name)
        if value is None:
            return ()
        if not isinstance(value, list):
            self.note(name, Text("a list of texts"))
            return ()
        good = []
        for number, one in enumerate(value):
            expected = check(one) if isinstance(one, str) else A_QUOTED_TEXT
            if expected is None:
                good.append(one)
            else:
                self._bad.add(name)
                self.source.note((*self.path, name, number), expected, shown(one))
        return tuple(good)

    def raw(self, name: str) -> Any:
        """Whatever stands there."""
        return self._take(name)

    def done(self) -> None:
        """Note every key that nobody asked for."""
        for name in self.values:
            if name not in self._known:
                known = Text("Known here: {names}.", names=", ".join(self._known))
                self.source.note((*self.path, name), A_KNOWN_KEY, shown(name), did_you_mean(name, self._known) or known)


def did_you_mean(word: str, words: Iterable[str]) -> str | Text:
    """A question that names the nearest word, or nothing."""
    import difflib  # only where something is wrong: a desk that runs has no need of its 0.2 MiB

    near = difflib.get_close_matches(word[:LONGEST_SHOWN], list(words), n=1)
    return Text("Did you mean {word}?", word=repr(near[0])) if near else ""


def one_of(words: Iterable[str]) -> Text:
    """What is expected where only these words are known."""
    return Text("one of {words}", words=", ".join(f'"{word}"' for word in words))


def key_text(path: KeyPath) -> str:
    """A key as an error message names it; elements of lists count from 1: ``logout.steps[2].click``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part + 1}]"
        else:
            name = part if BARE_KEY.fullmatch(part) else _shortened(repr(part))
            text += f".{name}" if text else name
    return text


def shown(value: Any) -> str | Text:
    """A value as an error message shows it: short, recognisable, and without control characters."""
    if isinstance(value, dict):
        return Text("a table")
    if isinstance(value, list):
        return Text("a list") if value else Text("an empty list")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and value.bit_length() > LONGEST_SHOWN:
        return Text("a huge number")
    return _shortened(repr(value) if isinstance(value, str | int | float) else str(value))


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 2] + "…'"
