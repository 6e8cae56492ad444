"""What the commands print, on terminals and into files of any code page."""

from __future__ import annotations

import codecs
import io
import sys
from typing import Any

import click
import msgspec

from kiosk_agent import reasons
from kiosk_agent.errors import KioskError
from kiosk_agent.text import Translate, shown


def replace_what_cannot_be_printed() -> None:
    """A sign that the code page lacks becomes a question mark, not an error.

    On Windows a file or a program gets what is printed in the PC's code page: a Japanese one has no ``–``, a Western
    one no ``●``. Its console takes all signs.
    """
    if isinstance(sys.stdout, io.TextIOWrapper) and codecs.lookup(sys.stdout.encoding).name != "utf-8":
        sys.stdout.reconfigure(errors="replace")


def told(error: KioskError | OSError, translate: Translate) -> str:
    """What went wrong, for people: an error of ours, or one of the system with the file that it is about."""
    return error.shown(translate) if isinstance(error, KioskError) else shown(reasons.of_file(error), translate)


def print_json(answer: Any) -> None:
    """Print one JSON object for programs: in UTF-8 (RFC 8259, 8.1), whatever the code page. msgspec must know it."""
    click.echo(msgspec.json.encode(answer))
