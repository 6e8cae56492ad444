"""Compiling the catalogues: what translators write (``.po``, tracked) into what the agent reads (``.mo``, built).

Needs Babel, which only the set-up and developers have. ``python -m kiosk_agent.locale.compile``.
"""

from __future__ import annotations

from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

HERE = Path(__file__).parent


def po_files() -> list[Path]:
    """All catalogues."""
    return sorted(HERE.glob("*/LC_MESSAGES/*.po"))


def compile_catalogues() -> list[Path]:
    """Make the ``.mo`` file of each catalogue; returns them."""
    compiled = []
    for source in po_files():
        target = source.with_suffix(".mo")
        with source.open("rb") as file:
            catalogue = read_po(file)
        with target.open("wb") as file:
            write_mo(file, catalogue)
        compiled.append(target)
    return compiled


if __name__ == "__main__":
    compile_catalogues()
