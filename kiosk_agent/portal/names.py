"""Whether two names of a person are the same, as a portal writes one and a bank the other.

Banks know only a small set of characters: the transfer format of the Japanese Bankers Association (全銀協) has
half-width katakana without small ones, with the voiced mark as a character of its own, a hyphen for the long vowel and
a full stop for the middle dot. So a name is brought to its plainest form before it is compared; what is equal and what
is not stands in ``docs/profiles.md``. Nothing here guesses: a name in kanji is never equal to its reading.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

# Everything that is used for a long vowel, from the hyphen of the transfer format to a Japanese em dash.
LONG_VOWEL = "ー"
DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u207b\u208b\u2212\u2500\u2501\ufe58\ufe63\uff0d\uff70\u30fc"
# What only sets the parts of a name apart: middle dots of every kind, full stops and commas, and the bank's own 「/」.
SEPARATORS = "・･·•‧∙⋅●．.,，、。｡､/／"
SMALL = {"ヮ": "ワ", "ヵ": "カ", "ヶ": "ケ"}  # rare ones, not all of which jaconv enlarges
AINU_SMALL = {chr(code): unicodedata.name(chr(code)).rpartition(" ")[2] for code in range(0x31F0, 0x3200)}
LETTERS = str.maketrans(
    dict.fromkeys(DASHES, LONG_VOWEL)
    | dict.fromkeys(SEPARATORS, "")
    | SMALL
    | {small: unicodedata.lookup(f"KATAKANA LETTER {name}") for small, name in AINU_SMALL.items()}
)


def plain_name(text: str) -> str:
    """``text`` in the one form in which names are compared; empty where nothing of a name is in it."""
    import jaconv  # its tables are a third of a megabyte that most portals' desks never need

    text = unicodedata.normalize("NFKC", text)  # a voiced mark by itself becomes a space and a combining mark
    text = "".join(one for one in text if not one.isspace() and unicodedata.category(one) not in ("Cf", "Cc"))
    text = jaconv.hira2kata(text).translate(LETTERS)
    text = jaconv.enlarge_smallkana(text).casefold()
    return unicodedata.normalize("NFC", text)  # now that the spaces are gone, a mark joins the kana before it


def is_same_name(one: str, other: str) -> bool:
    """Whether both are the same name. Two that are empty are not: nothing is known of them."""
    plain = plain_name(one)
    return bool(plain) and plain == plain_name(other)


def joined(parts: Iterable[str]) -> str:
    """The parts of a name as one, in this order, with a space between them."""
    return " ".join(part.strip() for part in parts)
