"""Collecting the message ids from the code into the catalogues: ``python -m kiosk_agent.locale.extract``.

Needs Babel. New ids come in untranslated, ids that nobody uses any more go; translations that stand stay.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from kiosk_agent.locale.compile import HERE

DOMAIN = "kiosk_agent"
PACKAGE = HERE.parent
KEYWORDS: dict[str, tuple[int, ...] | None] = {"t": None, "_t": None}


def message_ids() -> Iterator[tuple[str, str, int]]:
    """Every message id in the code: the text, its file, its line."""
    for file, line, message, _comments, _context in extract_from_dir(
        PACKAGE, method_map=[("**.py", "python")], keywords=KEYWORDS
    ):
        yield (message if isinstance(message, str) else message[0]), file, line


def catalogues() -> list[Path]:
    """The catalogues of our own words, one for each language."""
    return sorted(HERE.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))


def update_catalogues() -> None:
    """Bring every catalogue up to date with the code."""
    template = Catalog(domain=DOMAIN)
    for message, _file, _line in message_ids():
        template.add(message)
    for path in catalogues():
        with path.open("rb") as file:
            catalogue = read_po(file, domain=DOMAIN)
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        with path.open("wb") as file:
            write_po(file, catalogue, width=0, no_location=True, sort_output=True)


if __name__ == "__main__":
    update_catalogues()
