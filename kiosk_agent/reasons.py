"""Why something failed, in words that can be translated: what systems and libraries say in English alone."""

from __future__ import annotations

import errno
import re
import tomllib
from collections.abc import Callable

import msgspec

from kiosk_agent.text import Text

SYSTEM = {
    errno.ENOENT: Text("there is no such file or folder"),
    errno.EACCES: Text("no permission"),
    errno.EPERM: Text("no permission"),
    errno.EISDIR: Text("it is a folder"),
    errno.ENOTDIR: Text("a part of the path is no folder"),
    errno.EEXIST: Text("it is there already"),
    errno.ENOSPC: Text("the disk is full"),
    errno.EDQUOT: Text("the disk is full"),
    errno.EROFS: Text("it cannot be written to"),
    errno.EIO: Text("the disk cannot be read or written"),
    errno.ENAMETOOLONG: Text("the name is too long"),
    errno.ELOOP: Text("the links lead nowhere"),
    errno.EADDRINUSE: Text("the port is taken by another program"),
    errno.EADDRNOTAVAIL: Text("this computer has no such address"),
    errno.ECONNREFUSED: Text("nobody answers there"),
    errno.ETIMEDOUT: Text("no answer in time"),
    errno.EHOSTUNREACH: Text("the network does not lead there"),
    errno.ENETUNREACH: Text("the network does not lead there"),
}
TOML_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
# As tomllib says it, which tells nobody but by its words.
TOML_MISTAKES = {
    str(text): text
    for text in (
        Text("Invalid statement"),
        Text("Invalid value"),
        Text("Invalid hex value"),
        Text("Invalid date or datetime"),
        Text("Invalid initial character for a key part"),
        Text("Expected newline or end of document after a statement"),
        Text("Expected ']' at the end of a table declaration"),
        Text("Expected ']]' at the end of an array declaration"),
        Text("Expected '=' after a key in a key/value pair"),
        Text("Cannot overwrite a value"),
        Text("Unclosed array"),
        Text("Unclosed inline table"),
        Text("Unescaped '\\' in a string"),
        Text("Escaped character is not a Unicode scalar value"),
        Text("Unterminated string"),
    )
}
TOML_MISTAKES_AT: dict[re.Pattern[str], Callable[[str], Text]] = {
    re.compile(r"Expected (['\"].*['\"])"): lambda sign: Text("Expected {sign}", sign=sign),
    re.compile(r"Found invalid character (.+)"): lambda sign: Text("Found invalid character {sign}", sign=sign),
    re.compile(r"Illegal character (.+)"): lambda sign: Text("Illegal character {sign}", sign=sign),
    re.compile(r"Cannot declare (.+) twice"): lambda key: Text("Cannot declare {key} twice", key=key),
    re.compile(r"Cannot redefine namespace (.+)"): lambda key: Text("Cannot redefine namespace {key}", key=key),
    re.compile(r"Cannot mutate immutable namespace (.+)"): (
        lambda key: Text("Cannot mutate immutable namespace {key}", key=key)
    ),
    re.compile(r"Duplicate inline table key (.+)"): lambda key: Text("Duplicate inline table key {key}", key=key),
}


def of_system(error: OSError) -> str | Text:
    """What stood in the way; what is not known here in the system's own words."""
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return Text("its certificate could not be checked: {said}", said=str(error))
    is_systems = type(error).__module__ == "builtins"  # those of ssl, socket and smtplib have numbers of their own
    return (SYSTEM.get(error.errno or 0) if is_systems else None) or error.strerror or str(error)


def of_file(error: OSError) -> str | Text:
    """What stood in the way, and where, if the system says that."""
    reason = of_system(error)
    return reason if error.filename is None else Text("{file}: {reason}", file=error.filename, reason=reason)


def of_unreadable(error: OSError | UnicodeDecodeError) -> str | Text:
    """Why the text of a file cannot be read."""
    return of_system(error) if isinstance(error, OSError) else Text("it is not text in UTF-8")


def of_toml(error: tomllib.TOMLDecodeError) -> Text:
    """Where it is not TOML."""
    found = TOML_PLACE.search(str(error))
    if found is None or found[1] is None:
        return Text("it ends in the middle of something")
    return Text("line {line}, column {column} is not TOML", line=found[1], column=found[2])


def of_toml_line(error: ValueError) -> tuple[int | None, str | Text]:
    """On which line it is not TOML, from 1, or None for its end; and what is wrong there.

    ``error``: of tomllib, or of Python itself for a number of thousands of digits.
    """
    if not isinstance(error, tomllib.TOMLDecodeError):
        return None, Text("a number of too many digits")
    found = TOML_PLACE.search(str(error))
    what = _of_toml_mistake(TOML_PLACE.sub("", str(error)))
    if found is None or found[1] is None:
        return None, Text("{what} (at end of document)", what=what)
    return int(found[1]), what


def _of_toml_mistake(said: str) -> str | Text:
    if said in TOML_MISTAKES:
        return TOML_MISTAKES[said]
    for pattern, text in TOML_MISTAKES_AT.items():
        if found := pattern.fullmatch(said):
            return text(found[1])
    return said


VALIDATION = re.compile(r"(.*?)(?: - at (?:`key` in )?`\$\.?([^`]*)`)?", re.DOTALL)
BOUND = re.compile(r"Expected `(?:int|float)` (>=|<=) (\S+)")
LENGTH = re.compile(r"Expected `(str|array|object)` of length <= (\d+)")
KIND = re.compile(r"Expected `([^`]+)`, got `([^`]+)`")
CHOICE = re.compile(r"Invalid enum value (.+)")
KINDS = {
    "int": Text("a whole number"),
    "float": Text("a number"),
    "str": Text("a text"),
    "bool": Text("true or false"),
    "array": Text("a list"),
    "object": Text("a table"),
    "null": Text("nothing"),
}


def of_validation(error: Exception) -> str | Text:
    """What msgspec expected, and where; what is not known here in its own words."""
    said, place = VALIDATION.fullmatch(str(error)).groups()  # type: ignore[union-attr]  # it matches everything
    what = _expected(said)
    return Text("{key}: {what}", key=place, what=what) if place else what


def of_json(error: msgspec.DecodeError | UnicodeDecodeError | RecursionError) -> str | Text:
    """Why what should be JSON cannot be read: it is none, or says something else than was expected."""
    if isinstance(error, msgspec.ValidationError):
        return of_validation(error)
    return Text("{said} (no JSON that can be read)", said=str(error))


def _expected(said: str) -> str | Text:
    if found := BOUND.fullmatch(said):
        value = f"{float(found[2]):g}"
        least, most = Text("expected {least} or more", least=value), Text("expected {most} or less", most=value)
        return least if found[1] == ">=" else most
    if found := LENGTH.fullmatch(said):
        if found[1] == "str":
            return Text("expected {most} characters or less", most=found[2])
        return Text("expected {most} entries or less", most=found[2])
    if found := KIND.fullmatch(said):
        expected, got = (KINDS.get(kind, kind) for kind in found.groups())
        return Text("expected {expected}, got {got}", expected=expected, got=got)
    if found := CHOICE.fullmatch(said):
        return Text("{value} cannot be chosen", value=found[1])
    if "matching regex" in said:
        return Text("it is empty, or has characters that cannot be used there")
    return said
