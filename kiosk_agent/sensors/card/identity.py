"""Whether two cards are the same: yes, no, or it cannot be told.

Sources: PC/SC part 3 rev. 2.01.09, 3.1.3.2.3 (what the ATR of a contactless storage card says) with its supplement
(the standard's number); ISO/IEC 14443-3, 6.5.4 (which type A UIDs last); ISO/IEC 15693-3, 4.1.
"""

from __future__ import annotations

import enum
import hashlib
import hmac
import secrets
from functools import reduce
from operator import xor

import msgspec

# 3B 8F 80 01: fifteen historical bytes, T=0 and T=1. 80 4F 0C: an application identifier of twelve bytes follows;
# A0 00 00 03 06: it is the PC/SC workgroup's.
STORAGE_CARD = bytes.fromhex("3B8F8001804F0CA000000306")
STORAGE_ATR_BYTES = 20
STANDARD_AT = 12  # which standard the card keeps to
TYPE_A = range(0x01, 0x04)  # ISO/IEC 14443 A, parts 1 to 3
VICINITY = range(0x09, 0x0D)  # ISO/IEC 15693, parts 1 to 4
VICINITY_UID_BYTES = 8
VICINITY_MARK = 0xE0  # the first byte of such a UID; some readers hand it over the other way round
SINGLE_UID_BYTES = 4
LONGER_UID_BYTES = (7, 10)  # type A, double and triple size: always the manufacturer's own, unique number
RANDOM_NIBBLE = 0x8  # 08: drawn anew at each activation; the other x8 are reserved
SHARED_NIBBLE = 0xF  # xF: fixed, but other cards may have the same


class Likeness(enum.StrEnum):
    """The three answers."""

    SAME = "same"
    DIFFERENT = "different"
    UNTELLABLE = "untellable"


class Identity(msgspec.Struct, frozen=True):
    """What a card can be recognised by: tags under the visit's key, empty where it has no such thing.

    With ``compare_certificate`` the certificate counts instead of the UID, and only certificates are filled in.
    """

    uid: str = ""
    certificate: str = ""

    @property
    def is_blank(self) -> bool:
        """Whether nothing can be told by it."""
        return not (self.uid or self.certificate)

    def likeness(self, other: Identity) -> Likeness:
        """Whether ``other`` is the same card."""
        for mine, theirs in ((self.certificate, other.certificate), (self.uid, other.uid)):
            if mine and theirs:
                return Likeness.SAME if hmac.compare_digest(mine, theirs) else Likeness.DIFFERENT
        return Likeness.UNTELLABLE


class CardKey:
    """Turns what a card says into tags that can be compared within one visit, and are worth nothing outside it."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def tag(self, data: bytes) -> str:
        """HMAC-SHA256, in hex; ``data`` itself is kept nowhere."""
        return hmac.new(self._key, data, hashlib.sha256).hexdigest()


def may_have_lasting_uid(atr: bytes) -> bool:
    """Whether the ATR is that of a kind of card whose UID may last: a contactless storage card, type A or ISO 15693.

    Never a type B card such as the My Number Card, whose PUPI may be drawn anew at each activation; never a chip card
    in a contact reader, which has none.
    """
    is_storage = len(atr) == STORAGE_ATR_BYTES and atr.startswith(STORAGE_CARD) and reduce(xor, atr[1:]) == 0
    return is_storage and (atr[STANDARD_AT] in TYPE_A or atr[STANDARD_AT] in VICINITY)


def is_lasting_uid(atr: bytes, uid: bytes) -> bool:
    """Whether this card has this UID for good, and alone. ``uid``: what the reader answers to ``FF CA 00 00 00``."""
    if not may_have_lasting_uid(atr):
        return False
    if atr[STANDARD_AT] in VICINITY:
        return len(uid) == VICINITY_UID_BYTES and VICINITY_MARK in (uid[0], uid[-1])
    if len(uid) == SINGLE_UID_BYTES:
        return uid[0] & 0x0F not in (RANDOM_NIBBLE, SHARED_NIBBLE)
    return len(uid) in LONGER_UID_BYTES
