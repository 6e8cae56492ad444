"""What people read, kept untranslated until it is shown: where something goes wrong nobody knows yet who will read it.

An error holds :class:`Text`; the command line or the page that shows it knows the language. Standard library only.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

Translate = Callable[..., str]
"""Gives the translation of an English message id, its named fields filled in; as :mod:`kiosk_agent.locale` makes it."""


def in_english(message: str, /, **fields: object) -> str:
    """The translation into the language of the message ids."""
    return message.format(**fields) if fields else message


class Text:
    """An English message id and what is filled into it: ``Text("There is no desk {desk}.", desk=7)``.

    A value may be a text itself. The ids are collected from the code, so they are written out, never put together.
    """

    __slots__ = ("message", "values")

    def __init__(self, message: str, /, **values: object) -> None:
        self.message = message
        self.values: Mapping[str, object] = values

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Text) and (self.message, self.values) == (other.message, other.values)

    __hash__ = None  # type: ignore[assignment]  # what is filled in may have none

    def __repr__(self) -> str:
        return f"Text({self.message!r}, {dict(self.values)!r})"

    def shown(self, translate: Translate) -> str:
        """The text as ``translate`` says it."""
        return translate(self.message, **{name: _filled(value, translate) for name, value in self.values.items()})

    def packed(self) -> str:
        """As it can be kept, to be shown later in whatever language: one JSON object."""
        return json.dumps(_plain(self), ensure_ascii=False)

    def __str__(self) -> str:
        """In English, for logs and programmers."""
        return self.shown(in_english)


def unpacked(kept: str) -> str | Text:
    """What :meth:`Text.packed` made; anything else is what somebody wrote in words, and stays as it is."""
    try:
        found = json.loads(kept)
    except ValueError:
        return kept
    text = _text_of(found)
    return text if isinstance(text, Text) else kept


def shown(value: str | Text, translate: Translate) -> str:
    """What people read of it; what is no text stays as it is: names, numbers, what was typed."""
    return value.shown(translate) if isinstance(value, Text) else value


def _filled(value: object, translate: Translate) -> object:
    return value.shown(translate) if isinstance(value, Text) else value


def _plain(value: object) -> object:
    if isinstance(value, Text):
        return {"text": value.message, "values": {name: _plain(one) for name, one in value.values.items()}}
    return value if isinstance(value, int) else str(value)


def _text_of(value: object) -> object:
    match value:
        case {"text": str(message), "values": dict(values)}:
            return Text(message, **{name: _text_of(one) for name, one in values.items()})
        case _:
            return value
