"""Why something failed, in words that can be translated: what systems and libraries say in English alone."""

from __future__ import annotations

import errno
import re
import tomllib

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


def of_system(error: OSError) -> str | Text:
    """What stood in the way; what is not known here in the system's own words."""
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return Text("its certificate could not be checked: {said}", said=str(error))
    is_systems = type(error).__module__ == "builtins"  # those of ssl, socket and smtplib have numbers of their own
    return (SYSTEM.get(error.errno or 0) if is_systems else None) or error.strerror or str(error)


def of_unreadable(error: OSError | UnicodeDecodeError) -> str | Text:
    """Why the text of a file cannot be read."""
    return of_system(error) if isinstance(error, OSError) else Text("it is not text in UTF-8")


def of_toml(error: tomllib.TOMLDecodeError) -> Text:
    """Where it is not TOML."""
    found = TOML_PLACE.search(str(error))
    if found is None or found[1] is None:
        return Text("it ends in the middle of something")
    return Text("line {line}, column {column} is not TOML", line=found[1], column=found[2])


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
