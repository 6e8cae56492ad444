"""Telling Japanese from English in what a command prints."""

from __future__ import annotations

import re

JAPANESE = re.compile(r"[ぁ-ゟァ-ヿ一-鿿]")
# Three words in a row, or two of which one is such as only sentences have.
ENGLISH = re.compile(
    r"\b[A-Za-z]+ [a-z]+ [a-z]+\b|\b(?:the|is|are|was|no|not|give|expected|found|cannot)\b", re.IGNORECASE
)


def english_in(text: str, kept: re.Pattern[str]) -> list[str]:
    """The lines in which an English sentence stands. ``kept``: what stays as it is in every language."""
    return [line for line in text.splitlines() if ENGLISH.search(kept.sub("", line))]
