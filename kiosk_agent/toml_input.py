"""Reading TOML files that people write: every mistake at once, each with file, line, key, and what to do."""

from __future__ import annotations

import difflib
import math
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from kiosk_agent.errors import InputError, Problem

KEY = r"(?:[A-Za-z0-9_-]+|\"(?:[^\"\\]|\\.)*\"|'[^']*')"
DOTTED = re.compile(rf"\s*({KEY}(?:\s*\.\s*{KEY})*)\s*")
HEADER = re.compile(rf"^\s*(\[\[?)\s*({KEY}(?:\s*\.\s*{KEY})*)\s*\]\]?")
ONE_KEY = re.compile(KEY)
SYNTAX_LINE = re.compile(r"\(at line (\d+), column \d+\)")


class TomlInput:
    """One file, read. ``problems`` grows while it is looked through; :meth:`finish` raises if there are any."""

    def __init__(self, path: Path, error: type[InputError]) -> None:
        self.path = path
        self._error = error
        self.problems: list[Problem] = []
        self.text = self._read_text()
        self.data = self._parse()
        self._lines = locate_keys(self.text)

    def _read_text(self) -> str:
        try:
            raw = self.path.read_bytes()
        except FileNotFoundError:
            self._fail(None, "file", "a readable file", "none", "Check the path.")
        except IsADirectoryError:
            self._fail(None, "file", "a file", "a folder", "Name a file in it.")
        except OSError as error:
            self._fail(None, "file", "a readable file", error.strerror or type(error).__name__, "Check its permissions.")
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = raw[: error.start].count(b"\n") + 1
            self._fail(line, "file", "text in UTF-8", f"the byte 0x{raw[error.start]:02x}", "Save it as UTF-8.")
        if not text.strip():
            self._fail(None, "file", "settings", "an empty file", "Start from the example in config/.")
        return text

    def _parse(self) -> dict[str, Any]:
        try:
            return tomllib.loads(self.text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            found = SYNTAX_LINE.search(str(error))
            line = int(found.group(1)) if found else self.text.count("\n") + 1
            reason = SYNTAX_LINE.sub("", str(error)).strip() or "too deeply nested"
            self._fail(line, "file", "TOML", reason, "Is the file complete? See https://toml.io for the format.")

    def _fail(self, line: int | None, key: str, expected: str, found: str, hint: str) -> Any:
        raise self._error([Problem(str(self.path), line, key, expected, found, hint)])

    def line_of(self, key: str) -> int | None:
        """The line on which ``key`` (``proof.refused.status``, ``logout.steps[2]``) stands, or the nearest above it."""
        while key:
            if key in self._lines:
                return self._lines[key]
            key = re.sub(r"(\.[^.\[\]]+|\[\d+\])$|^[^.\[\]]+$", "", key)
        return None

    def note(self, key: str, expected: str, found: str, hint: str = "") -> None:
        """Note a mistake."""
        self.problems.append(Problem(str(self.path), self.line_of(key), key, expected, found, hint))

    def finish(self) -> None:
        """Raise the error with everything that was noted, in the order of the file."""
        if self.problems:
            raise self._error(sorted(self.problems, key=lambda problem: (problem.line or 0, problem.key)))


class Table:
    """A table of the file: takes its keys one by one; what is left over at :meth:`done` is unknown."""

    def __init__(self, source: TomlInput, values: Mapping[str, Any], prefix: str) -> None:
        self.source = source
        self.values = values
        self.prefix = prefix
        self._known: set[str] = set()

    def key(self, name: str) -> str:
        """The whole key of ``name``."""
        return f"{self.prefix}.{name}" if self.prefix else name

    def note(self, name: str, expected: str, hint: str = "") -> None:
        """Note that ``name`` is not what was expected."""
        found = shown(self.values[name]) if name in self.values else "nothing"
        self.source.note(self.key(name), expected, found, hint)

    def table(self, name: str, *, required: bool = False) -> Table:
        """The table ``name``; an empty one where it is missing or no table."""
        self._known.add(name)
        value = self.values.get(name)
        if isinstance(value, dict):
            return Table(self.source, value, self.key(name))
        if value is not None or required:
            self.note(name, f"a table [{self.key(name)}]")
        return Table(self.source, {}, self.key(name))

    def tables(self, name: str) -> list[Table]:
        """The tables of the array ``name``; none where it is missing."""
        self._known.add(name)
        value = self.values.get(name, [])
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            self.note(name, "a list of tables")
            return []
        return [Table(self.source, one, f"{self.key(name)}[{number}]") for number, one in enumerate(value, start=1)]

    def text(self, name: str, default: Any = None, *, required: bool = False, empty: bool = False) -> Any:
        """A string; ``default`` where it is missing."""
        self._known.add(name)
        value = self.values.get(name)
        if value is None and not required:
            return default
        if not isinstance(value, str) or (not empty and not value.strip()):
            self.note(name, "a text" if empty else "a text that is not empty")
            return default
        return value

    def flag(self, name: str, default: bool) -> bool:
        """True or false."""
        self._known.add(name)
        value = self.values.get(name, default)
        if not isinstance(value, bool):
            self.note(name, "true or false")
            return default
        return value

    def number(self, name: str, default: float, least: float, most: float, reason: str, *, whole: bool = False) -> Any:
        """A number between ``least`` and ``most``; ``reason`` says why no other is allowed."""
        self._known.add(name)
        value = self.values.get(name, default)
        good = isinstance(value, int) or (isinstance(value, float) and math.isfinite(value) and not whole)
        if isinstance(value, bool) or not good or not least <= value <= most:
            kind = "a whole number" if whole else "a number"
            self.note(name, f"{kind} from {least:g} to {most:g}", reason)
            return default
        return int(value) if whole else float(value)

    def choice(self, name: str, default: Any, choices: type[Any], *, required: bool = False) -> Any:
        """One word of an enumeration."""
        self._known.add(name)
        value = self.values.get(name)
        if value is None and not required:
            return default
        words = [one.value for one in choices]
        if value not in words:
            self.note(name, "one of " + ", ".join(words), did_you_mean(str(value), words))
            return default
        return choices(value)

    def texts(self, name: str, check: Callable[[str], str | None] = lambda _text: None) -> tuple[str, ...]:
        """A list of strings; ``check`` says what is expected of one, or None where it is good."""
        self._known.add(name)
        value = self.values.get(name, [])
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            self.note(name, "a list of texts")
            return ()
        for number, one in enumerate(value, start=1):
            expected = check(one)
            if expected is not None:
                self.source.note(f"{self.key(name)}[{number}]", expected, shown(one))
        return tuple(value)

    def raw(self, name: str) -> Any:
        """Whatever stands there."""
        self._known.add(name)
        return self.values.get(name)

    def done(self) -> None:
        """Note every key that nobody asked for."""
        for name in self.values:
            if name not in self._known:
                known = ", ".join(sorted(self._known))
                hint = did_you_mean(name, self._known) or f"Known here: {known}."
                self.source.note(self.key(name), "a known key", f"{name!r}", hint)


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """A question that names the nearest word, or nothing."""
    near = difflib.get_close_matches(word, list(words), n=1)
    return f"Did you mean {near[0]!r}?" if near else ""


def shown(value: Any) -> str:
    """A value as an error message shows it: short, and recognisable."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    text = {True: "true", False: "false"}[value] if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else text[:57] + "…'"  # noqa: PLR2004 - a line in a terminal


def locate_keys(text: str) -> dict[str, int]:
    """The line of each key of a valid TOML text. Elements of lists count from 1: ``operation[2].name``.

    Inline tables and lists are looked into as well; what cannot be found stands at its parent's line.
    """
    lines: dict[str, int] = {}
    counts: dict[str, int] = {}
    scanner = _Scanner(text)
    prefix = ""
    while scanner.skip_blank():
        line = scanner.line
        header = HEADER.match(scanner.rest_of_line())
        if header:
            name = _key(header.group(2))
            if header.group(1) == "[[":
                counts[name] = counts.get(name, 0) + 1
                lines.setdefault(name, line)
                prefix = f"{name}[{counts[name]}]"
            else:
                prefix = _within(name, counts)
            lines.setdefault(prefix, line)
            scanner.skip_line()
            continue
        key = scanner.take_key()
        if key is None:
            scanner.skip_line()
            continue
        whole = f"{prefix}.{key}" if prefix else key
        lines.setdefault(whole, line)
        scanner.take_value(whole, lines)
        scanner.skip_line()
    return lines


def _within(name: str, counts: Mapping[str, int]) -> str:
    """A table below an array of tables belongs to its last element."""
    parts = name.split(".")
    for length in range(len(parts) - 1, 0, -1):
        parent = ".".join(parts[:length])
        if parent in counts:
            return ".".join([f"{parent}[{counts[parent]}]", *parts[length:]])
    return name


def _key(text: str) -> str:
    return ".".join(part.strip("\"'") for part in ONE_KEY.findall(text))


class _Scanner:
    """Walks over a TOML text, counting lines."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self.line = 1

    def _move(self, to: int) -> None:
        self.line += self._text.count("\n", self._at, to)
        self._at = to

    def skip_blank(self) -> bool:
        """To the next sign that is neither white space nor comment; false at the end."""
        while self._at < len(self._text):
            if self._text[self._at] == "#":
                self.skip_line()
            elif self._text[self._at].isspace():
                self._move(self._at + 1)
            else:
                return True
        return False

    def rest_of_line(self) -> str:
        """What is left of this line."""
        end = self._text.find("\n", self._at)
        return self._text[self._at : end if end >= 0 else len(self._text)]

    def skip_line(self) -> None:
        """To the next line."""
        end = self._text.find("\n", self._at)
        self._move(end + 1 if end >= 0 else len(self._text))

    def take_key(self) -> str | None:
        """A key and its equals sign."""
        found = DOTTED.match(self._text, self._at)
        if found is None or self._text[found.end() : found.end() + 1] != "=":
            return None
        self._move(found.end() + 1)
        return _key(found.group(1))

    def take_value(self, key: str, lines: dict[str, int]) -> None:
        """A value; keys inside it are noted."""
        while self._at < len(self._text) and self._text[self._at] in " \t":
            self._at += 1
        start = self._text[self._at : self._at + 3]
        if start in ('"""', "'''"):
            self._take_string(start)
        elif start[:1] in ('"', "'"):
            self._take_string(start[:1])
        elif start[:1] == "{":
            self._take_inline_table(key, lines)
        elif start[:1] == "[":
            self._take_list(key, lines)
        else:
            while self._at < len(self._text) and self._text[self._at] not in ",]}\n#":
                self._at += 1

    def _take_string(self, quote: str) -> None:
        at = self._at + len(quote)
        while at < len(self._text) and not self._text.startswith(quote, at):
            at += 2 if self._text[at] == "\\" and '"' in quote else 1
        self._move(min(at + len(quote), len(self._text)))

    def _take_inline_table(self, key: str, lines: dict[str, int]) -> None:
        self._move(self._at + 1)
        while self.skip_blank() and self._text[self._at] != "}":
            if self._text[self._at] == ",":
                self._move(self._at + 1)
                continue
            line = self.line
            name = self.take_key()
            if name is None:
                return
            lines.setdefault(f"{key}.{name}", line)
            self.take_value(f"{key}.{name}", lines)
        self._move(min(self._at + 1, len(self._text)))

    def _take_list(self, key: str, lines: dict[str, int]) -> None:
        self._move(self._at + 1)
        number = 0
        while self.skip_blank() and self._text[self._at] != "]":
            if self._text[self._at] == ",":
                self._move(self._at + 1)
                continue
            number += 1
            lines.setdefault(f"{key}[{number}]", self.line)
            before = self._at
            self.take_value(f"{key}[{number}]", lines)
            if self._at == before:
                return
        self._move(min(self._at + 1, len(self._text)))
