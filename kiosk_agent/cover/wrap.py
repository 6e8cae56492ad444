"""Breaking a text into lines by its measured width, in every language that residents read.

Tk breaks at spaces only, so a Japanese sentence would run on and a full stop could begin a line.
"""

from __future__ import annotations

from collections.abc import Callable

# JIS X 4051: these may not begin a line / may not end one.
NOT_FIRST = frozenset("、。，．・：；？！）」』】〕〉》ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ…‥,.:;?!)]}%％")
NOT_LAST = frozenset("（「『【〔〈《([{")
STOPS = frozenset("、。，．！？")  # whatever follows them may begin a line
CLOSING = frozenset("・：；）」』】〕〉》…‥％")  # so may whatever follows these, unless it is hiragana
HONORIFICS = frozenset("ごお")  # they belong to the word after them: ご本人, お名前
PLEASE = "ください"  # where a phrase is too long for a line, this may stand on the next one

Measure = Callable[[str], int]  # width of a text in pixels


def _hiragana(char: str) -> bool:
    return "ぁ" <= char <= "ゟ"


def _han(char: str) -> bool:
    return "一" <= char <= "鿿"


def _begins_piece(before: str, after: str, *, kana: bool) -> bool:
    """Whether a line may be broken between what stands before and what stands after; neither is empty.

    A Japanese phrase is roughly a noun or a stem in kanji, katakana or digits, and the hiragana after it, so
    a break falls where hiragana or punctuation ends. Within hiragana it falls after a stop, after the particle を,
    which is nothing else, and before an honorific, which stays with its word. Chinese, without ``kana``, breaks
    between any two characters; everything that has spaces, after them.
    """
    last, char = before[-1], after[0]
    if char in NOT_FIRST or char.isspace() or last in NOT_LAST:
        return False
    if last.isspace() or last in STOPS or char in NOT_LAST:
        return True
    if kana and _hiragana(char):
        is_honorific = char in HONORIFICS and _han(after[1:2])
        return last == "を" or (_hiragana(last) and is_honorific)
    if last in HONORIFICS and _han(char):
        return False
    if not kana and _han(last) and _han(char):
        return True
    return (_hiragana(last) or last in CLOSING) and not _hiragana(char)


def _pieces(text: str) -> list[str]:
    """The parts of a text that stay together."""
    pieces: list[str] = []
    kana = any("ぁ" <= char <= "ヿ" for char in text)
    for at, char in enumerate(text):
        if pieces and not _begins_piece(pieces[-1], text[at:], kana=kana):
            pieces[-1] += char
        else:
            pieces.append(char)
    return pieces


def _split(piece: str, measure: Measure, width: int) -> list[str]:
    """A piece wider than the whole line, cut where it must be; punctuation still begins no line."""
    if measure(piece.rstrip()) <= width:
        return [piece]
    at = piece.rfind(PLEASE)
    if at > 0 and max(measure(piece[:at]), measure(piece[at:].rstrip())) <= width:
        return [piece[:at], piece[at:]]
    parts = [""]
    for char in piece:
        if len(parts[-1]) > 1 and measure((parts[-1] + char).rstrip()) > width:
            carried = parts[-1][-1] if char in NOT_FIRST else ""
            parts[-1] = parts[-1].removesuffix(carried)
            parts.append(carried)
        parts[-1] += char
    return parts


def keeps_phrases(text: str, measure: Measure, width: int) -> bool:
    """Whether :func:`wrap` breaks ``text`` between phrases alone, and cuts none because it is too wide."""
    return all(PLEASE in piece or len(_split(piece, measure, width)) == 1 for piece in _pieces(text))


def _greedy(pieces: list[str], measure: Measure, width: int) -> list[str]:
    lines = [""]
    for piece in pieces:
        if measure((lines[-1] + piece).rstrip()) <= width:
            lines[-1] += piece
            continue
        parts = _split(piece, measure, width)
        if lines[-1]:
            lines.append("")
        lines[-1] = parts[0]
        lines.extend(parts[1:])
    return [line.strip() for line in lines]


def wrap(text: str, measure: Measure, width: int) -> list[str]:
    """Lines of ``text`` no wider than ``width`` pixels and about equally long: no single character is left over."""
    pieces = _pieces(text)
    lines = _greedy(pieces, measure, width)
    if len(lines) < 2:
        return lines
    widest = max(measure(piece.rstrip()) for piece in pieces)  # none is cut for the sake of equal lines
    low, high = min(max(width // 2, widest), width), width
    while high - low > 8:
        middle = (low + high) // 2
        if len(_greedy(pieces, measure, middle)) > len(lines):
            low = middle
        else:
            high = middle
    return _greedy(pieces, measure, high)
