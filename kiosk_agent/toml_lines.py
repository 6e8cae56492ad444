"""On which line of a TOML file each key stands. The standard library's parser gives values without positions.

The text must be valid TOML (:func:`tomllib.loads` took it); so every quote and bracket here has its other half.
"""

from __future__ import annotations

import contextlib
import re
import tomllib

KeyPath = tuple[str | int, ...]  # keys by name, elements of lists by number from 0: ("logout", "steps", 2, "click")

BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
QUOTED_KEY = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'")
BASIC_TEXT = re.compile(r'"""(?:[^\\]|\\.)*?"{3,5}|"(?:[^"\\\n]|\\.)*"', re.DOTALL)
LITERAL_TEXT = re.compile(r"'''.*?'{3,5}|'[^'\n]*'", re.DOTALL)
OTHER_VALUE = re.compile(r"[^,\]}#\n]*")  # numbers, dates, true and false
BLANK = re.compile(r"(?:[ \t\n]|#[^\n]*)*")


def locate_keys(text: str) -> dict[KeyPath, int]:
    """The line, from 1, on which each key and each element of a list begins.

    A table that is spread over several places stands where it is first named. Nesting too deep to be followed is
    left out: whoever asks then gets the line of the nearest key above.
    """
    scanner = _Scanner(text.replace("\r\n", "\n"))
    with contextlib.suppress(RecursionError):  # what was found so far is right
        scanner.scan()
    return scanner.lines


class _Scanner:
    """Walks over the text once."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1
        self._counted_to = 0
        self._counts: dict[KeyPath, int] = {}  # elements so far of each array of tables
        self.lines: dict[KeyPath, int] = {}

    def scan(self) -> None:
        """The whole document: headers, and keys below them."""
        table: KeyPath = ()
        while self._skip(BLANK) < len(self._text):
            if self._peek("["):
                table = self._header()
            else:
                self._pair(table)

    def _header(self) -> KeyPath:
        is_array = self._peek("[[")
        self._at += 2 if is_array else 1
        *above, last = self._dotted_key()
        path: KeyPath = ()
        for part in above:
            path = self._within((*path, part))
        path = (*path, last)
        self._at += 2 if is_array else 1
        if not is_array:
            path = self._within(path)
            self.lines.setdefault(path, self._line_here())
            return path
        self.lines.setdefault(path, self._line_here())
        number = self._counts.get(path, 0)
        self._counts[path] = number + 1
        path = (*path, number)
        self.lines.setdefault(path, self._line_here())
        return path

    def _within(self, path: KeyPath) -> KeyPath:
        """A table below an array of tables belongs to its last element."""
        self.lines.setdefault(path, self._line_here())
        return (*path, self._counts[path] - 1) if path in self._counts else path

    def _pair(self, table: KeyPath) -> None:
        line = self._line_here()
        path = table
        for part in self._dotted_key():
            path = (*path, part)
            self.lines.setdefault(path, line)
        self._at += 1  # the equals sign
        self._value(path)

    def _dotted_key(self) -> list[str]:
        """The parts of a key; ends before the equals sign or the bracket."""
        parts = []
        while True:
            self._skip(BLANK)
            quoted = QUOTED_KEY.match(self._text, self._at)
            found = quoted or BARE_KEY.match(self._text, self._at)
            if found is None:
                raise LookupError(f"no key on line {self._line_here()}: the text is not valid TOML")
            self._at = found.end()
            parts.append(str(tomllib.loads(f"k={found.group()}")["k"]) if quoted else found.group())
            self._skip(BLANK)
            if not self._peek("."):
                return parts
            self._at += 1

    def _value(self, path: KeyPath) -> None:
        self._skip(BLANK)
        if self._peek('"'):
            self._skip(BASIC_TEXT)
        elif self._peek("'"):
            self._skip(LITERAL_TEXT)
        elif self._peek("{"):
            self._at += 1
            while self._more("}"):
                self._pair(path)
        elif self._peek("["):
            self._at += 1
            number = 0
            while self._more("]"):
                self.lines.setdefault((*path, number), self._line_here())
                self._value((*path, number))
                number += 1
        else:
            self._skip(OTHER_VALUE)

    def _more(self, end: str) -> bool:
        """Whether another element follows before ``end``, which is passed over."""
        self._skip(BLANK)
        if self._peek(","):
            self._at += 1
            self._skip(BLANK)
        if self._peek(end):
            self._at += 1
            return False
        return True

    def _peek(self, sign: str) -> bool:
        return self._text.startswith(sign, self._at)

    def _skip(self, pattern: re.Pattern[str]) -> int:
        found = pattern.match(self._text, self._at)
        if found is not None:
            self._at = found.end()
        return self._at

    def _line_here(self) -> int:
        self._line += self._text.count("\n", self._counted_to, self._at)
        self._counted_to = self._at
        return self._line
