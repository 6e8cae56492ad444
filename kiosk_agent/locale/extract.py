"""Collecting the message ids from the code into the catalogues: ``python -m kiosk_agent.locale.extract``.

Needs Babel. New ids come in untranslated, ids that nobody uses any more go; translations that stand stay.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from kiosk_agent.locale import CENTRAL_DOMAIN, DOMAIN, RESIDENT_DOMAIN
from kiosk_agent.locale.compile import HERE

PACKAGE = HERE.parent
# How the texts of each domain are written in the code.
KEYWORDS: dict[str, dict[str, tuple[int, ...] | None]] = {
    DOMAIN: {"t": None, "_t": None, "Text": None},
    CENTRAL_DOMAIN: {"say": None, "Text": None},  # the t of its pages looks keys up in tables of words
    RESIDENT_DOMAIN: {"speak": None},
}
CENTRAL = "central/**.py"


def message_ids(domain: str = DOMAIN) -> Iterator[tuple[str, str, int]]:
    """Every message id of a domain in the code: the text, its file, its line."""
    where = [(CENTRAL, "python")] if domain == CENTRAL_DOMAIN else [(CENTRAL, "ignore"), ("**.py", "python")]
    for file, line, message, _comments, _context in extract_from_dir(
        PACKAGE, method_map=where, keywords=KEYWORDS[domain]
    ):
        yield (message if isinstance(message, str) else message[0]), file, line


def catalogues(domain: str = DOMAIN) -> list[Path]:
    """The catalogues of our own words, one for each language."""
    return sorted(HERE.glob(f"*/LC_MESSAGES/{domain}.po"))


def update_catalogues(domain: str) -> None:
    """Bring every catalogue of a domain up to date with the code."""
    template = Catalog(domain=domain)
    for message, _file, _line in message_ids(domain):
        template.add(message)
    for path in catalogues(domain):
        # as it stands: Babel would fill it with the time, and two people's changes would always clash there
        header = path.read_text(encoding="utf-8").partition("\n\n")[0]
        with path.open("rb") as file:
            catalogue = read_po(file, domain=domain)
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        body = io.BytesIO()
        write_po(body, catalogue, width=0, no_location=True, sort_output=True, omit_header=True)
        path.write_text(f"{header}\n\n{body.getvalue().decode()}", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    for one in KEYWORDS:
        update_catalogues(one)
